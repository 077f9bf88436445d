"""Take a snapshot that is wanted: look at every target of the incident, keep what was seen, say so once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.domain.deployment import Target
from bot.domain.drift import masked
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Window
from bot.domain.incident import Incident, IncidentSnapshot, TimelineEntry
from bot.domain.incident_diff import differs_since, state_differs
from bot.domain.incident_events import IncidentSnapshotTaken
from bot.domain.incident_snapshot import (
    CALLS,
    TIME,
    Compared,
    Course,
    SnapshotSeen,
    TargetSeen,
    snapshot_of,
)
from bot.domain.json import Json
from bot.domain.kept_figures import Bucket
from bot.domain.kept_snapshot import read_snapshot
from bot.domain.people import system
from bot.domain.sign_rules import findings
from bot.domain.signs import Unseen
from bot.ports.archive import Cause, Look, Transaction
from bot.ports.registry import Readers
from bot.usecases.desk import Desk
from bot.usecases.find_good import find_good
from bot.usecases.list_writes import DAY, list_writes
from bot.usecases.look import gather
from bot.usecases.measure_traffic import Measured, measure_traffic, whole
from bot.usecases.read_signs import read_signs, seen_or_why
from bot.usecases.share_looks import FRESH, SharedLooks

WATCH = system("watch")
_BEFORE = timedelta(hours=1)
_LONGEST = timedelta(days=7)
_BUCKETS = 48
Found = TypeVar("Found")
_STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 360))


async def take_snapshot(
    number: int, n: int, *, readers: Readers, looks: SharedLooks, desk: Desk, cause: Cause
) -> None:
    """Take a wanted snapshot, once, however often the job runs; a part nobody could look at is a gap in it.

    Incidents on the same target share their looks: one that began after a snapshot was wanted is good for it, and for
    one by the timer any of the last minute.
    """
    now = desk.clock.now()
    async with desk.archive.reading() as look:
        incident = await look.incident(number)
        snapshots = await look.snapshots(number)
        wanted = next((each for each in snapshots if each.n == n), None)
        last = await _last(snapshots, n, look)
    if wanted is None or wanted.is_taken:
        return
    since = wanted.wanted_at - FRESH if wanted.occasion.startswith("timer:") else wanted.wanted_at
    asked = _Asked(incident, readers, looks, since, now, desk)
    targets = await asyncio.gather(*(_look(alias, asked) for alias in sorted(incident.targets)))
    seen = replace(snapshot_of(incident, wanted, now), targets=tuple(targets))
    if last is not None:
        seen = _beside(seen, *last)
    async with desk.archive.transaction() as tx:
        await _keep(wanted, seen, tx=tx, desk=desk, cause=cause)


@dataclass(frozen=True)
class _Asked:
    incident: Incident
    readers: Readers
    looks: SharedLooks
    since: datetime
    now: datetime
    desk: Desk


async def _last(snapshots: Sequence[IncidentSnapshot], n: int, look: Look) -> tuple[SnapshotSeen, str] | None:
    """Return the last snapshot before this one that was taken and is still kept, and its digest."""
    for each in reversed(snapshots):
        body = await look.evidence(each.sha256) if each.n < n and each.is_taken else None
        if body is not None:
            return read_snapshot(body), each.sha256
    return None


async def _look(alias: str, asked: _Asked) -> TargetSeen:
    try:
        target = asked.desk.configuration.target(alias)
    except NotFoundError as error:
        return TargetSeen(alias, "", gaps=(f"{error} {error.advice}".strip(),))
    seen, course = await asyncio.gather(
        _shared(f"target:{alias}", partial(_look_at, target, asked), asked),
        seen_or_why(_course(target, asked)),
    )
    if isinstance(course, Unseen):
        seen = replace(seen, gaps=(*seen.gaps, f"Course of the calls: {course.why}"))
    else:
        seen = replace(seen, course=course)
    async with asked.desk.archive.reading() as look:
        return replace(seen, since_good=await _since_good(seen, target, asked.incident.began_at, look))


async def _shared(name: str, look: Callable[[], Awaitable[Found]], asked: _Asked) -> Found:
    return await asked.looks.get(name, look, since=asked.since, now=asked.now)


async def _look_at(target: Target, asked: _Asked) -> TargetSeen:
    """Return what is the same for every incident on a target."""
    readers, now = asked.readers, asked.now
    evidence, signs, projection, log = await asyncio.gather(
        gather(target.ref, target.alias, readers=readers, now=now),
        read_signs(target, readers=readers, desk=asked.desk),
        seen_or_why(_projection(target, readers)),
        seen_or_why(readers.inventory.activity(target.ref.account, now - DAY, now)),
    )
    configuration = asked.desk.configuration
    async with asked.desk.archive.reading() as look:
        entries = () if isinstance(log, Unseen) else log
        writes = await list_writes(target, entries, now, look=look, configuration=configuration)
    unseen = {"Configuration": projection, "Writes of the last 24 h": log}
    return TargetSeen(
        target.alias,
        target.ref.key,
        evidence.as_json(),
        None if isinstance(projection, Unseen) else projection,
        findings(signs),
        writes,
        gaps=tuple(f"{name}: {each.why}" for name, each in unseen.items() if isinstance(each, Unseen)),
    )


async def _projection(target: Target, readers: Readers) -> dict[str, Json]:
    """Return the target's configuration as it may be kept, empty where there is no deployment."""
    try:
        return masked((await readers.azure.deployment(target.ref)).projection)
    except NotFoundError:
        return {}


