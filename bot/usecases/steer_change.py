"""What people do to a change besides deciding it: withdraw, ask to apply, ask to roll back, attest."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Freeze
from bot.domain.errors import ConflictError
from bot.domain.execution_events import ApplyAsked, ChangeAttested, ChangeClosed
from bot.domain.freeze import freeze_words
from bot.domain.freeze_events import FreezeOverridden
from bot.domain.json import Json
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.request_events import ChangeWithdrawn
from bot.ports.archive import Transaction
from bot.usecases.compare_beside import propose_deletion
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk
from bot.usecases.freeze_targets import freezes_at
from bot.usecases.judge_steering import Verb, is_undone, why_held, why_not
from bot.usecases.queue_change import QUEUED
from bot.usecases.roll_back_change import second_word, started
from bot.usecases.schedule_change import schedule, start_of

People = Mapping[str, Standing]


@dataclass(frozen=True)
class Done:
    """It was done; the change as it is now."""

    change: Change


async def withdraw_change(
    number: int, reason: str, *, caller: Caller, people: People, tx: Transaction, desk: Desk
) -> Done | Refused:
    """Take a change back before it runs: its requester or its owner may."""
    change = await tx.change(number)
    refused = why_not(Verb.WITHDRAW, change, user=caller.user, people=people, desk=desk)
    if refused is not None:
        return await _remembered(tx, change, caller, Verb.WITHDRAW, refused)
    event = ChangeWithdrawn(change=change.id, resource=change.arm_id, reason=reason)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    return Done(await _moved(tx, change, ChangeState.WITHDRAWN, decided_by=caller.user, note=reason))


async def ask_to_apply(
    number: int, *, caller: Caller, people: People, tx: Transaction, desk: Desk, reason: str = ""
) -> Done | Refused:
    """Hand an approved change to the executor, which checks everything again before it touches Azure.

    One with a start to come is scheduled. `reason`: why it may run although a freeze holds.
    """
    change, now = await tx.change(number), desk.clock.now()
    target, start = change.request.target, start_of(change, now)
    freezes = await freezes_at(target, start, look=tx, configuration=desk.configuration)
    refused = why_not(Verb.APPLY, change, user=caller.user, people=people, desk=desk, freezes=freezes)
    refused = refused or await why_held(
        Verb.APPLY, change, user=caller.user, people=people, look=tx, desk=desk
    )
    if refused is None and freezes and not reason:
        refused = Refused(f"{freeze_words(freezes)} Say why it may be overridden: that is recorded.")
    if refused is not None:
        return await _remembered(tx, change, caller, Verb.APPLY, refused)
    outcome = {name: said for name, said in change.outcome.items() if name not in ("override", QUEUED)}
    if freezes:
        outcome["override"] = _override(freezes, caller, reason)
        event = _overridden(change, freezes, people[caller.user], reason)
        await tx.record(event, by=caller.actor, cause=caller.cause)
    if start > now:
        return Done(await schedule(change, outcome, caller=caller, tx=tx))
    return Done(await _handed_over(change, outcome, caller, tx))


def _override(freezes: tuple[Freeze, ...], caller: Caller, reason: str) -> dict[str, Json]:
    return {"by": caller.user, "freezes": [freeze.name for freeze in freezes], "reason": reason}


def _overridden(
    change: Change, freezes: tuple[Freeze, ...], person: Standing, reason: str
) -> FreezeOverridden:
    groups = person.groups & {name for freeze in freezes for name in freeze.override}
    return FreezeOverridden(
        change=change.id,
        resource=change.arm_id,
        freezes=tuple(freeze.name for freeze in freezes),
        groups=tuple(sorted(groups)),
        revision=change.revision,
        reason=reason,
    )


async def _handed_over(change: Change, outcome: dict[str, Json], caller: Caller, tx: Transaction) -> Change:
    marked = await tx.mark(change, apply_asked_by=caller.user, note="", outcome=outcome)
    if marked is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    event = ApplyAsked(
        change=change.id, resource=change.arm_id, revision=change.revision, plan_digest=change.plan_digest
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await tx.enqueue("apply", f"apply:{change.id}")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return marked


async def ask_to_roll_back(
    number: int, *, caller: Caller, people: People, tx: Transaction, desk: Desk, reason: str = ""
) -> Done | Refused:
    """Start the rollback that was approved with the change, at the second word where policy wants one."""
    change = await tx.change(number)
    refused = why_not(Verb.ROLL_BACK, change, user=caller.user, people=people, desk=desk)
    refused = refused or await why_held(
        Verb.ROLL_BACK, change, user=caller.user, people=people, look=tx, desk=desk
    )
    if refused is not None:
        return await _remembered(tx, change, caller, Verb.ROLL_BACK, refused)
    asked = await second_word(change, reason, caller=caller, people=people, tx=tx, desk=desk)
    if isinstance(asked, Refused):
        return await _remembered(tx, change, caller, Verb.ROLL_BACK, asked)
    if asked is not None:
        return Done(asked)
    columns = await started(change, reason, caller=caller, tx=tx)
    moved = await _moved(tx, change, ChangeState.ROLLING_BACK, note="", **columns)
    await tx.enqueue("apply", f"apply:{change.id}")
    return Done(moved)


async def attest_change(
    number: int, *, caller: Caller, people: People, tx: Transaction, desk: Desk
) -> Done | Refused:
    """Have the owner say that the evidence after the change is as it should be; that closes it."""
    change = await tx.change(number)
    refused = why_not(Verb.ATTEST, change, user=caller.user, people=people, desk=desk)
    if refused is not None:
        return await _remembered(tx, change, caller, Verb.ATTEST, refused)
    verdict = str(change.outcome.get("verdict", "rolled back"))
    attested = ChangeAttested(change=change.id, resource=change.arm_id, verdict=verdict)
    await tx.record(attested, by=caller.actor, cause=caller.cause)
    outcome = {**change.outcome, "attested": caller.user}
    if is_undone(change):
        await tx.enqueue("deliver", f"deliver:{change.id}:card")
        return Done(await tx.mark(change, outcome=outcome) or change)
    await tx.record(
        ChangeClosed(change=change.id, resource=change.arm_id), by=caller.actor, cause=caller.cause
    )
    await propose_deletion(change, tx=tx, desk=desk)
    return Done(await _moved(tx, change, ChangeState.CLOSED, outcome=outcome))


async def _remembered(
    tx: Transaction, change: Change, caller: Caller, attempt: Verb, refused: Refused
) -> Refused:
    await remember_refusal(tx, change, caller, attempt.value, refused.reason)
    return refused


async def _moved(tx: Transaction, change: Change, state: ChangeState, **columns: object) -> Change:
    moved = await tx.move(change, state, **columns)
    if moved is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return moved
