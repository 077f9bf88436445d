"""Break the glass: approve an emergency alone, tell everybody, and have somebody else review it within a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.break_glass import (
    LASTS,
    REVIEW_WITHIN,
    SAID_AGAIN,
    GlassVerdict,
    may_break,
    may_review,
)
from bot.domain.break_glass_events import GlassBroken, GlassLapsed, GlassReviewed
from bot.domain.change import Change, ChangeState, Choice
from bot.domain.configuration import Rule
from bot.domain.errors import ConflictError
from bot.domain.people import Standing, system
from bot.domain.policy import Allowed, Refused
from bot.ports.archive import Cause, ChangeQuery, Look, Transaction
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk
from bot.usecases.hold_for_incident import why_other_incident
from bot.usecases.link_incident import link_named

People = Mapping[str, Standing]
TIMER = system("timer")


@dataclass(frozen=True)
class Glass:
    """What must be said to break it: why, which incident, and the deployment's name, typed."""

    reason: str
    incident: str
    deployment: str


@dataclass(frozen=True)
class Review:
    """What somebody else finds of it afterwards."""

    verdict: GlassVerdict
    note: str


def parties(change: Change) -> frozenset[str]:
    """Return whose standing a judgement wants besides the caller's."""
    return frozenset({change.request.requester, change.request.owner, change.broke_glass_by} - {""})


def who_may_break(change: Change, rule: Rule | None, people: People) -> tuple[str, ...]:
    """Return the users who may break the glass."""
    return tuple(
        user for user in sorted(people) if isinstance(may_break(change, people[user], rule), Allowed)
    )


def told_of(change: Change, people: People, desk: Desk, *, besides: str) -> tuple[str, ...]:
    """Return everybody who decides here, the requester and the owner, without one."""
    rule = desk.configuration.rule_for(change)
    deciding = rule.deciding if rule is not None else frozenset()
    told = {user for user, person in people.items() if person.full_member and person.groups & deciding}
    return tuple(sorted((told | {change.request.requester, change.request.owner}) - {besides}))


def why_not_broken(change: Change, *, user: str, people: People, desk: Desk) -> Allowed | Refused:
    """Return whether this person may break the glass of this change as it stands."""
    rule = desk.configuration.rule_for(change)
    verdict = may_break(change, people[user], rule, could=who_may_break(change, rule, people))
    if isinstance(verdict, Refused):
        return verdict
    if change.state is not ChangeState.PENDING_APPROVAL:
        return Refused(f"There is no glass to break: {change.id} is {change.state.replace('_', ' ')}.")
    if change.expires_at is not None and desk.clock.now() >= change.expires_at:
        return Refused("Too late: this request has expired.")
    return verdict


async def break_glass(
    number: int, glass: Glass, *, caller: Caller, people: People, tx: Transaction, desk: Desk
) -> Change | Refused:
    """Approve an emergency without its quorum. Every check at apply still runs; everybody is told.

    Raises:
        ConflictError: it moved in the same instant; nothing of this transaction may stay.
    """
    change = await tx.change(number)
    verdict = why_not_broken(change, user=caller.user, people=people, desk=desk)
    if isinstance(verdict, Allowed) and glass.deployment.strip() != change.deployment:
        verdict = Refused(f"Not done: {change.id} is about the deployment {change.deployment}.")
    if isinstance(verdict, Allowed):
        verdict = await why_other_incident(change, glass.incident, tx) or verdict
    if isinstance(verdict, Refused):
        await remember_refusal(tx, change, caller, "break the glass of", verdict.reason)
        return verdict
    now, rule = desk.clock.now(), desk.configuration.rule_for(change)
    broken = await _broken(change, glass, rule, caller.user, now, tx)
    event = await _broken_event(broken, glass, verdict, now, tx=tx, desk=desk)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await link_named(broken, by=caller.actor, cause=caller.cause, now=now, tx=tx)
    await _tell(broken, "glass", people=people, tx=tx, desk=desk)
    return broken


async def _broken(
    change: Change, glass: Glass, rule: Rule | None, user: str, now: datetime, tx: Transaction
) -> Change:
    lasts = LASTS if rule is None else min(LASTS, rule.approval_expires)
    broken = await tx.move(
        change,
        ChangeState.APPROVED,
        broke_glass_by=user,
        review_due_at=now + REVIEW_WITHIN,
        decided_by=user,
        expires_at=now + lasts,
        outcome={**change.outcome, "glass": {"reason": glass.reason, "incident": glass.incident}},
        note="",
    )
    if broken is None:
        raise ConflictError("Someone decided in the same instant.", advice="Look at the card again.")
    return broken


