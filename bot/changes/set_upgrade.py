"""Set the upgrade option: one PUT that says what Azure does when the model gets a new version, and its inverse."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.projections import in_place, property_of, with_property
from bot.planning.upgrades import DEFAULT, PROPERTY, read_upgrade, upgrade_field, upgrade_notes
from bot.ports.registry import Field, Offer, PlanFacts, Site


class SetUpgrade:
    """Decide whether Azure changes the model's version by itself."""

    name: ClassVar[str] = "set-upgrade"
    title: ClassVar[str] = "Set the upgrade option"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the one field, pre-filled with the option of now."""
        return (upgrade_field(offer, initial=offer.live.upgrade_option if offer.live else ""),)

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return `{"upgrade_option": option}`."""
        return {"upgrade_option": read_upgrade(values)}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the PUT with the option; raise InvalidInputError when it holds already, if only by default."""
        live, wanted = site.existing, str(asked["upgrade_option"])
        if wanted == live.upgrade_option:
            raise InvalidInputError(
                f"The upgrade option is {wanted} already: nothing would change.", field="upgrade_option"
            )
        return in_place(self.name, live, with_property(live.projection, PROPERTY, wanted))

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return normal (DECISIONS 18)."""
        return Tier.NORMAL

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying."""
        return frozenset({Impact.MODIFYING})

    def summary(self, plan: Plan) -> str:
        """Return `upgrade option NoAutoUpgrade → OnceCurrentVersionExpired`."""
        before = property_of(plan.before, PROPERTY) or f"{DEFAULT} (by default)"
        return f"upgrade option {before} → {property_of(plan.after, PROPERTY)}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return nothing: every deployment takes each of the three."""
        return ()

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what the new option means."""
        return upgrade_notes(property_of(plan.after, PROPERTY))
