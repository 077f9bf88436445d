"""Waive the attestation of a change whose owner cannot give it: by name, with a reason."""

from collections.abc import Mapping

from bot.domain.after_events import ChangeWaived
from bot.domain.change import Change, ChangeState
from bot.domain.errors import ConflictError
from bot.domain.execution_events import ChangeClosed
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.ports.archive import Transaction
from bot.usecases.compare_beside import propose_deletion
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk
from bot.usecases.judge_steering import Verb, why_not


async def waive_change(
    number: int,
    reason: str,
    *,
    caller: Caller,
    people: Mapping[str, Standing],
    tx: Transaction,
    desk: Desk,
) -> Change | Refused:
    """Let a change end without its owner's attestation; a validated one closes, a rolled back one stays so."""
    change = await tx.change(number)
    refused = why_not(Verb.WAIVE, change, user=caller.user, people=people, desk=desk)
    if refused is None and not reason:
        refused = Refused("Say why the owner cannot attest: that is recorded.")
    if refused is not None:
        await remember_refusal(tx, change, caller, Verb.WAIVE.value, refused.reason)
        return refused
    await tx.record(_event(change, reason, people[caller.user], desk), by=caller.actor, cause=caller.cause)
    ended = await _ended(change, reason, caller, tx)
    if ended is not None and ended.state is ChangeState.CLOSED:
        await propose_deletion(ended, tx=tx, desk=desk)
    if ended is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return ended


def _event(change: Change, reason: str, person: Standing, desk: Desk) -> ChangeWaived:
    rule = desk.configuration.rule_for(change)
    return ChangeWaived(
        change=change.id,
        resource=change.arm_id,
        verdict=str(change.outcome.get("verdict", "rolled back")),
        owner=change.request.owner,
        groups=tuple(sorted(person.groups & (rule.deciding if rule else frozenset()))),
        reason=reason,
    )


async def _ended(change: Change, reason: str, caller: Caller, tx: Transaction) -> Change | None:
    outcome = {**change.outcome, "waived": caller.user}
    if change.state is ChangeState.ROLLED_BACK:
        return await tx.mark(change, outcome=outcome, note=reason)
    closed = ChangeClosed(change=change.id, resource=change.arm_id)
    await tx.record(closed, by=caller.actor, cause=caller.cause)
    return await tx.move(change, ChangeState.CLOSED, outcome=outcome, note=reason)
