"""One change of every kind, as a person asks for it, on a deployment of the fake account that suits it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.changes.kinds import KINDS, kind_named
from bot.domain.deployment import Deployment, Usage
from bot.domain.json import Json
from bot.domain.operation import Plan, differences
from bot.ports.registry import ChangeKind, PlanFacts, Site
from tests.fakes.azure_reads import NOW, THING, MemoryAzure
from tests.fakes.azure_world import World, seen, shown

LIVE = seen(THING, 120)
BASE = {"model": "gpt-4.1-mini", "version": "2025-04-14"}
ROOM = (
    Usage("OpenAI.Standard.gpt-4.1-mini", "", Decimal(150), Decimal(1000)),
    Usage("OpenAI.GlobalStandard.gpt-4.1-mini", "", Decimal(0), Decimal(1000)),
)


@dataclass(frozen=True)
class Wish:
    """What a form of a kind holds."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def of(self) -> ChangeKind:
        """Return the kind."""
        return kind_named(self.kind)

    def plan(self, live: Deployment | None = LIVE, **site: bool) -> Plan:
        """Return the plan of this wish on a deployment."""
        ref = live.ref if live else THING
        return self.of.plan(Site(ref, live, **site), self.of.read(self.values))  # type: ignore[arg-type]


NEW = {
    **BASE,
    "sku": "Standard",
    "capacity": "10",
    "content_filter": "strict",
    "upgrade_option": "NoAutoUpgrade",
}
WISHES: Mapping[str, Wish] = {
    each.kind: each
    for each in (
        Wish("scale", {"capacity": "150"}),
        Wish("deploy", {**NEW, "deployment": "support-triage-next"}),
        Wish("delete", {"deployment": THING.deployment}),
        Wish("swap-model", BASE),
        Wish("change-sku", {"sku": "GlobalStandard", "capacity": "150"}),
        Wish("set-filter", {"content_filter": "stricter"}),
        Wish("set-upgrade", {"upgrade_option": "OnceCurrentVersionExpired"}),
        Wish("pause"),
        Wish("resume"),
        Wish("retag", {"tags": "owner=support-ai\nteam="}),
        Wish("record-only", {"capacity": "150"}),
    )
}
assert [kind.name for kind in KINDS] == list(WISHES), "every kind has a wish"


def start_of(kind: str) -> Deployment:
    """Return the deployment a wish starts from: one that is paused where it shall be resumed."""
    return paused(LIVE) if kind == "resume" else LIVE


def paused(live: Deployment) -> Deployment:
    """Return the deployment, paused."""
    properties = live.projection["properties"]
    assert isinstance(properties, Mapping)
    return shown(live.ref, {**live.projection, "properties": {**properties, "deploymentState": "Paused"}})


def roomy_world(live: Deployment = LIVE) -> World:
    """Return a world in which quota stands in nobody's way."""
    world = World(lines=ROOM)
    world.live = live
    return world


def facts_of(live: Deployment | None = LIVE, *, requests: int | None = 0, **more: object) -> PlanFacts:
    """Return what a kind's checks may look at, everything in order."""
    azure = MemoryAzure()
    ref = live.ref if live else THING
    facts = PlanFacts(Site(ref, live), (), ROOM, azure.known, requests=requests, now=NOW)
    return replace(facts, **more)  # type: ignore[arg-type]


def at_once(world: World, plan: Plan) -> None:
    """Perform the forward call and see that it reaches what was planned, then the rollback."""
    for calls, goal in ((plan.forward, plan.after), (plan.rollback, plan.before)):
        for call in calls:
            world.perform(call)
        assert differences(goal, projection_of(world, plan.arm_id)) == ()


def projection_of(world: World, arm_id: str) -> Mapping[str, Json]:
    """Return how a deployment of the world is now, empty when it is not there."""
    known = {} if world.gone == world.live.ref.key else {world.live.ref.key: world.live}
    found = {**world.others, **known}.get(arm_id)
    return found.projection if found else {}


def projections(world: World) -> dict[str, Mapping[str, Json]]:
    """Return every deployment of the world as it is now, by id."""
    known = {} if world.gone == world.live.ref.key else {world.live.ref.key: world.live}
    return {key: found.projection for key, found in {**world.others, **known}.items()}
