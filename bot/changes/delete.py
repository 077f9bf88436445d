"""Delete: remove a deployment. One DELETE; taken back by a PUT of what it was."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.capacity import model_of, quota_line, sku_of
from bot.planning.models import undeployable
from bot.planning.projections import (
    PAUSED,
    STATE,
    delete,
    name_of,
    pointing_at,
    property_of,
    put,
    withheld,
)
from bot.planning.traffic import calls_words
from bot.ports.registry import Field, Offer, PlanFacts, Site


class Delete:
    """Remove a deployment that nobody calls."""

    name: ClassVar[str] = "delete"
    title: ClassVar[str] = "Delete a deployment"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the one field: the deployment's name, typed to confirm."""
        which = f": {offer.name}" if offer.name else ""
        return (Field("deployment", "Type the deployment's name", f"To confirm what is deleted{which}."),)

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return the name that was typed; raise InvalidInputError when there is none."""
        name = values.get("deployment", "").strip()
        if not name:
            raise InvalidInputError("Type the name of the deployment to be deleted.", field="deployment")
        return {"deployment": name}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the DELETE and the PUT that brings it back; raise InvalidInputError when another was typed."""
        live = site.existing
        if asked["deployment"] != live.ref.deployment:
            raise InvalidInputError(
                f"The target is {live.ref.deployment}, and {asked['deployment']} was typed. Type its name.",
                field="deployment",
            )
        back = (put(live.ref, live.projection),)
        return Plan(self.name, live.ref.key, live.projection, {}, (delete(live.ref),), back)

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return critical (DECISIONS 18)."""
        return Tier.CRITICAL

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying and destructive."""
        return frozenset({Impact.MODIFYING, Impact.DESTRUCTIVE})

    def summary(self, plan: Plan) -> str:
        """Return `support-triage-ft with gpt-4.1-mini.ft-1 1, Standard 120`."""
        (model, version), (sku, units) = model_of(plan.before), sku_of(plan.before)
        return f"{name_of(plan)} with {model} {version}, {sku} {units}"

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what still needs it, and why it could not be brought back."""
        back = tuple(f"It could not be brought back: {why}" for why in undeployable(plan.before, facts))
        return (*_called(plan, facts), *_pointed_at(plan, facts), *back, *withheld(plan.before))

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that calls fail, how many came, and what the rollback needs."""
        line, units = quota_line(plan.before, facts), sku_of(plan.before)[1]
        pool = f" of {line.name}" if line else ""
        return (
            f"It got {calls_words(facts)}. From the moment it is deleted, every call to {name_of(plan)} fails.",
            f"The rollback creates it anew and needs {units} units{pool} to be free then; they are not held back.",
            "The model stays: it can be deployed again.",
        )


def _called(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    """Return that it is in use: counted calls, or none counted at all; a paused one answers nobody."""
    if property_of(plan.before, STATE) == PAUSED:
        return ()
    if facts.requests is None:
        return ("The calls of the last hour could not be counted. Try again, or pause it first.",)
    if facts.requests == 0:
        return ()
    return (
        f"It got {calls_words(facts)}. Stop the traffic and wait an hour, or pause it "
        "first (a change of kind `pause`, which is taken back at once).",
    )


def _pointed_at(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    names = pointing_at(name_of(plan), facts)
    if not names:
        return ()
    return (
        f"{', '.join(names)} of the same account sends its overflow here or has it as its parent. "
        "Point it elsewhere first.",
    )