async def _course(target: Target, asked: _Asked) -> Course:
    """Return the calls from an hour before the trouble began until now, or until the first week is over."""
    start = asked.incident.began_at - _BEFORE
    end = min(asked.now, start + _LONGEST)
    step = next((each for each in _STEPS if (end - start) / each <= _BUCKETS), _STEPS[-1])
    span = whole(Window(start, end), step)
    name = f"course:{target.alias}:{span.start.isoformat()}"
    look = partial(measure_traffic, asked.readers.metrics, target.ref, span, step)
    return _course_of(await _shared(name, look, asked))


def _course_of(measured: Measured) -> Course:
    buckets = measured.buckets
    values = zip(*(_values(each) for each in buckets), strict=True)
    return Course(buckets[0].at, measured.step, dict(zip((*CALLS, TIME), values, strict=True)))


def _values(bucket: Bucket) -> tuple[float | None, ...]:
    traffic = bucket.traffic
    if traffic is None:
        return (None, None, None, bucket.latency_ms)
    others = max(0.0, traffic.requests - bucket.answered - traffic.throttled)
    return (bucket.answered, traffic.throttled, others, bucket.latency_ms)


async def _since_good(seen: TargetSeen, target: Target, before: datetime, look: Look) -> Compared:
    good = await find_good(target, before, look)
    if good is None:
        return Compared(gap=f"no baseline of {target.alias} is kept, and no change of it was closed")
    return Compared(good.what, good.sha256, state_differs(good.projection, good.evidence, seen))


def _beside(seen: SnapshotSeen, last: SnapshotSeen, sha256: str) -> SnapshotSeen:
    """Return the snapshot with what differs from the last one."""
    before = {each.alias: each for each in last.targets}
    name = f"snapshot {last.n}"
    targets = tuple(
        replace(each, since_last=_since_last(before.get(each.alias), each, name, sha256))
        for each in seen.targets
    )
    return replace(seen, targets=targets, last=name, last_at=last.taken_at)


def _since_last(before: TargetSeen | None, after: TargetSeen, name: str, sha256: str) -> Compared:
    if before is None:
        return Compared(name, sha256, gap=f"{name} did not look at {after.alias}")
    return Compared(name, sha256, differs_since(before, after))


async def _keep(
    wanted: IncidentSnapshot, seen: SnapshotSeen, *, tx: Transaction, desk: Desk, cause: Cause
) -> None:
    """Keep what was seen, unless another was quicker; the incident knows when its first snapshot was there."""
    now = desk.clock.now()
    sha256 = await tx.keep_evidence(seen.body, kind="incident", now=now)
    if not await tx.take_snapshot(wanted, sha256=sha256, summary=seen.summary, now=now):
        return
    event = IncidentSnapshotTaken(
        incident=seen.incident, n=wanted.n, occasion=wanted.occasion, evidence=sha256
    )
    await tx.record(event, by=WATCH, cause=cause)
    key = f"snapshot:{wanted.n}"
    await tx.add_to_timeline(TimelineEntry(wanted.incident, now, WATCH.id, "snapshot", seen.summary, key))
    incident = await tx.incident(wanted.incident)
    if incident.first_snapshot_at is None:
        await tx.change_incident(incident, first_snapshot_at=now)
    await tx.enqueue("deliver", f"deliver:{seen.incident}:snapshot:{wanted.n}")
