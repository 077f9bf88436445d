"""What comes before a rollback: the second person policy may want, and the timer that needs none."""

from collections.abc import Mapping

from bot.domain.after_events import RollbackAsked
from bot.domain.ballots import is_same_person, why_unmapped
from bot.domain.change import Change, ChangeState
from bot.domain.errors import ConflictError
from bot.domain.execution_events import RollbackStarted
from bot.domain.json import Json
from bot.domain.people import Actor, Standing
from bot.domain.policy import Refused
from bot.ports.archive import Cause, Transaction
from bot.usecases.desk import Caller, Desk


async def second_word(
    change: Change,
    reason: str,
    *,
    caller: Caller,
    people: Mapping[str, Standing],
    tx: Transaction,
    desk: Desk,
) -> Change | Refused | None:
    """Return None when the rollback may start now; where policy wants another's word, remember who asked first.

    Who asked cannot confirm, under whichever account.
    """
    if not _wants_two(change, desk):
        return None
    if change.outcome.get("rollback_waits"):
        return _why_not_confirmed(change, people, caller.user, desk)
    event = RollbackAsked(
        change=change.id, resource=change.arm_id, plan_digest=change.plan_digest, reason=reason
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    outcome = {**change.outcome, **_why(reason), "rollback_waits": True}
    marked = await tx.mark(change, rollback_asked_by=caller.user, outcome=outcome)
    if marked is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return marked


def needs_second(change: Change, desk: Desk) -> bool:
    """Return whether a rollback that is asked for now waits for another person's word."""
    return _wants_two(change, desk) and not change.outcome.get("rollback_waits")


def _wants_two(change: Change, desk: Desk) -> bool:
    rule = desk.configuration.rule(change.environment, change.tier)
    return rule is not None and rule.rollback_approvals > 0


def _why_not_confirmed(
    change: Change, people: Mapping[str, Standing], user: str, desk: Desk
) -> Refused | None:
    first = change.rollback_asked_by
    asked = people.get(first) or Standing(first, full_member=False)
    rule = desk.configuration.rule(change.environment, change.tier)
    if rule is not None and (why := why_unmapped(rule, people[user], asked)):
        return Refused(f"Not allowed: {why}.", "rollback_approvals and mapped_only")
    if not is_same_person(asked, people[user]):
        return None
    words = f"rollback_approvals: asked by <@{first}>, confirmed by somebody else"
    return Refused("Not allowed: you asked for this rollback; another person confirms it.", words)


def _why(reason: str) -> dict[str, Json]:
    return {"rollback_reason": reason} if reason else {}


async def started(change: Change, reason: str, *, caller: Caller, tx: Transaction) -> dict[str, object]:
    """Record that a rollback starts, and return the columns that say who asked and who confirmed."""
    outcome = {name: said for name, said in change.outcome.items() if name != "rollback_waits"}
    first = change.rollback_asked_by if outcome != change.outcome else caller.user
    confirmed = caller.user if first != caller.user else ""
    event = RollbackStarted(
        change=change.id,
        resource=change.arm_id,
        plan_digest=change.plan_digest,
        asked_by=first,
        confirmed_by=confirmed,
        reason=reason,
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    outcome |= _why(reason)
    if confirmed:
        outcome["confirmed"] = confirmed
    return {"rollback_asked_by": first, "outcome": outcome}


async def start_by_itself(change: Change, *, by: Actor, cause: Cause, tx: Transaction) -> Change | None:
    """Start the rollback that policy has approved beforehand; None when the change moved away."""
    event = RollbackStarted(
        change=change.id, resource=change.arm_id, plan_digest=change.plan_digest, asked_by=by.id
    )
    await tx.record(event, by=by, cause=cause)
    outcome = {**change.outcome, "automatic": True}
    moved = await tx.move(change, ChangeState.ROLLING_BACK, outcome=outcome, note="")
    await tx.enqueue("apply", f"apply:{change.id}")
    return moved
