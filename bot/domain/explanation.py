"""Why a change has its tier, who has decided, who still could, and why one person can or cannot: in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.ballots import Ballot
from bot.domain.change import Change, ChangeState, Choice, Vote
from bot.domain.configuration import Configuration, Rule
from bot.domain.people import Standing
from bot.domain.policy import (
    Refused,
    counting_ballots,
    may_decide,
    may_vote_again,
    quorum_met,
    stands,
    who_could,
)
from bot.domain.rule_words import rule_in_full

_REVIEW = "within 24 hours another of {groups} must review that, neither who broke it nor who asked"
_CHOICES = {
    Choice.APPROVE: "approved",
    Choice.REJECT: "rejected",
    Choice.REQUEST_CHANGES: "asked for changes",
}


@dataclass(frozen=True)
class Explanation:
    """What policy makes of a change; people are mentioned as `<@U…>`."""

    change: str
    state: str
    tier: str
    rule: str
    because: tuple[str, ...]
    voted: tuple[str, ...]
    needs: str
    could: tuple[str, ...]
    person: str = ""
    answer: str = ""
    glass: str = ""


def explain(
    change: Change,
    user: str,
    *,
    votes: Sequence[Vote],
    people: Mapping[str, Standing],
    configuration: Configuration,
    now: datetime,
) -> Explanation:
    """Return the explanation of a change as it is, for one person (empty: for nobody in particular)."""
    rule = configuration.rule_for(change)
    because = change.outcome.get("because")
    case = _Case(change, votes, people, rule, now)
    return Explanation(
        change=change.id,
        state=change.state.value,
        tier=f"{change.environment} · {change.tier}",
        rule=rule_in_full(rule) if rule is not None else "denied: the policy has no rule for this",
        because=tuple(map(str, because)) if isinstance(because, list) else (),
        voted=case.voted(),
        needs=case.needs(),
        could=case.could(),
        person=user,
        answer=case.answer(user) if user else "",
        glass=case.glass(),
    )


@dataclass(frozen=True)
class _Case:
    change: Change
    votes: Sequence[Vote]
    people: Mapping[str, Standing]
    rule: Rule | None
    now: datetime

    @property
    def counted(self) -> tuple[Ballot, ...]:
        if self.rule is None:
            return ()
        return counting_ballots(self.change, self.votes, self.people, self.rule, self.now)

    @property
    def is_pending(self) -> bool:
        expires = self.change.expires_at
        waits = self.change.state is ChangeState.PENDING_APPROVAL
        return waits and (expires is None or self.now < expires)

    def voted(self) -> tuple[str, ...]:
        counted = {ballot.user: ballot for ballot in self.counted}
        return tuple(self._voted(vote, counted.get(vote.person)) for vote in self.votes)

    def _voted(self, vote: Vote, ballot: Ballot | None) -> str:
        said = f"<@{vote.person}> {_CHOICES[vote.choice]}"
        if vote.choice is not Choice.APPROVE:
            return said
        if ballot is not None:
            lent = ", ".join(f"<@{user}>" for user in sorted(ballot.behalf))
            behalf = f" for {lent}" if lent else ""
            return f"{said}{behalf}; it counts ({', '.join(sorted(ballot.groups))})"
        return f"{said}; it does not count: {self._why_not(vote)}"

    def _why_not(self, vote: Vote) -> str:
        person = self.people.get(vote.person)
        if (vote.revision, vote.plan_digest) != (self.change.revision, self.change.plan_digest):
            return "it was for another plan"
        if not stands(self.change, vote, self.now):
            return "it has expired"
        if person is None:
            return "the directory does not know this person"
        verdict = may_decide(self.change, person, self.rule, requester=self._requester)
        if isinstance(verdict, Refused):
            return _of_them(verdict.reason.removeprefix("Not allowed: ").rstrip("."))
        return "the same person, or whom they speak for, is counted already"

    @property
    def _requester(self) -> Standing | None:
        return self.people.get(self.change.request.requester)

    def needs(self) -> str:
        if self.rule is None:
            return "It can never be approved."
        approvals = [ballot.groups for ballot in self.counted]
        if quorum_met(self.rule, approvals):
            return f"{len(approvals)} of {self.rule.quorum} approvals count today: that is enough."
        missing = ", ".join(_missing(self.rule, approvals))
        return f"{len(approvals)} of {self.rule.quorum} approvals count today. Missing: {missing}."

    def could(self) -> tuple[str, ...]:
        if not self.is_pending or self.rule is None:
            return ()
        found = who_could(self.rule, self.change.request.requester, self.people)
        return tuple(user for user in found if self._again(user) is None)

    def glass(self) -> str:
        """Return whether the glass may be broken, by whom, and who must review that."""
        if self.rule is None or not self.rule.break_glass:
            return "Not possible: its rule does not say break_glass = true."
        groups = ", ".join(sorted(self.rule.deciding))
        if self.change.broke_glass_by:
            review = f"reviewed by <@{self.change.reviewed_by}>" if self.change.reviewed_by else _REVIEW
            return f"Broken by <@{self.change.broke_glass_by}>; {review.format(groups=groups)}."
        over = "" if self.is_pending else " It is too late for this one."
        return (
            f"One of {groups} may approve it alone, the requester too; {_REVIEW.format(groups=groups)}.{over}"
        )

    def _again(self, user: str) -> Refused | None:
        if self.rule is None:
            return None
        return may_vote_again(self.change, self.people[user], self.votes, self.people, self.rule)

    def answer(self, user: str) -> str:
        if not self.is_pending:
            state = self.change.state.replace("_", " ")
            over = (
                "its time is over" if self.change.state is ChangeState.PENDING_APPROVAL else f"it is {state}"
            )
            return f"Nobody can decide {self.change.id} now: {over}."
        person = self.people.get(user)
        if person is None:
            return "Not allowed: the directory does not know you."
        verdict = may_decide(self.change, person, self.rule, requester=self._requester)
        again = verdict if isinstance(verdict, Refused) else self._again(user)
        if again is not None or isinstance(verdict, Refused):
            return again.reason if again is not None else ""
        lent = ", ".join(f"<@{giver}>" for giver in sorted(verdict.behalf))
        behalf = f", lent by {lent}" if lent else ""
        return f"Allowed, as one of {', '.join(sorted(verdict.groups))}{behalf}."


def _of_them(words: str) -> str:
    """Return what a refusal says to a person as it is said of them."""
    for to, of in (
        ("you are", "they are"),
        ("your", "their"),
        ("you would", "they would"),
        ("you the", "them the"),
    ):
        words = words.replace(to, of)
    return words


def still_lacking(rule: Rule | None, approvals: Sequence[frozenset[str]]) -> str:
    """Return what another approval must bring beside its number; empty before the first, and when nothing."""
    if rule is None or not approvals or quorum_met(rule, approvals):
        return ""
    found = [words for words in _missing(rule, approvals) if " more approval" not in words]
    return ", ".join(words for words in found if f"{words}, because it touches security" not in found)


def _missing(rule: Rule, approvals: Sequence[frozenset[str]]) -> list[str]:
    more = rule.quorum - len(approvals)
    found = [f"{more} more approval{'s' if more > 1 else ''}"] if more > 0 else []
    lacking = [group for group in rule.required_groups if not any(group in groups for groups in approvals)]
    found += [f"one of {group}" for group in lacking]
    security = set(rule.security_groups)
    if security and not any(groups & security for groups in approvals):
        found += [f"one of {' or '.join(rule.security_groups)}, because it touches security"]
    return found or ["approvals from groups of their own"]
