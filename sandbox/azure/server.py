"""The simulated Azure as a web application: ARM, metrics, training jobs, and the sandbox's own control."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from aiohttp import web

from sandbox.azure import activity, arm, control, login, planting
from sandbox.azure.alerts import Alerts, Webhook
from sandbox.azure.arm import Answer, Call, Route
from sandbox.azure.blob import PREFIX, Storage
from sandbox.azure.names import ArmError, Json, SimulatedClock, iso, stable_guid
from sandbox.azure.state import AzureState, Fault, principal
from sandbox.azure.table import routes
from sandbox.azure.troubles import Troubles

STATE: web.AppKey[AzureState] = web.AppKey("azure_state", AzureState)
STORAGE: web.AppKey[Storage] = web.AppKey("azure_storage", Storage)
WRITES = frozenset({"PUT", "PATCH", "POST", "DELETE"})
_FORM = "application/x-www-form-urlencoded"
_QUESTION = re.compile(r"/v1/workspaces/[^/]+/query/?|/[^/]+/oauth2/.*", re.IGNORECASE)
READ_LIMIT = 11_999
WRITE_LIMIT = 1_199
_PROVIDER = re.compile(r".*/providers/([^/]+)/(.+)$", re.IGNORECASE)
_PLANNED: dict[str, tuple[int, str, str]] = {
    "429": (429, "TooManyRequests", "The request is being throttled. Please retry later."),
    "403": (403, "AuthorizationFailed", "The client does not have authorization to perform this action."),
    "409": (
        409,
        "RequestConflict",
        "Another operation is being performed on the parent resource. Please try again later.",
    ),
    "500": (
        500,
        "InternalServerError",
        "The server encountered an internal error. Please retry the request.",
    ),
    "503": (503, "ServiceUnavailable", "The service is temporarily unavailable. Please retry later."),
    "500_after_apply": (500, "InternalServerError", "The server encountered an internal error."),
}
_HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def azure_app(clock: SimulatedClock, webhook: Webhook | None = None) -> web.Application:
    """Return the simulated Azure, freshly seeded; its memory is `app[STATE]`. Alerts go to the webhook, if any."""
    app = web.Application(client_max_size=1024 * 1024)
    state = app[STATE] = AzureState(clock)
    troubles = Troubles()
    state.endings.append(troubles.settle)
    controls: dict[tuple[str, str], control.Answerer] = troubles.controls()
    if webhook is not None:
        alerts = Alerts(state, webhook)
        app.cleanup_ctx.append(alerts.running)
        controls |= alerts.controls()
    door = Door(state, routes(), controls)
    app[STORAGE] = Storage()
    app.router.add_route("*", f"{PREFIX}/{{account}}/{{container}}/{{name:.+}}", app[STORAGE].handle)
    app.router.add_route("*", "/{path:.*}", door.handle)
    return app


@asynccontextmanager
async def serving(
    app: web.Application, host: str = "127.0.0.1", ssl_context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Serve the application on a free loopback port and give its URL; by TLS when a context is given."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, 0, ssl_context=ssl_context)
        await site.start()
        port = runner.addresses[0][1]
        yield f"{'https' if ssl_context else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


@dataclass
class Door:
    """Where requests come in: read, misbehave as planned, answer, remember."""

    state: AzureState
    table: tuple[Route, ...]
    controls: control.Table

    def __post_init__(self) -> None:
        self._serial = count(1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request."""
        raw = await request.read()
        if request.path.startswith("/control/"):
            return self._control(request, raw)
        call, problem = self._read(request, raw)
        entry = self._remember(call)
        fault = self._fault(request)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        planned = _before(fault)
        self.state.settle()
        if fault is not None and fault.kind == "reset":
            entry["status"] = "reset"
            return _reset(request)
        if fault is not None and fault.kind == "html":
            entry["status"] = 502
            return web.Response(status=502, text=_HTML, content_type="text/html")
        call = replace(call, fails_later=fault is not None and fault.kind == "lro_failed")
        answer = self._answer(call, entry, planned or problem)
        if fault is not None and fault.kind == "reset_after_apply":
            entry["status"] = "reset"
            return _reset(request)
        if fault is not None and fault.kind == "500_after_apply":
            answer = _failed(ArmError(*_PLANNED[fault.kind]))
        entry["status"] = answer.status
        return self._respond(call, answer)

    def _read(self, request: web.Request, raw: bytes) -> tuple[Call, ArmError | None]:
        number = next(self._serial)
        request_id = stable_guid("request", iso(self.state.start), number)
        problem: ArmError | None = None
        identity, body = "", None
        try:
            body = _body(request, raw)
        except ArmError as found:
            problem = found
        try:
            identity = arm.authenticate(request.headers.get("Authorization"))
        except ArmError as found:
            problem = problem if self._is_public(request) else found
        call = Call(
            self.state,
            request.method,
            request.path,
            {key.lower(): value for key, value in request.query.items()},
            f"{request.scheme}://{request.host}",
            identity,
            request_id,
            request.headers.get("x-ms-correlation-request-id") or request_id,
            request.headers.get("x-ms-client-request-id"),
            body,
        )
        return call, problem

    def _remember(self, call: Call) -> Json:
        route = self._route(call)
        entry: Json = {
            "n": len(self.state.requests) + 1,
            "at": iso(self.state.clock.now()),
            "method": call.method,
            "path": call.path,
            "query": dict(call.query),
            "identity": call.identity or None,
            "action": route.action if route else guess_action(call.method, call.path),
            "client_request_id": call.client_request_id,
            "correlation_id": call.correlation_id,
            "status": None,
        }
        if route and route.also:
            entry["actions"] = [route.action, *route.also]
        if call.method in WRITES:
            entry["body"] = call.body
        self.state.requests.append(entry)
        return entry

    def _fault(self, request: web.Request) -> Fault | None:
        for fault in self.state.faults:
            if fault.fits(request.method, request.path_qs):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def _route(self, call: Call) -> Route | None:
        for route in self.table:
            if route.method == call.method and route.pattern.fullmatch(call.path):
                return route
        return None

    def _is_public(self, request: web.Request) -> bool:
        return any(
            one.public and one.method == request.method and one.pattern.fullmatch(request.path)
            for one in self.table
        )

    def _answer(self, call: Call, entry: Json, problem: ArmError | None) -> Answer:
        call = replace(call, action=str(entry["action"]))
        try:
            if problem is not None:
                raise problem
            return self._run(call)
        except ArmError as found:
            if call.method in WRITES and call.identity and not _QUESTION.fullmatch(call.path):
                self._log_refusal(call, found)
            return _failed(found)

    def _run(self, call: Call) -> Answer:
        route = self._route(call)
        if route is None:
            return _unrouted(call)
        match = route.pattern.fullmatch(call.path)
        groups = match.groupdict() if match else {}
        call = replace(call, groups={key: value for key, value in groups.items() if value})
        arm.check_version(call, route)
        arm.check_subscription(call)
        if route.versions or route.also:
            arm.check_role(call, route)
        answer = route.run(call)
        if not self.state.switches.canaries or route.public:
            return answer
        return replace(
            answer,
            body=planting.planted(route.action, answer.body, undocumented=self.state.switches.undocumented),
        )

    def _log_refusal(self, call: Call, problem: ArmError) -> None:
        resource = re.sub(r"/(pause|resume|listKeys)$", "", call.path)
        origin = activity.Origin(
            call.action,
            resource,
            principal(call.identity),
            call.correlation_id,
            call.client_request_id,
            call.method,
        )
        self.state.activity.append(activity.event(origin, "Failed", problem.status, self.state.clock.now()))

    def _respond(self, call: Call, answer: Answer) -> web.Response:
        number = len(self.state.requests)
        writes = call.method in WRITES and not _QUESTION.fullmatch(call.path)
        kind, limit = ("writes", WRITE_LIMIT) if writes else ("reads", READ_LIMIT)
        headers = {
            "x-ms-request-id": call.request_id,
            "x-ms-correlation-request-id": call.correlation_id,
            f"x-ms-ratelimit-remaining-subscription-{kind}": str(limit - number % (limit - 100)),
            "x-ms-routing-request-id": f"SANDBOX:{call.request_id}",
            "Cache-Control": "no-cache",
        }
        if call.client_request_id:
            headers["x-ms-client-request-id"] = call.client_request_id
        if self.state.switches.canaries:
            headers |= planting.header_canaries()
            if answer.status >= 400:
                answer = replace(answer, body=planting.spoiled(answer.body))
        headers |= answer.headers
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    def _control(self, request: web.Request, raw: bytes) -> web.Response:
        self.state.settle()
        try:
            answer = control.answer(self.state, request.method, request.path, _json(raw), self.controls)
        except ArmError as problem:
            answer = _failed(problem)
        except (ValueError, TypeError, KeyError) as problem:
            answer = _failed(ArmError(400, "BadRequest", str(problem)))
        return web.json_response(answer.body, status=answer.status)


