"""A simulated Azure to measure against: what it is told, what it was asked, and a reader that remembers nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from bot.azure.connection import connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import Account, DeploymentRef
from bot.ports.registry import Readers
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
_DAY = timedelta(days=1)


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
