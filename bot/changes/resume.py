"""Resume: a paused deployment answers again. One POST, and the POST that pauses."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.pausing import UNDOCUMENTED, not_pausable, state_words, switched
from bot.planning.projections import RUNNING
from bot.ports.registry import Field, Offer, PlanFacts, Site


class Resume:
    """Let a paused deployment answer again."""

    name: ClassVar[str] = "resume"
    title: ClassVar[str] = "Resume a deployment"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return nothing: there is nothing to choose."""
        return ()

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return nothing."""
        return {}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the POST that resumes and the POST that pauses again."""
        return switched(self.name, site, RUNNING)

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return high (DECISIONS 18)."""
        return Tier.HIGH

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying."""
        return frozenset({Impact.MODIFYING})

    def summary(self, plan: Plan) -> str:
        """Return `paused → running`."""
        return state_words(plan)

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that its SKU knows no pause, so that the rollback could not be sent."""
        return not_pausable(plan)

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that calls are answered again, and what a rollback would mean."""
        return ("Calls are answered again, and paid for, from the moment it is resumed.", *UNDOCUMENTED)
