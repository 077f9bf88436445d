"""A simulated Azure on loopback, its clock, and a small client to ask it things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from sandbox.azure.alerts import Webhook
from sandbox.azure.roles import Role
from sandbox.azure.server import STATE, azure_app, serving
from sandbox.azure.state import AzureState

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
COGNITIVE = "/providers/Microsoft.CognitiveServices"
PROD = f"{SUBSCRIPTION}/resourceGroups/rg-ai-prod{COGNITIVE}/accounts/aoai-contoso-weu"
TEST = f"{SUBSCRIPTION}/resourceGroups/rg-ai-test{COGNITIVE}/accounts/aoai-contoso-test-swc"
TRIAGE = f"{PROD}/deployments/support-triage-ft"
WEST = f"{SUBSCRIPTION}{COGNITIVE}/locations/westeurope"
METRICS = "/providers/Microsoft.Insights/metrics"
LOG = f"{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
VERSION = "2025-12-01"
DOLLARS = {"filter": "$filter", "select": "$select", "page": "$top"}


class MovableClock:
    """Fixed time that a test moves forward."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0
        self._start = datetime(2026, 11, 24, 9, 15, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.offset_seconds)

    def move(self, **by: float) -> None:
        self.offset_seconds += timedelta(**by).total_seconds()


@dataclass
class Reply:
    status: int
    headers: Any
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


@dataclass
class Cloud:
    """The server's URL, its memory, and ways to call it."""

    url: str
    state: AzureState
    clock: MovableClock
    session: aiohttp.ClientSession

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = "sandbox-reader",
        body: Any = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Reply:
        """Send one request; `api_version` and other parameters as keywords, with `page` for `$top`."""
        params = {"api-version": query.pop("api_version", VERSION)}
        params |= {DOLLARS.get(key, key): value for key, value in query.items()}
        sent = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        url = path if path.startswith("http") else self.url + path
        kept = {key: value for key, value in params.items() if value != "none"}
        async with self.session.request(
            method, url, params=kept if not path.startswith("http") else None, json=body, headers=sent
        ) as response:
            kind = response.headers.get("Content-Type", "")
            answer = await response.json() if "json" in kind else await response.text()
            return Reply(response.status, response.headers, answer)

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.call("GET", path, **more)

    async def write(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        return await self.call(method, path, token="sandbox-executor", body=body, **more)

    async def control(self, path: str, body: Any = None, method: str = "POST") -> Reply:
        return await self.call(method, f"/control/{path}", token=None, body=body)

    async def metric(self, path: str, name: str, **more: str) -> list[Any]:
        """Return the series of one metric."""
        reply = await self.get(path + METRICS, api_version="2024-02-01", metricnames=name, **more)
        assert reply.status == 200, reply.body
        return list(reply.body["value"][0]["timeseries"])


@asynccontextmanager
async def cloud(webhook: Webhook | None = None) -> AsyncIterator[Cloud]:
    """Serve a fresh simulated Azure whose operations end at once and whose reader may read all of it."""
    clock = MovableClock()
    app = azure_app(clock, webhook)
    app[STATE].switches.operation_seconds = 0.0
    app[STATE].switches.retry_after = 0
    app[STATE].switches.undocumented = False
    app[STATE].roles["sandbox-reader"] = Role(("*/read",))
    async with serving(app) as url, aiohttp.ClientSession() as session:
        yield Cloud(url, app[STATE], clock, session)


def span(clock: MovableClock, **back: float) -> str:
    """Return the timespan that ends now."""
    end = clock.now()
    begin = end - timedelta(**back)
    return f"{begin:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"


def totals(series: list[Any]) -> dict[str, float]:
    """Return the sum of each series, by its last dimension's value."""
    return {
        one["metadatavalues"][-1]["value"]: sum(point["total"] for point in one["data"]) for one in series
    }
