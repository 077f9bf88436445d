"""How fast Azure is asked: at most eight calls at once per subscription, and slowly when few reads are left."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.domain.meter import FEW_READS

AT_ONCE = 8
SPACE_SECONDS = 0.2
_REMAINING = "x-ms-ratelimit-remaining-subscription-reads"
_SUBSCRIPTION = re.compile(r"https?://[^/]+/subscriptions/([0-9a-f-]{36})(?:/|$)", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[^/]+")


@dataclass
class _Lane:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    remaining: int | None = None
    next_start: float = 0.0


class Limits:
    """One lane per subscription, and one per other service."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait for a place, and for the right moment when few reads are left."""
        lane = self._lane(url)
        async with lane.places:
            if lane.remaining is not None and lane.remaining < FEW_READS:
                await _spaced(lane)
            yield

    def remaining(self, url: str) -> int | None:
        """Return the reads that Azure last said are left where this URL leads, None when it said nothing."""
        return self._lane(url).remaining

    def heard(self, url: str, headers: Mapping[str, str]) -> None:
        """Remember what an answer says of the reads that are left."""
        text = headers.get(_REMAINING, "").strip()
        if text.isascii() and text.isdigit():
            self._lane(url).remaining = int(text)

    def _lane(self, url: str) -> _Lane:
        subscription, origin = _SUBSCRIPTION.match(url), _ORIGIN.match(url)
        name = subscription[1].lower() if subscription else origin[0].lower() if origin else ""
        return self._lanes.setdefault(name, _Lane())


async def _spaced(lane: _Lane) -> None:
    """Wait until the last start is long enough ago."""
    now = asyncio.get_running_loop().time()
    start = max(now, lane.next_start)
    lane.next_start = start + SPACE_SECONDS
    await asyncio.sleep(start - now)
