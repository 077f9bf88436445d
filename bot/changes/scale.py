"""Scale: give a deployment more or less capacity. One PATCH of `sku.capacity`, and its inverse."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.deployment import Deployment, SkuBounds, Usage
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Operation, Plan
from bot.ports.registry import Field, PlanFacts

LARGE_STEP = 1.5


class Scale:
    """Change how many units of capacity a deployment has."""

    name: ClassVar[str] = "scale"
    title: ClassVar[str] = "Scale capacity"

    def fields(self, live: Deployment | None) -> tuple[Field, ...]:
        """Return the one field of this kind, pre-filled with the capacity of now."""
        now = f" Now: {live.sku.capacity}." if live else ""
        hint = f"Units of the SKU; on Standard, 1 unit is 1,000 tokens per minute.{now}"
        return (Field("capacity", "New capacity", hint, str(live.sku.capacity) if live else ""),)

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return `{"capacity": n}`; raise InvalidInputError when it is not a whole number above zero."""
        text = values.get("capacity", "").strip().replace(",", "")
        if not (text.isascii() and text.isdigit()) or not 0 < int(text[:9]) < 1_000_000 or len(text) > 7:
            raise InvalidInputError(
                "Write the new capacity as a whole number of units, such as 150.", field="capacity"
            )
        return {"capacity": int(text)}

    def plan(self, live: Deployment, asked: Mapping[str, Json]) -> Plan:
        """Return the PATCH to the asked capacity and the PATCH back to the capacity of now."""
        wanted = asked["capacity"]
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

    def tier(self, plan: Plan) -> Tier:
        """Return normal for a rise of at most 50 %, high for more or for any fall (DECISIONS 18)."""
        before, after = capacities(plan)
        return Tier.NORMAL if before < after <= before * LARGE_STEP else Tier.HIGH

    def impact(self, plan: Plan) -> frozenset[Impact]:
        """Return modifying, and cost when the capacity rises."""
        before, after = capacities(plan)
        return frozenset({Impact.MODIFYING, Impact.COST} if after > before else {Impact.MODIFYING})

    def summary(self, plan: Plan) -> str:
        """Return `capacity 120 → 150`."""
        before, after = capacities(plan)
        return f"capacity {before} → {after}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what the SKU's bounds and the region's quota forbid."""
        before, after = capacities(plan)
        bounds = next((sku for sku in facts.skus if sku.name.lower() == facts.live.sku.name.lower()), None)
        problems = _outside(bounds, after) if bounds else ()
        return problems + _over_quota(_quota_line(facts), after - before)


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


def _outside(bounds: SkuBounds, wanted: int) -> tuple[str, ...]:
    if bounds.allowed and wanted not in bounds.allowed:
        allowed = ", ".join(str(value) for value in bounds.allowed)
        return (f"{bounds.name} accepts only these capacities: {allowed}. Choose one of them.",)
    if not bounds.minimum <= wanted <= bounds.maximum:
        return (
            f"{bounds.name} accepts {bounds.minimum} to {bounds.maximum} units. Choose a capacity in between.",
        )
    if bounds.step > 1 and (wanted - bounds.minimum) % bounds.step:
        return (f"{bounds.name} goes in steps of {bounds.step} from {bounds.minimum}. Choose a multiple.",)
    return ()


def _quota_line(facts: PlanFacts) -> Usage | None:
    live = facts.live
    for model in facts.models:
        if (model.name, model.version) == (live.model.name, live.model.version):
            wanted = model.usage_names.get(live.sku.name.lower(), "").lower()
            return next((usage for usage in facts.quota if usage.name.lower() == wanted), None)
    return None


def _over_quota(line: Usage | None, rise: int) -> tuple[str, ...]:
    if line is None or rise <= 0 or Decimal(rise) <= line.left:
        return ()
    return (
        f"Quota {line.name} has {line.left:f} of {line.limit:f} units left and this needs {rise} more. "
        f"Ask for at most {line.left:f} more, free capacity elsewhere in the region, "
        "or request quota at aka.ms/oai/stuquotarequest.",
    )
