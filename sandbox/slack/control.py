"""The routes tests use: what was called and delivered, faults, people, replays, disconnects."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.slack import payloads
from sandbox.slack.delivery import Dispatcher
from sandbox.slack.records import Fault
from sandbox.slack.socket_mode import SocketTransport
from sandbox.slack.workspace import Workspace

Json = Any


class Control:
    """The hand behind the scenes."""

    def __init__(self, world: Workspace, dispatcher: Dispatcher) -> None:
        self._world = world
        self._dispatcher = dispatcher

    def routes(self) -> list[web.RouteDef]:
        """Every `/control/…` route."""
        return [
            web.get("/control/calls", self._calls),
            web.get("/control/deliveries", self._deliveries),
            web.post("/control/faults", self._faults),
            web.post("/control/people", self._people),
            web.post("/control/channels", self._channels),
            web.post("/control/usergroups", self._usergroups),
            web.post("/control/replay", self._replay),
            web.post("/control/disconnect", self._disconnect),
        ]

    async def _calls(self, request: web.Request) -> web.Response:
        return web.json_response({"calls": self._world.calls})

    async def _deliveries(self, request: web.Request) -> web.Response:
        shown = [delivery.as_json(index) for index, delivery in enumerate(self._dispatcher.deliveries)]
        return web.json_response({"deliveries": shown})

    async def _faults(self, request: web.Request) -> web.Response:
        body = await _object(request)
        if not isinstance(body.get("method"), str) or not isinstance(body.get("kind"), str):
            return _refused("method and kind are needed", 400)
        try:
            times, wait = int(body.get("times", 1)), int(body.get("retry_after", 1))
        except (TypeError, ValueError):
            return _refused("times and retry_after are whole numbers", 400)
        self._world.faults.append(Fault(body["method"], body["kind"], times, wait))
        return web.json_response({"ok": True})

    async def _people(self, request: web.Request) -> web.Response:
        body = await _object(request)
        user = str(body.pop("id", ""))
        if user not in self._world.people:
            return _refused("user_not_found", 404)
        person = self._world.change_person(user, body)
        await self._dispatcher.send_event(payloads.user_change(self._world, person))
        return web.json_response({"ok": True, "user": person.as_slack()})

    async def _channels(self, request: web.Request) -> web.Response:
        body = await _object(request)
        channel = self._world.channels.get(str(body.get("id")))
        if channel is None or channel.im_user is not None:
            return _refused("channel_not_found", 404)
        self._world.set_channel(replace(channel, shared=bool(body.get("shared"))))
        return web.json_response({"ok": True})

    async def _usergroups(self, request: web.Request) -> web.Response:
        body = await _object(request)
        group = self._world.groups.get(str(body.get("id")))
        users = body.get("users")
        if group is None:
            return _refused("no_such_subteam", 404)
        if not isinstance(users, list) or not set(users) <= set(self._world.people):
            return _refused("users must be a list of user ids", 400)
        self._world.groups[group.id] = replace(group, users=tuple(users))
        parcel = payloads.subteam_members_changed(self._world, group.id, set(group.users), set(users))
        await self._dispatcher.send_event(parcel)
        return web.json_response({"ok": True})

    async def _replay(self, request: web.Request) -> web.Response:
        index = (await _object(request)).get("index")
        if not isinstance(index, int) or not 0 <= index < len(self._dispatcher.deliveries):
            return _refused("no_such_delivery", 404)
        answer = await self._dispatcher.replay(index)
        return web.json_response({"ok": answer.ok, "status": answer.status, "body": answer.body})

    async def _disconnect(self, request: web.Request) -> web.Response:
        body = await _object(request)
        transport = self._dispatcher.transport
        if not isinstance(transport, SocketTransport):
            return _refused("not_in_socket_mode", 409)
        dropped = await transport.disconnect(graceful=bool(body.get("graceful")))
        return web.json_response({"ok": True, "dropped": dropped})


async def _object(request: web.Request) -> dict[str, Json]:
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(error: str, status: int) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=status)
