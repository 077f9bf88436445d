"""What does the content filter stop?"""

import asyncio
from datetime import datetime
from typing import ClassVar

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.hourly import BUCKET, last_hour, totals
from bot.ports.registry import Readers

NAMES = {"Checked": "RAITotalRequests", "Harmful": "RAIHarmfulRequests", "Rejected": "RAIRejectedRequests"}


class SafetySection:
    """What the content filter did in the last hour."""

    key: ClassVar[str] = "safety"
    title: ClassVar[str] = "Safety"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return requests that were checked, found harmful and rejected."""
        window, series = last_hour(now), readers.metrics.series
        found = await asyncio.gather(*(series(ref, name, window, interval=BUCKET) for name in NAMES.values()))
        return totals(NAMES, found, "requests", ref, now)
