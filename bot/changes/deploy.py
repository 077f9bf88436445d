"""Deploy: create a deployment, under the target's own name or a new one beside it. One PUT; taken back by DELETE."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.capacity import capacity_field, model_of, outside_bounds, over_quota, read_capacity, sku_of
from bot.planning.filters import filter_field, filter_name, open_lines, read_filter, unknown_filter
from bot.planning.models import (
    model_field,
    not_offered,
    read_model,
    read_sku,
    sku_field,
    undeployable,
    version_field,
    with_model,
)
from bot.planning.projections import (
    RUNNING,
    STATE,
    beside,
    created,
    name_of,
    properties_of,
    property_of,
    withheld,
)
from bot.planning.upgrades import DEFAULT, PROPERTY, read_upgrade, upgrade_field, upgrade_notes
from bot.ports.registry import Field, Offer, PlanFacts, Site


class Deploy:
    """Create a deployment of a model."""

    name: ClassVar[str] = "deploy"
    title: ClassVar[str] = "Deploy a model"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the name and what is deployed; what is live under the target's name is the proposal."""
        live = offer.live
        words = f" {offer.name} is there already: give another name." if live and offer.name else ""
        hint = f"Empty: the target's own name, when nothing is deployed there.{words}"
        return (
            Field("deployment", "Name of the new deployment", hint, required=False),
            model_field(offer, initial=live.model.name if live else ""),
            version_field(offer, initial=live.model.version if live else ""),
            sku_field(offer, initial=live.sku.name if live else ""),
            capacity_field(live, "Capacity"),
            filter_field(offer, initial=live.content_filter if live else ""),
            upgrade_field(offer, initial=live.upgrade_option if live else DEFAULT),
        )

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return what is to be deployed; `deployment` only where a name was typed."""
        name = values.get("deployment", "").strip()
        return {
            **read_model(values),
            "sku": read_sku(values),
            "capacity": read_capacity(values),
            "content_filter": read_filter(values),
            "upgrade_option": read_upgrade(values),
            **({"deployment": name} if name else {}),
        }

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the PUT of the new deployment and the DELETE that takes it back."""
        properties: dict[str, Json] = {
            "raiPolicyName": asked["content_filter"],
            PROPERTY: asked["upgrade_option"],
            STATE: RUNNING,
        }
        bare: dict[str, Json] = {
            "properties": properties,
            "sku": {"name": asked["sku"], "capacity": asked["capacity"]},
            "tags": site.live.projection.get("tags") if site.live else {},
        }
        after = with_model(bare, asked["model"], asked["version"])
        if site.live is not None and model_of(site.live.projection) == model_of(after):
            model = properties_of(site.live.projection).get("model")  # with the account it was trained in
            after = {**after, "properties": {**properties, "model": model}}
        return created(self.name, _place(site, str(asked.get("deployment") or "")), after)

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return high (DECISIONS 18)."""
        return Tier.HIGH

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying and cost."""
        return frozenset({Impact.MODIFYING, Impact.COST})

    def summary(self, plan: Plan) -> str:
        """Return `gpt-4.1-mini 2025-04-14 as support-triage-next, Standard 10`."""
        (model, version), (sku, units) = model_of(plan.after), sku_of(plan.after)
        return f"{model} {version} as {name_of(plan)}, {sku} {units}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return why the model, the SKU, the capacity or the filter cannot be had here."""
        return (
            *undeployable(plan.after, facts),
            *not_offered(plan.after, facts),
            *outside_bounds(plan, facts),
            *over_quota(plan, facts),
            *unknown_filter(plan, facts),
            *withheld(plan.after),
        )

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that it costs from now on, what its filter lets through, and what becomes of its version."""
        first = f"{name_of(plan)} costs from the moment it exists, also while nobody calls it."
        option = property_of(plan.after, PROPERTY)
        filters = open_lines(plan.after, facts) if filter_name(plan.after) else ()
        return (first, *filters, *upgrade_notes(option))


def _place(site: Site, typed: str) -> DeploymentRef:
    """Return where it is created; raise InvalidInputError when that is the deployment that is there."""
    ref = beside(site.ref, typed or site.ref.deployment)
    if site.live is not None and ref.key == site.live.ref.key:
        raise InvalidInputError(
            f"There is a deployment called {site.live.ref.deployment} already. Name the new one.",
            field="deployment",
        )
    return ref
