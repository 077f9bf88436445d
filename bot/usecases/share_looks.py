"""Looks that several incidents share: whoever wants the same at the same time waits for one answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

FRESH = timedelta(minutes=1)  # Azure's metrics have a value a minute
Seen = TypeVar("Seen")


@dataclass
class SharedLooks:
    """What this process looked at within the last minute, by name, with the moment each look began."""

    _looks: dict[str, tuple[datetime, asyncio.Task[Any]]] = field(default_factory=dict)

    async def get(
        self, name: str, look: Callable[[], Awaitable[Seen]], *, since: datetime, now: datetime
    ) -> Seen:
        """Return what `look` gives, or gave to others if it began after `since`; it is never older than a minute."""
        since = max(since, now - FRESH)
        for other, (began, _) in list(self._looks.items()):
            if began < now - FRESH:
                del self._looks[other]
        there = self._looks.get(name)
        if there is None or there[0] <= since or _failed(there[1]):
            there = now, asyncio.ensure_future(look())
            there[1].add_done_callback(_heard)
            self._looks[name] = there
        found: Seen = await asyncio.shield(there[1])
        return found


def _failed(task: "asyncio.Task[Any]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _heard(task: "asyncio.Task[Any]") -> None:
    """Take note of a failure that everybody who asked has stopped waiting for."""
    with suppress(asyncio.CancelledError):
        task.exception()
