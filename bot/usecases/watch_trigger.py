"""Watch the rollback trigger of a change while its signal is watched: a look a minute, told once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.after_events import TriggerBreached
from bot.domain.change import Change, ChangeState
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Window
from bot.domain.people import system
from bot.domain.trigger import Breach, breach, parse_trigger
from bot.evidence.traffic import traffic_between
from bot.ports.archive import Cause, ChangeQuery, Look, Transaction
from bot.ports.registry import Readers
from bot.usecases.desk import Desk
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from bot.usecases.judge_steering import Verb, who_may
from bot.usecases.plan_change import written_to
from bot.usecases.roll_back_change import start_by_itself

TIMER = system("timer")
EVERY = timedelta(minutes=1)
SPAN = timedelta(minutes=5)
MOST = 100


async def triggers_due(look: Look, *, desk: Desk) -> dict[str, datetime | None]:
    """Return the looks at triggers whose time has come, with that time (None: never looked at)."""
    watched = await look.changes(ChangeQuery(states=frozenset({ChangeState.VERIFYING}), limit=MOST))
    names = [f"verify:{change.id}:trigger" for change in watched if _is_watched(change)]
    if not names:
        return {}
    dues, now = await look.dues("verify"), desk.clock.now()
    return {name: dues.get(name) for name in names if dues.get(name, now) <= now}


async def enqueue_triggers(due: Mapping[str, datetime | None], *, tx: Transaction, desk: Desk) -> None:
    """Enqueue the looks that are due; one replica takes each, whichever is first."""
    until = desk.clock.now() + EVERY
    for name, at in due.items():
        if await tx.put_off(name, due=at, until=until):
            await tx.enqueue("verify", name)


async def watch_trigger(number: int, *, readers: Readers, desk: Desk, cause: Cause) -> None:
    """Measure the last minutes against the trigger; a breach is recorded and told once, and may roll back by itself.

    Raises:
        AzureUnavailableError: the metrics could not be read; the job tries again.
    """
    async with desk.archive.reading() as look:
        change = await look.change(number)
    now = desk.clock.now()
    if not _is_watched(change) or change.executed_at is None:
        return
    trigger = parse_trigger(change.request.rollback_trigger)
    window = Window(max(change.executed_at, now - SPAN), now)
    found = breach(trigger, await traffic_between(readers.metrics, _measured(change, desk), window))
    if found is None:
        return
    told = await _told(change, desk)
    async with desk.archive.transaction() as tx:
        stored = await tx.change(number)
        if _is_watched(stored):
            automatic = await _said(stored, found, now, tx=tx, desk=desk, cause=cause)
            for user in sorted(told):
                await tx.enqueue("deliver", f"deliver:{stored.id}:breach:{user}")
            if automatic is not None:
                await start_by_itself(automatic, by=TIMER, cause=cause, tx=tx)


async def _said(
    change: Change, found: Breach, at: datetime, *, tx: Transaction, desk: Desk, cause: Cause
) -> Change | None:
    """Record the breach; return the change where policy lets the rollback start by itself."""
    rule = desk.configuration.rule(change.environment, change.tier)
    has_way_back = change.plan is not None and bool(change.plan.rollback)
    automatic = rule is not None and rule.auto_rollback and has_way_back
    said = {"value": found.value, "limit": found.limit, "at": at.isoformat(), "automatic": automatic}
    marked = await tx.mark(change, outcome={**change.outcome, "breach": said})
    event = TriggerBreached(
        change=change.id,
        resource=change.arm_id,
        trigger=change.request.rollback_trigger,
        value=found.value,
        measured_at=at.isoformat(),
        automatic=automatic,
    )
    await tx.record(event, by=TIMER, cause=cause)
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return marked if automatic else None


def _is_watched(change: Change) -> bool:
    watched = change.state is ChangeState.VERIFYING and bool(change.request.rollback_trigger)
    return watched and "breach" not in change.outcome


def _measured(change: Change, desk: Desk) -> DeploymentRef:
    target = desk.configuration.target(change.request.target)
    return target.ref if change.plan is None else written_to(change.plan, target)


async def _told(change: Change, desk: Desk) -> frozenset[str]:
    """Return the owner and everybody who may roll back."""
    people = await find_people(
        {change.request.requester, change.request.owner}, desk=desk, max_age=FOR_AN_APPLY
    )
    return frozenset(who_may(Verb.ROLL_BACK, change, people, desk)) | {change.request.owner}
