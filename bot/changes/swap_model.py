"""Swap the model: blue/green beside the live deployment, or one PUT under its name where policy allows that."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.capacity import model_of, outside_bounds, over_quota
from bot.planning.models import model_field, not_offered, read_model, undeployable, version_field, with_model
from bot.planning.projections import beside_field, beside_notes, name_of, replaced, withheld
from bot.ports.registry import Field, Offer, PlanFacts, Site


class SwapModel:
    """Serve another model, or another version of it."""

    name: ClassVar[str] = "swap-model"
    title: ClassVar[str] = "Swap the model"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return model and version, pre-filled with those of now, and the new deployment's name."""
        live = offer.live
        return (
            model_field(offer, initial=live.model.name if live else ""),
            version_field(offer, initial=live.model.version if live else ""),
            beside_field(),
        )

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return model and version; `deployment` only where a name was typed."""
        name = values.get("deployment", "").strip()
        return {**read_model(values), **({"deployment": name} if name else {})}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the plan with nothing but the model replaced; raise InvalidInputError when it is the same."""
        live = site.existing
        after = with_model(live.projection, asked["model"], asked["version"])
        if model_of(after) == model_of(live.projection):
            raise InvalidInputError("That is the model of now: nothing would change.", field="model")
        return replaced(self.name, site, asked, after)

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return high (DECISIONS 18)."""
        return Tier.HIGH

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying, and cost while two of them stand side by side."""
        return frozenset({Impact.MODIFYING} if plan.before else {Impact.MODIFYING, Impact.COST})

    def summary(self, plan: Plan) -> str:
        """Return `model a 1 → b 2`, or `model b 2, as support-triage-ft-g1`."""
        model, version = model_of(plan.after)
        if not plan.before:
            return f"model {model} {version}, as {name_of(plan)}"
        return f"model {' '.join(model_of(plan.before))} → {model} {version}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return why the model cannot be had here, on this SKU, with this capacity, beside the one of now."""
        return (
            *undeployable(plan.after, facts),
            *not_offered(plan.after, facts),
            *outside_bounds(plan, facts),
            *over_quota(plan, facts),
            *(() if plan.before else withheld(plan.after)),
        )

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what happens to the traffic and to the deployment of now."""
        return beside_notes(plan, facts)
