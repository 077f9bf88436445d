"""Take an approval back until the change runs: it no longer counts, and what it made possible waits again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import Change, ChangeState, Vote
from bot.domain.configuration import Rule
from bot.domain.errors import ConflictError
from bot.domain.people import Standing
from bot.domain.policy import Refused, counting_ballots, quorum_met
from bot.domain.request_events import ApprovalWithdrawn
from bot.domain.rounds import UNAPPROVED_FROM, TakenBack, approval_of, with_taken_back
from bot.ports.archive import Transaction
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk
from bot.usecases.queue_change import QUEUED

ATTEMPT = "take an approval back from"


@dataclass(frozen=True)
class _Taking:
    """The approval that is taken back, those that are left, and why."""

    vote: Vote
    left: Sequence[Vote]
    reason: str


async def withdraw_approval(
    number: int,
    reason: str,
    *,
    caller: Caller,
    people: Mapping[str, Standing],
    tx: Transaction,
    desk: Desk,
) -> Change | Refused:
    """Take back what this person approved; where the rest is not enough, the change waits for approval again.

    Raises:
        ConflictError: it moved in the same instant; nothing of this transaction may stay.
    """
    change = await tx.change(number)
    votes = await tx.votes(change)
    vote = approval_of(votes, caller.user, people)
    refused = why_not_taken_back(change, vote)
    if refused is None and not reason:
        refused = Refused("Say why you take it back: the requester reads this.")
    if refused is not None or vote is None:
        answer = refused or Refused("There is nothing to take back.")
        await remember_refusal(tx, change, caller, ATTEMPT, answer.reason)
        return answer
    taking = _Taking(vote, [each for each in votes if each.person != vote.person], reason)
    return await _taken(change, taking, caller=caller, people=people, tx=tx, desk=desk)


def why_not_taken_back(change: Change, vote: Vote | None) -> Refused | None:
    """Return why an approval cannot be taken back from the change as it stands, None when it can."""
    if change.state not in UNAPPROVED_FROM:
        state = change.state.replace("_", " ")
        then = " *Roll back…* on its card takes it back." if change.executed_at is not None else ""
        return Refused(f"Too late: {change.id} is {state}.{then}")
    if vote is None:
        withdraw = f"Its requester or its owner can withdraw it: `change withdraw {change.id}`."
        return Refused(f"You have given no approval to take back on this revision of {change.id}. {withdraw}")
    if change.broke_glass_by:
        return Refused(
            f"The glass was broken for {change.id}: it does not rest on your approval any more. "
            f"Ask <@{change.request.requester}> or <@{change.request.owner}> to withdraw it.",
            could=(change.request.requester, change.request.owner),
        )
    return None


async def _taken(
    change: Change,
    taking: _Taking,
    *,
    caller: Caller,
    people: Mapping[str, Standing],
    tx: Transaction,
    desk: Desk,
) -> Change:
    now, rule = desk.clock.now(), desk.configuration.rule_for(change)
    counted = counting_ballots(change, taking.left, people, rule, now) if rule is not None else ()
    enough = rule is not None and quorum_met(rule, [ballot.groups for ballot in counted])
    reopened = change.state is not ChangeState.PENDING_APPROVAL and not enough
    event = _event(change, taking, len(counted), reopened=reopened)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    outcome = with_taken_back(change, TakenBack(caller.user, now, taking.reason), reopened=reopened)
    dropped = await tx.drop_vote(taking.vote)
    after = await (_reopened(change, outcome, rule, tx) if reopened else tx.mark(change, outcome=outcome))
    if after is None or not dropped:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return after


def _event(change: Change, taking: _Taking, counted: int, *, reopened: bool) -> ApprovalWithdrawn:
    return ApprovalWithdrawn(
        change=change.id,
        resource=change.arm_id,
        revision=change.revision,
        plan_digest=change.plan_digest,
        approver=taking.vote.person,
        counted=counted,
        quorum=change.quorum,
        reopened=reopened,
        reason=taking.reason,
    )


async def _reopened(
    change: Change, outcome: Mapping[str, object], rule: Rule | None, tx: Transaction
) -> Change | None:
    """Let the change wait again, asked for by nobody to be applied: until the later of the two ends it had."""
    kept = {name: said for name, said in outcome.items() if name not in ("override", QUEUED)}
    return await tx.move(
        change,
        ChangeState.PENDING_APPROVAL,
        expires_at=_ends(change, rule),
        apply_asked_by="",
        decided_by="",
        note="",
        outcome=kept,
    )


def _ends(change: Change, rule: Rule | None) -> datetime | None:
    asked = change.submitted_at
    ends = [asked + rule.request_expires] if asked is not None and rule is not None else []
    return max([*ends, *([change.expires_at] if change.expires_at is not None else [])], default=None)
