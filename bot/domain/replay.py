"""What another policy would have made of past changes: same, stricter, looser or impossible, each with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.domain.change import Change, ChangeState, Tier, Vote
from bot.domain.configuration import Configuration, Rule
from bot.domain.people import Standing
from bot.domain.policy import Refused, counting_ballots, quorum_met, solvable
from bot.domain.rule_words import rule_words
from bot.domain.tiers import Planned, judge

Verdict = Literal["same", "stricter", "looser", "impossible"]
_S = ChangeState
_NOT_APPROVED = frozenset(
    {
        _S.DRAFT,
        _S.PENDING_APPROVAL,
        _S.CHANGES_REQUESTED,
        _S.REJECTED,
        _S.WITHDRAWN,
        _S.EXPIRED,
        _S.SUPERSEDED,
    }
)


@dataclass(frozen=True)
class Past:
    """A change that was submitted, with the votes on its last revision."""

    change: Change
    votes: Sequence[Vote]


@dataclass(frozen=True)
class Side:
    """A policy with the people as it groups them."""

    configuration: Configuration
    people: Mapping[str, Standing]


@dataclass(frozen=True)
class Replayed:
    """What was asked of a change under today's policy, what the candidate asks, and how the two compare."""

    change: str
    was: str
    would: str
    verdict: Verdict
    why: str


def replay(past: Past, *, now: Side, candidate: Side) -> Replayed:
    """Return what the candidate would have made of a change, beside the policy of now."""
    before, after = _judged(past, now), _judged(past, candidate)
    rule, other = now.configuration.rule_for(before), candidate.configuration.rule_for(after)
    refused = _impossible(after, other, candidate)
    verdict, why = _compared(past, (before, rule, now), (after, other, candidate))
    if refused:
        verdict, why = "impossible", refused
    return Replayed(past.change.id, _words(before, rule), _words(after, other), verdict, why)


def _judged(past: Past, side: Side) -> Change:
    """Return the change with the tier this policy gives it; one checked before its base was kept keeps its tier."""
    change = past.change
    base = change.outcome.get("base")
    if change.plan is None or not isinstance(base, str):
        return change
    planned = Planned(change.environment, change.plan, Tier(base), change.touches)
    requester = side.people.get(change.request.requester)
    judged = judge(
        planned,
        change.request,
        groups=requester.groups if requester is not None else frozenset(),
        rules=side.configuration.tier_rules,
        templates=side.configuration.templates,
    )
    return replace(change, tier=judged.tier)


def _impossible(change: Change, rule: Rule | None, side: Side) -> str:
    may_request = side.configuration.may_request.get(change.environment, ())
    requester = side.people.get(change.request.requester)
    if may_request and (requester is None or not requester.groups & set(may_request)):
        return f"its requester may not ask; may_request: {', '.join(may_request)}"
    verdict = solvable(change, rule, side.people.values())
    return verdict.words if isinstance(verdict, Refused) else ""


_Case = tuple[Change, Rule | None, Side]


def _compared(past: Past, today: _Case, candidate: _Case) -> tuple[Verdict, str]:
    was = past.change.state not in _NOT_APPROVED or _enough(past, today)
    would = _enough(past, candidate)
    if was and not would:
        return "stricter", "it was approved; the same approvals would not be enough"
    if would and not was:
        return "looser", "it was not approved; what was given would be enough"
    return _asked(today[1], candidate[1])


def _enough(past: Past, case: _Case) -> bool:
    change, rule, side = case
    if rule is None:
        return False
    at = max((vote.at for vote in past.votes), default=change.created_at)
    counted = counting_ballots(change, past.votes, side.people, rule, at)
    return quorum_met(rule, [ballot.groups for ballot in counted])


def _asked(rule: Rule | None, other: Rule | None) -> tuple[Verdict, str]:
    if rule is None or other is None:
        return "looser", "today's policy has no rule for it"
    more = [words for words, before, after in _demands(rule, other) if after > before]
    less = [words for words, before, after in _demands(rule, other) if after < before]
    if more:
        return "stricter", f"it asks for more: {', '.join(more)}"
    return ("looser", f"it asks for less: {', '.join(less)}") if less else ("same", "")


def _demands(rule: Rule, other: Rule) -> tuple[tuple[str, int, int], ...]:
    groups = set(rule.groups) | set(other.groups) if rule.quorum and other.quorum else set()
    return (
        ("approvals", rule.quorum, other.quorum),
        ("groups apart", rule.distinct_groups, other.distinct_groups),
        ("groups required", len(rule.required_groups), len(other.required_groups)),
        ("security", bool(rule.security_groups), bool(other.security_groups)),
        ("fewer groups decide", len(groups - set(rule.groups)), len(groups - set(other.groups))),
    )


def _words(change: Change, rule: Rule | None) -> str:
    return rule_words(rule) if rule is not None else f"{change.environment} · {change.tier}: denied"
