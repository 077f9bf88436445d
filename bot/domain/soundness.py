"""Whether a policy can work: which pairs it allows, whose groups are empty, whether anything can be approved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.domain.change import Tier
from bot.domain.configuration import Configuration, Rule
from bot.domain.deployment import Target
from bot.domain.people import Standing, headcount
from bot.domain.policy import eligible_people, quorum_met, who_could
from bot.domain.policy_remarks import remarks
from bot.domain.rule_words import rule_words

Result = Literal["ok", "fail", "unknown", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: what, how it came out, and why; `fail` has a next step."""

    check: str
    result: Result
    words: str
    next_step: str = ""


@dataclass(frozen=True)
class Known:
    """Who is known to the check: people with their groups, user groups nobody has looked into, whom Slack told of."""

    people: Mapping[str, Standing]
    unseen: frozenset[str] = frozenset()
    seen: Mapping[str, Standing] = field(default_factory=dict)


def pairs(configuration: Configuration) -> tuple[tuple[str, Tier, Rule | None], ...]:
    """Return every environment × tier with its rule; None is denied."""
    environments = dict.fromkeys(account.environment for account in configuration.accounts)
    named = {environment for environment, _ in configuration.rules}
    order = [*environments, *sorted(named - set(environments))]
    return tuple((name, tier, configuration.rule(name, tier)) for name in order for tier in Tier)


def findings(configuration: Configuration, known: Known) -> tuple[Finding, ...]:
    """Return what was checked of a policy that could be read."""
    notes = (Finding(about, "note", words) for about, words in remarks(configuration, known.seen))
    return (*_groups(configuration, known), *_targets(configuration, known), *notes)


def _groups(configuration: Configuration, known: Known) -> Iterable[Finding]:
    for group in configuration.groups.values():
        members = [
            person for person in known.people.values() if group.name in person.groups and person.full_member
        ]
        if members:
            yield Finding(f"group {group.name}", "ok", headcount(len(members)))
        elif group.usergroup in known.unseen:
            words = f"nobody has looked into {group.usergroup} yet"
            yield Finding(
                f"group {group.name}", "unknown", words, "Run it beside a database that serve has used."
            )
        else:
            fix = "Name users, or a user group with people in it."
            yield Finding(f"group {group.name}", "fail", "nobody is in it", fix)


def _targets(configuration: Configuration, known: Known) -> Iterable[Finding]:
    for target in configuration.targets:
        for tier in Tier:
            rule = configuration.rule(target.environment, tier)
            if rule is not None:
                yield _approvable(target, rule, configuration, known)


def _approvable(target: Target, rule: Rule, configuration: Configuration, known: Known) -> Finding:
    """Return whether a change of this tier could be approved, also one that touches security."""
    security = configuration.security_groups.get(target.environment, ())
    check = f"{target.alias} · {rule.tier}"
    full = replace(rule, security_groups=security)
    if not (_met(rule, known, "") and _met(full, known, "")):
        unseen = sorted(_unseen(full, configuration, known))
        if unseen:
            return Finding(check, "unknown", f"nobody has looked into {', '.join(unseen)} yet")
        fix = "Put more people in the groups, or ask for fewer approvals."
        return Finding(check, "fail", f"nobody could approve it: {rule_words(full)}", fix)
    stuck = [user for user in who_could(rule, "", known.people) if not _met(rule, known, user)]
    words = "can be approved"
    if stuck:
        words += f"; not when {', '.join(f'<@{user}>' for user in stuck)} asks: too few are left"
    return Finding(check, "ok", words)


def _met(rule: Rule, known: Known, requester: str) -> bool:
    found = eligible_people(known.people.values(), rule, requester)
    return quorum_met(rule, [ballot.groups for ballot in found])


def _unseen(rule: Rule, configuration: Configuration, known: Known) -> set[str]:
    groups = (configuration.groups[name] for name in rule.deciding if name in configuration.groups)
    return {group.usergroup for group in groups if group.usergroup in known.unseen}
