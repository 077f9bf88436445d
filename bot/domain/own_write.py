"""What Countersign itself sent to a deployment, from its own record, and which times and entries are of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.effect import Effect, Phase
from bot.domain.inventory import ActivityEntry
from bot.domain.origin import CLOCKS, sent_at

JOURNAL = "Countersign's own journal"


@dataclass(frozen=True)
class OwnWrite:
    """A step of a change that Azure took: which, when it was sent, when it ended, and its ids at Azure."""

    change: str
    step: str
    began: datetime
    ended: datetime
    ids: frozenset[str]

    def covers(self, at: datetime) -> bool:
        """Return whether something that Azure says happened then can be of it."""
        return self.began - CLOCKS <= at <= self.ended + CLOCKS

    def is_of(self, entry: ActivityEntry) -> bool:
        """Return whether an entry of the activity log is of it."""
        return entry.correlation in self.ids or self.covers(entry.at)


def own_writes(effects: Sequence[Effect]) -> tuple[OwnWrite, ...]:
    """Return the steps that Azure took, the last one first."""
    found = [
        OwnWrite(
            f"CHG-{each.number}",
            each.step,
            sent_at(each),
            each.at,
            frozenset(filter(None, (each.correlation, each.operation_id))),
        )
        for each in effects
        if each.phase in (Phase.ACCEPTED, Phase.DONE)
    ]
    return tuple(sorted(found, key=lambda each: each.ended, reverse=True))


def change_at(at: datetime, writes: Sequence[OwnWrite]) -> str:
    """Return the change that was being sent at a time, empty when none was."""
    return next((each.change for each in writes if each.covers(at)), "")


def change_of(entry: ActivityEntry, writes: Sequence[OwnWrite]) -> str:
    """Return the change that an entry of the activity log is of, empty when it is nobody's of ours."""
    return next((each.change for each in writes if each.is_of(entry)), "")
