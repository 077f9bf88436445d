"""The HTTP port: Slack's requests, health, readiness and metrics. It says nothing to strangers."""

import asyncio
from time import perf_counter

import structlog
from aiohttp import web

from handlers.web.door import MOST_BYTES, Genuine, Refuse, examine
from handlers.web.metrics import Metrics
from handlers.wiring import House

LOG = structlog.get_logger("door")
DEADLINE_SECONDS = 2.5
_LATE = "That took too long and may not have been recorded. Look before you press again."


def web_app(house: House, metrics: Metrics) -> web.Application:
    """Return the application; `/slack/events` exists only where Slack comes by HTTP."""
    app = web.Application(client_max_size=MOST_BYTES + 1, middlewares=[_quiet])
    if house.endpoint is not None:
        app.router.add_post("/slack/events", SlackDoor(house, metrics).receive)
    health = _Health(house, metrics)
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.ready)
    app.router.add_get("/metrics", health.metrics)
    return app


class SlackDoor:
    """Reads a bounded body, proves it, and runs it within Slack's patience."""

    def __init__(self, house: House, metrics: Metrics) -> None:
        self._house = house
        self._metrics = metrics
        self._secret = house.settings.slack_signing_secret.get_secret_value().encode()

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one request."""
        started = perf_counter()
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = self._house.clock.now()
        verdict = examine(headers, await _bounded(request), secret=self._secret, now=now)
        match verdict:
            case Refuse(status, why):
                LOG.warning("door.refused", status=status, why=why)
                self._metrics.requests.labels("unknown", why).inc()
                return web.Response(status=status)
            case Genuine(kind, _):
                answer = await self._run(verdict, headers)
                self._metrics.ack_seconds.labels(kind).observe(perf_counter() - started)
                return answer

    async def _run(self, genuine: Genuine, headers: dict[str, str]) -> web.Response:
        endpoint = self._house.endpoint
        if endpoint is None:
            return web.Response(status=404)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                status, out, body = await endpoint(headers, genuine.body)
        except TimeoutError:
            return self._missed(genuine, "late")
        except Exception:
            LOG.exception("door.bug")
            return self._missed(genuine, "bug")
        self._metrics.requests.labels(genuine.kind, "ok" if status < 400 else "failed").inc()
        media = out.get("content-type", "text/plain").partition(";")[0]
        return web.Response(status=status, text=body, content_type=media)

    def _missed(self, genuine: Genuine, why: str) -> web.Response:
        """Answer what was not run to its end: events are asked for again, people are told."""
        self._metrics.requests.labels(genuine.kind, why).inc()
        if genuine.kind == "event":
            return web.Response(status=503)
        return web.json_response(
            {"response_type": "ephemeral", "text": _LATE} if genuine.kind == "command" else {}
        )


class _Health:
    def __init__(self, house: House, metrics: Metrics) -> None:
        self._house = house
        self._metrics = metrics

    async def alive(self, _: web.Request) -> web.Response:
        """Say that the loop turns; nothing else is looked at."""
        return web.Response(text="ok")

    async def ready(self, _: web.Request) -> web.Response:
        """Say whether the database answers."""
        return web.Response(text="ok") if await self._house.is_ready() else web.Response(status=503)

    async def metrics(self, _: web.Request) -> web.Response:
        """Return the counters."""
        for state, count in (await self._house.archive.runner.counts()).items():
            self._metrics.jobs.labels(state).set(count)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})


async def _bounded(request: web.Request) -> bytes:
    """Return at most one byte more than is allowed, however the body is sent."""
    if (request.content_length or 0) > MOST_BYTES:
        return bytes(MOST_BYTES + 1)
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > MOST_BYTES:
            break
    return bytes(body)


@web.middleware
async def _quiet(request: web.Request, handler: object) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)  # type: ignore[operator]
    except web.HTTPException as error:
        response = web.Response(status=error.status)
    except Exception:
        LOG.exception("web.bug")
        response = web.Response(status=503)
    response.headers["Server"] = ""
    return response
