"""Decide a change: one vote, and when the votes are enough, the one move they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import Change, ChangeState, Choice, Vote
from bot.domain.configuration import Configuration, Rule
from bot.domain.errors import ConflictError
from bot.domain.event import AuditEvent
from bot.domain.people import Standing
from bot.domain.policy import (
    Allowed,
    Refused,
    counting_ballots,
    may_decide,
    may_vote_again,
    quorum_met,
    who_could,
)
from bot.domain.request_events import ChangeApproved, ChangeRefused, ChangeRejected, ChangesRequested
from bot.ports.archive import Transaction
from bot.usecases.desk import Caller
from bot.usecases.link_incident import note_change

_BECAME: Mapping[ChangeState, str] = {
    ChangeState.APPROVED: "approved",
    ChangeState.REJECTED: "rejected",
    ChangeState.CHANGES_REQUESTED: "sent back for changes",
}


@dataclass(frozen=True)
class Decision:
    """What someone says of a card: the change, the revision and plan they saw, the choice and why."""

    number: int
    revision: int
    plan: str
    choice: Choice
    reason: str = ""


@dataclass(frozen=True)
class Recorded:
    """The vote counts, and more are needed."""

    change: Change
    counted: int


@dataclass(frozen=True)
class Decided:
    """The vote led to this state."""

    change: Change


@dataclass(frozen=True)
class AlreadyDecided:
    """Somebody else was first, or the change has moved on."""

    change: Change


@dataclass(frozen=True)
class OutOfDate:
    """The card that was clicked shows an earlier revision or another plan."""

    change: Change


Outcome = Recorded | Decided | Refused | AlreadyDecided | OutOfDate


async def decide_change(
    decision: Decision,
    *,
    caller: Caller,
    tx: Transaction,
    configuration: Configuration,
    directory: Mapping[str, Standing],
    now: datetime,
) -> Outcome:
    """Store one vote if policy lets this person give it; move the change when it is decided.

    A refused attempt is remembered. Raises ConflictError when the change moved in the same instant: then nothing of
    this transaction may stay.
    """
    change = await tx.change(decision.number)
    if change.state is not ChangeState.PENDING_APPROVAL:
        return AlreadyDecided(change)
    if not is_current(change, decision.revision, decision.plan):
        return OutOfDate(change)
    rule = configuration.rule_for(change)
    allowed = _allowed(change, caller, directory, rule, now)
    if isinstance(allowed, Refused) or rule is None:
        refused = allowed if isinstance(allowed, Refused) else Refused("Not allowed.")
        await remember_refusal(tx, change, caller, f"{decision.choice}", refused.reason)
        return refused
    given = _Given(now, now + rule.approval_expires, configuration.policy_digest)
    vote = _vote(change, decision, caller.user, allowed, given)
    again = may_vote_again(change, directory[caller.user], await tx.votes(change), directory, rule)
    if again is None and not await tx.add_vote(vote):
        again = Refused(
            "Not allowed: you have already voted on this revision. To say something else, take your approval "
            f"back first: `change unapprove {change.id}`."
        )
    if again is not None:
        await remember_refusal(tx, change, caller, f"{decision.choice}", again.reason)
        return again
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    if decision.choice is not Choice.APPROVE:
        return await _turn_down(change, decision, caller, now, tx)
    return await _approve(change, vote, rule, caller=caller, tx=tx, directory=directory)


def is_current(change: Change, revision: int, plan: str) -> bool:
    """Return whether a card with this revision and plan digest prefix shows the change as it is."""
    return change.revision == revision and bool(plan) and change.plan_digest.startswith(plan)


async def remember_refusal(tx: Transaction, change: Change, caller: Caller, attempt: str, why: str) -> None:
    """Append the entry of a refused attempt."""
    event = ChangeRefused(change=change.id, resource=change.arm_id, attempt=attempt, why=why)
    await tx.record(event, by=caller.actor, cause=caller.cause)


def only_its_requester(change: Change, does: str) -> Refused:
    """Return that only the requester writes a request, who that is, and what anybody else can do."""
    return Refused(
        f"Not allowed: only its requester {does} a request. Say what should change with "
        f"`change comment {change.id}`; who decides it can ask for changes.",
        could=(change.request.requester,),
    )


def _allowed(
    change: Change, caller: Caller, directory: Mapping[str, Standing], rule: Rule | None, now: datetime
) -> Allowed | Refused:
    if change.expires_at is not None and now >= change.expires_at:
        return Refused("Too late: this request has expired.")
    person = directory.get(caller.user)
    if person is None:
        return Refused("Not allowed: the directory does not know you.")
    requester = change.request.requester
    could = who_could(rule, requester, directory)
    return may_decide(change, person, rule, could=could, requester=directory.get(requester))


@dataclass(frozen=True)
class _Given:
    """When a vote was given, until when it holds, and under which policy."""

    at: datetime
    expires_at: datetime
    policy_digest: str


def _vote(change: Change, decision: Decision, user: str, allowed: Allowed, given: _Given) -> Vote:
    return Vote(
        number=change.number,
        revision=change.revision,
        person=user,
        choice=decision.choice,
        groups=allowed.groups,
        plan_digest=change.plan_digest,
        policy_digest=given.policy_digest,
        at=given.at,
        expires_at=given.expires_at,
        reason=decision.reason,
    )


async def _turn_down(
    change: Change, decision: Decision, caller: Caller, now: datetime, tx: Transaction
) -> Decided:
    rejected = decision.choice is Choice.REJECT
    state = ChangeState.REJECTED if rejected else ChangeState.CHANGES_REQUESTED
    event: AuditEvent
    if rejected:
        event = ChangeRejected(
            change=change.id,
            resource=change.arm_id,
            revision=change.revision,
            plan_digest=change.plan_digest,
            reason=decision.reason,
        )
    else:
        event = ChangesRequested(
            change=change.id, resource=change.arm_id, revision=change.revision, reason=decision.reason
        )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    return Decided(await _moved(tx, change, state, caller, at=now, note=decision.reason))


async def _approve(
    change: Change,
    vote: Vote,
    rule: Rule,
    *,
    caller: Caller,
    tx: Transaction,
    directory: Mapping[str, Standing],
) -> Recorded | Decided:
    votes = await tx.votes(change)
    counted = counting_ballots(change, votes, directory, rule, vote.at)
    mine = next((ballot.behalf for ballot in counted if ballot.user == vote.person), frozenset[str]())
    event = ChangeApproved(
        change=change.id,
        resource=change.arm_id,
        revision=change.revision,
        plan_digest=change.plan_digest,
        policy_digest=vote.policy_digest,
        groups=tuple(sorted(vote.groups)),
        behalf=tuple(sorted(mine)),
        counted=len(counted),
        quorum=rule.quorum,
        reason=vote.reason,
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    if not quorum_met(rule, [ballot.groups for ballot in counted]):
        return Recorded(change, len(counted))
    users = {ballot.user for ballot in counted}
    ends = min(found.expires_at for found in votes if found.person in users)
    return Decided(await _moved(tx, change, ChangeState.APPROVED, caller, at=vote.at, expires_at=ends))


async def _moved(
    tx: Transaction,
    change: Change,
    state: ChangeState,
    caller: Caller,
    *,
    at: datetime,
    **columns: str | datetime,
) -> Change:
    """Move a change, with a line on the timelines of the incidents it is linked to."""
    moved = await tx.move(change, state, decided_by=caller.user, **columns)
    if moved is None:
        raise ConflictError("Someone else decided in the same instant.", advice="Look at the card again.")
    await note_change(moved, _BECAME[state], by=caller.actor, now=at, tx=tx)
    return moved
