"""Looking: all six sections of `status` against a single GET to the same simulated Azure."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession

from bench.children import child
from bench.measure import Row, interleaved
from bot.azure.connection import connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import Account, DeploymentRef
from bot.usecases.look import gather
from handlers.clock import WallClock

ROUNDS = 8
DELAYS_MS = (0, 100)
ACCOUNT = Account(
    "prod-weu",
    "production",
    "00000000-0000-0000-0000-000000000001",
    "rg-ai-prod",
    "aoai-contoso-weu",
    "westeurope",
)
REF = DeploymentRef(ACCOUNT, "support-triage-ft")


async def evidence() -> Sequence[Row]:
    """Return the time of a full look, without and with a slow Azure."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with child("bench.world", folder) as world:
            return [row for delay in DELAYS_MS for row in await _looks(world["azure"], delay)]


async def _looks(url: str, delay: int) -> list[Row]:
    await _slow_down(url, delay)
    clock = WallClock()
    azure = connect_reader(Endpoints(url, url, url), Identity("sandbox"), clock)

    async def look() -> None:
        seen = await gather(REF, "triage-prod", readers=azure.readers, now=clock.now())
        gaps = [section.gap for section in seen.sections if section.gap]
        if gaps or len(seen.sections) != 6:
            raise RuntimeError(f"the look has gaps: {gaps}")

    async def get() -> None:
        await azure.readers.azure.deployment(REF)

    try:
        async with ClientSession(headers={"Authorization": "Bearer sandbox-reader"}) as session:
            same = await _same_reads(session, url, look)
            ours, one, bare = await interleaved(ROUNDS, look, get, same)
    finally:
        await azure.close()
    name = f"`status`, 6 sections, Azure {delay} ms"
    return [Row(name, ours, one, "one GET"), Row(name, ours, bare, "the same reads, bare and at once")]


async def _same_reads(
    session: ClientSession, url: str, look: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Return what sends the GETs that one look sends, all at once and without reading their answers."""
    before = len(await _requests(session, url))
    await look()
    asked = (await _requests(session, url))[before:]

    async def get(request: Mapping[str, Any]) -> None:
        async with session.get(url + request["path"], params=request["query"]) as answer:
            answer.raise_for_status()
            await answer.read()

    async def all_of_them() -> None:
        await asyncio.gather(*map(get, asked))

    return all_of_them


async def _requests(session: ClientSession, url: str) -> Sequence[Mapping[str, Any]]:
    async with session.get(f"{url}/control/requests") as answer:
        found: list[Mapping[str, Any]] = (await answer.json())["requests"]
        return found


async def _slow_down(url: str, delay: int) -> None:
    async with ClientSession() as session:
        await session.delete(f"{url}/control/faults")
        if delay:
            fault = {"kind": "slow", "method": "GET", "path": "", "times": None, "seconds": delay / 1000}
            async with session.post(f"{url}/control/faults", json=fault) as answer:
                answer.raise_for_status()
