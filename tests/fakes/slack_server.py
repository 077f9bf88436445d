"""The simulated Slack on the loopback, and a server that answers exactly what a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import close_client, response_hosts, slack_client
from bot.slack.directory import SlackWebDirectory
from bot.slack.messenger import SlackMessenger
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.slack.server import SlackSettings, simulated_slack
from sandbox.slack.web_api import Tokens
from sandbox.slack.workspace import Workspace

BOT_TOKEN = "xoxb-sandbox-test"


@dataclass(frozen=True)
class Peer:
    """Our adapters, connected to something that plays Slack."""

    url: str
    client: AsyncWebClient
    messenger: SlackMessenger
    directory: SlackWebDirectory


@asynccontextmanager
async def connected(app: web.Application, allowed: frozenset[str] = frozenset()) -> AsyncIterator[Peer]:
    """Serve an application and connect our adapters to it."""
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    api = f"http://127.0.0.1:{server.port}/api/"
    client = slack_client(BOT_TOKEN, api)
    try:
        messenger = SlackMessenger(client, response_hosts(api), allowed)
        directory = SlackWebDirectory(client, company.TEAM_ID)
        yield Peer(f"http://127.0.0.1:{server.port}", client, messenger, directory)
    finally:
        await close_client(client)
        await server.close()


@asynccontextmanager
async def simulated() -> AsyncIterator[tuple[Peer, Workspace]]:
    """The simulated workspace with our adapters connected."""
    settings = SlackSettings(
        events_url="http://127.0.0.1:9/slack/events",
        signing_secret="made-for-this-test",
        tokens=Tokens(BOT_TOKEN, "xapp-sandbox-test"),
        rate_scale=1000.0,
    )
    slack = simulated_slack(SandboxClock(), settings)
    async with connected(slack.app) as peer:
        slack.world.base_url = peer.url
        yield peer, slack.world


@dataclass
class Script:
    """What the scripted server answers, in order (the last answer repeats), and what it was asked."""

    answers: list[tuple[int, str, str]]
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Give the next answer."""
        body = await (request.json() if request.content_type == "application/json" else request.post())
        self.asked.append((request.path, body))
        status, kind, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, content_type=kind, text=text, headers=self.headers)


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Peer]:
    """A server that answers what the script says."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with connected(app, frozenset({"C0OPS"})) as peer:
        yield peer
