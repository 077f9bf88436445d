"""Serve until told to stop: the HTTP port, the jobs, the timers, and Socket Mode if Slack comes that way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.domain.errors import CountersignError
from handlers.house import House, Role
from handlers.settings import Settings
from handlers.version import VERSION
from handlers.web.metrics import Metrics, new_metrics
from handlers.web.server import web_app
from handlers.wiring import open_house

LOG = structlog.get_logger("serve")
DRAIN_SECONDS = 5.0


async def serve(
    settings: Settings, *, role: Role, stop: asyncio.Event, ready: Callable[[str], None] | None = None
) -> None:
    """Run a role until `stop` is set; `ready` is called with the HTTP port's address.

    Raises:
        CountersignError: it cannot start, or a part of it broke down; the message says which.
    """
    metrics = new_metrics(VERSION)
    opening = open_house(settings, role, metrics.observers())
    async with opening as house, _listening(house, metrics) as address:
        LOG.info("serve.ready", role=role, transport=settings.transport)
        if ready is not None:
            ready(address)
        await _until(stop, house)


@asynccontextmanager
async def _listening(house: House, metrics: Metrics) -> AsyncIterator[str]:
    settings = house.settings
    app = web_app(house, metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, settings.http_host, settings.http_port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise CountersignError(
            f"Port {settings.http_port} on {settings.http_host} cannot be opened.",
            advice="Stop what uses it, or set COUNTERSIGN_HTTP_PORT to another.",
        ) from error
    port = runner.addresses[0][1]
    try:
        yield f"http://{settings.http_host}:{port}"
    finally:
        await runner.cleanup()


async def _until(stop: asyncio.Event, house: House) -> None:
    """Run the background work until `stop`, or until a part of it breaks down."""
    tasks = [asyncio.ensure_future(start()) for start in house.background]
    waiting = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        broken = next((task for task in done if task is not waiting), None)
        if broken is not None:
            LOG.error("serve.broken", exc_info=broken.exception())
            raise CountersignError(
                "A part of the program stopped, so all of it stops.",
                advice="Its log says which part and why.",
            )
    finally:
        waiting.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.wait([waiting, *tasks], timeout=DRAIN_SECONDS)
