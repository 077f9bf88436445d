"""Find writes that no change explains: Azure's state and its activity log, set against what changes did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Freeze
from bot.domain.deployment import Account, Target
from bot.domain.drift import masked
from bot.domain.effect import Effect
from bot.domain.errors import CountersignError
from bot.domain.inventory import ActivityEntry
from bot.domain.json import Json, digest
from bot.domain.operation import Plan
from bot.domain.people import system
from bot.domain.sighting import Known, Sighting, Unexplained, adopted, moved_fields, unexplained_writes
from bot.domain.watch_events import WriteAttributed, WriteUnexplained
from bot.ports.archive import Cause, ChangeQuery, Look, Transaction
from bot.ports.registry import Readers
from bot.usecases.desk import Desk
from bot.usecases.freeze_targets import freezes_at
from bot.usecases.plan_change import projection_in
from bot.usecases.step import FORWARD, ROLLBACK

WATCH = system("watch")
HISTORY = timedelta(hours=6)  # Azure's log is often minutes late, sometimes hours
_FUTURE = frozenset({ChangeState.DRAFT, ChangeState.PENDING_APPROVAL, ChangeState.CHANGES_REQUESTED})
_WAITING = frozenset({ChangeState.APPROVED, ChangeState.SCHEDULED})


@dataclass(frozen=True)
class Found:
    """What one look at an account found: new reports, reports that now have a name, and why the log was silent."""

    reports: tuple[Unexplained, ...] = ()
    named: tuple[Unexplained, ...] = ()
    gap: str = ""


@dataclass(frozen=True)
class _Look:
    target: Target
    live: Mapping[str, Json]
    log: Sequence[ActivityEntry]
    at: datetime


async def looks_due(look: Look, *, desk: Desk) -> dict[str, datetime | None]:
    """Return the looks at accounts whose time has come, with that time (None: never looked at)."""
    if not desk.configuration.timing.reconcile_every:
        return {}
    dues, now = await look.dues("reconcile"), desk.clock.now()
    names = {f"reconcile:{target.ref.account.name}" for target in desk.configuration.targets}
    return {name: dues.get(name) for name in sorted(names) if dues.get(name, now) <= now}


async def enqueue_looks(due: Mapping[str, datetime | None], *, tx: Transaction, desk: Desk) -> None:
    """Enqueue the looks that are due; one replica takes each, whichever is first."""
    until = desk.clock.now() + desk.configuration.timing.reconcile_every
    for name, at in due.items():
        if await tx.put_off(name, due=at, until=until):
            await tx.enqueue("reconcile", name)


async def find_unapproved(account: Account, *, readers: Readers, desk: Desk, cause: Cause) -> Found:
    """Look at an account's targets once, and report each write that no change explains, once.

    Raises:
        AzureUnavailableError: the deployments could not be read; nothing was decided.
    """
    at = desk.clock.now()
    deployments = await readers.azure.deployments(account)
    log, gap = await _log(account, readers, at)
    reports: list[Unexplained] = []
    named: list[Unexplained] = []
    for target in desk.configuration.targets:
        if target.ref.account == account:
            look = _Look(target, _kept(projection_in(deployments, target.ref.key)), log, at)
            async with desk.archive.transaction() as tx:
                found = await _looked(look, tx=tx, desk=desk, cause=cause)
            reports += found.reports
            named += found.named
    return Found(tuple(reports), tuple(named), gap)


async def _log(account: Account, readers: Readers, at: datetime) -> tuple[Sequence[ActivityEntry], str]:
    try:
        return await readers.inventory.activity(account, at - HISTORY, at), ""
    except CountersignError as error:
        return (), f"Who wrote is unknown: {error} {error.advice}".strip()


async def _looked(look: _Look, *, tx: Transaction, desk: Desk, cause: Cause) -> Found:
    """Compare one deployment with its last sighting, in the transaction that replaces the sighting."""
    arm_id = look.target.ref.key
    known = await known_steps(look.target, tx)
    seen = await tx.sighting(arm_id)
    if any(step.is_busy(look.at) for step in known) or (seen is not None and seen.seen_at >= look.at):
        return Found()
    since = seen.since if seen is not None else look.at
    if not await tx.see(Sighting(arm_id, look.target.alias, look.live, since, look.at), before=seen):
        return Found()
    if seen is None:
        return Found()
    rows = await tx.unexplained_on(arm_id, look.at - HISTORY)
    told = {row.correlation for row in rows}
    writes = [each for each in unexplained_writes(look.log, seen, known) if each.correlation not in told]
    late = _late(writes, rows)
    fresh = [each for each in writes if each not in late.values()]
    named = [_named(row, late[row.number]) for row in rows if row.number in late]
    found = _reports(look, seen, fresh, moved_fields(seen, look.live, known))
    return await _kept_and_told(Found(tuple(found), tuple(named)), tx=tx, desk=desk, cause=cause)


def _late(writes: Sequence[ActivityEntry], rows: Sequence[Unexplained]) -> dict[int, ActivityEntry]:
    """Return, by the number of a report without a name, the write that the log has brought for it since."""
    late: dict[int, ActivityEntry] = {}
    for row in rows:
        entry = next((each for each in writes if adopted(row, each) and each not in late.values()), None)
        if entry is not None:
            late[row.number] = entry
    return late


def _reports(
    look: _Look, seen: Sighting, writes: Sequence[ActivityEntry], moved: Mapping[str, tuple[Json, Json]]
) -> list[Unexplained]:
    """Return one report per write; what moved belongs to the newest, or to a write that the log does not show."""
    bare = Unexplained("", seen.arm_id, look.target.alias, seen.seen_at, look.at)
    if not writes and moved:
        traces = digest({"before": dict(seen.state), "after": dict(look.live), "at": look.at.isoformat()})
        return [replace(bare, key=f"{seen.arm_id}:state:{traces[:24]}", fields=moved)]
    reports = [_named(replace(bare, key=f"{seen.arm_id}:{each.correlation}"), each) for each in writes]
    return [*reports[:-1], *(replace(newest, fields=moved) for newest in reports[-1:])]


def _named(row: Unexplained, entry: ActivityEntry) -> Unexplained:
    return replace(
        row, at=entry.at, caller=entry.caller, operation=entry.operation, correlation=entry.correlation
    )


async def _kept_and_told(found: Found, *, tx: Transaction, desk: Desk, cause: Cause) -> Found:
    reports = [kept for each in found.reports if (kept := await tx.add_unexplained(each)) is not None]
    named = [each for each in found.named if await tx.attribute(each)]
    for each in reports:
        held = await freezes_at(each.target, each.at, look=tx, configuration=desk.configuration)
        await tx.record(_event(each, held), by=WATCH, cause=cause)
    for each in named:
        event = WriteAttributed(
            resource=each.arm_id,
            alias=each.target,
            at=each.at.isoformat(),
            caller=each.caller,
            operation=each.operation,
            correlation=each.correlation,
        )
        await tx.record(event, by=WATCH, cause=cause)
    for each in (*reports, *named):
        await tx.enqueue("deliver", f"deliver:unexplained:{each.number}")
    return Found(tuple(reports), tuple(named))


def _event(found: Unexplained, freezes: tuple[Freeze, ...]) -> WriteUnexplained:
    return WriteUnexplained(
        resource=found.arm_id,
        alias=found.target,
        at=found.at.isoformat(),
        fields=tuple(sorted(found.fields)),
        caller=found.caller,
        operation=found.operation,
        correlation=found.correlation,
        freeze=", ".join(freeze.name for freeze in freezes),
    )


async def known_steps(target: Target, look: Look) -> list[Known]:
    """Return the steps of changes on a deployment that were sent, or that another program may begin any time."""
    found: list[Known] = []
    for change in await look.changes(ChangeQuery(account=target.ref.account.name, limit=500)):
        plan = change.plan
        if plan is None or plan.arm_id != target.ref.key or change.state in _FUTURE:
            continue
        effects = [(step, await look.effect(change, step)) for step in (FORWARD, ROLLBACK)]
        found += [_step(change, plan, step, effect) for step, effect in effects if effect is not None]
        if not plan.forward and change.state in _WAITING:
            found.append(Known(_kept(plan.before), _kept(plan.after), None, change.submitted_at, change.id))
    return found


def _step(change: Change, plan: Plan, step: str, effect: Effect) -> Known:
    start, goal, calls = plan.before, plan.after, plan.forward
    if step == ROLLBACK:
        start, goal, calls = plan.after, plan.before, plan.rollback
    since = None if calls else change.submitted_at
    return Known(_kept(start), _kept(goal), effect, since, change.id, step == ROLLBACK)


def _kept(projection: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a projection as it may be kept; what is not there stays empty."""
    return masked(projection) if projection else {}
