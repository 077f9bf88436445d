"""What time does to a change: its validation window ends, or nobody decided and it expires."""

from datetime import timedelta

from bot.domain.change import WAITING, Change, ChangeState
from bot.domain.course import course_json
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Point, Window
from bot.domain.execution_events import ChangeValidated
from bot.domain.json import Json
from bot.domain.request_events import ChangeExpired
from bot.domain.signal import Verdict, judge, parse_signal
from bot.evidence.traffic import traffic_between
from bot.ports.archive import Cause, ChangeQuery
from bot.ports.registry import Readers
from bot.usecases.anchor_trail import anchors_due, enqueue_anchors
from bot.usecases.break_glass import lapsed_glasses
from bot.usecases.compare_beside import cutover
from bot.usecases.desk import Desk
from bot.usecases.find_unapproved import enqueue_looks, looks_due
from bot.usecases.measure_traffic import measure_traffic, whole
from bot.usecases.plan_change import written_to
from bot.usecases.remind_people import enqueue_reminders
from bot.usecases.schedule_change import start_changes
from bot.usecases.time_snapshots import snapshots_due, want_snapshots
from bot.usecases.update_incident import nudges_due
from bot.usecases.watch_targets import enqueue_watches, watches_due
from bot.usecases.watch_trigger import TIMER, enqueue_triggers, triggers_due
from bot.usecases.weigh_change import weigh_change

_MOST_POINTS = 20
_STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 360, 720, 1440))
TIMED = WAITING | {ChangeState.VERIFYING}


async def sweep(desk: Desk) -> None:
    """Enqueue a job for every change, account and incident whose time has come."""
    now = desk.clock.now()
    async with desk.archive.reading() as look:
        due = await look.changes(ChangeQuery(states=TIMED, due_before=now, limit=100))
        starts = await look.changes(ChangeQuery(start_before=now, limit=100))
        lapsed = await lapsed_glasses(look, now)
        looks = await looks_due(look, desk=desk)
        reminders = await look.reminders_due(now, 100)
        triggers = await triggers_due(look, desk=desk)
        anchors = await anchors_due(look, desk)
        snapshots = await snapshots_due(look, desk=desk)
        nudges = await nudges_due(look, desk)
        watches = await watches_due(look, desk=desk)
    if not any((due, starts, lapsed, looks, reminders, triggers, anchors, snapshots, nudges, watches)):
        return
    async with desk.archive.transaction() as tx:
        for change in due:
            kind = "verify" if change.state is ChangeState.VERIFYING else "expire"
            await tx.enqueue(kind, f"{kind}:{change.id}")
        await start_changes(starts, tx)
        for change in lapsed:
            await tx.enqueue("escalate", f"escalate:{change.id}")
        await enqueue_looks(looks, tx=tx, desk=desk)
        await enqueue_reminders(reminders, tx=tx, desk=desk)
        await enqueue_triggers(triggers, tx=tx, desk=desk)
        await enqueue_anchors(anchors, tx)
        await want_snapshots(snapshots, tx=tx, desk=desk)
        for incident in nudges:
            await tx.enqueue("remind", f"remind:{incident.id}")
        await enqueue_watches(watches, tx=tx, desk=desk)


async def expire_change(number: int, *, desk: Desk, cause: Cause) -> None:
    """End a change that nobody decided, edited or applied in time."""
    now = desk.clock.now()
    async with desk.archive.transaction() as tx:
        change = await tx.change(number)
        if change.state not in WAITING or change.expires_at is None or now < change.expires_at:
            return
        if await tx.move(change, ChangeState.EXPIRED, note="") is None:
            return
        event = ChangeExpired(
            change=change.id, resource=change.arm_id, expired_at=change.expires_at.isoformat()
        )
        await tx.record(event, by=TIMER, cause=cause)
        await tx.enqueue("deliver", f"deliver:{change.id}:card")


async def validate_change(number: int, *, readers: Readers, desk: Desk, cause: Cause) -> None:
    """Compare the validation signal before and after, and ask the owner to attest.

    Raises:
        AzureUnavailableError: the metrics could not be read; the job tries again.
    """
    async with desk.archive.reading() as look:
        change = await look.change(number)
    after = _ended(change, desk)
    if after is None:
        return
    verdict = await _verdict(change, after, readers, desk)
    course = await _course(change, after, readers, desk)
    ref = desk.configuration.target(change.request.target).ref
    weighed = await weigh_change(change, after, ref, readers.metrics)
    beside = await cutover(change, after, readers.metrics, desk)
    said = {**_said(verdict), **weighed.said, **beside, "figures": weighed.sha256}
    async with desk.archive.transaction() as tx:
        kept = (await tx.change(number)).outcome
        outcome = {**kept, **said, "course": course}
        if await tx.move(change, ChangeState.AWAITING_ATTESTATION, outcome=outcome) is None:
            return
        await tx.keep_evidence(weighed.body, kind="figures", now=desk.clock.now())
        event = ChangeValidated(
            change=change.id,
            resource=change.arm_id,
            verdict=verdict.word.value,
            before=verdict.before,
            after=verdict.after,
            signal=verdict.signal,
            evidence=weighed.sha256,
        )
        await tx.record(event, by=TIMER, cause=cause)
        await tx.enqueue("deliver", f"deliver:{change.id}:card")
        await tx.enqueue("deliver", f"deliver:{change.id}:owner")


def _ended(change: Change, desk: Desk) -> Window | None:
    """Return the validation window of a change that is watched, None while it lasts."""
    started, ends = change.executed_at, change.window_ends_at
    if change.state is not ChangeState.VERIFYING or started is None or ends is None:
        return None
    return Window(started, ends) if desk.clock.now() >= ends else None


def _said(verdict: Verdict) -> dict[str, str]:
    return {
        "verdict": verdict.word.value,
        "signal": verdict.signal,
        "before": verdict.before,
        "after": verdict.after,
        "explanation": verdict.explanation,
        "missed": verdict.missed,
    }


async def _verdict(change: Change, after: Window, readers: Readers, desk: Desk) -> Verdict:
    target = desk.configuration.target(change.request.target)
    before = Window(after.start - (after.end - after.start), after.start)
    was = await traffic_between(readers.metrics, target.ref, before)
    became = await traffic_between(readers.metrics, _written(change, desk), after)
    return judge(parse_signal(change.request.validation_signal), was, became)


def _written(change: Change, desk: Desk) -> DeploymentRef:
    """Return the deployment that was written: the target's own, or the new one beside it."""
    target = desk.configuration.target(change.request.target)
    return target.ref if change.plan is None else written_to(change.plan, target)


async def _course(change: Change, after: Window, readers: Readers, desk: Desk) -> dict[str, Json]:
    """Return the signal's course from as long before the apply as the window is long, to the window's end."""
    length = after.end - after.start
    step = next((step for step in _STEPS if 2 * length / step <= _MOST_POINTS), _STEPS[-1])
    span = whole(Window(after.start - length, after.end), step)
    measured = await measure_traffic(readers.metrics, _written(change, desk), span, step)
    metric = parse_signal(change.request.validation_signal).metric
    points = [
        Point(each.at, each.traffic.value(metric) if each.traffic else None) for each in measured.buckets
    ]
    return course_json(metric, points, step, after.start)
