"""The one clock both simulators share: wall time plus an offset that only grows."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

LONGEST_WAIT_SECONDS = 20.0


class SandboxClock:
    """Wall time plus an offset; it moves forward on demand and never back."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._moved = asyncio.Event()
        self.listeners: list[Callable[[], None]] = []

    @property
    def offset_seconds(self) -> float:
        """How far this clock is ahead of the wall."""
        return self._offset

    def now(self) -> datetime:
        """The simulated time, aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    def timestamp(self) -> float:
        """The simulated time as seconds since the epoch."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Move forward and wake whoever waits; a negative step is refused."""
        if not 0 <= seconds < 10 * 366 * 86_400:
            raise ValueError("the sandbox clock only moves forward, at most ten years at a time")
        self._offset += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        for listener in self.listeners:
            listener()

    async def wait_past(self, offset: float, timeout: float) -> float:
        """Wait until the offset differs from the given one, or time is up; the offset then."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while self._offset == offset and loop.time() < end:
            try:
                await asyncio.wait_for(self._moved.wait(), end - loop.time())
            except TimeoutError:
                break
        return self._offset

    def as_json(self) -> dict[str, object]:
        """What `GET /clock` answers."""
        return {"now": self.now().isoformat(), "offset_seconds": self._offset}


def clock_routes(clock: SandboxClock) -> list[web.RouteDef]:
    """Routes `GET /clock` and `POST /clock`, to be mounted on each site."""

    async def read(request: web.Request) -> web.Response:
        after = request.query.get("after")
        if after is not None:
            try:
                await clock.wait_past(float(after), LONGEST_WAIT_SECONDS)
            except ValueError:
                return web.json_response({"ok": False, "error": "invalid_offset"}, status=400)
        return web.json_response(clock.as_json())

    async def move(request: web.Request) -> web.Response:
        try:
            clock.advance(float((await request.json())["advance_seconds"]))
        except (ValueError, KeyError, TypeError, json.JSONDecodeError) as problem:
            return web.json_response({"ok": False, "error": str(problem)}, status=400)
        return web.json_response(clock.as_json())

    return [web.get("/clock", read), web.post("/clock", move)]
