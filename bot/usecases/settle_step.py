"""Write down how a step ended: done and read back, failed, or unknown until Azure is read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.baseline import Kept
from bot.domain.change import Change, ChangeState
from bot.domain.deployment import Deployment
from bot.domain.effect import Effect, Phase
from bot.domain.event import AuditEvent
from bot.domain.execution_events import (
    ChangeReconciled,
    ExecutionFailed,
    ExecutionFinished,
    ExecutionUnknown,
    RollbackFailed,
    RollbackFinished,
)
from bot.domain.json import Json
from bot.domain.operation import differences
from bot.ports.archive import Transaction
from bot.usecases.desk import Desk
from bot.usecases.keep_baseline import State, keep_baseline
from bot.usecases.link_incident import note_change
from bot.usecases.name_movers import movers
from bot.usecases.plan_change import projection_in
from bot.usecases.step import EXECUTOR, FORWARD, Step, fingerprints


async def settle_read_back(step: Step, effect: Effect, deployments: Sequence[Deployment], desk: Desk) -> None:
    """Compare what Azure shows now with what was approved, and end the step as done or failed."""
    live = projection_in(deployments, step.plan.arm_id)
    moved = differences(step.goal, live) if live or not step.goal else ("the deployment itself",)
    if moved:
        await fail_step(step, effect, "ReadBackDiffers", f"{', '.join(moved)} is not as approved", desk)
        return
    before = step.change.outcome.get("siblings")
    now = fingerprints(deployments, besides=step.plan.arm_id)
    strangers = _moved_siblings(before if isinstance(before, Mapping) else now, now)
    await _finish(step, effect, strangers, len(now) - len(strangers), desk)


async def fail_step(step: Step, effect: Effect, code: str, why: str, desk: Desk) -> None:
    """End the step as failed after Azure accepted it: something may have been written."""
    await _fail(step, effect, code, why, written=True, desk=desk)


async def refuse_step(step: Step, effect: Effect, code: str, why: str, desk: Desk) -> None:
    """End the step as failed before anything was written."""
    await _fail(step, effect, code, why, written=False, desk=desk)


async def doubt_step(step: Step, effect: Effect, why: str, desk: Desk) -> None:
    """Say that nobody knows yet whether the step was applied; a read-back will decide after the grace."""
    now = desk.clock.now()
    unknown = replace(effect, phase=Phase.UNKNOWN, at=now, why=why)
    async with desk.archive.transaction() as tx:
        if not await tx.journal(unknown, expected=effect.phase.value):
            return
        await tx.record(ExecutionUnknown(**step.about, why=why), by=EXECUTOR, cause=step.cause)
        await tx.mark(
            step.change, note="checking what happened", outcome={**step.change.outcome, "doubt": True}
        )
        await tx.enqueue("deliver", f"deliver:{step.change.id}:card")
        run_at = now + desk.configuration.timing.doubt_grace
        await tx.enqueue("read-back", f"read-back:{step.change.id}", run_at=run_at)


async def _finish(step: Step, effect: Effect, strangers: tuple[str, ...], untouched: int, desk: Desk) -> None:
    now, forward = desk.clock.now(), step.name == FORWARD
    async with desk.archive.transaction() as tx:
        if not await tx.journal(replace(effect, phase=Phase.DONE, at=now), expected=effect.phase.value):
            return
        await _keep(step, tx, now)
        await _reconciled(tx, step, effect, applied=True)
        who = await movers(step, strangers, tx) if strangers else {}
        outcome = _outcome(step.change, {"strangers": list(strangers), "untouched": untouched, "movers": who})
        if forward:
            ends = now + desk.configuration.timing.validation_window
            await _move(tx, step, ChangeState.VERIFYING, outcome, executed_at=now, window_ends_at=ends)
            event: AuditEvent = ExecutionFinished(
                **step.about,
                plan_digest=step.change.plan_digest,
                operation_id=effect.operation_id,
                untouched=untouched,
            )
        else:
            outcome["rolled_back_at"] = now.isoformat()
            await _move(tx, step, ChangeState.ROLLED_BACK, outcome)
            event = RollbackFinished(**step.about, operation_id=effect.operation_id)
        await tx.record(event, by=EXECUTOR, cause=step.cause)
        await note_change(step.change, "applied" if forward else "rolled_back", by=EXECUTOR, now=now, tx=tx)


async def _keep(step: Step, tx: Transaction, now: datetime) -> None:
    """Keep what was reached as a baseline, where it is the target's own deployment and is there."""
    if not step.goal or step.ref != step.target.ref:
        return
    kind = Kept.APPLY if step.name == FORWARD else Kept.ROLLBACK
    kept = State(step.target, step.goal, kind, now, change=step.change.id)
    await keep_baseline(kept, by=EXECUTOR, cause=step.cause, tx=tx)


async def _fail(step: Step, effect: Effect, code: str, why: str, *, written: bool, desk: Desk) -> None:
    failed = replace(effect, phase=Phase.FAILED, at=desk.clock.now(), why=why)
    forward = step.name == FORWARD
    async with desk.archive.transaction() as tx:
        if not await tx.journal(failed, expected=effect.phase.value):
            return
        await _reconciled(tx, step, effect, applied=False)
        outcome = _outcome(step.change, {"written": written or not forward, "why": why})
        await _move(tx, step, ChangeState.FAILED, outcome)
        event: AuditEvent = (
            ExecutionFailed(**step.about, code=code, why=why, written=written)
            if forward
            else RollbackFailed(**step.about, code=code, why=why)
        )
        await tx.record(event, by=EXECUTOR, cause=step.cause)
        what = "not applied" if forward else "not rolled back"
        await note_change(step.change, what, by=EXECUTOR, now=failed.at, tx=tx)


async def _reconciled(tx: Transaction, step: Step, effect: Effect, *, applied: bool) -> None:
    if effect.phase is Phase.UNKNOWN:
        await tx.record(ChangeReconciled(**step.about, applied=applied), by=EXECUTOR, cause=step.cause)


async def _move(
    tx: Transaction, step: Step, state: ChangeState, outcome: Mapping[str, Json], **columns: object
) -> None:
    await tx.move(step.change, state, outcome=outcome, note="", **columns)
    await tx.enqueue("deliver", f"deliver:{step.change.id}:card")


def _outcome(change: Change, more: Mapping[str, Json]) -> dict[str, Json]:
    kept = {name: value for name, value in change.outcome.items() if name not in ("doubt", "siblings")}
    return {**kept, **more}


def _moved_siblings(before: Mapping[str, Json], now: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(sorted(name for name in {*before, *now} if before.get(name) != now.get(name)))
