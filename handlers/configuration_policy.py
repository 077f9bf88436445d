"""The policy part of `countersign.toml` as values: rules, templates, delegations, tier rules; names must exist."""

from collections.abc import Iterable
from datetime import datetime

from bot.changes.kinds import KINDS
from bot.domain.change import Impact, Tier
from bot.domain.command_line import did_you_mean
from bot.domain.configuration import Rule, parse_duration
from bot.domain.delegation import Delegation
from bot.domain.errors import InvalidInputError
from bot.domain.tiers import Template, TierRule
from handlers.configuration_parts import DelegationPart, FilePart, RulePart, TemplatePart, TierRulePart
from handlers.configuration_sense import once

_BOUNDS = {
    "scale": ("max_capacity", "max_rise_percent"),
    "deploy": ("max_capacity",),
    "retag": ("tags",),
}


def known(names: Iterable[str], among: Iterable[str], where: str, what: str) -> tuple[str, ...]:
    """Return the names; raise InvalidInputError for the first that is not among those there are."""
    there = set(among)
    for name in names:
        if name not in there:
            raise InvalidInputError(f"{where} names the {what} {name!r}.", advice=did_you_mean(name, there))
    return tuple(names)


def with_zone(at: datetime, where: str) -> datetime:
    """Return the time; raise InvalidInputError when it has no zone."""
    if at.tzinfo is None:
        raise InvalidInputError(f"{where} has a time without a zone.", advice="Write +01:00 or Z after it.")
    return at


def rules_of(file: FilePart) -> dict[tuple[str, Tier], Rule]:
    """Return the rule of every environment × tier that has one."""
    found: dict[tuple[str, Tier], Rule] = {}
    for environment, part in file.policy.items():
        tiers = (part.standard, part.normal, part.high, part.critical, part.emergency)
        for tier, rule in zip(Tier, tiers, strict=True):
            if rule is not None:
                found[environment, tier] = _rule(environment, tier, rule, file)
    return found


def may_request_of(file: FilePart) -> dict[str, tuple[str, ...]]:
    """Return who may ask for changes, by environment; an environment that says nothing is left out."""
    return {
        environment: known(part.may_request, file.groups, f"[policy.{environment}] may_request", "group")
        for environment, part in file.policy.items()
        if "may_request" in part.model_fields_set
    }


def security_groups_of(file: FilePart) -> dict[str, tuple[str, ...]]:
    """Return the groups of which one must approve what touches security, by environment."""
    return {
        environment: known(
            part.security_groups, file.groups, f"[policy.{environment}] security_groups", "group"
        )
        for environment, part in file.policy.items()
        if part.security_groups is not None
    }


def templates_of(file: FilePart) -> tuple[Template, ...]:
    """Return the standard changes."""
    once((part.name for part in file.templates), "template")
    return tuple(_template(part, file) for part in file.templates)


def delegations_of(file: FilePart) -> tuple[Delegation, ...]:
    """Return who lends a vote to whom."""
    return tuple(_delegation(part, file) for part in file.delegation)


def tier_rules_of(file: FilePart) -> tuple[TierRule, ...]:
    """Return the rules that move a tier."""
    once((part.name for part in file.tier_rule), "tier_rule")
    return tuple(_tier_rule(part, file) for part in file.tier_rule)


def _rule(environment: str, tier: Tier, part: RulePart, file: FilePart) -> Rule:
    where = f"[policy.{environment}.{tier}]"
    known((*part.groups, *part.required_groups), file.groups, where, "group")
    actors = {*file.groups, "requester", "owner"}
    known((*part.may_apply, *part.may_rollback), actors, where, "group or role")
    try:
        warning = parse_duration(part.expires_warning) if part.expires_warning else None
        expiries = (parse_duration(part.request_expires), parse_duration(part.approval_expires))
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error}", advice=error.advice) from None
    return Rule(
        environment=environment,
        tier=tier,
        request_expires=expiries[0],
        approval_expires=expiries[1],
        expires_warning=warning,
        quorum=part.quorum,
        distinct_groups=part.distinct_groups,
        break_glass=part.break_glass,
        auto_rollback=part.auto_rollback,
        rollback_approvals=part.rollback_approvals,
        mapped_only=part.mapped_only,
        groups=tuple(part.groups),
        required_groups=tuple(part.required_groups),
        may_apply=tuple(part.may_apply),
        may_rollback=tuple(part.may_rollback),
    )


def _template(part: TemplatePart, file: FilePart) -> Template:
    where = f"template {part.name}"
    known([part.kind], (kind.name for kind in KINDS), where, "kind")
    known([part.environment], (account.environment for account in file.accounts), where, "environment")
    bounds = _BOUNDS.get(part.kind, ())
    if bounds and not any(getattr(part, name) not in (None, []) for name in bounds):
        raise InvalidInputError(
            f"{where} has no bound, so it would let everything through.",
            advice=f"Add {' or '.join(bounds)}.",
        )
    return Template(
        name=part.name,
        kind=part.kind,
        environment=part.environment,
        groups=known(part.groups, file.groups, where, "group"),
        targets=tuple(part.targets),
        min_capacity=part.min_capacity,
        max_capacity=part.max_capacity,
        max_rise_percent=part.max_rise_percent,
        max_fall_percent=part.max_fall_percent,
        tags=tuple(part.tags),
    )


def _delegation(part: DelegationPart, file: FilePart) -> Delegation:
    where = f"delegation from {part.giver} to {part.taker}"
    oids = {person.user: person.entra_oid for person in file.people}
    if part.giver == part.taker or oids.get(part.giver, part.giver) == oids.get(part.taker, part.taker):
        raise InvalidInputError(f"{where}: both are one person.", advice="Name somebody else in `to`.")
    groups = known(part.groups, file.groups, where, "group")
    return Delegation(part.giver, part.taker, groups, with_zone(part.until, where))


def _tier_rule(part: TierRulePart, file: FilePart) -> TierRule:
    where = f"tier_rule {part.name}"
    if (part.raise_to is None) is (part.lower_to is None):
        raise InvalidInputError(
            f"{where} must either raise or lower.", advice="Write one of raise_to and lower_to."
        )
    known((kind for kind in part.kinds if _is_plain(kind)), (kind.name for kind in KINDS), where, "kind")
    environments = (account.environment for account in file.accounts)
    known((name for name in part.environments if _is_plain(name)), environments, where, "environment")
    return TierRule(
        name=part.name,
        reason=part.reason,
        raise_to=Tier(part.raise_to) if part.raise_to else None,
        lower_to=Tier(part.lower_to) if part.lower_to else None,
        environments=tuple(part.environments),
        kinds=tuple(part.kinds),
        targets=tuple(part.targets),
        impact=frozenset(Impact(name) for name in part.impact),
    )


def _is_plain(pattern: str) -> bool:
    return not set("*?[") & set(pattern)
