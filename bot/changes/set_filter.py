"""Set the content filter: one PUT with another policy's name, and the PUT of the one of now."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.filters import (
    filter_field,
    filter_name,
    filter_notes,
    is_weaker,
    read_filter,
    unknown_filter,
)
from bot.planning.projections import in_place, with_property
from bot.planning.tiers import impact_of_plan, tier_of_plan
from bot.ports.registry import Field, Offer, PlanFacts, Site


class SetFilter:
    """Guard a deployment with another content filter policy."""

    name: ClassVar[str] = "set-filter"
    title: ClassVar[str] = "Set the content filter"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the one field, pre-filled with the filter of now."""
        return (filter_field(offer, initial=offer.live.content_filter if offer.live else ""),)

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return `{"content_filter": name}`."""
        return {"content_filter": read_filter(values)}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the PUT with the other filter and that with this one; refuse when they are one."""
        live, wanted = site.existing, str(asked["content_filter"])
        if wanted.lower() == filter_name(live.projection).lower():
            raise InvalidInputError(
                f"The content filter is {wanted} already: nothing would change.", field="content_filter"
            )
        return in_place(self.name, live, with_property(live.projection, "raiPolicyName", wanted))

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return high when nothing gets weaker, else critical; what nobody can compare is weaker (DECISIONS 18)."""
        return tier_of_plan(plan, facts)

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying, and security where anything gets weaker."""
        return impact_of_plan(plan, facts)

    def summary(self, plan: Plan) -> str:
        """Return `content filter strict → default`."""
        return f"content filter {filter_name(plan.before) or 'none named'} → {filter_name(plan.after)}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that there is no such filter here."""
        return unknown_filter(plan, facts)

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return the two filters compared line by line, and what the rollback cannot promise."""
        first = (
            "It blocks less than the filter of now."
            if is_weaker(plan, facts)
            else "It blocks no less than now."
        )
        unnamed = "No filter is named now: after a rollback Azure may name its default, which reads as a difference."
        return (first, *filter_notes(plan, facts), *(() if filter_name(plan.before) else (unnamed,)))
