"""Pause: calls are refused with HTTP 423 until it is resumed. One POST, and the POST that resumes."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.pausing import UNDOCUMENTED, not_pausable, state_words, switched
from bot.planning.projections import PAUSED, name_of, pointing_at
from bot.planning.traffic import calls_words
from bot.ports.registry import Field, Offer, PlanFacts, Site


class Pause:
    """Stop a deployment from answering, without losing it."""

    name: ClassVar[str] = "pause"
    title: ClassVar[str] = "Pause a deployment"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return nothing: there is nothing to choose."""
        return ()

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return nothing."""
        return {}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the POST that pauses and the POST that resumes."""
        return switched(self.name, site, PAUSED)

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return high (DECISIONS 18)."""
        return Tier.HIGH

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying and destructive: it stops something."""
        return frozenset({Impact.MODIFYING, Impact.DESTRUCTIVE})

    def summary(self, plan: Plan) -> str:
        """Return `running → paused`."""
        return state_words(plan)

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that its SKU knows no pause, or that others send their overflow to it."""
        names = pointing_at(name_of(plan), facts)
        if not names:
            return not_pausable(plan)
        others = (
            f"{', '.join(names)} sends its overflow here or has it as its parent: point it elsewhere first."
        )
        return (*not_pausable(plan), others)

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return how many calls will be refused, and what nobody documents."""
        first = f"It got {calls_words(facts)}; while it is paused they get HTTP 423."
        return (first, *UNDOCUMENTED)
