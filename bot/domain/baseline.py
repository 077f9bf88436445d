"""Baselines that are kept, exceptions that lapse, and who is behind a difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.drift import flat, same, value_at
from bot.domain.effect import Effect
from bot.domain.entry import is_ulid, time_of_ulid
from bot.domain.inventory import ActivityEntry
from bot.domain.json import Json

FORMAT = "countersign.baseline/2"
CLOCKS = timedelta(seconds=5)  # how far Azure's clock may be from ours


class Kept(StrEnum):
    """When a baseline is kept: at submit, after an apply, after a rollback, by hand."""

    SUBMIT = "submit"
    APPLY = "apply"
    ROLLBACK = "rollback"
    HAND = "hand"


@dataclass(frozen=True)
class Baseline:
    """A deployment as it was: its snapshot by digest, when, why and by whom it was kept. It is never lost."""

    number: int
    arm_id: str
    target: str
    at: datetime
    kind: Kept
    by: str
    sha256: str
    change: str = ""

    @property
    def id(self) -> str:
        """Return the id people see."""
        return f"BL-{self.number}"

    @property
    def words(self) -> str:
        """Return which one it is, as a person reads it."""
        why = {Kept.HAND: "by hand", Kept.ROLLBACK: "after the rollback of"}.get(
            self.kind, f"at {self.kind} of"
        )
        return f"{self.id}, kept {why} {self.change}".strip() if self.change else f"{self.id}, kept {why}"


@dataclass(frozen=True)
class DriftException:
    """A field that may differ until a time: who owns it, and why. Of several for a field the newest counts."""

    number: int
    arm_id: str
    target: str
    field: str
    owner: str
    until: datetime
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Then:
    """What a field was at an earlier time: a baseline's projection."""

    at: datetime
    projection: Mapping[str, Json]


@dataclass(frozen=True)
class Origin:
    """The last write that can have made a field what it is, and how many others can have."""

    entry: ActivityEntry | None
    others: int = 0
    unchanged_since: datetime | None = None


def exception_for(key: str, exceptions: Sequence[DriftException], now: datetime) -> DriftException | None:
    """Return the exception that silences a field now; None when there is none, or it has lapsed."""
    newest = newest_exception(key, exceptions)
    return newest if newest is not None and now < newest.until else None


def newest_exception(key: str, exceptions: Sequence[DriftException]) -> DriftException | None:
    """Return the newest exception for a field, lapsed or not."""
    return max((each for each in exceptions if each.field == key), key=lambda each: each.number, default=None)


def origin_of(path: str, live: Json, writes: Sequence[ActivityEntry], history: Sequence[Then]) -> Origin:
    """Return who can have made a field what it is: the writes between the baselines that bracket the difference."""
    earliest, latest = _bracket(path, live, history)
    able = [
        each
        for each in one_per_write(writes)
        if (earliest is None or each.at > earliest) and (latest is None or each.at <= latest)
    ]
    if not able:
        return Origin(None, unchanged_since=latest)
    return Origin(able[0], others=len(able) - 1)


def one_per_write(writes: Sequence[ActivityEntry]) -> tuple[ActivityEntry, ...]:
    """Return successful writes, newest first, one entry each: Azure logs the beginning and the end of one."""
    by_write: dict[str, ActivityEntry] = {}
    failed = {each.correlation for each in writes if each.status.lower() in ("failed", "canceled")}
    for each in sorted(writes, key=lambda entry: entry.at):
        key = each.correlation or f"{each.at.isoformat()} {each.caller}"
        if each.correlation not in failed and each.operation.lower().endswith(("/write", "/delete")):
            by_write.setdefault(key, each)
    return tuple(sorted(by_write.values(), key=lambda entry: entry.at, reverse=True))


def _bracket(path: str, live: Json, history: Sequence[Then]) -> tuple[datetime | None, datetime | None]:
    """Return the last baseline in which the field was another, and the first after it in which it was as now."""
    earliest = latest = None
    for then in sorted(history, key=lambda each: each.at):
        if not same(value_at(flat(then.projection), path), live, path):
            earliest, latest = then.at, None
        elif latest is None:
            latest = then.at
    return earliest, latest


def change_behind(entry: ActivityEntry, effects: Sequence[Effect]) -> str:
    """Return the change that was being sent to the deployment when this write happened, empty when none was."""
    for effect in effects:
        if _sent_at(effect) - CLOCKS <= entry.at <= effect.at + CLOCKS:
            return f"CHG-{effect.number}"
    return ""


def _sent_at(effect: Effect) -> datetime:
    """Return when a step was written down: its correlation id begins with that time; else when it ended."""
    if not is_ulid(effect.correlation):
        return effect.at
    return min(effect.at, time_of_ulid(effect.correlation))
