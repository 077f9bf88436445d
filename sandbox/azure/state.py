"""Everything the simulated Azure remembers, and how it moves on."""

from __future__ import annotations

import copy
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

from sandbox.azure import activity, catalog, seed
from sandbox.azure.names import (
    COGNITIVE,
    DEPLOYMENT_TYPE,
    EXECUTOR_TOKEN,
    PRINCIPALS,
    READER_TOKEN,
    Json,
    SimulatedClock,
    iso,
    stable_guid,
)
from sandbox.azure.roles import EXECUTOR_ROLE, READER_ROLE, Role
from sandbox.azure.seed import Account
from sandbox.azure.traffic import Setting, Track

NEWER_FIELDS = ("deploymentState", "serviceTier", "routing")
DEFAULT_POLICY = "Microsoft.DefaultV2"
IDLE_DAYS = 15
DEVELOPER_HOURS = 24


@dataclass
class Deployment:
    """One live deployment."""

    account: Account
    name: str
    sku: Json
    tags: dict[str, str]
    properties: Json
    provisioning: str
    etag: str
    system: Json
    created_at: datetime
    synthetic: bool = False

    @property
    def id(self) -> str:
        """Return the ARM id."""
        return f"{self.account.id}/deployments/{self.name}"

    @property
    def capacity(self) -> int:
        """Return the capacity that the SKU carries."""
        return int(self.sku["capacity"])

    @property
    def base(self) -> str:
        """Return the name of the base model, whose quota pool is used."""
        return base_name(self.properties["model"]["name"])

    def body(self, api_version: str = "2025-12-01") -> Json:
        """Return the deployment in ARM's shape, as that API version shows it."""
        properties = copy.deepcopy(self.properties)
        if api_version < "2025-12-01":
            properties = {key: value for key, value in properties.items() if key not in NEWER_FIELDS}
        properties |= {
            "provisioningState": self.provisioning,
            "capabilities": {"chatCompletion": "true", "responses": "true", "assistants": "true"},
            "currentCapacity": self.capacity,
            "dynamicThrottlingEnabled": False,
        }
        properties |= self._limits()
        return {
            "id": self.id,
            "name": self.name,
            "type": DEPLOYMENT_TYPE,
            "etag": self.etag,
            "sku": dict(self.sku),
            "tags": dict(self.tags),
            "properties": properties,
            "systemData": dict(self.system),
        }

    def _limits(self) -> Json:
        if "provisioned" in str(self.sku["name"]).lower():
            return {}
        rules: list[Json] = [
            {"key": "request", "renewalPeriod": 10, "count": self.capacity},
            {"key": "token", "renewalPeriod": 60, "count": self.capacity * 1000},
        ]
        whole: Json = {"count": self.capacity, "renewalPeriod": 10, "rules": copy.deepcopy(rules)}
        return {"rateLimits": rules, "callRateLimit": whole}


@dataclass
class Operation:
    """One long-running operation on a deployment."""

    id: str
    kind: Literal["put", "patch", "delete"]
    target: Deployment
    before: Deployment | None
    deadline: float
    started: datetime
    origin: activity.Origin
    fails: bool
    status: Literal["InProgress", "Succeeded", "Failed"] = "InProgress"
    ended: datetime | None = None


@dataclass
class Fault:
    """One misbehaviour to come."""

    method: str
    path: str
    kind: str
    times: int | None
    retry_after: int | None
    seconds: float

    def fits(self, method: str, path: str) -> bool:
        """Tell whether the request is one of those that shall go wrong."""
        wanted = self.method in ("*", method.upper())
        return wanted and self.path.lower() in path.lower() and self.times != 0


@dataclass
class Switches:
    """What a test or a demo may set."""

    operation_seconds: float = 0.3
    retry_after: int = 1
    page_size: int = 50
    auto_delete: bool = True
    canaries: bool = True
    undocumented: bool = True
    logs_partial: bool = False


@dataclass(frozen=True)
class HealthChange:
    """Since when the platform sees an account like this, and whose doing it is."""

    since: datetime
    state: str
    reason: str


def base_name(model: str) -> str:
    """Return the base model's name of a base, fine-tuned or checkpoint model."""
    for known in catalog.BASE_MODELS:
        if model.lower() == known.name or model.lower().startswith(known.full_name):
            return known.name
    return model


