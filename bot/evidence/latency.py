"""How long do calls take?"""

import asyncio
from datetime import datetime
from typing import ClassVar

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.hourly import BUCKET, last_hour, means
from bot.ports.registry import Readers

NAMES = {
    "Mean time to response": "AzureOpenAITimeToResponse",
    "Mean time to last byte": "AzureOpenAITTLTInMS",
}


class LatencySection:
    """Times of the last hour. Platform metrics have no percentiles; the logs section has them."""

    key: ClassVar[str] = "latency"
    title: ClassVar[str] = "Latency"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return the mean time to response and to the last byte."""
        window, series = last_hour(now), readers.metrics.series
        found = await asyncio.gather(*(series(ref, name, window, interval=BUCKET) for name in NAMES.values()))
        return means(NAMES, found, "ms", ref, now)
