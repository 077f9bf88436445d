"""An Azure account in memory that can be written: deployments, a writer, and what may happen to its calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.deployment import Account, Deployment, DeploymentRef, Model, Sku
from bot.domain.errors import DoubtError, NotAppliedError, NotFoundError
from bot.domain.json import Json
from bot.domain.operation import CHANGE_TAG, Operation, project
from bot.ports.azure import Progress, Sent
from tests.fakes.azure_reads import PLACE, THING, TUNED, MemoryAzure, live_deployment

STAGE = replace(PLACE, name="stage", environment="test", account="aoai-contoso-stage")


class Fate(StrEnum):
    """What happens to one call."""

    DONE = "accepted and done at once"
    LONG = "accepted, and a poll brings it to its end"
    FAILS = "accepted, and fails without a trace"
    FAILS_HALF = "accepted, and fails after having written"
    BUSY = "409: another operation is running on the account"
    REFUSED = "400: refused"
    LOST = "no answer, and it never arrived"
    ANSWER_LOST = "no answer, and it was applied"


def raw_deployment(ref: DeploymentRef, capacity: int, *, sku: str = "Standard") -> dict[str, Json]:
    """Return a deployment as Azure shows it, computed fields included."""
    return {
        "id": ref.arm_id,
        "sku": {"name": sku, "capacity": capacity},
        "tags": {"team": "ai", CHANGE_TAG: "CHG-0"},
        "etag": "1",
        "properties": {
            "model": {"format": "OpenAI", "name": TUNED, "version": "1", "callRateLimit": None},
            "raiPolicyName": "strict",
            "versionUpgradeOption": "NoAutoUpgrade",
            "deploymentState": "Running",
            "provisioningState": "Succeeded",
            "rateLimits": [{"key": "token", "count": capacity * 1000}],
            "currentCapacity": capacity,
        },
    }


def seen(ref: DeploymentRef, capacity: int, *, sku: str = "Standard") -> Deployment:
    """Return a deployment as the reader gives it."""
    resource = raw_deployment(ref, capacity, sku=sku)
    return replace(live_deployment(sku=Sku(sku, capacity)), ref=ref, projection=project(resource))


def shown(ref: DeploymentRef, body: Mapping[str, Json]) -> Deployment:
    """Return a deployment of this body as the reader gives it; the state is said by name."""
    properties, sku = body["properties"], body["sku"]
    assert isinstance(properties, Mapping)
    assert isinstance(sku, Mapping)
    named = {"deploymentState": "Running", **properties}
    model = named["model"]
    assert isinstance(model, Mapping)
    return replace(
        live_deployment(sku=Sku(str(sku["name"]), int(str(sku["capacity"])))),
        ref=ref,
        model=Model(str(model["name"]), str(model["version"])),
        content_filter=str(named.get("raiPolicyName") or ""),
        upgrade_option=str(named.get("versionUpgradeOption") or "OnceCurrentVersionExpired"),
        running_state=str(named["deploymentState"]),
        projection=project({**body, "properties": named}),
    )


@dataclass
class World(MemoryAzure):
    """Two accounts with a few deployments; what is written to them stays written."""

    others: dict[str, Deployment] = field(default_factory=dict)
    gone: str = ""

    def __post_init__(self) -> None:
        """Start with 120 units on the one that is looked at."""
        self.live = seen(THING, 120)
        for account, name, capacity in (
            (PLACE, "classifier-ft", 30),
            (PLACE, "summaries", 80),
            (STAGE, "support-triage-ft", 120),
        ):
            ref = DeploymentRef(account, name)
            self.others[ref.key] = seen(ref, capacity)

    async def deployments(self, account: Account) -> Sequence[Deployment]:
        """Return every deployment of the account."""
        self._check("deployments")
        known = [each for each in (self.live, *self.others.values()) if each.ref.key != self.gone]
        found = [each for each in known if each.ref.account == account]
        return sorted(found, key=lambda each: each.ref.deployment)

    async def deployment(self, ref: DeploymentRef) -> Deployment:
        """Return one deployment."""
        self._check("deployment")
        found = self._named(ref.key)
        if found is None:
            raise NotFoundError(f"Azure does not know the deployment {ref.deployment}.")
        return found

    @property
    def capacity(self) -> int:
        """Return the capacity of the deployment that is looked at."""
        return self.live.sku.capacity

    def portal(self, capacity: int, key: str = THING.key) -> None:
        """Change a deployment's capacity as somebody at the portal would."""
        found = self._named(key)
        assert found is not None
        self._keep(
            replace(
                found,
                sku=replace(found.sku, capacity=capacity),
                projection={**found.projection, "sku": {"name": found.sku.name, "capacity": capacity}},
            )
        )

    def remove(self) -> None:
        """Delete the deployment that is looked at, as somebody at the portal would."""
        self.gone = self.live.ref.key

    def perform(self, operation: Operation) -> None:
        """Do what an operation says."""
        key = operation.arm_id.lower()
        found = self._named(key)
        if operation.verb == "DELETE":
            self._forget(key)
            return
        if operation.verb == "PUT":
            ref = found.ref if found else DeploymentRef(PLACE, operation.arm_id.rsplit("/", 1)[-1])
            assert ref.key == key, "the fake creates in one account only"
            self.show(ref, operation.body)
            return
        assert found is not None, "Azure would answer 404"
        if operation.verb == "PATCH":
            assert set(operation.body) <= {"sku", "tags"}, "a PATCH carries SKU and tags only"
            self.show(found.ref, {**found.projection, **operation.body})
        else:
            state = {"pause": "Paused", "resume": "Running"}[operation.action]
            properties = found.projection["properties"]
            assert isinstance(properties, Mapping)
            self.show(found.ref, {**found.projection, "properties": {**properties, "deploymentState": state}})

    def show(self, ref: DeploymentRef, body: Mapping[str, Json]) -> None:
        """Have a deployment look like this body, as a program beside the app would make it."""
        self._keep(shown(ref, body))

    def _named(self, key: str) -> Deployment | None:
        if key == self.gone:
            return None
        return self.live if key == self.live.ref.key else self.others.get(key)

    def _forget(self, key: str) -> None:
        if key == self.live.ref.key:
            self.gone = key
        else:
            self.others.pop(key, None)

    def _keep(self, found: Deployment) -> None:
        if found.ref.key == self.live.ref.key:
            self.live, self.gone = found, ""
        else:
            self.others[found.ref.key] = found


