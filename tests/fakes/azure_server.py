"""An Azure whose answers a test writes, and which remembers all that reached it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.azure.connection import AzureConnection, connect_executor, connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import Account, DeploymentRef
from bot.ports.azure import Executor

ACCOUNT = Account(
    "prod",
    "production",
    "00000000-0000-0000-0000-000000000001",
    "rg-ai-prod",
    "aoai-contoso-weu",
    "westeurope",
)
REF = DeploymentRef(ACCOUNT, "support-triage-ft")


class WallClock:
    """The wall, as the simulated Azure and the readers both want it."""

    offset_seconds = 0.0

    def now(self) -> datetime:
        """Return the time of the wall."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Arrival:
    """One request that reached the server."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer: JSON, or raw text; `reset` cuts the connection, `after` waits first."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    reset: bool = False
    after: float = 0.0


Script = Callable[[Arrival], Reply]


@dataclass
class ScriptedAzure:
    """A server on loopback: `url` is its origin, `seen` all that came in."""

    url: str
    script: Script
    seen: list[Arrival]

    def count(self, method: str) -> int:
        """Return how many requests with this method came in."""
        return sum(arrival.method == method for arrival in self.seen)


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[ScriptedAzure]:
    """Serve the script on a free loopback port."""
    seen: list[Arrival] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        arrival = Arrival(request.method, request.path, request.query_string, headers, await request.read())
        seen.append(arrival)
        reply = script(arrival)
        await asyncio.sleep(reply.after)
        if reply.reset and request.transport is not None:
            request.transport.abort()
        if reply.text is not None:
            return web.Response(status=reply.status, text=reply.text, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield ScriptedAzure(f"http://127.0.0.1:{runner.addresses[0][1]}", script, seen)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[AzureConnection]:
    """Connect the reader to a server on loopback."""
    connection = connect_reader(Endpoints(url), Identity("sandbox"), WallClock())
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def executing(url: str) -> AsyncIterator[Executor]:
    """Connect the executor to a server on loopback."""
    executor, close = connect_executor(Endpoints(url), Identity("sandbox", role="executor"), WallClock())
    try:
        yield executor
    finally:
        await close()


def raw_deployment(**properties: Any) -> dict[str, Any]:
    """Return a deployment as ARM answers it."""
    model = {"format": "OpenAI", "name": "gpt-4.1-mini-2025-04-14.ft-0a-triage", "version": "1"}
    return {
        "id": REF.arm_id,
        "name": REF.deployment,
        "sku": {"name": "Standard", "capacity": 120},
        "tags": {"owner": "support-ai"},
        "properties": {"model": model, "provisioningState": "Succeeded", **properties},
    }
