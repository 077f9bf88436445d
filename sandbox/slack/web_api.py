"""The door `/api/<method>`: tokens, scopes, faults, rate limits, then the method itself."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.slack import files, methods_chat, methods_marks, methods_people, methods_rooms, methods_views
from sandbox.slack.errors import SlackError, invalid_blocks
from sandbox.slack.rates import RateLimits
from sandbox.slack.records import Fault
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]


@dataclass(frozen=True)
class Method:
    """One Web API method: what runs, the scopes that allow it (any of them), its tier."""

    run: Callable[[Workspace, Args], Awaitable[Args]]
    scopes: tuple[str, ...] = ()
    tier: int = 4
    app_token: bool = False


_READ_CHANNELS = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_DIRECT = ("im:write", "mpim:write")
_MANAGE = ("channels:manage", "groups:write")
METHODS: dict[str, Method] = {
    "auth.test": Method(methods_people.auth_test, tier=5),
    "apps.connections.open": Method(methods_people.connections_open, tier=3, app_token=True),
    "chat.postMessage": Method(methods_chat.post_message, ("chat:write",), 5),
    "chat.postEphemeral": Method(methods_chat.post_ephemeral, ("chat:write",), 4),
    "chat.update": Method(methods_chat.update, ("chat:write",), 3),
    "chat.getPermalink": Method(methods_chat.get_permalink, (), 5),
    "chat.delete": Method(methods_chat.delete, ("chat:write",), 3),
    "files.getUploadURLExternal": Method(files.get_upload_url, ("files:write",), 4),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), 4),
    "views.open": Method(methods_views.open_),
    "views.push": Method(methods_views.push),
    "views.update": Method(methods_views.update),
    "views.publish": Method(methods_views.publish),
    "users.info": Method(methods_people.users_info, ("users:read",), 4),
    "users.list": Method(methods_people.users_list, ("users:read",), 2),
    "usergroups.list": Method(methods_people.usergroups_list, ("usergroups:read",), 2),
    "usergroups.users.list": Method(methods_people.usergroups_users_list, ("usergroups:read",), 2),
    "conversations.open": Method(methods_people.conversations_open, (*_MANAGE, *_DIRECT), 3),
    "conversations.info": Method(methods_rooms.info, _READ_CHANNELS, 3),
    "conversations.history": Method(methods_rooms.history, _HISTORY, 3),
    "conversations.replies": Method(methods_rooms.replies, _HISTORY, 3),
    "conversations.create": Method(methods_rooms.create, (*_MANAGE, *_DIRECT, "channels:write"), 2),
    "conversations.invite": Method(
        methods_rooms.invite, (*_MANAGE, *_DIRECT, "channels:write.invites", "groups:write.invites"), 3
    ),
    "conversations.join": Method(methods_rooms.join, ("channels:join",), 3),
    "conversations.setTopic": Method(
        methods_rooms.set_topic, (*_MANAGE, "channels:write.topic", "groups:write.topic"), 2
    ),
    "conversations.archive": Method(methods_rooms.archive, _MANAGE, 2),
    "conversations.unarchive": Method(methods_rooms.unarchive, _MANAGE, 2),
    "conversations.rename": Method(methods_rooms.rename, _MANAGE, 2),
    "conversations.kick": Method(methods_rooms.kick, _MANAGE, 3),
    "pins.add": Method(methods_marks.pins_add, ("pins:write",), 2),
    "pins.remove": Method(methods_marks.pins_remove, ("pins:write",), 2),
    "pins.list": Method(methods_marks.pins_list, ("pins:read",), 2),
    "bookmarks.add": Method(methods_marks.bookmarks_add, ("bookmarks:write",), 2),
    "bookmarks.list": Method(methods_marks.bookmarks_list, ("bookmarks:read",), 3),
    "reactions.add": Method(methods_marks.reactions_add, ("reactions:write",), 3),
    "reactions.get": Method(methods_marks.reactions_get, ("reactions:read",), 3),
    "conversations.members": Method(methods_rooms.members, _READ_CHANNELS, 4),
}
_SECRET_ARGUMENTS = ("token", "app_token", "client_secret")
_PARSED_FOR_THE_LOG = ("blocks", "view", "metadata", "attachments", "files")


@dataclass(frozen=True)
class Tokens:
    """The two tokens this workspace gave the app."""

    bot: str
    app: str


class WebApi:
    """Answers every Web API call and remembers it."""

    def __init__(
        self, world: Workspace, tokens: Tokens, limits: RateLimits, happened: Callable[[], None]
    ) -> None:
        self._world = world
        self._tokens = tokens
        self._limits = limits
        self._happened = happened

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; refusals are HTTP 200 with `ok: false`, as Slack's are."""
        name = request.match_info["method"]
        args = await _arguments(request)
        fault = self._fault(name)
        if fault is not None and fault.kind == "reset":
            self._log(name, args, "reset")
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault is not None and fault.kind not in ("post_then_500",):
            return self._faulty(name, args, fault)
        try:
            body = {"ok": True, **await self._run(request, name, args)}
        except SlackError as refusal:
            body = refusal.as_json()
        except _RateLimitedError as limited:
            return self._rate_limited(name, args, limited.seconds)
        self._log(name, args, body.get("error"))
        self._happened()
        if fault is not None:
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        return web.json_response(body, headers=self._scope_headers(name))

    async def _run(self, request: web.Request, name: str, args: Args) -> Args:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._authorize(request, args, method)
        wait = self._limits.wait(name, method.tier, str(args.get("channel", "")), self._world.now())
        if wait:
            raise _RateLimitedError(wait)
        return await method.run(self._world, args)

    def _authorize(self, request: web.Request, args: Args, method: Method) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or args.get("token")
        if not given:
            raise SlackError("not_authed")
        if given not in (self._tokens.bot, self._tokens.app):
            raise SlackError("invalid_auth")
        if (given == self._tokens.app) != method.app_token:
            raise SlackError("not_allowed_token_type")
        provided = self._world.manifest.scopes
        if method.scopes and not set(method.scopes) & set(provided):
            raise SlackError("missing_scope", needed=method.scopes[0], provided=",".join(provided))

    def _fault(self, name: str) -> Fault | None:
        for fault in self._world.faults:
            if fault.method == name and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _faulty(self, name: str, args: Args, fault: Fault) -> web.Response:
        if fault.kind == "ratelimited":
            return self._rate_limited(name, args, fault.retry_after)
        self._log(name, args, fault.kind)
        if fault.kind == "internal_error":
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        if fault.kind == "invalid_blocks":
            return web.json_response(invalid_blocks(["refused on demand [json-pointer:/blocks/0]"]).as_json())
        return web.json_response({"ok": False, "error": fault.kind})

    def _rate_limited(self, name: str, args: Args, seconds: int) -> web.Response:
        self._log(name, args, "ratelimited")
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})

    def _scope_headers(self, name: str) -> dict[str, str]:
        headers = {"x-oauth-scopes": ",".join(self._world.manifest.scopes)}
        method = METHODS.get(name)
        if method is not None and method.scopes:
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        return headers

    def _log(self, name: str, args: Args, error: str | None) -> None:
        shown = {key: _readable(key, value) for key, value in args.items() if key not in _SECRET_ARGUMENTS}
        call = {"method": name, "args": shown, "ok": error is None, "error": error, "at": self._world.stamp()}
        self._world.calls.append(call)


class _RateLimitedError(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"ratelimited for {seconds} s")
        self.seconds = seconds


def _readable(key: str, value: Json) -> Json:
    if key in _PARSED_FOR_THE_LOG and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def _arguments(request: web.Request) -> Args:
    args: Args = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            body = {}
        args |= body if isinstance(body, dict) else {}
    else:
        args |= dict(await request.post())
    return args
