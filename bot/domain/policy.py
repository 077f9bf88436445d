"""Who may decide, and when enough people have: pure rules over the policy, the directory and the votes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.ballots import Ballot, apart, authority, ballots, is_same_person, why_unmapped
from bot.domain.change import Change, Choice, Vote
from bot.domain.configuration import Configuration, Freeze, Rule
from bot.domain.people import Standing, headcount
from bot.domain.rule_words import rule_words


@dataclass(frozen=True)
class Allowed:
    """Policy allows it, by virtue of these groups; `behalf` names who lent those that are not the person's own."""

    groups: frozenset[str]
    behalf: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Refused:
    """Policy refuses it: the rule in words, and who could."""

    reason: str
    rule: str = ""
    could: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return the refusal as one or two sentences."""
        could = f" Who could: {', '.join(f'<@{user}>' for user in self.could)}." if self.could else ""
        rule = f" Rule: {self.rule}." if self.rule else ""
        return f"{self.reason}{rule}{could}"


def may_decide(
    change: Change,
    person: Standing,
    rule: Rule | None,
    *,
    could: tuple[str, ...] = (),
    requester: Standing | None = None,
) -> Allowed | Refused:
    """Return whether policy lets this person vote on this change. The state and the votes are not looked at."""
    if rule is None:
        return Refused(
            f"Not allowed: the policy has no rule for {change.environment} · {change.tier}, so it is denied."
        )
    words, asker = rule_words(rule), requester or _unknown(change.request.requester)
    if not person.full_member:
        why = person.why_not or "you are not a full member of this workspace"
        return Refused(f"Not allowed: {why}.", words, could)
    if person.user == asker.user:
        return Refused("Not allowed: this is your own request.", words, could)
    if is_same_person(person, asker):
        return Refused("Not allowed: this is your own request, under your other account.", words, could)
    if unmapped := why_unmapped(rule, person, asker):
        return Refused(f"Not allowed: {unmapped}.", words, could)
    found = authority(person, rule, asker)
    if found.groups:
        return Allowed(found.groups, found.behalf)
    if any(lent.group in rule.deciding for lent in person.lent):
        return Refused(
            "Not allowed: you would decide for the requester, who lent you the vote.", words, could
        )
    return Refused("Not allowed: you are in none of the groups that decide here.", words, could)


def may_vote_again(
    change: Change, person: Standing, votes: Iterable[Vote], standings: Mapping[str, Standing], rule: Rule
) -> Refused | None:
    """Return why this vote would be somebody's second on this revision, None when it would not.

    Accounts with one Entra id are one person; who only stands in for others cannot vote beside them.
    """
    voted = [standings.get(vote.person) or _unknown(vote.person) for vote in votes]
    for other in voted:
        if is_same_person(other, person):
            account = "" if other.user == person.user else f", under your other account <@{other.user}>"
            return Refused(
                f"Not allowed: you have already voted on this revision{account}. To say something else, take "
                f"your approval back first: `change unapprove {change.id}`."
            )
    requester = standings.get(change.request.requester) or _unknown(change.request.requester)
    members = [other for other in voted if other.full_member]
    if any(ballot.user == person.user for ballot in ballots([*members, person], rule, requester)):
        return None
    givers = ", ".join(f"<@{user}>" for user in sorted(authority(person, rule, requester).behalf))
    return Refused(f"Not allowed: {givers}, for whom you would decide, has spoken already.")


def quorum_met(rule: Rule, votes: Iterable[frozenset[str]]) -> bool:
    """Return whether approvals from people in these groups are enough."""
    approvals = list(votes)
    if len(approvals) < rule.quorum:
        return False
    if not all(any(group in groups for groups in approvals) for group in rule.required_groups):
        return False
    if rule.security_groups and not any(groups & set(rule.security_groups) for groups in approvals):
        return False
    return not rule.distinct_groups or rule.quorum < 2 or apart(rule.groups, approvals) >= rule.quorum


def counting_ballots(
    change: Change, votes: Sequence[Vote], standings: Mapping[str, Standing], rule: Rule, now: datetime
) -> tuple[Ballot, ...]:
    """Return the approvals that count today: this revision and plan, not expired, by people who still may."""
    requester = standings.get(change.request.requester) or _unknown(change.request.requester)
    standing = [vote.person for vote in sorted(votes, key=_when) if stands(change, vote, now)]
    people = [standings[user] for user in standing if user in standings]
    still = [
        person
        for person in people
        if isinstance(may_decide(change, person, rule, requester=requester), Allowed)
    ]
    return ballots(still, rule, requester)


def stands(change: Change, vote: Vote, now: datetime) -> bool:
    """Return whether a vote approves this revision and this plan and has not expired."""
    same = (vote.revision, vote.plan_digest) == (change.revision, change.plan_digest)
    return vote.choice is Choice.APPROVE and same and now < vote.expires_at


def _when(vote: Vote) -> tuple[datetime, str]:
    return vote.at, vote.person


def _unknown(user: str) -> Standing:
    return Standing(user, full_member=False)


def approved_today(
    change: Change, votes: Sequence[Vote], standings: Mapping[str, Standing], rule: Rule | None, now: datetime
) -> Allowed | Refused:
    """Return whether the recorded approvals still hold under today's policy and membership."""
    if rule is None:
        return Refused(f"The policy no longer has a rule for {change.environment} · {change.tier}.")
    counted = counting_ballots(change, votes, standings, rule, now)
    if quorum_met(rule, [ballot.groups for ballot in counted]):
        return Allowed(frozenset(name for ballot in counted for name in ballot.groups))
    return Refused(f"Of {rule.quorum} approvals needed, {len(counted)} still count today.", rule_words(rule))


