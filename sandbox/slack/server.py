"""Puts the simulated Slack together as one aiohttp application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from sandbox.clock import SandboxClock, clock_routes
from sandbox.slack.control import Control
from sandbox.slack.deeds import People
from sandbox.slack.delivery import RETRY_WAITS, Dispatcher, HttpTransport, Transport
from sandbox.slack.files import FileDoor
from sandbox.slack.manifest import Manifest
from sandbox.slack.rates import RateLimits
from sandbox.slack.replies import Hooks
from sandbox.slack.room_deeds import RoomDeeds
from sandbox.slack.socket_mode import SocketTransport
from sandbox.slack.ui import UserInterface
from sandbox.slack.web_api import Tokens, WebApi
from sandbox.slack.workspace import Workspace

PAGE = Path(__file__).parent / "page"
BODY_BYTES = 4 * 1024 * 1024
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class SlackSettings:
    """How the simulated workspace talks to the app."""

    events_url: str
    signing_secret: str
    tokens: Tokens
    transport: str = "http"
    rate_scale: float = 4.0
    retry_waits: tuple[float, ...] = RETRY_WAITS
    manifest: Manifest = field(default_factory=Manifest)


@dataclass(frozen=True)
class SimulatedSlack:
    """The application and the workspace behind it."""

    app: web.Application
    world: Workspace
    dispatcher: Dispatcher


@web.middleware
async def _only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign host names and origins, so that no other page can act as people."""
    name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    origin = request.headers.get("Origin")
    if name not in LOOPBACK_NAMES or origin not in (None, f"http://{request.host}"):
        return web.Response(status=403, text="the sandbox answers only to its own page on this computer")
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("Cache-Control", "no-cache")
    return response


async def _index(request: web.Request) -> web.StreamResponse:
    page = PAGE / "index.html"
    if not page.is_file():
        return web.Response(status=404, text="the page is missing")
    return web.FileResponse(page)


async def _permalink(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"/?at={quote(request.match_info['channel'])}")


def simulated_slack(clock: SandboxClock, settings: SlackSettings) -> SimulatedSlack:
    """The simulated Slack, ready to be served; set `world.base_url` once the port is known."""
    world = Workspace(clock, settings.manifest)
    transport: Transport
    if settings.transport == "socket":
        transport = SocketTransport(world)
    else:
        transport = HttpTransport(world, settings.events_url, settings.signing_secret)
    dispatcher = Dispatcher(world, transport, settings.retry_waits)
    api = WebApi(world, settings.tokens, RateLimits(settings.rate_scale), dispatcher.flush_later)
    app = web.Application(client_max_size=BODY_BYTES, middlewares=[_only_from_here])
    app.router.add_route("*", "/api/{method}", api.handle)
    app.router.add_post("/hooks/{kind}/{team}/{number}/{secret}", Hooks(world).handle)
    app.router.add_get("/", _index)
    app.router.add_get("/archives/{channel}/{ts}", _permalink)
    people, rooms = People(world, dispatcher), RoomDeeds(world, dispatcher)
    app.add_routes(UserInterface(world, people, rooms, settings.transport).routes())
    app.add_routes(FileDoor(world, settings.tokens.bot).routes())
    app.add_routes(Control(world, dispatcher).routes())
    app.add_routes(clock_routes(clock))
    if isinstance(transport, SocketTransport):
        app.router.add_get("/socket/{ticket}", transport.handle)
    if PAGE.is_dir():
        app.router.add_static("/", PAGE)

    async def running(_: web.Application) -> AsyncIterator[None]:
        await transport.start()
        yield
        await dispatcher.stop()

    app.cleanup_ctx.append(running)
    return SimulatedSlack(app, world, dispatcher)
