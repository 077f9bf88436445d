"""A running simulated Slack with a small app behind it that checks signatures and answers as told."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.clock import SandboxClock
from sandbox.slack.manifest import Manifest
from sandbox.slack.server import SimulatedSlack, SlackSettings, simulated_slack
from sandbox.slack.web_api import Tokens

BOT_TOKEN = "xoxb-sandbox-unit"
APP_TOKEN = "xapp-sandbox-unit"
SIGNING_SECRET = "unit-test-signing-secret"


@dataclass
class Received:
    """One request the app got, with what it said."""

    headers: dict[str, str]
    body: bytes
    payload: dict[str, Any]

    @property
    def kind(self) -> str:
        if "command" in self.payload:
            return "slash_command"
        kind = str(self.payload["type"])
        return str(self.payload["event"]["type"]) if kind == "event_callback" else kind


@dataclass
class App:
    """The app: it remembers every request and answers from `answers`, oldest first."""

    received: list[Received] = field(default_factory=list)
    answers: list[web.Response | float] = field(default_factory=list)
    on_request: Any = None

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        check_signature(
            request.headers["X-Slack-Request-Timestamp"], body, request.headers["X-Slack-Signature"]
        )
        self.received.append(Received(dict(request.headers), body, parse(request.content_type, body)))
        if self.on_request is not None:
            await self.on_request(self.received[-1])
        answer = self.answers.pop(0) if self.answers else web.Response()
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = web.Response()
        return answer

    def last(self, kind: str) -> dict[str, Any]:
        return [one.payload for one in self.received if one.kind == kind][-1]


def check_signature(stamp: str, body: bytes, signature: str) -> None:
    base = b"v0:" + stamp.encode() + b":" + body
    expected = "v0=" + hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise web.HTTPUnauthorized()


def parse(content_type: str, body: bytes) -> dict[str, Any]:
    if content_type == "application/json":
        return dict(json.loads(body))
    fields = {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    return dict(json.loads(fields["payload"])) if "payload" in fields else dict(fields)


@dataclass
class Desk:
    """Everything a test needs."""

    slack: SimulatedSlack
    clock: SandboxClock
    url: str
    client: AsyncWebClient
    session: aiohttp.ClientSession
    app: App

    async def ui(self, path: str, **body: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.url}/ui/{path}", json=body) as response:
            return {**await response.json(), "_status": response.status}

    async def control(self, path: str, **body: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.url}/control/{path}", json=body) as response:
            return dict(await response.json())

    async def state(self, user: str) -> dict[str, Any]:
        async with self.session.get(f"{self.url}/ui/state", params={"as": user}) as response:
            return dict(await response.json())

    async def deliveries(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.url}/control/deliveries") as response:
            return list((await response.json())["deliveries"])

    async def calls(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.url}/control/calls") as response:
            return list((await response.json())["calls"])

    async def messages(self, user: str, channel: str = "C0OPS") -> list[dict[str, Any]]:
        return list((await self.state(user))["messages"][channel])


async def serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@asynccontextmanager
async def a_desk(
    transport: str = "http",
    rate_scale: float = 0.0,
    manifest: Manifest | None = None,
    retry_waits: tuple[float, ...] = (0.0, 0.02, 0.04),
) -> AsyncIterator[Desk]:
    app = App()
    door = web.Application()
    door.router.add_post("/slack/events", app.handle)
    app_runner, app_url = await serve(door)
    clock = SandboxClock()
    settings = SlackSettings(
        events_url=f"{app_url}/slack/events",
        signing_secret=SIGNING_SECRET,
        tokens=Tokens(BOT_TOKEN, APP_TOKEN),
        transport=transport,
        rate_scale=rate_scale,
        retry_waits=retry_waits,
        manifest=manifest or Manifest(),
    )
    slack = simulated_slack(clock, settings)
    runner, url = await serve(slack.app)
    slack.world.base_url = url
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{url}/api/", session=session)
        try:
            yield Desk(slack, clock, url, client, session, app)
        finally:
            await runner.cleanup()
            await app_runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that will be true soon."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def button(action_id: str = "go", value: str = "1", **more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Go"}
    return {"type": "button", "action_id": action_id, "value": value, "text": text, **more}


def actions(*elements: dict[str, Any], block_id: str = "act") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(text: str = "words") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


def input_block(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "change.decide",
        "title": plain("Decide"),
        "submit": plain("Submit"),
        "close": plain("Cancel"),
        "blocks": list(blocks),
        **more,
    }


REASON = input_block("reason", {"type": "plain_text_input", "action_id": "text"})
CHOICE = input_block(
    "decision",
    {"type": "radio_buttons", "action_id": "choice", "options": [option("approve"), option("reject")]},
)