def solvable(change: Change, rule: Rule | None, standings: Iterable[Standing]) -> Allowed | Refused:
    """Return whether enough people could approve this change at all, without its requester."""
    if rule is None:
        return Refused(
            f"The policy has no rule for {change.environment} · {change.tier}, so this can never be approved.",
            f"add [policy.{change.environment}.{change.tier}] to countersign.toml",
        )
    people = sorted(standings, key=lambda person: (-len(person.groups & rule.deciding), person.user))
    asker = change.request.requester
    if rule.mapped_only and rule.quorum and not any(each.user == asker and each.entra_oid for each in people):
        why = "whose requester has no row in [[people]]: nobody could tell whether an approver is the same person"
        return Refused(f"Nobody may approve a change {why}.", rule_words(rule))
    eligible = eligible_people(people, rule, change.request.requester)
    if quorum_met(rule, [ballot.groups for ballot in eligible]):
        return Allowed(frozenset(ballot.user for ballot in eligible))
    few, verb = len(eligible) < rule.quorum, "is" if rule.quorum == 1 else "are"
    return Refused(
        f"Only {headcount(len(eligible))} could approve this, and {rule.quorum} {verb} needed."
        if few
        else f"Those who could approve this ({headcount(len(eligible))}) do not make up what the rule asks for.",
        rule_words(rule),
        tuple(sorted(ballot.user for ballot in eligible)),
    )


def eligible_people(people: Iterable[Standing], rule: Rule, requester: str) -> tuple[Ballot, ...]:
    """Return the ballots that could be given at most, without the requester: one for each person."""
    others, asker = _others(people, requester)
    return ballots(others, rule, asker)


def who_could(rule: Rule | None, requester: str, people: Mapping[str, Standing]) -> tuple[str, ...]:
    """Return the users whom the rule lets decide, delegates among them, without the requester; each person once."""
    if rule is None:
        return ()
    others, asker = _others((people[user] for user in sorted(people)), requester)
    named: dict[str, str] = {}
    for person in others:
        if authority(person, rule, asker).groups:
            named.setdefault(person.key, person.user)
    return tuple(named.values())


def _others(people: Iterable[Standing], requester: str) -> tuple[list[Standing], Standing]:
    known = list(people)
    asker = next((person for person in known if person.user == requester), _unknown(requester))
    return [each for each in known if each.full_member and not is_same_person(each, asker)], asker


def may_act(
    person: Standing, change: Change, names: tuple[str, ...], verb: str, *, could: tuple[str, ...] = ()
) -> Allowed | Refused:
    """Return whether a person may apply or roll back: `requester`, `owner` or a group's name in `names`."""
    roles = {
        name
        for name, holds in (
            ("requester", person.user == change.request.requester),
            ("owner", person.user == change.request.owner),
        )
        if holds
    }
    matched = (person.groups | roles) & set(names)
    if person.full_member and matched:
        return Allowed(frozenset(matched))
    rule = f"{verb}: {', '.join(names) or 'nobody'}"
    return Refused(f"Not allowed: you may not {verb} this change.", rule, could)


def frozen(
    configuration: Configuration, alias: str, at: datetime, added: Iterable[Freeze] = ()
) -> tuple[Freeze, ...]:
    """Return every freeze, of the file and `added` in chat, that holds for this target at this time."""
    return tuple(freeze for freeze in (*configuration.freezes, *added) if freeze.covers(alias, at))
