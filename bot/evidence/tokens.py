"""How many tokens pass, in and out?"""

import asyncio
from datetime import datetime
from typing import ClassVar

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.hourly import BUCKET, last_hour, totals
from bot.ports.registry import Readers

NAMES = {"Processed": "TokenTransaction", "Prompt": "ProcessedPromptTokens", "Generated": "GeneratedTokens"}


class TokensSection:
    """Tokens of the last hour, in and out."""

    key: ClassVar[str] = "tokens"
    title: ClassVar[str] = "Tokens"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return processed, prompt and generated tokens."""
        window, series = last_hour(now), readers.metrics.series
        found = await asyncio.gather(*(series(ref, name, window, interval=BUCKET) for name in NAMES.values()))
        return totals(NAMES, found, "tokens", ref, now)
