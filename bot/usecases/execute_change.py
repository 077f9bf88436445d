"""Apply an approved change, or roll one back: check everything again, write down the intent, send once."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.change import Change, ChangeState, Choice
from bot.domain.effect import Effect, Phase
from bot.domain.entry import new_ulid
from bot.domain.errors import ConflictError, DoubtError, LedgerBrokenError, NotAppliedError, RunAgain
from bot.domain.execution_events import ExecutionStarted
from bot.domain.json import Json
from bot.ports.archive import Cause, Transaction
from bot.ports.azure import Executor, Sent
from bot.usecases.check_history import evidence_words
from bot.usecases.desk import Desk
from bot.usecases.freeze_targets import freezes_at, overrides
from bot.usecases.hold_for_incident import consents_relied_on
from bot.usecases.queue_change import BESIDE, BUSY_SECONDS, QUEUED, pass_by, stand_in_line
from bot.usecases.recheck_change import rollback_fits, still_good
from bot.usecases.require_anchors import why_not_anchored
from bot.usecases.settle_step import doubt_step, refuse_step
from bot.usecases.step import EXECUTOR, FORWARD, ROLLBACK, Step, fingerprints, step_of

NOT_SENT = "not applied: Azure was busy with another operation on the account"


async def execute_change(number: int, *, executor: Executor, desk: Desk, cause: Cause) -> None:
    """Carry out the step a change is at, once. Running it again is harmless.

    Raises:
        RunAgain: the account is busy, or the directory must be read first.
    """
    async with desk.archive.transaction() as tx:
        change = await tx.change(number)
        step = step_of(change, desk, cause)
        effect = await tx.effect(change, step.name) if step else None
        failed = effect if effect is not None and _is_asked_again(step, effect) else None
        if effect is not None and failed is None:
            await _resume(tx, effect)
    if step is None or effect is not failed:
        return
    if step.name == FORWARD:
        await stand_in_line(step, desk)
        if not await still_good(step, executor=executor, desk=desk):
            return
    else:
        await why_not_anchored(step, desk=desk)
    intended = await _intend(step, failed, executor=executor, desk=desk)
    if intended is None:
        return
    why = "" if step.name == FORWARD else await rollback_fits(step, executor=executor)
    if why:
        await refuse_step(intended[0], intended[1], "MovedSince", why, desk)
        return
    await send_step(*intended, executor=executor, desk=desk)


async def send_step(step: Step, effect: Effect, *, executor: Executor, desk: Desk) -> None:
    """Send the step's operation, whose intent is committed, and write down what came back."""
    if not await _still_mine(effect, step, desk):
        return
    try:
        sent = await _sent(step, effect, executor)
    except NotAppliedError as error:
        if error.retryable_conflict:
            await _wait_for_the_account(effect, desk)
            return
        await refuse_step(step, effect, error.code, f"{error} {error.advice}".strip(), desk)
        return
    except DoubtError as error:
        await doubt_step(step, effect, str(error), desk)
        return
    accepted = replace(
        effect,
        phase=Phase.ACCEPTED,
        at=desk.clock.now(),
        operation_id=sent.operation_id,
        poll=sent.poll or {},
        why="",
    )
    async with desk.archive.transaction() as tx:
        if await tx.journal(accepted, expected=effect.phase.value):
            await tx.enqueue("poll", f"poll:{step.change.id}")


async def _sent(step: Step, effect: Effect, executor: Executor) -> Sent:
    """Send the one call; where another program applies the plan, there is none, and it is only read back."""
    if step.operation is None:
        return Sent("", None)
    return await executor.writer.send(step.operation, change=step.change.id, correlation=effect.correlation)


async def _resume(tx: Transaction, effect: Effect) -> None:
    if effect.phase is Phase.ACCEPTED:
        await tx.enqueue("poll", f"poll:CHG-{effect.number}")
    elif effect.phase in (Phase.INTENDED, Phase.UNKNOWN):
        await tx.enqueue("read-back", f"read-back:CHG-{effect.number}")


def _is_asked_again(step: Step | None, effect: Effect) -> bool:
    """Return whether a rollback that failed was asked for once more."""
    return step is not None and step.name == ROLLBACK and effect.phase is Phase.FAILED


