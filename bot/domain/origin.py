"""Who is behind a difference: the write in the activity log, or the change, that made a field what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.baseline import Then
from bot.domain.change import Change
from bot.domain.drift import flat, same, value_at
from bot.domain.effect import Effect
from bot.domain.entry import is_ulid, time_of_ulid
from bot.domain.inventory import ActivityEntry
from bot.domain.json import Json
from bot.domain.operation import CHANGE_TAG, differences

CLOCKS = timedelta(seconds=5)  # how far Azure's clock may be from ours
CREATING = timedelta(minutes=10)  # the log may have only the end of a creation
_STATE = "properties.deploymentstate"


@dataclass(frozen=True)
class Doing:
    """A step of a change that was sent to a deployment: by whose request, when, and what it made of which fields."""

    change: str
    requester: str
    began: datetime
    ended: datetime
    ids: frozenset[str]
    made: Mapping[str, Json]
    touched: frozenset[str]
    is_tagged: bool = False

    def explains(self, path: str, live: Json) -> bool:
        """Return whether the step wrote this field, and what it wrote is what is live."""
        return path.lower() in self.touched and same(value_at(self.made, path), live, path)


@dataclass(frozen=True)
class Origin:
    """The write that made a field what it is (`others` by the same person fit, too), or the change that did.

    `fits` are writes of several people of which nobody can say which one it was.
    """

    entry: ActivityEntry | None
    others: int = 0
    unchanged_since: datetime | None = None
    change: str = ""
    requester: str = ""
    fits: tuple[ActivityEntry, ...] = ()


def doing_of(effect: Effect, change: Change, tags: Mapping[str, str]) -> Doing | None:
    """Return what a step did to its deployment, whose tags are given; None when its plan is not kept any more."""
    if change.plan is None or effect.revision != change.revision:
        return None
    back = effect.step == "rollback"
    before, after = change.plan.before, change.plan.after
    return Doing(
        change.id,
        change.request.requester,
        sent_at(effect),
        effect.at,
        frozenset(filter(None, (effect.correlation, effect.operation_id))),
        flat(before if back else after),
        frozenset(path.lower() for path in differences(before, after)),
        tags.get(CHANGE_TAG, "").casefold() == change.id.casefold(),
    )


def origin_of(
    path: str,
    live: Json,
    writes: Sequence[ActivityEntry],
    history: Sequence[Then],
    doings: Sequence[Doing] = (),
    created_at: datetime | None = None,
) -> Origin:
    """Return who made a field what it is, as far as that is certain.

    Writes count between the baselines that bracket the difference. A change whose plan wrote what is live comes
    first: its entry in the log, else the tag the deployment carries. What created the deployment fits less than
    what was written later. Writes of several people that fit equally name nobody.
    """
    earliest, latest = _bracket(path, live, history)
    able = [
        each
        for each in one_per_write(writes)
        if _is_between(each.at, earliest, latest) and _may_set(path, each)
    ]
    ours = [(doing, entry) for doing in doings for entry in _entries_of(doing, able)]
    for doing, entry in sorted(ours, key=lambda pair: pair[1].at, reverse=True):
        if doing.explains(path, live):
            return Origin(entry, change=doing.change, requester=doing.requester)
    for doing in doings:
        if doing.is_tagged and doing.explains(path, live) and _is_between(doing.ended, earliest, latest):
            return Origin(None, change=doing.change, requester=doing.requester)
    beside = [entry for doing, entry in ours if path.lower() not in doing.touched]
    fitting = [each for each in able if each not in beside]
    later = [each for each in fitting if created_at is None or each.at > created_at + CREATING]
    return _of_people(later or fitting, latest)


def one_per_write(writes: Sequence[ActivityEntry]) -> tuple[ActivityEntry, ...]:
    """Return successful writes, newest first, one entry each: Azure logs the beginning and the end of one."""
    by_write: dict[str, ActivityEntry] = {}
    failed = {each.correlation for each in writes if each.status.lower() in ("failed", "canceled")}
    for each in sorted(writes, key=lambda entry: entry.at):
        key = each.correlation or f"{each.at.isoformat()} {each.caller}"
        if each.correlation not in failed:
            by_write.setdefault(key, each)
    return tuple(sorted(by_write.values(), key=lambda entry: entry.at, reverse=True))


def _of_people(fitting: Sequence[ActivityEntry], latest: datetime | None) -> Origin:
    if not fitting:
        return Origin(None, unchanged_since=latest)
    if len({each.caller.casefold() for each in fitting}) > 1:
        return Origin(None, fits=tuple(fitting))
    return Origin(fitting[0], others=len(fitting) - 1)


def _may_set(path: str, entry: ActivityEntry) -> bool:
    """Return whether the operation can set the field: a write any, pausing and resuming the running state."""
    operation = entry.operation.lower()
    if path.lower() == _STATE and operation.endswith(("/pause/action", "/resume/action")):
        return True
    return operation.endswith("/deployments/write")


def _entries_of(doing: Doing, able: Sequence[ActivityEntry]) -> list[ActivityEntry]:
    """Return the entries of a step: by correlation id, else the one write while it was being sent."""
    named = [each for each in able if each.correlation in doing.ids]
    if named:
        return named
    then = [each for each in able if doing.began - CLOCKS <= each.at <= doing.ended + CLOCKS]
    return then if len(then) == 1 else []


def _is_between(at: datetime, earliest: datetime | None, latest: datetime | None) -> bool:
    return (earliest is None or at > earliest) and (latest is None or at <= latest)


def _bracket(path: str, live: Json, history: Sequence[Then]) -> tuple[datetime | None, datetime | None]:
    """Return the last baseline in which the field was another, and the first after it in which it was as now."""
    earliest = latest = None
    for then in sorted(history, key=lambda each: each.at):
        if not same(value_at(flat(then.projection), path), live, path):
            earliest, latest = then.at, None
        elif latest is None:
            latest = then.at
    return earliest, latest


def sent_at(effect: Effect) -> datetime:
    """Return when a step was written down: its correlation id begins with that time; else when it ended."""
    if not is_ulid(effect.correlation):
        return effect.at
    return min(effect.at, time_of_ulid(effect.correlation))