@dataclass
class Writer:
    """The writer: takes the next fate for each call, and remembers every call that was made."""

    world: World
    fates: list[Fate] = field(default_factory=list)
    calls: list[tuple[str, Operation, Fate]] = field(default_factory=list)
    running: dict[str, tuple[Operation, Fate]] = field(default_factory=dict)
    polls_left: int = 0
    before_send: Callable[[], None] | None = None

    async def send(self, operation: Operation, *, change: str, correlation: str) -> Sent:
        """Send one operation and let its fate take its course."""
        assert correlation, "a call nobody could find in Azure's log"
        if self.before_send is not None:
            self.before_send()
        fate = self.fates.pop(0) if self.fates else Fate.DONE
        self.calls.append((change, operation, fate))
        if fate in (Fate.DONE, Fate.ANSWER_LOST):
            self.world.perform(operation)
        match fate:
            case Fate.BUSY:
                raise NotAppliedError("Azure is busy.", code="RequestConflict", retryable_conflict=True)
            case Fate.REFUSED:
                raise NotAppliedError("Azure refused.", code="InvalidCapacity", advice="Ask for less.")
            case Fate.LOST | Fate.ANSWER_LOST:
                raise DoubtError("no answer within 30 s")
            case Fate.DONE:
                return Sent(f"op-{len(self.calls)}", None)
        self.running[f"op-{len(self.calls)}"] = (operation, fate)
        return Sent(f"op-{len(self.calls)}", {"url": f"op-{len(self.calls)}"})

    async def poll(self, operation: Mapping[str, Json]) -> Progress:
        """Return how an operation stands."""
        if self.polls_left:
            self.polls_left -= 1
            return Progress(running=True, retry_after_seconds=3)
        sent, fate = self.running[str(operation["url"])]
        if fate is not Fate.FAILS:
            self.world.perform(sent)
        return Progress(running=False, failed_code="" if fate is Fate.LONG else "InternalServerError")

    @property
    def accepted(self) -> list[tuple[str, Operation]]:
        """Return the calls that reached Azure and were taken."""
        no = (Fate.BUSY, Fate.REFUSED, Fate.LOST)
        return [(change, operation) for change, operation, fate in self.calls if fate not in no]
