"""What was seen of a deployment, and which of its writes and fields no change explains."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.drift import flat
from bot.domain.effect import Effect, Phase
from bot.domain.inventory import ActivityEntry
from bot.domain.json import Json
from bot.domain.operation import differences
from bot.domain.origin import CLOCKS, sent_at

SETTLED = (Phase.DONE, Phase.FAILED)


@dataclass(frozen=True)
class Sighting:
    """A deployment as it was last seen (`state` empty: not there); `since` is when it was seen first."""

    arm_id: str
    target: str
    state: Mapping[str, Json]
    since: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Unexplained:
    """A write that no change explains; `key` is why it is reported once.

    Without a `correlation` only its traces were seen: it happened between `at` and `seen_at`. `fields` are the
    fields that moved, each with its value before and after.
    """

    key: str
    arm_id: str
    target: str
    at: datetime
    seen_at: datetime
    caller: str = ""
    operation: str = ""
    correlation: str = ""
    fields: Mapping[str, tuple[Json, Json]] = field(default_factory=dict)
    number: int = 0
    channel: str = ""
    ts: str = ""


@dataclass(frozen=True)
class Known:
    """A step of an approved change on a deployment; `effect` is None while another program has yet to begin it.

    `since`: when writes of another program may begin; None where the executor makes the call.
    `change`: its id; `is_way_back`: the step takes it back.
    """

    start: Mapping[str, Json]
    goal: Mapping[str, Json]
    effect: Effect | None
    since: datetime | None = None
    change: str = ""
    is_way_back: bool = False

    @property
    def waits(self) -> bool:
        """Return whether another program may write it now."""
        return self.since is not None and (self.effect is None or self.effect.phase not in SETTLED)

    def is_busy(self, looked_at: datetime) -> bool:
        """Return whether the executor was at it when somebody looked, so that the look proves nothing."""
        if self.effect is None or self.waits:
            return False
        return self.effect.phase not in SETTLED or self.effect.at >= looked_at - CLOCKS

    def explains(self, entry: ActivityEntry) -> bool:
        """Return whether a write of the activity log is this step's."""
        if self.since is not None:
            over = None if self.waits or self.effect is None else self.effect.at + CLOCKS
            return self.since <= entry.at and (over is None or entry.at <= over)
        if self.effect is None:
            return False
        if entry.request:
            return entry.request == self.effect.correlation
        return sent_at(self.effect) - CLOCKS <= entry.at <= self.effect.at + CLOCKS


def moved_fields(
    seen: Sighting, live: Mapping[str, Json], known: Sequence[Known]
) -> dict[str, tuple[Json, Json]]:
    """Return the fields, before and after, that moved since a sighting and that no step of a change explains."""
    fresh = [each for each in known if each.effect is not None and each.effect.at >= seen.seen_at - CLOCKS]
    expected = seen.state
    for each in sorted(fresh, key=lambda step: step.effect.at if step.effect else seen.seen_at):
        if each.effect is not None and each.effect.phase is Phase.DONE:
            expected = each.goal
    halfway = [each for each in fresh if each.effect is not None and each.effect.phase is Phase.FAILED]
    either = [*halfway, *(each for each in known if each.waits)]
    before, after = flat(expected), flat(live)
    return {
        name: (before.get(name), after.get(name))
        for name in differences(expected, live)
        if not any(_is_either(each, name, after) for each in either)
    }


def unexplained_writes(
    entries: Iterable[ActivityEntry], seen: Sighting, known: Sequence[Known]
) -> list[ActivityEntry]:
    """Return the writes since a deployment was first seen that succeeded and that no step explains, oldest first."""
    found = [
        each
        for each in entries
        if each.resource.lower() == seen.arm_id
        and each.status == "Succeeded"
        and each.at > seen.since
        and not any(step.explains(each) for step in known)
    ]
    ordered = sorted(found, key=lambda each: each.at)
    return list({each.correlation or each.at.isoformat(): each for each in ordered}.values())


def adopted(row: Unexplained, entry: ActivityEntry) -> bool:
    """Return whether a write that the log shows late is the one whose traces were reported already."""
    return not row.correlation and row.at - CLOCKS <= entry.at <= row.seen_at


def _is_either(step: Known, name: str, live: Mapping[str, Json]) -> bool:
    sides = (flat(step.start).get(name), flat(step.goal).get(name))
    return name in differences(step.start, step.goal) and live.get(name) in sides
