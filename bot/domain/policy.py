"""Who may decide, and when enough people have: pure rules over the policy, the directory and the votes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations

from bot.domain.change import RANKS, Change, ChangeType, Choice, Impact, Tier, Vote
from bot.domain.configuration import Configuration, Freeze, Rule
from bot.domain.people import Standing


@dataclass(frozen=True)
class Allowed:
    """Policy allows it, by virtue of these groups."""

    groups: frozenset[str]


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


def raised(tier: Tier, steps: int) -> Tier:
    """Return the tier `steps` higher or lower, within standard … critical."""
    return RANKS[min(max(RANKS.index(tier) + steps, 0), len(RANKS) - 1)]


def is_higher(tier: Tier, than: Tier) -> bool:
    """Return whether a tier asks for more than another one; emergency has its own way and is never compared."""
    ranked = tier in RANKS and than in RANKS
    return ranked and RANKS.index(tier) > RANKS.index(than)


def tier_of(base: Tier, impact: frozenset[Impact], environment: str, kind: ChangeType) -> Tier:
    """Return the risk tier: the kind's own tier in production, one lower elsewhere, raised by what the form added."""
    if kind is ChangeType.EMERGENCY:
        return Tier.EMERGENCY
    tier = base if environment == "production" else raised(base, -1)
    if Impact.SECURITY in impact and RANKS.index(tier) < RANKS.index(Tier.HIGH):
        tier = Tier.HIGH
    if Impact.DESTRUCTIVE in impact:
        tier = raised(tier, 1)
    return tier


def rule_words(rule: Rule) -> str:
    """Return the rule as a person reads it."""
    people = "no approval" if rule.quorum == 0 else f"{rule.quorum} approval{'s' if rule.quorum > 1 else ''}"
    groups = f" from {', '.join(rule.groups)}" if rule.groups and rule.quorum else ""
    distinct = ", each from another group" if rule.distinct_groups else ""
    required = f", {', '.join(rule.required_groups)} included" if rule.required_groups else ""
    return f"{rule.environment} · {rule.tier}: {people}{groups}{distinct}{required}, never the requester"


def may_decide(
    change: Change, person: Standing, rule: Rule | None, *, could: tuple[str, ...] = ()
) -> Allowed | Refused:
    """Return whether policy lets this person vote on this change. The state and the votes are not looked at."""
    if rule is None:
        return Refused(
            f"Not allowed: the policy has no rule for {change.environment} · {change.tier}, so it is denied."
        )
    words = rule_words(rule)
    if not person.full_member:
        return Refused(
            f"Not allowed: {person.why_not or 'you are not a full member of this workspace'}.", words, could
        )
    if person.user == change.request.requester:
        return Refused("Not allowed: this is your own request.", words, could)
    groups = person.groups & (set(rule.groups) | set(rule.required_groups))
    if not groups:
        return Refused("Not allowed: you are in none of the groups that decide here.", words, could)
    return Allowed(frozenset(groups))


def quorum_met(rule: Rule, votes: Iterable[frozenset[str]]) -> bool:
    """Return whether approvals from people in these groups are enough."""
    approvals = list(votes)
    if len(approvals) < rule.quorum:
        return False
    if not all(any(group in groups for groups in approvals) for group in rule.required_groups):
        return False
    if not rule.distinct_groups or rule.quorum < 2:
        return True
    return any(
        all(group in groups for group, groups in zip(order, chosen, strict=True))
        for order in permutations(rule.groups, rule.quorum)
        for chosen in permutations(approvals, rule.quorum)
    )


def counting_votes(
    change: Change, votes: Sequence[Vote], standings: Mapping[str, Standing], rule: Rule, now: datetime
) -> tuple[Vote, ...]:
    """Return the approvals that count today: this revision and plan, not expired, by people who still may.

    Accounts with one Entra object id are one person: the requester's others never count, anyone else's count once.
    """
    requester = standings.get(change.request.requester)
    persons = {requester.entra_oid} if requester is not None else set()
    counted: list[Vote] = []
    for vote in votes:
        person = standings.get(vote.person)
        if (
            person is None
            or not _stands(change, vote, now)
            or isinstance(may_decide(change, person, rule), Refused)
        ):
            continue
        if not person.entra_oid or person.entra_oid not in persons:
            counted.append(vote)
        persons.add(person.entra_oid)
    return tuple(counted)


def _stands(change: Change, vote: Vote, now: datetime) -> bool:
    same = (vote.revision, vote.plan_digest) == (change.revision, change.plan_digest)
    return vote.choice is Choice.APPROVE and same and now < vote.expires_at


def approved_today(
    change: Change, votes: Sequence[Vote], standings: Mapping[str, Standing], rule: Rule | None, now: datetime
) -> Allowed | Refused:
    """Return whether the recorded approvals still hold under today's policy and membership."""
    if rule is None:
        return Refused(f"The policy no longer has a rule for {change.environment} · {change.tier}.")
    counted = counting_votes(change, votes, standings, rule, now)
    groups = [standings[vote.person].groups & set(rule.groups + rule.required_groups) for vote in counted]
    if quorum_met(rule, groups):
        return Allowed(frozenset(name for found in groups for name in found))
    return Refused(f"Of {rule.quorum} approvals needed, {len(counted)} still count today.", rule_words(rule))


def solvable(change: Change, rule: Rule | None, standings: Iterable[Standing]) -> Allowed | Refused:
    """Return whether enough people could approve this change at all, without its requester."""
    if rule is None:
        return Refused(
            f"The policy has no rule for {change.environment} · {change.tier}, so this can never be approved.",
            f"add [policy.{change.environment}.{change.tier}] to countersign.toml",
        )
    eligible = [person for person in standings if isinstance(may_decide(change, person, rule), Allowed)]
    if quorum_met(rule, [person.groups & set(rule.groups + rule.required_groups) for person in eligible]):
        return Allowed(frozenset(person.user for person in eligible))
    return Refused(
        f"Only {len(eligible)} people could approve this, and {rule.quorum} are needed.",
        rule_words(rule),
        tuple(person.user for person in eligible),
    )


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