async def _intend(
    step: Step, failed: Effect | None, *, executor: Executor, desk: Desk
) -> tuple[Step, Effect] | None:
    """Commit the move to executing, its audit entry and the journal's intent; only then may anything be sent."""
    change, now = step.change, desk.clock.now()
    siblings = fingerprints(
        await executor.reader.deployments(step.target.ref.account), besides=step.plan.arm_id
    )
    effect = Effect(
        number=change.number,
        revision=change.revision,
        step=step.name,
        phase=Phase.INTENDED,
        at=now,
        fence=1 if failed is None else failed.fence + 1,
        correlation=new_ulid(now),
    )
    try:
        async with desk.archive.transaction() as tx:
            if step.name == FORWARD:
                step = await _started(tx, step, siblings, desk)
            if not await tx.journal(effect, expected="" if failed is None else failed.phase.value):
                return None
    except ConflictError as busy:
        raise RunAgain(now + timedelta(seconds=BUSY_SECONDS), str(busy)) from busy
    return step, effect


async def _started(tx: Transaction, step: Step, siblings: dict[str, Json], desk: Desk) -> Step:
    change, now, configuration = step.change, desk.clock.now(), desk.configuration
    await tx.hold(step.target.ref.key)
    held = await freezes_at(step.target.alias, now, look=tx, configuration=configuration)
    if not overrides(change, held):
        raise RunAgain(now, "a freeze began in the same instant")
    await _demand_consents(change, now, tx)
    if (await tx.change(change.number)).apply_asked_by != change.apply_asked_by:
        raise RunAgain(now, f"{change.id} was taken back in the same instant")
    approvals = await tx.verified_approvals(change)
    votes = [vote for vote in await tx.votes(change) if vote.choice is Choice.APPROVE]
    people = [vote.person for vote in votes] + [change.broke_glass_by] * bool(change.broke_glass_by)
    unproved = [person for person in people if person not in approvals]
    if unproved:
        raise LedgerBrokenError(
            f"{change.id} has approvals that the trail does not prove: {', '.join(unproved)}."
        )
    applied_on = evidence_words(change, now, configuration.timing.evidence_max_age)
    outcome = {name: said for name, said in change.outcome.items() if name != QUEUED}
    beside = await pass_by(change, now, tx)
    outcome |= {BESIDE: list(beside)} if beside else {}
    outcome |= {"siblings": siblings, "applied_on": applied_on}
    moved = await tx.move(change, ChangeState.EXECUTING, note="", outcome=outcome)
    if moved is None:
        raise RunAgain(change.created_at, f"{change.id} moved in the same instant")
    event = ExecutionStarted(
        **step.about,
        revision=change.revision,
        plan_digest=change.plan_digest,
        approvers=tuple(people),
        approvals=tuple(approvals.values()),
        beside=beside,
    )
    await tx.record(event, by=EXECUTOR, cause=step.cause)
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return replace(step, change=moved)


async def _demand_consents(change: Change, now: datetime, tx: Transaction) -> None:
    """Demand the consent of every lead of this instant, proven by the trail.

    Raises:
        RunAgain: an incident was declared, or another leads.
        LedgerBrokenError: a consent that is stored was never given.
    """
    relied = await consents_relied_on(change, tx)
    if relied is None:
        raise RunAgain(now, "an incident was declared, or its lead changed, in the same instant")
    unproved = sorted(relied - await tx.verified_consents(change)) if relied else []
    if unproved:
        said = ", ".join(f"{user} for {incident}" for incident, user in unproved)
        raise LedgerBrokenError(f"{change.id} has consents that the trail does not prove: {said}.")


async def _wait_for_the_account(effect: Effect, desk: Desk) -> None:
    now = desk.clock.now()
    async with desk.archive.transaction() as tx:
        waiting = replace(effect, at=now, why=NOT_SENT, fence=effect.fence + 1)
        await tx.journal(waiting, expected=effect.phase.value)
        at = now + timedelta(seconds=BUSY_SECONDS)
        await tx.enqueue("read-back", f"read-back:CHG-{effect.number}", run_at=at)


async def _still_mine(effect: Effect, step: Step, desk: Desk) -> bool:
    """Return whether no other runner has taken the step over since its intent was committed."""
    async with desk.archive.transaction() as tx:
        now = await tx.effect(step.change, step.name)
    return now is not None and (now.phase, now.fence) == (effect.phase, effect.fence)
