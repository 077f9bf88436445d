"""How do calls end?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import metrics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.hourly import BUCKET, last_hour
from bot.ports.registry import Readers

METRIC = "AzureOpenAIRequests"


class RequestsSection:
    """Requests of the last hour by status code."""

    key: ClassVar[str] = "requests"
    title: ClassVar[str] = "Requests by status"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return a count per status code, most first."""
        window = last_hour(now)
        found = await readers.metrics.series(ref, METRIC, window, interval=BUCKET, split_by="StatusCode")
        ranked = sorted(found, key=lambda each: (-each.total, each.dimension))
        az = metrics_list(ref, METRIC, window, "PT5M", split_by="StatusCode")
        facts = [Fact(f"HTTP {each.dimension}", f"{each.total:,.0f}", "requests", az, now) for each in ranked]
        return tuple(facts) or (Fact("Requests", "none", "", az, now),)
