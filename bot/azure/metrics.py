"""Platform metrics of one deployment, read from the control plane with the same token."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.azure import parse
from bot.azure.errors import AzureRefusedError
from bot.azure.fetch import Fetch
from bot.azure.reader import account_path
from bot.azure.sharing import whole_minutes
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import InvalidInputError
from bot.domain.evidence import Point, Series, Window
from bot.domain.json import Json

API_VERSION = "2024-02-01"
MAX_SERIES = "1000"
METRICS_KEPT = timedelta(seconds=60)
AGGREGATIONS: Mapping[str, str] = {
    "TokenTransaction": "Total",
    "ProcessedPromptTokens": "Total",
    "GeneratedTokens": "Total",
    "AzureOpenAIRequests": "Total",
    "RAIHarmfulRequests": "Total",
    "RAIRejectedRequests": "Total",
    "RAITotalRequests": "Total",
    "AzureOpenAITimeToResponse": "Average",
    "AzureOpenAITTLTInMS": "Average",
    "AzureOpenAINormalizedTTFTInMS": "Average",
    "AzureOpenAITokenPerSecond": "Average",
    "AzureOpenAIAvailabilityRate": "Average",
    "AzureOpenAIProvisionedManagedUtilizationV2": "Average",
}
DIMENSIONS = frozenset({"StatusCode", "ModelName", "ModelVersion", "StreamType", "IsSpillover", "Region"})
_INTERVALS: Mapping[timedelta, str] = {
    timedelta(minutes=1): "PT1M",
    timedelta(minutes=5): "PT5M",
    timedelta(minutes=15): "PT15M",
    timedelta(minutes=30): "PT30M",
    timedelta(hours=1): "PT1H",
    timedelta(hours=6): "PT6H",
    timedelta(hours=12): "PT12H",
    timedelta(days=1): "P1D",
}


class ArmMetrics:
    """Reads of Microsoft.Insights; implements `bot.ports.azure.MetricsReader`."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def series(
        self, ref: DeploymentRef, metric: str, window: Window, *, interval: timedelta, split_by: str = ""
    ) -> Sequence[Series]:
        """Return the metric per bucket, one series per value of `split_by`, sorted by that value.

        Raises:
            InvalidInputError: no such metric, dimension or interval.
            NotFoundError, AzureUnavailableError: as every read.
        Source: az monitor metrics list
        """
        if metric not in AGGREGATIONS or interval not in _INTERVALS or split_by not in DIMENSIONS | {""}:
            raise InvalidInputError(f"There is no metric {metric} by {split_by or 'time'} every {interval}.")
        window = whole_minutes(window)
        chosen = f"ModelDeploymentName eq '{ref.deployment}'"
        query = {
            "api-version": API_VERSION,
            "metricnames": metric,
            "timespan": f"{_time(window.start)}/{_time(window.end)}",
            "interval": _INTERVALS[interval],
            "aggregation": AGGREGATIONS[metric],
            "$filter": f"{chosen} and {split_by} eq '*'" if split_by else chosen,
            "top": MAX_SERIES,
        }
        path = f"{account_path(ref.account)}/providers/Microsoft.Insights/metrics"
        what = f"the metric {metric} of {ref.deployment}"

        def read(body: Mapping[str, Json]) -> Sequence[Series]:
            return read_series(body, metric, AGGREGATIONS[metric], split_by)

        return await self._fetch.one(path, query, read, what=what, keep=METRICS_KEPT)


def read_series(body: Mapping[str, Json], metric: str, aggregation: str, split_by: str) -> Sequence[Series]:
    """Return the series of one metric in an answer; a metric without samples is one empty series.

    Raises:
        AzureRefusedError: Azure says that it could not read the metric.
    """
    found: list[Series] = []
    for item in parse.items(body, "value"):
        if parse.word(parse.at(item, "name"), "value").lower() != metric.lower():
            continue
        code = parse.word(item, "errorCode")
        if code not in ("", "Success"):
            raise AzureRefusedError(f"Azure could not read the metric {metric} ({code}).")
        value = aggregation.lower()
        found.extend(_series(raw, metric, value, split_by) for raw in parse.items(item, "timeseries"))
    if not found and not split_by:
        return (Series(metric, "", ()),)
    return sorted(found, key=lambda each: each.dimension)


def _series(raw: Mapping[str, Json], metric: str, value: str, split_by: str) -> Series:
    dimension = ""
    for entry in parse.items(raw, "metadatavalues"):
        if split_by and parse.word(parse.at(entry, "name"), "value").lower() == split_by.lower():
            dimension = parse.word(entry, "value")
    points = [_point(entry, value) for entry in parse.items(raw, "data")]
    return Series(metric, dimension, tuple(sorted(points, key=lambda point: point.at)))


def _point(raw: Mapping[str, Json], value: str) -> Point:
    at = parse.moment(raw.get("timeStamp"))
    if at is None:
        raise ValueError("timeStamp")
    measured = raw.get(value)
    if measured is None:
        return Point(at, None)
    if isinstance(measured, bool) or not isinstance(measured, int | float):
        raise TypeError(value)
    return Point(at, float(measured))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
