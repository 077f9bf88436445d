"""Azure's reads from memory: what a section looks at, without a server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.domain.deployment import (
    Account,
    AvailableModel,
    ContentFilter,
    Deployment,
    DeploymentRef,
    FilterRule,
    Model,
    RateLimit,
    Sku,
    SkuBounds,
    Usage,
)
from bot.domain.errors import CountersignError, NotFoundError
from bot.domain.evidence import Point, Series, Window
from bot.ports.registry import Readers
from tests.fakes.azure_inventory import (
    MemoryDeclared,
    MemoryInventory,
    MemoryJournal,
    MemoryLogs,
    MemoryOperator,
    MemoryTraining,
)

NOW = datetime(2026, 11, 24, 12, 3, 20, tzinfo=UTC)
PLACE = Account(
    "prod",
    "production",
    "00000000-0000-0000-0000-000000000001",
    "rg-ai-prod",
    "aoai-contoso-weu",
    "westeurope",
)
THING = DeploymentRef(PLACE, "support-triage-ft")
TUNED = "gpt-4.1-mini-2025-04-14.ft-0a-triage"


def live_deployment(
    *,
    sku: Sku | None = None,
    model: str = TUNED,
    content_filter: str = "strict",
    created_at: datetime | None = NOW - timedelta(days=41),
) -> Deployment:
    """Return a deployment as the reader gives it."""
    return Deployment(
        ref=THING,
        provisioning_state="Succeeded",
        sku=sku or Sku("Standard", 120),
        model=Model(model, "1"),
        content_filter=content_filter,
        upgrade_option="NoAutoUpgrade",
        running_state="Running",
        projection={"properties": {"spilloverDeploymentName": "triage-spill"}, "sku": {}, "tags": {}},
        observed_at=NOW,
        rate_limits=(RateLimit("token", Decimal(120000), 60),),
        created_at=created_at,
        modified_at=NOW - timedelta(minutes=30),
    )


@dataclass
class MemoryAzure:
    """Answers of the control plane; whatever is named in `broken` raises instead."""

    live: Deployment = field(default_factory=live_deployment)
    known: tuple[AvailableModel, ...] = (
        AvailableModel(
            TUNED,
            "1",
            "gpt-4.1-mini",
            "2025-04-14",
            "",
            NOW + timedelta(days=300),
            {
                "standard": "OpenAI.Standard.gpt-4.1-mini",
                "globalstandard": "OpenAI.GlobalStandard.gpt-4.1-mini",
            },
        ),
        AvailableModel(
            "gpt-4.1-mini",
            "2025-04-14",
            lifecycle="GenerallyAvailable",
            inference_ends=NOW + timedelta(days=90),
            usage_names={"standard": "OpenAI.Standard.gpt-4.1-mini"},
        ),
    )
    lines: tuple[Usage, ...] = (Usage("OpenAI.Standard.gpt-4.1-mini", "", Decimal(150), Decimal(240)),)
    policies: dict[str, tuple[FilterRule, ...]] = field(
        default_factory=lambda: {
            "strict": (
                FilterRule("Hate", "prompt", is_blocking=True, threshold="Medium"),
                FilterRule("Jailbreak", "prompt", is_enabled=False),
            ),
            "stricter": (
                FilterRule("Hate", "prompt", is_blocking=True, threshold="Low"),
                FilterRule("Jailbreak", "prompt", is_blocking=True),
            ),
            "lenient": (FilterRule("Hate", "prompt", is_blocking=True, threshold="High"),),
        }
    )
    broken: dict[str, CountersignError] = field(default_factory=dict)
    siblings: tuple[Deployment, ...] = ()

    def _check(self, call: str) -> None:
        if call in self.broken:
            raise self.broken[call]

    async def deployments(self, account: Account) -> Sequence[Deployment]:
        """Return the deployment and its siblings."""
        self._check("deployments")
        return (self.live, *self.siblings)

    async def deployment(self, ref: DeploymentRef) -> Deployment:
        """Return the deployment, when it is this one."""
        self._check("deployment")
        if ref != self.live.ref:
            raise NotFoundError(f"Azure does not know the deployment {ref.deployment}.")
        return self.live

    async def skus(self, ref: DeploymentRef) -> Sequence[SkuBounds]:
        """Return the bounds of Standard."""
        self._check("skus")
        return (SkuBounds("Standard", 1, 300),)

    async def quota(self, account: Account) -> Sequence[Usage]:
        """Return the quota lines."""
        self._check("quota")
        return self.lines

    async def models(self, account: Account) -> Sequence[AvailableModel]:
        """Return the models."""
        self._check("models")
        return self.known

    async def content_filter(self, account: Account, name: str) -> ContentFilter:
        """Return the policy with that name."""
        self._check("content_filter")
        if name not in self.policies:
            raise NotFoundError(f"Azure does not know the content filter {name}.")
        return ContentFilter(name, "Default", self.policies[name])

    async def content_filters(self, account: Account) -> Sequence[str]:
        """Return the names of the policies."""
        self._check("content_filters")
        return sorted(self.policies)


@dataclass
class MemoryMetrics:
    """Samples by metric: (time, value, dimension), summed or averaged into buckets as Azure does."""

    samples: dict[str, list[tuple[datetime, float, str]]] = field(default_factory=dict)
    asked: list[tuple[str, Window, timedelta, str]] = field(default_factory=list)
    measured: list[DeploymentRef] = field(default_factory=list)
    broken: CountersignError | None = None

    def add(self, metric: str, at: datetime, value: float, dimension: str = "") -> None:
        """Add a sample."""
        self.samples.setdefault(metric, []).append((at, value, dimension))

    async def series(
        self, ref: DeploymentRef, metric: str, window: Window, *, interval: timedelta, split_by: str = ""
    ) -> Sequence[Series]:
        """Return the samples of the window in buckets; an empty bucket has no value."""
        if self.broken:
            raise self.broken
        self.asked.append((metric, window, interval, split_by))
        self.measured.append(ref)
        found: dict[str, dict[datetime, list[float]]] = {} if split_by else {"": {}}
        for at, value, dimension in self.samples.get(metric, []):
            if window.start <= at < window.end:
                bucket = window.start + (at - window.start) // interval * interval
                key = dimension if split_by else ""
                found.setdefault(key, {}).setdefault(bucket, []).append(value)
        is_mean = metric == "AzureOpenAITimeToResponse"
        return [
            _series(metric, key, buckets, window, interval, is_mean) for key, buckets in sorted(found.items())
        ]


def _series(
    metric: str,
    key: str,
    buckets: dict[datetime, list[float]],
    window: Window,
    interval: timedelta,
    is_mean: bool,
) -> Series:
    points = []
    at = window.start
    while at < window.end:
        values = buckets.get(at, [])
        value = sum(values) / (len(values) if is_mean else 1) if values else None
        points.append(Point(at, value))
        at += interval
    return Series(metric, key, tuple(points))


def memory_readers(
    azure: MemoryAzure | None = None,
    metrics: MemoryMetrics | None = None,
    *,
    inventory: MemoryInventory | None = None,
    training: MemoryTraining | None = None,
    logs: MemoryLogs | None = None,
    declared: MemoryDeclared | None = None,
    operator: MemoryOperator | None = None,
    journal: MemoryJournal | None = None,
) -> Readers:
    """Return readers over memory."""
    return Readers(
        azure or MemoryAzure(),
        metrics or MemoryMetrics(),
        inventory or MemoryInventory(),
        training or MemoryTraining(),
        logs or MemoryLogs(),
        declared or MemoryDeclared(),
        operator=operator or MemoryOperator(),
        journal=journal or MemoryJournal(),
    )
