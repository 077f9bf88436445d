"""Socket Mode: up to ten connections, envelopes spread over them, acknowledged within three seconds."""

import asyncio
import itertools
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox import company
from sandbox.slack.delivery import ACK_SECONDS, Answer, Wire
from sandbox.slack.payloads import Parcel
from sandbox.slack.workspace import Workspace

Json = Any

MOST_CONNECTIONS = 10
PING_SECONDS = 5.0
GRACE_SECONDS = 1.0


class ConnectionLostError(Exception):
    """The connection went away before the envelope was acknowledged."""


@dataclass
class Connection:
    """One websocket and the envelopes it still owes an acknowledgement for."""

    socket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    leaving: bool = False


class SocketTransport:
    """Carries envelopes over whichever connections the app has open."""

    def __init__(self, world: Workspace) -> None:
        self._world = world
        self._connections: list[Connection] = []
        self._turn = itertools.count()
        self._closers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing to prepare: the app connects."""

    async def stop(self) -> None:
        """Close every connection."""
        for connection in list(self._connections):
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    def pack(self, parcel: Parcel, attempt: int, reason: str) -> Wire:
        """The envelope of one attempt."""
        envelope: dict[str, Json] = {
            "envelope_id": str(uuid.uuid4()),
            "type": parcel.family,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.family != "events_api",
        }
        if parcel.family == "events_api":
            words = {"http_timeout": "timeout", "http_error": "error", "connection_failed": "error"}
            envelope |= {"retry_attempt": attempt, "retry_reason": words.get(reason, "")}
        return Wire(json.dumps(envelope).encode())

    async def carry(self, wire: Wire) -> Answer:
        """Send on one connection and wait for its acknowledgement."""
        ready = [connection for connection in self._connections if not connection.leaving]
        if not ready:
            return Answer("no_connection")
        connection = ready[next(self._turn) % len(ready)]
        envelope_id = json.loads(wire.body)["envelope_id"]
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = acknowledged
        try:
            await connection.socket.send_str(wire.body.decode())
            return Answer(200, await asyncio.wait_for(acknowledged, ACK_SECONDS))
        except TimeoutError:
            return Answer("timeout")
        except (ConnectionLostError, ConnectionError):
            return Answer("no_connection")
        finally:
            connection.waiting.pop(envelope_id, None)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A websocket opened with a ticket of `apps.connections.open`."""
        ticket = request.match_info["ticket"]
        if ticket not in self._world.tickets:
            return web.Response(status=403, text="invalid ticket")
        self._world.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        connection = Connection(socket, request)
        self._connections.append(connection)
        pinger = asyncio.create_task(_ping(socket))
        try:
            await socket.send_json(self._hello())
            self._world.set_connected(connected=True)
            await self._listen(connection)
        finally:
            pinger.cancel()
            self._forget(connection)
        return socket

    async def disconnect(self, *, graceful: bool) -> int:
        """Drop every connection, with Slack's `disconnect` frame first when graceful; how many."""
        dropped = list(self._connections)
        for connection in dropped:
            if not graceful:
                self._forget(connection)
                if connection.request.transport is not None:
                    connection.request.transport.abort()
                continue
            connection.leaving = True
            frame = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "sandbox"}}
            await connection.socket.send_json(frame)
            task = asyncio.create_task(self._close_later(connection))
            self._closers.add(task)
            task.add_done_callback(self._closers.discard)
        return len(dropped)

    def _hello(self) -> dict[str, Json]:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {
                "host": "sandbox",
                "started": self._world.stamp(),
                "build_number": 1,
                "approximate_connection_time": 18_060,
            },
            "connection_info": {"app_id": company.APP_ID},
        }

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.socket:
            if frame.type != WSMsgType.TEXT:
                continue
            try:
                message = json.loads(frame.data)
            except ValueError:
                continue
            waiting = connection.waiting.get(str(message.get("envelope_id")))
            if waiting is not None and not waiting.done():
                waiting.set_result(message.get("payload"))

    def _forget(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionLostError())
        self._world.set_connected(connected=bool(self._connections))

    async def _close_later(self, connection: Connection) -> None:
        await asyncio.sleep(GRACE_SECONDS)
        await connection.socket.close()


async def _ping(socket: web.WebSocketResponse) -> None:
    with suppress(ConnectionError):
        while True:
            await asyncio.sleep(PING_SECONDS)
            await socket.ping(b"Ping from sandbox")
