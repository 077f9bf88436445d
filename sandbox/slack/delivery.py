"""Brings payloads to the app: three seconds, retries for events, every delivery remembered."""

import asyncio
import hashlib
import hmac
import json
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from sandbox.slack.payloads import Parcel, event
from sandbox.slack.workspace import Workspace

Json = Any

ACK_SECONDS = 3.0
RETRY_WAITS = (0.0, 1.0, 2.0)
PROBE_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """What the app answered: an HTTP status, or the word for why there was none."""

    status: int | str
    body: Json = None
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged."""
        return self.status == 200

    @property
    def error(self) -> str:
        """Slack's word for the failure."""
        return "operation_timeout" if self.status == "timeout" else "dispatch_failed"

    @property
    def retry_reason(self) -> str:
        """What `x-slack-retry-reason` says the next time."""
        reasons = {"timeout": "http_timeout", "no_connection": "connection_failed"}
        return reasons.get(str(self.status), "http_error")


@dataclass(frozen=True)
class Wire:
    """The exact bytes of a delivery, so that it can be sent again."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """A way to the app: signed HTTP, or Socket Mode."""

    def pack(self, parcel: Parcel, attempt: int, reason: str) -> Wire:
        """The bytes of one attempt."""

    async def carry(self, wire: Wire) -> Answer:
        """Send the bytes and wait for the answer, at most three seconds."""

    async def start(self) -> None:
        """Get ready."""

    async def stop(self) -> None:
        """Let go of everything."""


def parsed_body(content_type: str, text: str) -> Json:
    """The answer's body: JSON where it says so, else text, nothing when empty."""
    if not text.strip():
        return None
    if "json" in content_type or text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


class HttpTransport:
    """Signed requests to the events URL, as Slack sends them."""

    def __init__(self, world: Workspace, events_url: str, signing_secret: str) -> None:
        self._world = world
        self._url = events_url
        self._secret = signing_secret.encode()
        self._session: aiohttp.ClientSession | None = None
        self._probe: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the client session and begin to watch whether the app listens."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ACK_SECONDS))
        self._probe = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Close the client session."""
        if self._probe is not None:
            self._probe.cancel()
        if self._session is not None:
            await self._session.close()

    def pack(self, parcel: Parcel, attempt: int, reason: str) -> Wire:
        """Form fields for commands, `payload=` for interactions, JSON for events; then the signature."""
        kind = "application/x-www-form-urlencoded"
        if parcel.family == "slash_commands":
            body = urllib.parse.urlencode(parcel.payload)
        elif parcel.family == "interactive":
            body = urllib.parse.urlencode({"payload": json.dumps(parcel.payload)})
        else:
            kind, body = "application/json", json.dumps(parcel.payload)
        stamp = str(int(self._world.now()))
        digest = hmac.new(self._secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        return Wire(body.encode(), headers)

    async def carry(self, wire: Wire) -> Answer:
        """One POST, three seconds."""
        if self._session is None:
            return Answer("no_connection")
        try:
            async with self._session.post(
                self._url, data=wire.body, headers=wire.headers, allow_redirects=False
            ) as response:
                text = await response.text()
                no_retry = response.headers.get("x-slack-no-retry") == "1"
                self._world.set_connected(connected=True)
                return Answer(response.status, parsed_body(response.content_type, text), no_retry)
        except TimeoutError:
            return Answer("timeout")
        except (aiohttp.ClientError, OSError):
            return Answer("no_connection")

    async def _watch(self) -> None:
        place = urllib.parse.urlsplit(self._url)
        while True:
            try:
                _, writer = await asyncio.wait_for(
                    asyncio.open_connection(place.hostname, place.port or 80), 1.0
                )
                writer.close()
                self._world.set_connected(connected=True)
            except (OSError, TimeoutError):
                self._world.set_connected(connected=False)
            await asyncio.sleep(PROBE_SECONDS)


@dataclass
class Delivery:
    """One request to the app with its answer."""

    kind: str
    wire: Wire
    status: int | str
    ms: float
    at: str
    attempt: int

    def as_json(self, index: int) -> dict[str, Json]:
        """What `GET /control/deliveries` shows."""
        return {
            "index": index,
            "kind": self.kind,
            "status": self.status,
            "ms": round(self.ms, 2),
            "at": self.at,
            "attempt": self.attempt,
        }


class Dispatcher:
    """Sends parcels, retries events, remembers everything."""

    def __init__(
        self, world: Workspace, transport: Transport, waits: tuple[float, ...] = RETRY_WAITS
    ) -> None:
        self.world = world
        self.transport = transport
        self.deliveries: list[Delivery] = []
        self._waits = waits
        self._later: set[asyncio.Task[None]] = set()

    async def send(self, parcel: Parcel, attempt: int = 0, reason: str = "") -> Answer:
        """One attempt."""
        return await self._carry(parcel.kind, self.transport.pack(parcel, attempt, reason), attempt)

    async def send_event(self, parcel: Parcel) -> Answer:
        """The first attempt of an event; further ones follow by themselves."""
        wanted = "message.im" if parcel.kind == "message" else parcel.kind
        if wanted not in self.world.manifest.events:
            return Answer("not_subscribed")
        answer = await self.send(parcel)
        if not answer.ok and not answer.no_retry:
            self._keep(asyncio.create_task(self._retry(parcel, answer)))
        return answer

    async def flush(self) -> None:
        """Send what happened in the workspace, in order; what the app did itself it hears of as well."""
        contents, self.world.outbox = self.world.outbox, []
        for content in contents:
            await self.send_event(event(self.world, content))

    def flush_later(self) -> None:
        """The same beside what goes on now."""
        if self.world.outbox:
            self._keep(asyncio.create_task(self.flush()))

    async def replay(self, index: int) -> Answer:
        """Send a delivery again, byte for byte."""
        old = self.deliveries[index]
        return await self._carry(old.kind, old.wire, old.attempt)

    async def stop(self) -> None:
        """Forget what is pending and close the way to the app."""
        for task in self._later:
            task.cancel()
        await self.transport.stop()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _retry(self, parcel: Parcel, answer: Answer) -> None:
        for attempt, wait in enumerate(self._waits, start=1):
            await asyncio.sleep(wait)
            answer = await self.send(parcel, attempt, answer.retry_reason)
            if answer.ok or answer.no_retry:
                return

    async def _carry(self, kind: str, wire: Wire, attempt: int) -> Answer:
        began, at = time.perf_counter(), self.world.stamp()
        answer = await self.transport.carry(wire)
        spent = (time.perf_counter() - began) * 1000
        self.deliveries.append(Delivery(kind, wire, answer.status, spent, at, attempt))
        return answer
