"""Record only: a change that is approved here and applied by a pipeline; here it is read back and verified."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan, differences, moved_words
from bot.planning.capacity import capacity_field, model_of, outside_bounds, over_quota, read_capacity
from bot.planning.filters import filter_field, filter_notes, read_filter, unknown_filter
from bot.planning.models import (
    model_field,
    not_offered,
    read_sku,
    read_word,
    same_model,
    sku_field,
    undeployable,
    version_field,
    with_model,
)
from bot.planning.projections import with_property
from bot.planning.tiers import impact_of_plan, tier_of_plan
from bot.planning.upgrades import PROPERTY, read_upgrade, upgrade_field
from bot.ports.registry import Field, Offer, PlanFacts, Site


class RecordOnly:
    """Approve and verify what another program does."""

    name: ClassVar[str] = "record-only"
    title: ClassVar[str] = "Record a pipeline's change"
    no_way_back: ClassVar[str] = (
        "it is applied by a pipeline, so the pipeline has to apply the state before again."
    )

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return every field that may change; empty ones stay as they are."""
        return (
            _optional(capacity_field(offer.live, "Capacity after")),
            sku_field(offer, required=False),
            model_field(offer, required=False),
            version_field(offer, required=False),
            filter_field(offer, required=False),
            upgrade_field(offer, required=False),
        )

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return what was filled in; raise InvalidInputError when that is nothing."""
        asked = {name: read(values) for name, read in _READERS.items() if values.get(name, "").strip()}
        if not asked:
            raise InvalidInputError(
                "Fill in at least one value that the pipeline will set.", field="capacity"
            )
        return asked

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the state the pipeline has to reach, with no call; raise InvalidInputError when it is there."""
        live = site.existing
        after = _after(live.projection, asked)
        if not differences(live.projection, after):
            raise InvalidInputError("It is so already: nothing would change.", field=next(iter(asked)))
        return Plan(self.name, live.ref.key, live.projection, after, (), ())

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return the highest tier of what changes."""
        return tier_of_plan(plan, facts)

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return what the plan touches, as if it were sent from here."""
        return impact_of_plan(plan, facts)

    def summary(self, plan: Plan) -> str:
        """Return `sku.capacity (120 → 150)`."""
        return moved_words(plan.before, plan.after)

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return why Azure would refuse what the pipeline is to set."""
        models = () if same_model(plan) else undeployable(plan.after, facts)
        limits = (*not_offered(plan.after, facts), *outside_bounds(plan, facts), *over_quota(plan, facts))
        return (*models, *limits, *unknown_filter(plan, facts))

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return who applies it, until when it is waited for, and how the filters compare."""
        filtered = "properties.raiPolicyName" in differences(plan.before, plan.after)
        first = (
            "Nothing is sent from here: after `apply` the pipeline has four hours, and then it is read back."
        )
        return (first, *(filter_notes(plan, facts) if filtered else ()))


def _optional(found: Field) -> Field:
    """Return the capacity field without a value of now, and not required."""
    return Field(found.block, found.label, found.hint, "", is_number=True, required=False)


def _after(projection: Mapping[str, Json], asked: Mapping[str, Json]) -> Mapping[str, Json]:
    sku = projection.get("sku")
    parts = dict(sku) if isinstance(sku, Mapping) else {}
    renamed = {"sku": "name", "capacity": "capacity"}
    parts |= {renamed[name]: value for name, value in asked.items() if name in renamed}
    after: Mapping[str, Json] = {**projection, "sku": parts}
    if "model" in asked or "version" in asked:
        model, version = model_of(projection)
        after = with_model(after, asked.get("model", model), asked.get("version", version))
    for name, path in (("content_filter", "raiPolicyName"), ("upgrade_option", PROPERTY)):
        if name in asked:
            after = with_property(after, path, asked[name])
    return after


def _word(block: str) -> Callable[[Mapping[str, str]], Json]:
    return lambda values: read_word(values, block, f"Choose the {block}, without spaces.")


_READERS: Mapping[str, Callable[[Mapping[str, str]], Json]] = {
    "capacity": read_capacity,
    "sku": read_sku,
    "model": _word("model"),
    "version": _word("version"),
    "content_filter": read_filter,
    "upgrade_option": read_upgrade,
}