def guess_action(method: str, path: str) -> str:
    """Return the RBAC action of a request for which there is no route."""
    match = _PROVIDER.match(path)
    if match is None:
        return ""
    parts = match.group(2).strip("/").split("/")
    kinds = "/".join(parts[0::2])
    if method == "POST":
        return f"{match.group(1)}/{kinds}/action"
    return f"{match.group(1)}/{kinds}/{ {'GET': 'read', 'DELETE': 'delete'}.get(method, 'write') }".replace(
        " ", ""
    )


def _unrouted(call: Call) -> Answer:
    if call.method in WRITES and call.action:
        route = Route(call.method, re.compile(""), call.action, frozenset(), lambda _: Answer())
        arm.check_role(call, route)
        raise ArmError(405, "MethodNotAllowed", f"The sandbox does not do {call.method} on this resource.")
    raise ArmError(404, "InvalidResourceType", f"The resource type of '{call.path}' could not be found.")


def _before(fault: Fault | None) -> ArmError | None:
    if fault is None or fault.kind not in _PLANNED or fault.kind.endswith("after_apply"):
        return None
    status, code, message = _PLANNED[fault.kind]
    after = fault.retry_after if fault.retry_after is not None else (1 if status in (429, 503) else None)
    return ArmError(status, code, message, {"Retry-After": str(after)} if after is not None else {})


def _failed(problem: ArmError) -> Answer:
    return Answer(problem.status, problem.body(), problem.headers)


def _json(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise ArmError(
            400, "InvalidRequestContent", "The request content was invalid: it is no JSON."
        ) from None


def _body(request: web.Request, raw: bytes) -> Any:
    if request.method not in WRITES:
        return None
    return login.form_of(raw) if request.content_type == _FORM else _json(raw)


def _reset(request: web.Request) -> web.Response:
    """Cut the connection with a TCP reset, so that no answer arrives."""
    transport = request.transport
    if transport is not None:
        held = transport.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=499)
