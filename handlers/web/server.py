"""The HTTP port: Slack's requests, health, readiness and metrics. It says nothing to strangers."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter

import structlog
from aiohttp import web

from bot.domain.entry import new_ulid
from bot.domain.errors import CountersignError
from bot.render.notice import render_notice_view
from handlers.house import House
from handlers.web.alerts import AlertDoor
from handlers.web.bodies import DEADLINE_SECONDS, bounded
from handlers.web.door import MOST_BYTES, UNSIGNED, Genuine, Refuse, examine
from handlers.web.metrics import Metrics, Now
from storage.figures import Figures

LOG = structlog.get_logger("door")
_LATE = "That took too long and may not have been recorded. Look before you press again."


def web_app(house: House, metrics: Metrics) -> web.Application:
    """Return the application; `/slack/events` exists only where Slack comes by HTTP, `/alerts` where set up."""
    app = web.Application(client_max_size=MOST_BYTES + 1, middlewares=[_quiet])
    if house.endpoint is not None:
        app.router.add_post("/slack/events", SlackDoor(house, metrics).receive)
    if house.settings.takes_alerts and house.role != "executor":
        app.router.add_post("/alerts", AlertDoor(house, metrics).receive)
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
        body = await bounded(request)
        now = self._house.clock.now()
        verdict = body if isinstance(body, Refuse) else examine(headers, body, secret=self._secret, now=now)
        match verdict:
            case Refuse(status, why):
                LOG.warning("door.refused", status=status, why=why)
                self._metrics.requests.labels("unknown", why).inc()
                if status == UNSIGNED:
                    self._house.denials.count_unsigned()
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
        if status >= 500:
            return self._missed(genuine, "bug")
        self._metrics.requests.labels(genuine.kind, "ok" if status < 400 else "failed").inc()
        media = out.get("content-type", "text/plain").partition(";")[0]
        return web.Response(status=status, text=body, content_type=media)

    def _missed(self, genuine: Genuine, why: str) -> web.Response:
        """Answer what was not run to its end: Slack sends events again and marks a click; people are told."""
        self._metrics.requests.labels(genuine.kind, why).inc()
        if genuine.kind == "command":
            return web.json_response({"response_type": "ephemeral", "text": _LATE})
        if genuine.kind == "submission":
            ref = new_ulid(self._house.clock.now())
            LOG.warning("door.missed", ref=ref, why=why)
            view = render_notice_view("Look again", _LATE, ref)
            return web.json_response({"response_action": "update", "view": view})
        return web.Response(status=503)


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
        """Return the counters, and the state of now; what cannot be read is left out."""
        house = self._house
        jobs: Mapping[str, int] = {}
        figures: Figures | None = None
        with suppress(CountersignError, OSError):
            jobs = await house.archive.runner.counts()
            figures = await house.figures() if house.figures is not None else None
        verified = house.trail.last if house.trail is not None else None
        now = Now(jobs, figures, verified, await house.is_connected(), house.skews)
        text = self._metrics.text(now)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})


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
