"""One call for many who ask the same: whoever comes while it runs shares its answer, or a short memory of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from bot.domain.evidence import Window
from bot.ports.clock import Clock

T = TypeVar("T")
MOST_KEPT = 512
CROWD = 16
CROWD_SECONDS = 0.25
NEVER = timedelta(0)
_MINUTE = timedelta(minutes=1)
GLANCED = timedelta(seconds=5)


@dataclass
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    asked: int = 0


@dataclass
class Sharing:
    """Answers by their address. A failure is shared by those who wait for it, and never kept."""

    clock: Clock
    _flights: dict[str, _Flight[Any]] = field(default_factory=dict)
    _kept: dict[str, tuple[datetime, Any]] = field(default_factory=dict)
    _crowded: dict[str, float] = field(default_factory=dict)

    async def get(self, key: str, keep: timedelta, make: Callable[[], Awaitable[T]]) -> T:
        """Return what `make` returns, at most `keep` old; without `keep`, only of a call that still runs."""
        kept = self._kept.get(key)
        if kept is not None and timedelta(0) <= self.clock.now() - kept[0] < keep:
            found: T = kept[1]
            return found
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.ensure_future(self._fly(key, keep, make)))
            flight.task.add_done_callback(_heard)
            self._flights[key] = flight
        flight.asked += 1
        return await asyncio.shield(flight.task)

    async def close(self) -> None:
        """Stop the calls that nobody waits for any more."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fly(self, key: str, keep: timedelta, make: Callable[[], Awaitable[T]]) -> T:
        loop = asyncio.get_running_loop()
        try:
            # A crowd's next call waits a little, so that more of the crowd can share it.
            await asyncio.sleep(max(0.0, self._crowded.pop(key, 0.0) - loop.time()))
            began = self.clock.now(), loop.time()
            answer = await make()
            if keep > NEVER:
                self._keep(key, began[0], answer)
            if self._flights[key].asked > CROWD:
                self._crowded[key] = began[1] + CROWD_SECONDS
            return answer
        finally:
            del self._flights[key]

    def _keep(self, key: str, at: datetime, answer: object) -> None:
        self._kept.pop(key, None)
        self._kept[key] = at, answer
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]


def whole_minutes(window: Window) -> Window:
    """Return the window as everybody asks for it who asks within the same minute: one call answers them."""
    start, end = (each.replace(second=0, microsecond=0) for each in (window.start, window.end))
    return Window(start, max(end, start + _MINUTE))


def _heard(task: asyncio.Task[Any]) -> None:
    """Take note of a failure that everybody who asked has stopped waiting for."""
    with suppress(asyncio.CancelledError):
        task.exception()
