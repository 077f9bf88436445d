"""Which tier a plan has in production by what it changes, for kinds that may change one thing or another."""

from bot.domain.change import RANKS, Impact, Tier
from bot.domain.operation import Plan, differences
from bot.planning.capacity import sku_of
from bot.planning.filters import is_weaker
from bot.ports.registry import PlanFacts

LARGE_STEP = 1.5
_FILTER, _UPGRADE, _CAPACITY = "properties.raiPolicyName", "properties.versionUpgradeOption", "sku.capacity"


def tier_of_step(before: int, after: int) -> Tier:
    """Return normal for a rise of at most 50 %, high for more or for any fall (DECISIONS 18)."""
    return Tier.NORMAL if before < after <= before * LARGE_STEP else Tier.HIGH


def tier_of_plan(plan: Plan, facts: PlanFacts) -> Tier:
    """Return the highest tier that any field the plan changes has (DECISIONS 18)."""
    found = [_tier_of_field(name, plan, facts) for name in differences(plan.before, plan.after)]
    return max(found, key=RANKS.index)


def impact_of_plan(plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
    """Return modifying, cost where capacity rises or the SKU is another, security where the filter weakens."""
    changed = differences(plan.before, plan.after)
    (_, had), (_, units) = sku_of(plan.before), sku_of(plan.after)
    cost = {Impact.COST} if units > had or "sku.name" in changed else set()
    security = {Impact.SECURITY} if _FILTER in changed and is_weaker(plan, facts) else set()
    return frozenset({Impact.MODIFYING, *cost, *security})


def _tier_of_field(name: str, plan: Plan, facts: PlanFacts) -> Tier:
    if name == _FILTER:
        return Tier.CRITICAL if is_weaker(plan, facts) else Tier.HIGH
    if name == _UPGRADE:
        return Tier.NORMAL
    if name == _CAPACITY:
        return tier_of_step(sku_of(plan.before)[1], sku_of(plan.after)[1])
    return Tier.HIGH
