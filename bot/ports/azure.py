"""Azure: reading, which can change nothing, and writing, which takes only an approved operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.deployment import (
    Account,
    AvailableModel,
    ContentFilter,
    Deployment,
    DeploymentRef,
    SkuBounds,
    Usage,
)
from bot.domain.evidence import Series, Window
from bot.domain.json import Json
from bot.domain.operation import Operation


class AzureReader(Protocol):
    """Reads of the control plane. Nothing here can change anything.

    Raises (every method): AzureUnavailableError, NotFoundError.
    """

    async def deployments(self, account: Account) -> Sequence[Deployment]:
        """Return every deployment of the account, sorted by name."""
        ...

    async def deployment(self, ref: DeploymentRef) -> Deployment:
        """Return one deployment."""
        ...

    async def skus(self, ref: DeploymentRef) -> Sequence[SkuBounds]:
        """Return what SKUs and capacities the deployment can have."""
        ...

    async def quota(self, account: Account) -> Sequence[Usage]:
        """Return the quota lines of the account's region, sorted by name."""
        ...

    async def models(self, account: Account) -> Sequence[AvailableModel]:
        """Return the models the account can deploy, fine-tuned ones with their base."""
        ...

    async def content_filter(self, account: Account, name: str) -> ContentFilter:
        """Return a content filter policy."""
        ...

    async def content_filters(self, account: Account) -> Sequence[str]:
        """Return the names of the account's content filter policies, sorted."""
        ...


class MetricsReader(Protocol):
    """Reads of platform metrics, one deployment at a time."""

    async def series(
        self, ref: DeploymentRef, metric: str, window: Window, *, interval: timedelta, split_by: str = ""
    ) -> Sequence[Series]:
        """Return the metric per bucket, one series per value of `split_by` (one series when it is empty)."""
        ...


@dataclass(frozen=True)
class Sent:
    """Azure accepted the call. `poll` is None when it is already done, else what to poll, host-pinned, as JSON."""

    operation_id: str
    poll: Mapping[str, Json] | None


@dataclass(frozen=True)
class Progress:
    """What polling says: still running (look again after `retry_after_seconds`), done, or failed with a code."""

    running: bool
    failed_code: str = ""
    failed_message: str = ""
    retry_after_seconds: float = 1.0


class AzureWriter(Protocol):
    """The executor's hands: it takes only an approved operation, sends it once, and never again by itself."""

    async def send(self, operation: Operation, *, change: str, correlation: str) -> Sent:
        """Send one operation with our tag.

        Raises:
            NotAppliedError: Azure answered 4xx: nothing was changed.
            DoubtError: timeout, reset or 5xx: it may or may not have been applied.
        """
        ...

    async def poll(self, operation: Mapping[str, Json]) -> Progress:
        """Return how a long-running operation stands. Raises AzureUnavailableError."""
        ...


class PermissionsReader(Protocol):
    """What the identity that asks is allowed."""

    async def allowed(self, account: Account) -> frozenset[str]:
        """Return which of `bot.domain.permission.ACTIONS` it is allowed on the account, read anew."""
        ...


@dataclass(frozen=True)
class Executor:
    """What the executor role holds: its own reads and the writer, both under the executor identity."""

    reader: AzureReader
    writer: AzureWriter
    metrics: MetricsReader
    permissions: PermissionsReader
