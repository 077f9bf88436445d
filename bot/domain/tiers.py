"""How much can go wrong: the tier of a plan, and the written rules and templates that move it, each in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.domain.change import RANKS, ChangeType, Impact, Request, Tier
from bot.domain.json import Json
from bot.domain.operation import Plan, differences

_NEVER_STANDARD = frozenset({Impact.DESTRUCTIVE, Impact.SECURITY})


@dataclass(frozen=True)
class TierRule:
    """An explicit rule: where everything named matches, the tier is at least `raise_to`, or at most `lower_to`.

    What is not named matches everything; every flag of `impact` must be there.
    """

    name: str
    reason: str
    raise_to: Tier | None = None
    lower_to: Tier | None = None
    environments: tuple[str, ...] = ("*",)
    kinds: tuple[str, ...] = ("*",)
    targets: tuple[str, ...] = ("*",)
    impact: frozenset[Impact] = frozenset()


@dataclass(frozen=True)
class Template:
    """A standard change: within these bounds, for people of these groups, it needs no approval of its own.

    A bound that is None does not bind; `tags` are the patterns of tags that may change, none when empty.
    """

    name: str
    kind: str
    environment: str
    groups: tuple[str, ...]
    targets: tuple[str, ...] = ("*",)
    min_capacity: int | None = None
    max_capacity: int | None = None
    max_rise_percent: int | None = None
    max_fall_percent: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """What a tier is computed from: the plan, the tier its kind gives it in production, and what it touches."""

    environment: str
    plan: Plan
    base: Tier
    impact: frozenset[Impact]


@dataclass(frozen=True)
class Judged:
    """The tier with every step to it in words, and the template it is an instance of."""

    tier: Tier
    because: tuple[str, ...]
    template: str = ""


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
    return _with_form(base if environment == "production" else raised(base, -1), impact)


def judge(
    planned: Planned,
    request: Request,
    *,
    groups: frozenset[str],
    rules: Iterable[TierRule] = (),
    templates: Iterable[Template] = (),
) -> Judged:
    """Return the tier of a plan and why: computed, lowered by rule or template, raised by the form, raised by rule.

    `groups` are the requester's. What lowers comes first, so that neither the form nor a raising rule is undone.
    """
    if request.type is ChangeType.EMERGENCY:
        return Judged(Tier.EMERGENCY, ("it was asked for as an emergency",))
    matching = [rule for rule in rules if _matches(rule, planned, request)]
    tier, because = _computed(planned)
    tier, because = _lowered(tier, because, matching)
    template = _fitting(planned, request, groups, templates)
    if template is not None and tier is not Tier.STANDARD:
        tier, because = Tier.STANDARD, (*because, f"standard by the template “{template.name}”")
    formed = _with_form(tier, request.impact)
    if formed is not tier:
        flags = ", ".join(sorted(request.impact))
        tier, because = formed, (*because, f"raised to {formed} because the requester added: {flags}")
    tier, because = _raised(tier, because, matching)
    used = template.name if template is not None and tier is Tier.STANDARD else ""
    return Judged(tier, because, used)


def misfits(
    template: Template, planned: Planned, request: Request, groups: frozenset[str]
) -> tuple[str, ...]:
    """Return why a change is no instance of a template, empty when it is one."""
    plan = planned.plan
    heavy = sorted(_NEVER_STANDARD & (planned.impact | request.impact))
    checks = (
        (template.kind != plan.kind, f"it is for {template.kind}"),
        (template.environment != planned.environment, f"it is for {template.environment}"),
        (not _any(request.target, template.targets), f"it is for {', '.join(template.targets)}"),
        (not groups & set(template.groups), f"it is for people of {', '.join(template.groups)}"),
        (bool(heavy), f"no template covers what is {', '.join(heavy)}"),
    )
    return (*(words for wrong, words in checks if wrong), *_beyond(template, plan))


def _beyond(template: Template, plan: Plan) -> tuple[str, ...]:
    before, after = _capacity(plan.before), _capacity(plan.after)
    rise, fall = template.max_rise_percent, template.max_fall_percent
    low, high = template.min_capacity, template.max_capacity
    checks = (
        (low is not None and after < low, f"{after} is under its {low} units"),
        (high is not None and after > high, f"{after} is over its {high} units"),
        (rise is not None and after * 100 > before * (100 + rise), f"{before} → {after} rises over {rise} %"),
        (fall is not None and after * 100 < before * (100 - fall), f"{before} → {after} falls over {fall} %"),
    )
    changed = [name.removeprefix("tags.") for name in _changed(plan) if name.startswith("tags.")]
    others = [name for name in changed if not _any(name, template.tags)]
    tags = (f"it may not change the tags {', '.join(others)}",) if others else ()
    return (*(words for wrong, words in checks if wrong), *tags)


def _changed(plan: Plan) -> tuple[str, ...]:
    return differences(plan.before, plan.after)


def _capacity(projection: Mapping[str, Json]) -> int:
    sku = projection.get("sku")
    found = sku.get("capacity") if isinstance(sku, Mapping) else None
    return found if isinstance(found, int) else 0


def _fitting(
    planned: Planned, request: Request, groups: frozenset[str], templates: Iterable[Template]
) -> Template | None:
    fitting = (found for found in templates if not misfits(found, planned, request, groups))
    return next(fitting, None)


def _computed(planned: Planned) -> tuple[Tier, tuple[str, ...]]:
    flags = ", ".join(sorted(planned.impact)) or "nothing"
    words = f"{planned.plan.kind} is {planned.base} in production; it touches: {flags}"
    if planned.environment == "production":
        return planned.base, (words,)
    tier = raised(planned.base, -1)
    lower = f"{planned.environment} is not production: one lower, {tier}"
    return tier, (words, lower) if tier is not planned.base else (words,)


def _lowered(tier: Tier, because: tuple[str, ...], rules: Sequence[TierRule]) -> tuple[Tier, tuple[str, ...]]:
    """Return the tier after the one lowering rule that lowers least: of two that speak, the careful one is heard."""
    speaking = [(rule.lower_to, rule) for rule in rules if rule.lower_to is not None]
    if not speaking:
        return tier, because
    to, rule = max(speaking, key=lambda each: RANKS.index(each[0]))
    if not is_higher(tier, to):
        return tier, because
    return to, (*because, f"lowered to {to} by the rule “{rule.name}”: {rule.reason}")


def _raised(tier: Tier, because: tuple[str, ...], rules: Sequence[TierRule]) -> tuple[Tier, tuple[str, ...]]:
    for rule in rules:
        if rule.raise_to is not None and is_higher(rule.raise_to, tier):
            tier = rule.raise_to
            because = (*because, f"raised to {tier} by the rule “{rule.name}”: {rule.reason}")
    return tier, because


def _with_form(tier: Tier, impact: frozenset[Impact]) -> Tier:
    if Impact.SECURITY in impact and is_higher(Tier.HIGH, tier):
        tier = Tier.HIGH
    return raised(tier, 1) if Impact.DESTRUCTIVE in impact else tier


def _matches(rule: TierRule, planned: Planned, request: Request) -> bool:
    return (
        _any(planned.environment, rule.environments)
        and _any(planned.plan.kind, rule.kinds)
        and _any(request.target, rule.targets)
        and rule.impact <= planned.impact | request.impact
    )


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
