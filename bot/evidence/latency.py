"""How long do calls take?"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import metrics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, Series, Window
from bot.domain.hourly import MINUTE, last_hour, mean_by_request
from bot.ports.registry import Readers

REQUESTS = "AzureOpenAIRequests"
NAMES = {
    "Mean time to response": "AzureOpenAITimeToResponse",
    "Mean time to last byte": "AzureOpenAITTLTInMS",
}
_BY_STATUS = frozenset({REQUESTS, "AzureOpenAITimeToResponse"})  # Azure tells no other time apart by status


class LatencySection:
    """Times of the last hour. Platform metrics have no percentiles; the logs section has them."""

    key: ClassVar[str] = "latency"
    title: ClassVar[str] = "Latency"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the mean time to response and to the last byte, each minute weighted by its answered requests."""
        window = last_hour(now)

        async def read(metric: str) -> Sequence[Series]:
            return await readers.metrics.series(
                ref, metric, window, interval=MINUTE, split_by=_split_of(metric)
            )

        requests, *times = await asyncio.gather(read(REQUESTS), *map(read, NAMES.values()))
        facts = []
        for (name, metric), found in zip(NAMES.items(), times, strict=True):
            mean = mean_by_request(found, requests, window)
            value, unit = ("no data", "") if mean is None else (f"{mean:,.0f}", "ms")
            facts.append(Fact(name, value, unit, _shown(ref, metric, window), now))
        return tuple(facts)


def _shown(ref: DeploymentRef, metric: str, window: Window) -> str:
    return metrics_list(ref, metric, window, "PT1M", split_by=_split_of(metric))


def _split_of(metric: str) -> str:
    return "StatusCode" if metric in _BY_STATUS else ""
