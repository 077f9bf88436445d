"""The routes the page and the scripts use to act as people."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientSession, web

from sandbox import company
from sandbox.company import Person
from sandbox.slack.deeds import People, RefusedError
from sandbox.slack.methods_views import top_modal
from sandbox.slack.room_deeds import RoomDeeds
from sandbox.slack.workspace import Workspace

Json = Any
HEARTBEAT_SECONDS = 15.0
TROUBLE_MINUTES = 120
OK = 200


class UserInterface:
    """Translates requests of the page into deeds of people."""

    def __init__(self, world: Workspace, people: People, rooms: RoomDeeds, transport: str) -> None:
        self._world = world
        self._people = people
        self._rooms = rooms
        self._transport = transport

    def routes(self) -> list[web.RouteDef]:
        """Every `/ui/…` route."""
        return [
            web.get("/ui/state", self._state),
            web.get("/ui/events", self._events),
            web.post("/ui/say", self._post(self._say)),
            web.post("/ui/action", self._post(self._action)),
            web.post("/ui/submit", self._post(self._submit)),
            web.post("/ui/close", self._post(self._close)),
            web.post("/ui/home", self._post(self._home)),
            web.post("/ui/shortcut", self._post(self._shortcut)),
            web.post("/ui/channel", self._post(self._rooms.channel)),
            web.post("/ui/react", self._post(self._rooms.react)),
            web.post("/ui/pin", self._post(self._rooms.pin)),
            web.post("/ui/share", self._post(self._rooms.share)),
            web.post("/ui/trouble", self._post(self._trouble)),
        ]

    async def _trouble(self, body: dict[str, Json]) -> Json:
        """Let something go wrong with a deployment in the simulated Azure, for the page's guide."""
        if not self._world.azure_url:
            raise RefusedError("no_azure")
        asked = {"kind": str(body["kind"]), **company.TROUBLED, "minutes": TROUBLE_MINUTES}
        async with (
            ClientSession() as session,
            session.post(f"{self._world.azure_url}/control/troubles", json=asked) as answer,
        ):
            return {"ok": answer.status == OK}

    async def _say(self, body: dict[str, Json]) -> Json:
        thread_ts = str(body["thread_ts"]) if body.get("thread_ts") else None
        return await self._people.say(str(body["user"]), str(body["channel"]), str(body["text"]), thread_ts)

    async def _action(self, body: dict[str, Json]) -> Json:
        return await self._people.act(str(body["user"]), body)

    async def _submit(self, body: dict[str, Json]) -> Json:
        return await self._people.submit(str(body["user"]), str(body["view_id"]), body.get("values") or {})

    async def _close(self, body: dict[str, Json]) -> Json:
        return await self._people.close(
            str(body["user"]), str(body["view_id"]), cleared=bool(body.get("clear"))
        )

    async def _home(self, body: dict[str, Json]) -> Json:
        return await self._people.open_home(str(body["user"]))

    async def _shortcut(self, body: dict[str, Json]) -> Json:
        channel, ts = body.get("channel"), body.get("ts")
        return await self._people.shortcut(str(body["user"]), str(body["callback_id"]), channel, ts)

    @staticmethod
    def _post(
        deed: Callable[[dict[str, Json]], Awaitable[Json]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def run(request: web.Request) -> web.Response:
            try:
                body = await request.json()
                if not isinstance(body, dict):
                    raise TypeError("not an object")
                return web.json_response(await deed(body))
            except RefusedError as refusal:
                return web.json_response({"ok": False, "error": refusal.error}, status=refusal.status)
            except KeyError as missing:
                answer = {"ok": False, "error": f"missing field: {missing.args[0]}"}
                return web.json_response(answer, status=400)
            except (TypeError, ValueError):
                return web.json_response({"ok": False, "error": "invalid_json"}, status=400)

        return run

    async def _state(self, request: web.Request) -> web.Response:
        user = request.query.get("as", "")
        if user not in self._world.people or user == company.BOT_USER_ID:
            return web.json_response({"ok": False, "error": "user_not_found"}, status=404)
        return web.json_response(self.state(user))

    def state(self, user: str) -> dict[str, Json]:
        """Everything this person may see."""
        world = self._world
        world.channels.setdefault(f"D{user}", company.direct_messages(world.people[user]))
        channels = [channel for channel in world.channels.values() if user in channel.members]
        messages: dict[str, list[Json]] = {channel.id: [] for channel in channels}
        for message in sorted(world.messages.values(), key=lambda message: float(message.ts)):
            if world.may_see(user, message):
                messages[message.channel].append(message.as_ui())
        modal = top_modal(world, user)
        home = world.views.get(world.homes.get(user, ""))
        app = {"name": company.APP_NAME, "user_id": company.BOT_USER_ID, "bot_id": company.BOT_ID}
        groups = world.groups.values()
        return {
            "workspace": {"name": company.TEAM_NAME, "team_id": company.TEAM_ID, "app": app},
            "people": [self._person(p) for p in world.people.values() if p.id != company.BOT_USER_ID],
            "usergroups": [{"id": g.id, "handle": g.handle, "users": list(g.users)} for g in groups],
            "channels": [world.channel_as_ui(channel) for channel in channels],
            "channel_names": {c.id: c.name for c in world.channels.values() if not (c.im_user or c.private)},
            "messages": messages,
            "view": modal.as_slack() if modal else None,
            "home": home.as_slack() if home else None,
            "clock": world.clock.as_json(),
            "transport": self._transport,
            "connected": world.connected,
            "world": world.run,
            "commands": [{"command": c.command, "usage_hint": c.usage_hint} for c in world.manifest.commands],
            "shortcuts": [
                {"callback_id": s.callback_id, "name": s.name, "type": s.type}
                for s in world.manifest.shortcuts
            ],
        }

    def _person(self, person: Person) -> dict[str, Json]:
        return {
            "id": person.id,
            "name": person.name,
            "real_name": person.real_name,
            "title": person.title,
            "groups": [group.handle for group in self._world.groups.values() if person.id in group.users],
            "guest": person.is_guest,
            "deleted": bool(person.flags.get("deleted")),
            "color": person.color,
        }

    async def _events(self, request: web.Request) -> web.StreamResponse:
        user = request.query.get("as", "")
        if user not in self._world.people:
            return web.json_response({"ok": False, "error": "user_not_found"}, status=404)
        headers = {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-cache",
            "X-Accel-Buffering": "no",
        }
        response = web.StreamResponse(headers=headers)
        queue = self._world.subscribe(user)
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while True:
                await response.write(await _next_event(queue))
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self._world.unsubscribe(queue)


async def _next_event(queue: asyncio.Queue[tuple[str, Json]]) -> bytes:
    try:
        name, content = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return b": still here\n\n"
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()
