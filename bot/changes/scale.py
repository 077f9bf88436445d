"""Scale: give a deployment more or less capacity. One PATCH of `sku.capacity`, and its inverse."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.deployment import Deployment
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Operation, Plan
from bot.planning.capacity import capacity_field, outside_bounds, over_quota, read_capacity
from bot.planning.tiers import tier_of_step
from bot.ports.registry import Field, Offer, PlanFacts, Site


class Scale:
    """Change how many units of capacity a deployment has."""

    name: ClassVar[str] = "scale"
    title: ClassVar[str] = "Scale capacity"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the one field of this kind, pre-filled with the capacity of now."""
        return (capacity_field(offer.live),)

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return `{"capacity": n}`; raise InvalidInputError when it is not a whole number above zero."""
        return {"capacity": read_capacity(values)}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the PATCH to the asked capacity and the PATCH back to the capacity of now."""
        live, wanted = site.existing, asked["capacity"]
        if wanted == live.sku.capacity:
            raise InvalidInputError(
                f"The capacity is {wanted} already: nothing would change.", field="capacity"
            )
        after = {**live.projection, "sku": {"name": live.sku.name, "capacity": wanted}}
        return Plan(
            kind=self.name,
            arm_id=live.ref.key,
            before=live.projection,
            after=after,
            forward=(_patch(live, wanted),),
            rollback=(_patch(live, live.sku.capacity),),
        )

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return normal for a rise of at most 50 %, high for more or for any fall (DECISIONS 18)."""
        return tier_of_step(*capacities(plan))

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying, and cost when the capacity rises."""
        before, after = capacities(plan)
        return frozenset({Impact.MODIFYING, Impact.COST} if after > before else {Impact.MODIFYING})

    def summary(self, plan: Plan) -> str:
        """Return `capacity 120 → 150`."""
        before, after = capacities(plan)
        return f"capacity {before} → {after}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what the SKU's bounds and the region's quota forbid."""
        return outside_bounds(plan, facts) + over_quota(plan, facts)

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return nothing: the figures of the plan say it all."""
        return ()


def capacities(plan: Plan) -> tuple[int, int]:
    """Return the capacity before and after, in units."""
    return _capacity(plan.before), _capacity(plan.after)


def _capacity(projection: Mapping[str, Json]) -> int:
    sku = projection["sku"]
    if not isinstance(sku, Mapping) or not isinstance(sku["capacity"], int):
        raise InvalidInputError("This deployment has no capacity to scale.", field="capacity")
    return sku["capacity"]


def _patch(live: Deployment, capacity: Json) -> Operation:
    return Operation("PATCH", live.ref.key, {"sku": {"name": live.sku.name, "capacity": capacity}})
