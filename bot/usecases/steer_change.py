"""What people do to a change besides deciding it: withdraw, ask to apply, ask to roll back, attest."""

from dataclasses import dataclass

from bot.changes.kinds import kind_named
from bot.domain.change import WAITING, Change, ChangeState
from bot.domain.errors import ConflictError
from bot.domain.execution_events import ApplyAsked, ChangeAttested, ChangeClosed, RollbackStarted
from bot.domain.people import Standing
from bot.domain.policy import Refused, frozen, may_act
from bot.domain.request_events import ChangeWithdrawn
from bot.ports.archive import Transaction
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk

ROLLBACK_FROM = frozenset({ChangeState.VERIFYING, ChangeState.AWAITING_ATTESTATION, ChangeState.FAILED})


@dataclass(frozen=True)
class Done:
    """It was done; the change as it is now."""

    change: Change


async def withdraw_change(
    number: int, reason: str, *, caller: Caller, standing: Standing, tx: Transaction
) -> Done | Refused:
    """Take a change back before it runs: its requester or its owner may."""
    change = await tx.change(number)
    refused = _unless(may_act(standing, change, ("requester", "owner"), "withdraw"))
    if refused is None and change.state not in WAITING | {ChangeState.DRAFT}:
        refused = Refused(f"Too late: {change.id} is {_words(change)}.")
    if refused is not None:
        return await _remembered(tx, change, caller, "withdraw", refused)
    event = ChangeWithdrawn(change=change.id, resource=change.arm_id, reason=reason)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    return Done(await _moved(tx, change, ChangeState.WITHDRAWN, decided_by=caller.user, note=reason))


async def ask_to_apply(
    number: int, *, caller: Caller, standing: Standing, tx: Transaction, desk: Desk
) -> Done | Refused:
    """Hand an approved change to the executor, which checks everything again before it touches Azure."""
    change = await tx.change(number)
    rule = desk.configuration.rule(change.environment, change.tier)
    refused = _unless(may_act(standing, change, rule.may_apply if rule else (), "apply"))
    now = desk.clock.now()
    freeze = frozen(desk.configuration, change.request.target, now)
    if refused is None and change.state is not ChangeState.APPROVED:
        refused = Refused(f"{change.id} cannot be applied: it is {_words(change)}.")
    elif refused is None and change.apply_asked_by:
        refused = Refused(f"{change.id} is being applied already, asked for by <@{change.apply_asked_by}>.")
    elif refused is None and freeze is not None:
        refused = Refused(f"The freeze {freeze.name} holds until {freeze.end.isoformat(' ', 'minutes')}.")
    if refused is not None:
        return await _remembered(tx, change, caller, "apply", refused)
    marked = await tx.mark(change, apply_asked_by=caller.user, note="")
    if marked is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    event = ApplyAsked(
        change=change.id, resource=change.arm_id, revision=change.revision, plan_digest=change.plan_digest
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await tx.enqueue("apply", f"apply:{change.id}")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return Done(marked)


async def ask_to_roll_back(
    number: int, *, caller: Caller, standing: Standing, tx: Transaction, desk: Desk
) -> Done | Refused:
    """Start the rollback that was approved with the change."""
    change = await tx.change(number)
    rule = desk.configuration.rule(change.environment, change.tier)
    names = (rule.may_rollback or (*rule.may_apply, "owner")) if rule else ()
    refused = _unless(may_act(standing, change, names, "roll back"))
    written = change.state is not ChangeState.FAILED or bool(change.outcome.get("written"))
    if refused is None and (change.state not in ROLLBACK_FROM or not written):
        refused = Refused(f"{change.id} cannot be rolled back: it is {_words(change)}.")
    elif refused is None and change.plan is not None and not change.plan.rollback:
        why = kind_named(change.request.kind).no_way_back
        refused = Refused(f"{change.id} cannot be rolled back from here: {why}")
    if refused is not None:
        return await _remembered(tx, change, caller, "roll back", refused)
    event = RollbackStarted(
        change=change.id, resource=change.arm_id, plan_digest=change.plan_digest, asked_by=caller.user
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    moved = await _moved(tx, change, ChangeState.ROLLING_BACK, rollback_asked_by=caller.user, note="")
    await tx.enqueue("apply", f"apply:{change.id}")
    return Done(moved)


async def attest_change(
    number: int, *, caller: Caller, standing: Standing, tx: Transaction
) -> Done | Refused:
    """Have the owner say that the evidence after the change is as it should be; that closes it."""
    change = await tx.change(number)
    refused = _unless(may_act(standing, change, ("owner",), "attest"))
    rolled_back = change.state is ChangeState.ROLLED_BACK and not change.outcome.get("attested")
    if refused is None and change.state is not ChangeState.AWAITING_ATTESTATION and not rolled_back:
        refused = Refused(f"There is nothing to attest: {change.id} is {_words(change)}.")
    if refused is not None:
        return await _remembered(tx, change, caller, "attest", refused)
    verdict = str(change.outcome.get("verdict", "rolled back"))
    attested = ChangeAttested(change=change.id, resource=change.arm_id, verdict=verdict)
    await tx.record(attested, by=caller.actor, cause=caller.cause)
    outcome = {**change.outcome, "attested": caller.user}
    if rolled_back:
        await tx.enqueue("deliver", f"deliver:{change.id}:card")
        return Done(await tx.mark(change, outcome=outcome) or change)
    await tx.record(
        ChangeClosed(change=change.id, resource=change.arm_id), by=caller.actor, cause=caller.cause
    )
    return Done(await _moved(tx, change, ChangeState.CLOSED, outcome=outcome))


def _unless(verdict: object) -> Refused | None:
    return verdict if isinstance(verdict, Refused) else None


def _words(change: Change) -> str:
    return change.state.replace("_", " ")


async def _remembered(
    tx: Transaction, change: Change, caller: Caller, attempt: str, refused: Refused
) -> Refused:
    await remember_refusal(tx, change, caller, attempt, refused.reason)
    return refused


async def _moved(tx: Transaction, change: Change, state: ChangeState, **columns: object) -> Change:
    moved = await tx.move(change, state, **columns)
    if moved is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return moved
