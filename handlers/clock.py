"""The clocks: the wall, and in the sandbox the wall plus an offset that only grows."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import structlog

LOG = structlog.get_logger("clock")
_WAIT_SECONDS = 25
_RETRY_SECONDS = 1.0


class WallClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return datetime.now(UTC)


class SandboxClock:
    """The wall plus the offset that the simulator tells; a demo moves it forward, never back."""

    def __init__(self, arm_url: str) -> None:
        self._url = arm_url.rstrip("/") + "/clock"
        self._offset = 0.0

    def now(self) -> datetime:
        """Return the simulated time, aware, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    async def follow(self, moved: Callable[[], None]) -> None:
        """Follow the simulator's clock until cancelled, calling `moved` whenever it jumps."""
        while True:
            try:
                offset = await asyncio.to_thread(self._read)
            except (OSError, ValueError) as error:
                LOG.info("clock.unreachable", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if offset > self._offset:
                self._offset = offset
                moved()

    def _read(self) -> float:
        url = f"{self._url}?after={self._offset}"
        with suppress(TimeoutError), urlopen(url, timeout=_WAIT_SECONDS) as answer:  # noqa: S310  (loopback only)
            return float(json.load(answer)["offset_seconds"])
        return self._offset