async def _broken_event(
    change: Change, glass: Glass, allowed: Allowed, now: datetime, *, tx: Transaction, desk: Desk
) -> GlassBroken:
    given = [vote for vote in await tx.votes(change) if vote.choice is Choice.APPROVE]
    return GlassBroken(
        change=change.id,
        resource=change.arm_id,
        revision=change.revision,
        plan_digest=change.plan_digest,
        policy_digest=desk.configuration.policy_digest,
        groups=tuple(sorted(allowed.groups)),
        quorum=change.quorum,
        given=len(given),
        own=change.broke_glass_by == change.request.requester,
        review_due=(now + REVIEW_WITHIN).isoformat(timespec="minutes"),
        incident=glass.incident,
        reason=glass.reason,
    )


async def _tell(change: Change, what: str, *, people: People, tx: Transaction, desk: Desk) -> None:
    """Leave one message for the audit channel, one for each who decides here, the requester and the owner."""
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    await tx.enqueue("deliver", f"deliver:{change.id}:{what}:")
    for user in told_of(change, people, desk, besides=change.broke_glass_by):
        await tx.enqueue("deliver", f"deliver:{change.id}:{what}:{user}")


async def review_glass(
    number: int, review: Review, *, caller: Caller, people: People, tx: Transaction, desk: Desk
) -> Change | Refused:
    """Remember what somebody else finds of a broken glass, once."""
    change = await tx.change(number)
    allowed = why_not_reviewed(change, user=caller.user, people=people, desk=desk)
    if isinstance(allowed, Refused):
        await remember_refusal(tx, change, caller, "review the glass of", allowed.reason)
        return allowed
    said = {"verdict": review.verdict.value, "note": review.note}
    reviewed = await tx.mark(change, reviewed_by=caller.user, outcome={**change.outcome, "review": said})
    if reviewed is None:
        raise ConflictError(f"{change.id} moved in the same instant.", advice="Look at the card again.")
    due = change.review_due_at
    event = GlassReviewed(
        change=change.id,
        resource=change.arm_id,
        revision=change.revision,
        verdict=review.verdict.words,
        broke=change.broke_glass_by,
        late=due is not None and desk.clock.now() > due,
        note=review.note,
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await tx.enqueue("deliver", f"deliver:{change.id}:card")
    await tx.enqueue("deliver", f"deliver:{change.id}:reviewed:")
    return reviewed


def why_not_reviewed(change: Change, *, user: str, people: People, desk: Desk) -> Allowed | Refused:
    """Return whether this person may review the broken glass now."""
    rule = desk.configuration.rule_for(change)
    involved = _involved(change, people)
    could = who_may_review(change, rule, people)
    return may_review(change, people[user], rule, involved, could=could)


def who_may_review(change: Change, rule: Rule | None, people: People) -> tuple[str, ...]:
    """Return the users who may review the broken glass."""
    involved = _involved(change, people)
    return tuple(
        user
        for user in sorted(people)
        if isinstance(may_review(change, people[user], rule, involved), Allowed)
    )


def _involved(change: Change, people: People) -> list[Standing]:
    return [people[name] for name in {change.request.requester, change.broke_glass_by} - {""}]


async def lapsed_glasses(look: Look, now: datetime) -> tuple[Change, ...]:
    """Return the changes whose review is missing and was not asked for within the last day."""
    late = await look.changes(ChangeQuery(unreviewed_before=now, limit=100))
    return tuple(change for change in late if _is_due(change, now))


def _is_due(change: Change, now: datetime) -> bool:
    said = change.outcome.get("lapse")
    at = said.get("at") if isinstance(said, Mapping) else None
    return not isinstance(at, str) or now >= datetime.fromisoformat(at) + SAID_AGAIN


def _times(change: Change) -> int:
    said = change.outcome.get("lapse")
    times = said.get("times") if isinstance(said, Mapping) else 0
    return times if isinstance(times, int) else 0


async def escalate_glass(number: int, *, people: People, desk: Desk, cause: Cause) -> None:
    """Say to the audit channel and to everybody who decides that nobody reviewed; at most once a day."""
    now = desk.clock.now()
    async with desk.archive.transaction() as tx:
        change = await tx.change(number)
        due = change.review_due_at
        if not change.broke_glass_by or change.reviewed_by or due is None or now < due:
            return
        if not _is_due(change, now):
            return
        times = _times(change) + 1
        lapse = {"at": now.isoformat(), "times": times}
        marked = await tx.mark(change, outcome={**change.outcome, "lapse": lapse})
        if marked is None:
            return
        event = GlassLapsed(
            change=change.id,
            resource=change.arm_id,
            broke=change.broke_glass_by,
            due=due.isoformat(timespec="minutes"),
            times=times,
        )
        await tx.record(event, by=TIMER, cause=cause)
        await _tell(marked, "lapsed", people=people, tx=tx, desk=desk)
