"""The request logs of one deployment, read from Log Analytics by two fixed queries."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.monitor.query import LogsQueryPartialResult
from azure.monitor.query.aio import LogsQueryClient

from bot.azure import parse
from bot.azure.endpoints import Endpoints
from bot.azure.errors import signed_out
from bot.azure.fetch import Fetch
from bot.azure.reader import account_path
from bot.azure.replies import Reply, parse_json
from bot.azure.sharing import whole_minutes
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.evidence import Window
from bot.domain.inventory import LogFigures
from bot.domain.json import Json

LOGS_KEPT = timedelta(seconds=60)
WORKSPACE = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEPLOYMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATUS = re.compile(r"[1-5][0-9]{2}")
# The only queries there are. They name columns one by one: no body, address or caller leaves the workspace.
_SEEN = """\
AzureDiagnostics
| where ResourceProvider == "MICROSOFT.COGNITIVESERVICES" and Category == "RequestResponse"
| where _ResourceId =~ "{account}"
| extend Properties = parse_json(properties_s), Status = toint(ResultSignature)
| where tostring(Properties.modelDeploymentName) == "{deployment}"
"""
QUERIES: Mapping[str, str] = {
    "times": f"{_SEEN}| summarize n = count(), p50 = percentile(DurationMs, 50), "
    "p95 = percentile(DurationMs, 95), p99 = percentile(DurationMs, 99)",
    "statuses": f"{_SEEN}| summarize n = count() by Status",
}


class LogAnalytics:
    """Reads of Log Analytics; implements `bot.ports.inventory.LogsReader`."""

    def __init__(self, fetch: Fetch, client: LogsQueryClient, endpoints: Endpoints) -> None:
        self._fetch = fetch
        self._client = client
        self._url = endpoints.query_url.rstrip("/")

    async def figures(self, ref: DeploymentRef, window: Window) -> LogFigures:
        """Return counts by status and percentiles of the duration of requests."""
        workspace = ref.account.log_workspace
        if not workspace:
            raise NotFoundError(
                f"No Log Analytics workspace is configured for {ref.account.name}.",
                advice="Set its `log_workspace` in countersign.toml to the workspace's id.",
            )
        if not WORKSPACE.fullmatch(workspace):
            raise InvalidInputError(f"{workspace!r} is not the id of a workspace.", field="log_workspace")
        times, statuses = await asyncio.gather(
            self._ask(ref, workspace, "times", window), self._ask(ref, workspace, "statuses", window)
        )
        return parse.parsed(lambda: read_figures(times, statuses), f"the logs of {ref.deployment}")

    async def _ask(self, ref: DeploymentRef, workspace: str, name: str, window: Window) -> Mapping[str, Json]:
        query, window = query_of(name, ref), whole_minutes(window)

        async def send() -> Reply | None:
            return await self._send(workspace, query, window)

        url = f"{self._url}/v1/workspaces/{workspace}/query"
        asked = f"{name} {ref.key} {window.start.isoformat()} {window.end.isoformat()}"
        return await self._fetch.ask(url, asked, send, what=f"the logs of {ref.deployment}", keep=LOGS_KEPT)

    async def _send(self, workspace: str, query: str, window: Window) -> Reply | None:
        try:
            found = await self._client.query_workspace(workspace, query, timespan=(window.start, window.end))
        except HttpResponseError as error:
            return _refusal(error)
        except AzureError:
            return None
        partial = isinstance(found, LogsQueryPartialResult)
        tables = found.partial_data if isinstance(found, LogsQueryPartialResult) else found.tables
        rows: list[Json] = [
            dict(zip(table.columns, row, strict=True)) for table in tables for row in table.rows
        ]
        return Reply(200, {"rows": rows, "partial": partial}, {})


def query_of(name: str, ref: DeploymentRef) -> str:
    """Return a query for one deployment; raise InvalidInputError when a name could change it."""
    if not _DEPLOYMENT.fullmatch(ref.deployment):
        raise InvalidInputError(f"{ref.deployment!r} is not a deployment name.", field="deployment")
    return QUERIES[name].format(account=account_path(ref.account), deployment=ref.deployment)


def read_figures(times: Mapping[str, Json], statuses: Mapping[str, Json]) -> LogFigures:
    """Return the figures of both answers; they are partial when either is."""
    rows = {str(row.get("Status")): parse.integer(row, "n") for row in parse.items(statuses, "rows")}
    by_status = {status: n for status, n in sorted(rows.items()) if _STATUS.fullmatch(status)}
    whole = next(iter(parse.items(times, "rows")), {})
    return LogFigures(
        requests=parse.integer(whole, "n"),
        throttled=by_status.get("429", 0),
        client_errors=_sum(by_status, "4"),
        server_errors=_sum(by_status, "5"),
        p50_ms=_milliseconds(whole, "p50"),
        p95_ms=_milliseconds(whole, "p95"),
        p99_ms=_milliseconds(whole, "p99"),
        partial=times.get("partial") is True or statuses.get("partial") is True,
        by_status=by_status,
    )


def _sum(by_status: Mapping[str, int], digit: str) -> int:
    return sum(n for status, n in by_status.items() if status.startswith(digit))


def _milliseconds(row: Mapping[str, Json], name: str) -> float | None:
    value = row.get(name)
    return None if value is None or value == "NaN" else float(parse.number(value))


def _refusal(error: HttpResponseError) -> Reply:
    """Return what a refusal says; raise AzureUnavailableError when there is none, only no token."""
    response: Any = error.response
    if response is None:
        raise signed_out()
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    return Reply(int(response.status_code), parse_json(response.content), headers)