@dataclass
class AzureState:
    """The memory of the simulated Azure."""

    clock: SimulatedClock
    switches: Switches = field(default_factory=Switches)
    requests: deque[Json] = field(default_factory=lambda: deque(maxlen=50_000))
    writes: list[Json] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    activity: list[Json] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    deployments: dict[tuple[str, str], Deployment] = field(default_factory=dict)
    tracks: dict[tuple[str, str], Track] = field(default_factory=dict)
    health: dict[str, list[HealthChange]] = field(default_factory=dict)
    taken: dict[tuple[str, str, str], int] = field(default_factory=dict)
    endings: list[Callable[[datetime], None]] = field(default_factory=list)
    roles: dict[str, Role] = field(
        default_factory=lambda: {READER_TOKEN: READER_ROLE, EXECUTOR_TOKEN: EXECUTOR_ROLE}
    )

    def __post_init__(self) -> None:
        self.start = self.clock.now()
        self.start_minute = minute_of(self.start)
        self.accounts: dict[str, Account] = {one.name.lower(): one for one in seed.ACCOUNTS}
        self._serial = count(1)
        for planted in seed.DEPLOYMENTS:
            self._plant(planted)
        activity.seed_history(self.activity, self.start)

    @property
    def operation_seconds(self) -> float:
        """Return how long an operation takes, in wall time."""
        return self.switches.operation_seconds

    @operation_seconds.setter
    def operation_seconds(self, seconds: float) -> None:
        self.switches.operation_seconds = seconds

    def _plant(self, planted: seed.SeedDeployment) -> None:
        account = self.accounts[planted.account]
        born = self.start - timedelta(days=planted.age_days)
        properties: Json = {
            "model": {"format": "OpenAI", "name": seed.job_named(planted.job).model, "version": "1"},
            "raiPolicyName": planted.policy,
            "deploymentState": "Running",
        }
        if planted.upgrade:
            properties["versionUpgradeOption"] = planted.upgrade
        if planted.spillover:
            properties["spilloverDeploymentName"] = planted.spillover
        system = seed.system_data(seed.PIPELINE_CALLER, born)
        deployment = Deployment(
            account,
            planted.name,
            {"name": planted.sku, "capacity": planted.capacity},
            dict(planted.tags),
            properties,
            "Succeeded",
            self.next_etag(),
            system,
            born,
        )
        key = (account.name.lower(), planted.name.lower())
        self.deployments[key] = deployment
        track = Track(account.name, account.location, planted.name, planted.profile, self.start_minute)
        track.set(setting_of(deployment, minute_of(born)))
        self.tracks[key] = track
        if planted.name == "contract-extract-ft":
            activity.mark_drift(deployment.system, self.start)

    def grow(self, account: Account, wanted: int) -> None:
        """Give an account so many synthetic deployments, which use no quota and get no calls."""
        for key in [key for key, one in self.deployments.items() if one.synthetic and one.account is account]:
            del self.deployments[key]
        model = next(one for one in seed.JOBS if one.account == account.name and one.model).model
        system = seed.system_data(seed.PIPELINE_CALLER, self.start)
        for number in range(1, wanted + 1):
            name = f"synthetic-{number:04d}"
            self.deployments[(account.name.lower(), name)] = Deployment(
                account,
                name,
                {"name": "Standard", "capacity": 1},
                {"environment": account.environment},
                {
                    "model": {"format": "OpenAI", "name": model, "version": "1"},
                    "raiPolicyName": DEFAULT_POLICY,
                    "deploymentState": "Running",
                    "versionUpgradeOption": "NoAutoUpgrade",
                },
                "Succeeded",
                self.next_etag(),
                dict(system),
                self.start,
                synthetic=True,
            )

    def next_etag(self) -> str:
        """Return an etag never used before."""
        return f'"{stable_guid("etag", next(self._serial))}"'

    def next_guid(self, kind: str) -> str:
        """Return a GUID never used before in this run."""
        return stable_guid(kind, iso(self.start), next(self._serial))

    def now_minute(self) -> int:
        """Return the minute of the simulated time."""
        return minute_of(self.clock.now())

    def of_account(self, account: Account) -> list[Deployment]:
        """Return the account's deployments, by name."""
        found = [one for one in self.deployments.values() if one.account is account]
        return sorted(found, key=lambda one: one.name.lower())

    def busy(self, account: Account) -> bool:
        """Tell whether an operation runs in the account."""
        running = (one for one in self.operations.values() if one.status == "InProgress")
        return any(one.target.account is account for one in running)

    def used(self, location: str, sku: str, base: str, without: Deployment | None = None) -> int:
        """Return how much of a quota pool is used."""
        rule = catalog.SKU_RULES[sku.lower()]
        quota = catalog.QUOTAS.get((location, rule.name, base))
        mine = sum(
            one.capacity
            for one in self.deployments.values()
            if one is not without
            and not one.synthetic
            and (one.account.location, str(one.sku["name"]).lower(), one.base)
            == (location, sku.lower(), base)
        )
        taken = self.taken.get((location, rule.name, base), 0)
        return mine + taken + (quota.others if quota else 0)

    def touch(self, deployment: Deployment, caller: str) -> None:
        """Give the deployment a new etag, system data and a point in its history."""
        now = self.clock.now()
        deployment.etag = self.next_etag()
        kind = "User" if "@" in caller else "Application"
        deployment.system |= {
            "lastModifiedBy": caller,
            "lastModifiedByType": kind,
            "lastModifiedAt": iso(now),
        }
        self.remember(deployment, alive=True)

    def remember(self, deployment: Deployment, *, alive: bool) -> None:
        """Write the present setting into the history that metrics are computed from."""
        key = (deployment.account.name.lower(), deployment.name.lower())
        track = self.tracks.get(key)
        if track is None:
            profile = seed.Profile(3_000, 400, 150, 900.0)
            account = deployment.account
            track = Track(account.name, account.location, deployment.name, profile, self.start_minute)
            self.tracks[key] = track
        track.set(setting_of(deployment, self.now_minute(), alive=alive))

    def begin(self, operation: Operation) -> None:
        """Start a long-running operation."""
        self.operations[operation.id] = operation

    def settle(self) -> None:
        """Finish the operations whose time is over, and remove what Azure removes by itself."""
        for operation in self.operations.values():
            if operation.status == "InProgress" and time.monotonic() >= operation.deadline:
                self._finish(operation)
        for end in self.endings:
            end(self.clock.now())
        if self.switches.auto_delete:
            self._remove_expired()

    def _finish(self, operation: Operation) -> None:
        operation.ended = self.clock.now()
        operation.status = "Failed" if operation.fails else "Succeeded"
        target, before = operation.target, operation.before
        if operation.fails and before is not None:
            target.sku, target.tags, target.properties = before.sku, before.tags, before.properties
        undeleted = operation.fails and operation.kind == "delete"
        target.provisioning = "Failed" if operation.fails and not undeleted else "Succeeded"
        gone = operation.kind == "delete" and not operation.fails
        if gone:
            self.deployments.pop((target.account.name.lower(), target.name.lower()), None)
        if gone or operation.fails:
            self.remember(target, alive=not gone and before is not None)
        code = 500 if operation.fails else 200
        self.activity.append(activity.event(operation.origin, operation.status, code, operation.ended))

    def _remove_expired(self) -> None:
        for deployment in [one for one in self.deployments.values() if not one.synthetic]:
            reason = self._expired(deployment)
            if reason is None:
                continue
            self.deployments.pop((deployment.account.name.lower(), deployment.name.lower()))
            self.remember(deployment, alive=False)
            origin = activity.Origin(
                f"{COGNITIVE}/accounts/deployments/delete",
                deployment.id,
                f"{COGNITIVE} ({reason})",
                self.next_guid("correlation"),
                None,
                "DELETE",
            )
            self.activity.append(activity.event(origin, "Succeeded", 200, self.clock.now()))

    def _expired(self, deployment: Deployment) -> str | None:
        now = self.clock.now()
        age = now - deployment.created_at
        if str(deployment.sku["name"]).lower() == "developertier" and age > timedelta(hours=DEVELOPER_HOURS):
            return "developer tier, 24 hours"
        track = self.tracks[(deployment.account.name.lower(), deployment.name.lower())]
        idle = track.idle_from(self.now_minute())
        if (
            idle is not None
            and minute_of(now) - max(idle, minute_of(deployment.created_at)) > IDLE_DAYS * 1440
        ):
            return "no calls for 15 days"
        return None


def minute_of(moment: datetime) -> int:
    """Return the minute since the epoch."""
    return int(moment.timestamp()) // 60


def setting_of(deployment: Deployment, minute: int, *, alive: bool = True) -> Setting:
    """Return how a deployment is set, as a point of its history."""
    properties = deployment.properties
    model = properties["model"]
    return Setting(
        minute,
        deployment.capacity,
        alive,
        properties.get("deploymentState") == "Paused",
        str(properties.get("raiPolicyName", DEFAULT_POLICY)),
        str(model["name"]),
        str(model.get("version", "")),
        "provisioned" in str(deployment.sku["name"]).lower(),
    )


def principal(identity: str) -> str:
    """Return the object id under which an identity appears in Azure."""
    return PRINCIPALS[identity]
