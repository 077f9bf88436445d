"""Retag: set and remove tags. One PATCH of the whole set, and the PATCH of the set of now."""

from collections.abc import Mapping
from typing import ClassVar

from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Operation, Plan, differences
from bot.domain.redaction import REDACTED
from bot.planning.tags import BLOCK, merged, read_tags, tag_lines
from bot.ports.registry import Field, Offer, PlanFacts, Site


class Retag:
    """Change what a deployment says about itself: owner, ticket, cost centre."""

    name: ClassVar[str] = "retag"
    title: ClassVar[str] = "Change tags"
    no_way_back: ClassVar[str] = ""

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the one field; the tags of now stand in its hint."""
        tags = _tags(offer.live.projection) if offer.live else {}
        now = f" Now: {', '.join(f'{name}={tags[name]}' for name in sorted(tags))}"[:1500] if tags else ""
        hint = f"One name=value a line; name= removes a tag; others stay as they are.{now}"
        return (Field(BLOCK, "Tags", hint, is_multiline=True),)

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return `{"tags": lines}`, sorted; raise InvalidInputError naming the line that is wrong."""
        return {BLOCK: tag_lines(read_tags(values.get(BLOCK, "")))}

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the PATCH of the set after and that of the set of now."""
        live = site.existing
        tags = merged(_tags(live.projection), read_tags(str(asked[BLOCK])))
        after = {**live.projection, "tags": tags}
        if not differences(live.projection, after):
            raise InvalidInputError("The tags are so already: nothing would change.", field=BLOCK)
        forward, back = (_patch(live.ref.arm_id, each) for each in (after, live.projection))
        return Plan(self.name, live.ref.key, live.projection, after, (forward,), (back,))

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return standard (DECISIONS 18)."""
        return Tier.STANDARD

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return modifying."""
        return frozenset({Impact.MODIFYING})

    def summary(self, plan: Plan) -> str:
        """Return the tags that change: `owner, ticket`."""
        return ", ".join(_changed(plan))

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return that a tag looks like a secret: its old value is not kept, so it could not be put back."""
        before = _tags(plan.before)
        held = [name for name in _changed(plan) if REDACTED in f"{name}{before.get(name, '')}"]
        if not held:
            return ()
        return (
            f"{', '.join(held)} looks like a secret. Countersign does not keep it, so it could not put it back. "
            "Remove it in Azure, and change the secret.",
        )

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return nothing: the figures of the plan say it all."""
        return ()


def _tags(projection: Mapping[str, Json]) -> Mapping[str, Json]:
    tags = projection.get("tags")
    return tags if isinstance(tags, Mapping) else {}


def _changed(plan: Plan) -> list[str]:
    before, after = _tags(plan.before), _tags(plan.after)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _patch(arm_id: str, projection: Mapping[str, Json]) -> Operation:
    return Operation("PATCH", arm_id, {"tags": dict(_tags(projection))})
