"""Verifying the audit trail every quarter of an hour, and remembering what the last look found."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.ports.clock import Clock
from handlers.dependencies import TrailCheck

LOG = structlog.get_logger("trail")
FIRST_SECONDS = 60.0
EVERY_SECONDS = 900.0


@dataclass(frozen=True)
class Verified:
    """What the last look found, and when."""

    ok: bool
    at: datetime


class TrailWatch:
    """Looks when asked, and by itself now and then; the start of the program does not wait for it."""

    def __init__(self, verify: Callable[[], Awaitable[TrailCheck]], clock: Clock) -> None:
        self._verify = verify
        self._clock = clock
        self.last: Verified | None = None

    async def check(self) -> TrailCheck:
        """Verify the trail now, and remember the verdict."""
        found = await self._verify()
        self.last = Verified(found.ok, self._clock.now())
        if not found.ok:
            LOG.error("trail.broken", findings=len(found.findings))
        return found

    def verdict(self) -> tuple[bool, datetime] | None:
        """Return whether the trail held at the last look, and when that was; None before the first."""
        return None if self.last is None else (self.last.ok, self.last.at)

    async def keep_looking(self, first: float = FIRST_SECONDS, every: float = EVERY_SECONDS) -> None:
        """Verify now and then until cancelled; a look that fails leaves the last verdict, which grows old."""
        wait = first
        while True:
            await asyncio.sleep(wait)
            wait = every
            try:
                await self.check()
            except Exception:
                LOG.exception("trail.unseen")
