"""Change the SKU: blue/green beside the live deployment, or one PUT under its name where policy allows that."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.capacity import capacity_field, outside_bounds, over_quota, read_capacity, sku_of
from bot.planning.models import not_offered, read_sku, sku_field, undeployable
from bot.planning.projections import beside_field, beside_notes, name_of, replaced, withheld
from bot.ports.registry import Field, Offer, PlanFacts, Site

_RESIDENCY = ("global", "datazone")


class ChangeSku:
    """Buy capacity another way: per region, per data zone, globally, or provisioned."""

    name: ClassVar[str] = "change-sku"
    title: ClassVar[str] = "Change the SKU"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return SKU and capacity, pre-filled with those of now, and the new deployment's name."""
        live = offer.live
        sku = sku_field(offer, initial=live.sku.name if live else "")
        return (sku, capacity_field(live, "Capacity on the new SKU"), beside_field())

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return SKU and capacity; `deployment` only where a name was typed."""
        name = values.get("deployment", "").strip()
        asked: dict[str, Json] = {"sku": read_sku(values), "capacity": read_capacity(values)}
        return {**asked, **({"deployment": name} if name else {})}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the plan with nothing but the SKU replaced; raise InvalidInputError when it is the same."""
        live = site.existing
        if str(asked["sku"]).lower() == live.sku.name.lower():
            raise InvalidInputError(
                f"The SKU is {live.sku.name} already. For another capacity, ask for a change of kind `scale`.",
                field="sku",
            )
        after = {**live.projection, "sku": {"name": asked["sku"], "capacity": asked["capacity"]}}
        return replaced(self.name, site, asked, after)

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return high (DECISIONS 18)."""
        return Tier.HIGH

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying and cost: another SKU has another price."""
        return frozenset({Impact.MODIFYING, Impact.COST})

    def summary(self, plan: Plan) -> str:
        """Return `SKU Standard 120 → GlobalStandard 150`, or `SKU GlobalStandard 150, as support-triage-ft-g1`."""
        sku, units = sku_of(plan.after)
        if not plan.before:
            return f"SKU {sku} {units}, as {name_of(plan)}"
        return f"SKU {' '.join(map(str, sku_of(plan.before)))} → {sku} {units}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return why the SKU or the capacity cannot be had here."""
        return (
            *undeployable(plan.after, facts),
            *not_offered(plan.after, facts),
            *outside_bounds(plan, facts),
            *over_quota(plan, facts),
            *(() if plan.before else withheld(plan.after)),
        )

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what happens to the traffic, and that data may leave the region."""
        sku = sku_of(plan.after)[0]
        leaves = sku.lower().startswith(_RESIDENCY)
        where = (
            (f"{sku} may process prompts, and keep the model's weights, outside the region.",)
            if leaves
            else ()
        )
        return (*where, *beside_notes(plan, facts))
