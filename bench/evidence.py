"""Looking: every section of evidence against a single GET to the same simulated Azure."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession

from bench.azure import READER, REF, connected, requests, slow_down
from bench.children import child
from bench.measure import Row, interleaved
from bot.evidence.sections import SECTIONS
from bot.usecases.look import gather

ROUNDS = 5
DELAYS_MS = (0, 100)


async def evidence() -> Sequence[Row]:
    """Return the time of a full look, without and with a slow Azure."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with child("bench.world", folder) as world:
            return [row for delay in DELAYS_MS for row in await _looks(world["azure"], delay)]


async def _looks(url: str, delay: int) -> list[Row]:
    await slow_down(url, delay)
    async with connected(url) as (readers, clock), ClientSession(headers=READER) as session:

        async def look() -> None:
            clock.leap()
            seen = await gather(REF, "triage-prod", readers=readers, now=datetime.now(UTC))
            gaps = [f"{section.title}: {section.gap}" for section in seen.sections if section.gap]
            if gaps:
                raise RuntimeError(f"the look has gaps: {gaps}")

        async def get() -> None:
            await readers.azure.deployment(REF)

        same = await _same_reads(session, url, look)
        ours, one, bare = await interleaved(ROUNDS, look, get, same)
    name = f"evidence, {len(SECTIONS)} sections, Azure {delay} ms"
    return [Row(name, ours, one, "one GET"), Row(name, ours, bare, "the same reads, bare and at once")]


async def _same_reads(
    session: ClientSession, url: str, look: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Return what sends the reads that one look sends, all at once and without reading their answers."""
    before = len(await requests(session, url))
    await look()
    asked = (await requests(session, url))[before:]

    async def get(request: Mapping[str, Any]) -> None:
        method, body = request["method"], request.get("body")
        async with session.request(
            method, url + request["path"], params=request["query"], json=body
        ) as answer:
            answer.raise_for_status()
            await answer.read()

    async def all_of_them() -> None:
        await asyncio.gather(*map(get, asked))

    return all_of_them
