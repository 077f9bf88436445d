"""A simulated Azure to measure against: what it is told, what it was asked, and a reader that remembers nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from bot.azure.connection import connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import Account, DeploymentRef
from bot.domain.evidence import Window
from bot.ports.registry import Readers
from bot.usecases.look import gather
from sandbox.azure.logs import WORKSPACE_ID

ACCOUNT = Account(
    "prod-weu",
    "production",
    "00000000-0000-0000-0000-000000000001",
    "rg-ai-prod",
    "aoai-contoso-weu",
    "westeurope",
    WORKSPACE_ID,
)
REF = DeploymentRef(ACCOUNT, "support-triage-ft")
READER = {"Authorization": "Bearer sandbox-reader"}
METRIC = "TokenTransaction"
BUCKET = timedelta(minutes=5)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
Thing = Callable[[], Awaitable[object]]


class ForgettingClock:
    """A clock that leaps a day whenever it is told to, so that nothing remembered is still fresh."""

    def __init__(self) -> None:
        self._leaps = timedelta(0)

    def now(self) -> datetime:
        """Return the time, some days ahead."""
        return datetime.now(UTC) + self._leaps

    def leap(self) -> None:
        """Make everything that was remembered a day older."""
        self._leaps += _DAY


@dataclass(frozen=True)
class Bot:
    """The bot, warm: connected, signed in, and, but for `again`, with nothing remembered of an earlier look."""

    readers: Readers
    clock: ForgettingClock

    async def four(self) -> None:
        """Do the four reads at once."""
        self.clock.leap()
        await self.again()

    async def again(self) -> None:
        """Do the four reads at once; what an earlier look left and is fresh still need not be asked."""
        azure, metrics = self.readers.azure, self.readers.metrics
        await asyncio.gather(
            azure.deployments(ACCOUNT),
            azure.deployment(REF),
            azure.quota(ACCOUNT),
            metrics.series(REF, METRIC, last_hour(), interval=BUCKET),
        )

    async def one(self) -> None:
        """Do one read."""
        await self.readers.azure.deployment(REF)

    async def everything(self) -> None:
        """Look at every section there is."""
        self.clock.leap()
        await gather(REF, "triage-prod", readers=self.readers, now=datetime.now(UTC))


def last_hour() -> Window:
    """Return the last twelve whole buckets."""
    now = datetime.now(UTC)
    end = now - (now - datetime.min.replace(tzinfo=UTC)) % BUCKET
    return Window(end - _HOUR, end)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[Readers, ForgettingClock]]:
    """Give the bot's own readers, and the clock that makes them forget."""
    clock = ForgettingClock()
    azure = connect_reader(Endpoints(url, url, url), Identity("sandbox"), clock)
    try:
        yield azure.readers, clock
    finally:
        await azure.close()


async def slow_down(url: str, delay: int) -> None:
    """Let every GET, and every query of logs, take so many milliseconds longer; 0 is as fast as it can."""
    async with ClientSession(raise_for_status=True) as session:
        await session.delete(f"{url}/control/faults")
        for method, path in (("GET", ""), ("POST", "/query")) if delay else ():
            fault = {"kind": "slow", "method": method, "path": path, "times": None, "seconds": delay / 1000}
            await session.post(f"{url}/control/faults", json=fault)


async def requests(session: ClientSession, url: str) -> Sequence[Mapping[str, Any]]:
    """Return everything it was asked so far."""
    async with session.get(f"{url}/control/requests") as answer:
        found: list[Mapping[str, Any]] = (await answer.json())["requests"]
        return found
