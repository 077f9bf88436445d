"""A connected house: what every door, the port and the background work of a program have in common."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.domain.configuration import Configuration
from bot.domain.errors import CountersignError
from handlers.clock import SandboxClock, WallClock
from handlers.denials import Denials
from handlers.settings import Settings
from handlers.trail_watch import TrailWatch
from storage.figures import Figures
from storage.open import OpenArchive

Role = Literal["all", "slack", "executor"]
Endpoint = Callable[[Mapping[str, str], str], Awaitable[tuple[int, Mapping[str, str], str]]]


@dataclass(frozen=True)
class House:
    """A connected house: what answers Slack's requests, and what runs until it is cancelled."""

    settings: Settings
    configuration: Configuration
    clock: WallClock | SandboxClock
    archive: OpenArchive
    endpoint: Endpoint | None
    background: tuple[Callable[[], Awaitable[None]], ...]
    connections: tuple[Any, ...] = ()
    figures: Callable[[], Awaitable[Figures]] | None = None
    trail: TrailWatch | None = None
    skews: Mapping[str, float] = field(default_factory=dict)
    denials: Denials = field(default_factory=Denials)
    role: Role = "all"

    async def is_connected(self) -> bool | None:
        """Return whether a Socket Mode connection stands; None where Slack comes by HTTP, or not at all."""
        if not self.connections:
            return None
        return any([await client.is_connected() for client in self.connections])

    async def is_ready(self) -> bool:
        """Return whether the database answers and, in Socket Mode, a connection stands."""
        if await self.is_connected() is False:
            return False
        with suppress(CountersignError, OSError):
            await self.archive.runner.counts()
            return True
        return False
