"""Azure Monitor's platform metrics, computed when asked."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import NamedTuple
from urllib.parse import unquote

from sandbox.azure import seed
from sandbox.azure.arm import Answer, Call
from sandbox.azure.names import COGNITIVE, ArmError, Json, iso_seconds, parse_time
from sandbox.azure.seed import Account
from sandbox.azure.state import AzureState, minute_of
from sandbox.azure.traffic import Hour, Minute, Track

INTERVALS = {
    "PT1M": 1,
    "PT5M": 5,
    "PT15M": 15,
    "PT30M": 30,
    "PT1H": 60,
    "PT6H": 360,
    "PT12H": 720,
    "P1D": 1440,
}
HARMS = ("Hate", "Sexual", "Violence", "SelfHarm", "Jailbreak")
LONGEST_MINUTES = 93 * 1440
NAMESPACE = f"{COGNITIVE}/accounts"
_CLAUSE = re.compile(r"^\s*(\w+)\s+eq\s+'([^']*)'\s*$", re.IGNORECASE)
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$")
_CODES: tuple[tuple[str, Callable[[Minute], int]], ...] = (
    ("200", lambda one: one.ok),
    ("429", lambda one: one.throttled),
    ("400", lambda one: one.rejected),
    ("500", lambda one: one.failed),
    ("423", lambda one: one.locked),
)


class Point(NamedTuple):
    """What one minute adds to a series: how many samples and their sum, least and greatest."""

    total: float
    samples: float
    least: float
    most: float


Rows = Iterator[tuple[Json, Point]]


@dataclass(frozen=True)
class Metric:
    """One platform metric: its words, its dimensions and how a minute becomes rows of (dimensions, point)."""

    name: str
    title: str
    unit: str
    primary: str
    dimensions: tuple[str, ...]
    rows: Callable[[Minute], Rows]


def _counted(value: float) -> Point:
    return Point(value, 1.0, value, value)


def _amount(field: str) -> Callable[[Minute], Rows]:
    def rows(one: Minute) -> Rows:
        value = getattr(one, field)
        if value:
            yield {}, _counted(float(value))

    return rows


def _tokens(one: Minute) -> Rows:
    if one.ok:
        yield {}, _counted(float(one.prompt + one.generated))


def _requests(one: Minute) -> Rows:
    for code, count in _CODES:
        if count(one):
            yield {"statuscode": code}, _counted(float(count(one)))


def _latency(one: Minute) -> Rows:
    if one.ok:
        spread = one.latency_ms * 0.45, one.latency_ms * 2.6
        yield {"statuscode": "200"}, Point(one.latency_ms * one.ok, float(one.ok), *spread)


def _last_byte(one: Minute) -> Rows:
    if one.ok:
        value = one.latency_ms * 1.35
        yield {}, Point(value * one.ok, float(one.ok), value * 0.45, value * 2.6)


def _first_byte(one: Minute) -> Rows:
    """The time to the first token, for each token of the prompt."""
    if one.ok and one.prompt:
        value = one.latency_ms * one.ok / one.prompt
        yield {}, Point(value * one.ok, float(one.ok), value * 0.45, value * 2.6)


def _speed(one: Minute) -> Rows:
    if one.ok and one.generated:
        value = one.generated / one.ok / (one.latency_ms * 0.35 / 1000)
        yield {}, Point(value * one.ok, float(one.ok), value * 0.45, value * 2.6)


def _available(one: Minute) -> Rows:
    if one.requests:
        value = 100.0 * (one.requests - one.failed) / one.requests
        yield {}, Point(value, 1.0, value, value)


def _harms(field: str, *, severity: bool) -> Callable[[Minute], Rows]:
    def rows(one: Minute) -> Rows:
        value = getattr(one, field)
        if value:
            named: Json = {"category": HARMS[one.category], "texttype": "Prompt"}
            yield named | ({"severity": "Medium"} if severity else {}), _counted(float(value))

    return rows


def _nothing(one: Minute) -> Rows:
    yield from ()


_COMMON = ("ApiName", "ModelDeploymentName", "FeatureName", "UsageChannel", "Region")
_OPENAI = (
    "ApiName",
    "OperationName",
    "Region",
    "StreamType",
    "ModelDeploymentName",
    "ModelName",
    "ModelVersion",
)
_SAFETY = ("ApiName", "Region", "ModelDeploymentName", "ModelName", "ModelVersion", "TextType")
TRAINING = "FineTunedTrainingHours"

METRICS: dict[str, Metric] = {
    metric.name.lower(): metric
    for metric in (
        Metric(
            "TokenTransaction",
            "Processed Inference Tokens",
            "Count",
            "Total",
            (*_COMMON, "ModelVersion"),
            _tokens,
        ),
        Metric(
            "ProcessedPromptTokens",
            "Processed Prompt Tokens",
            "Count",
            "Total",
            (*_COMMON, "ModelVersion"),
            _amount("prompt"),
        ),
        Metric(
            "GeneratedTokens",
            "Generated Completion Tokens",
            "Count",
            "Total",
            (*_COMMON, "ModelVersion"),
            _amount("generated"),
        ),
        Metric(
            "AzureOpenAIRequests",
            "Azure OpenAI Requests",
            "Count",
            "Total",
            (*_OPENAI, "StatusCode", "IsSpillover", "ServiceTierRequest", "ServiceTierResponse"),
            _requests,
        ),
        Metric(
            "AzureOpenAITimeToResponse",
            "Time to Response",
            "MilliSeconds",
            "Average",
            (*_OPENAI, "StatusCode"),
            _latency,
        ),
        Metric("AzureOpenAITTLTInMS", "Time to Last Byte", "MilliSeconds", "Average", _OPENAI, _last_byte),
        Metric(
            "AzureOpenAINormalizedTTFTInMS",
            "Normalized Time to First Byte",
            "MilliSeconds",
            "Average",
            _OPENAI,
            _first_byte,
        ),
        Metric("AzureOpenAITokenPerSecond", "Tokens Per Second", "Count", "Average", _OPENAI, _speed),
        Metric(
            "AzureOpenAIAvailabilityRate",
            "AzureOpenAI Availability Rate",
            "Percent",
            "Average",
            _OPENAI,
            _available,
        ),
        Metric(
            "AzureOpenAIProvisionedManagedUtilizationV2",
            "Provisioned-managed Utilization V2",
            "Percent",
            "Average",
            _OPENAI,
            _amount("utilization"),
        ),
        Metric(
            "RAITotalRequests", "Total Volume Sent For Safety Check", "Count", "Total", _SAFETY, _amount("ok")
        ),
        Metric(
            "RAIRejectedRequests",
            "Blocked Volume",
            "Count",
            "Total",
            (*_SAFETY, "Category"),
            _harms("filtered", severity=False),
        ),
        Metric(
            "RAIHarmfulRequests",
            "Harmful Volume Detected",
            "Count",
            "Total",
            (*_SAFETY, "Category", "Severity"),
            _harms("harmful", severity=True),
        ),
        Metric(TRAINING, "Processed FineTuned Training Hours", "Count", "Total", _COMMON, _nothing),
    )
}


# of the total, the samples, the least and the greatest of a bucket
_FIGURES: dict[str, Callable[[list[float]], float]] = {
    "total": lambda held: round(held[0], 3),
    "count": lambda held: held[1],
    "minimum": lambda held: round(held[2], 3),
    "maximum": lambda held: round(held[3], 3),
    "average": lambda held: round(held[0] / held[1], 3) if held[1] else 0.0,
}


@dataclass(frozen=True)
class Query:
    """One metrics question, read and checked."""

    account: Account
    metrics: tuple[Metric, ...]
    first: int
    end: int
    step: int
    interval: str
    timespan: str
    aggregations: tuple[str, ...]
    clauses: dict[str, tuple[str, ...]]
    top: int
    metadata: bool
    descending: bool

    def buckets(self) -> int:
        """Return how many points a series has."""
        return max(1, -(-(self.end - self.first) // self.step))


def answer(call: Call) -> Answer:
    """Answer `Microsoft.Insights/metrics` of an account."""
    query = read_query(call)
    body: Json = {
        "cost": query.end - query.first,
        "timespan": query.timespan,
        "interval": query.interval,
        "namespace": NAMESPACE,
        "resourceregion": query.account.location,
        "value": [_metric_body(call.state, query, metric) for metric in query.metrics],
    }
    return Answer(200, body)


def definitions(call: Call) -> Answer:
    """Answer `Microsoft.Insights/metricDefinitions` of an account."""
    account = call.account()
    return Answer(200, {"value": [_definition(account, metric) for metric in METRICS.values()]})


def _definition(account: Account, metric: Metric) -> Json:
    return {
        "id": f"{account.id}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": account.id,
        "namespace": NAMESPACE,
        "category": "Azure OpenAI",
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.title,
        "isDimensionRequired": False,
        "unit": metric.unit,
        "primaryAggregationType": metric.primary,
        "supportedAggregationTypes": ["Total", "Average", "Minimum", "Maximum", "Count"],
        "metricAvailabilities": [{"timeGrain": name, "retention": "P93D"} for name in INTERVALS],
        "dimensions": [{"value": one, "localizedValue": one} for one in metric.dimensions],
    }


def read_query(call: Call) -> Query:
    """Return the question that the parameters ask.

    Raises:
        ArmError: 400 BadRequest where a parameter is wrong.
    """
    names = [name.strip() for name in (call.ask("metricnames") or "").split(",") if name.strip()]
    metrics = tuple(_named(name) for name in names)
    if not metrics:
        raise ArmError(400, "BadRequest", "The metricnames parameter is required.")
    clauses = read_filter(call.ask("$filter"))
    for metric in metrics:
        _check_dimensions(metric, clauses)
    first, end, timespan = _read_timespan(call)
    interval = (call.ask("interval") or "PT1M").upper()
    step = end - first if interval == "FULL" else INTERVALS.get(interval, 0)
    if step <= 0:
        known = ", ".join(INTERVALS)
        raise ArmError(400, "BadRequest", f"Detected invalid time grain input {interval}. Valid: {known}.")
    first = _kept_from(call, first, end, 1 if interval == "FULL" else step)
    top = call.ask("top") or "10"
    if not top.isdigit() or top == "0":
        raise ArmError(400, "BadRequest", f"The top parameter '{top}' is not a number above 0.")
    return Query(
        call.account(),
        metrics,
        first,
        end,
        step,
        interval,
        timespan,
        _read_aggregations(call, metrics[0]),
        clauses,
        int(top),
        (call.ask("resulttype") or "").lower() == "metadata",
        (call.ask("orderby") or "").lower().endswith("desc"),
    )


def _named(name: str) -> Metric:
    metric = METRICS.get(name.lower())
    if metric is None:
        known = ",".join(one.name for one in METRICS.values())
        raise ArmError(
            400,
            "BadRequest",
            f"Failed to find metric configuration for provider: {COGNITIVE}, resource Type: accounts, "
            f"metric: {name}, Valid metrics: {known}",
        )
    return metric


def read_filter(text: str | None) -> dict[str, tuple[str, ...]]:
    """Return for each dimension the values that a `$filter` asks for ('*' is all of them, apart).

    Raises:
        ArmError: 400 BadRequest for anything but `A eq 'x' and B eq '*'`, with `or` within one dimension.
    """
    found: dict[str, tuple[str, ...]] = {}
    if not text:
        return found
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE):
        for clause in re.split(r"\s+or\s+", part.strip().strip("()"), flags=re.IGNORECASE):
            match = _CLAUSE.match(clause)
            if match is None:
                raise ArmError(400, "BadRequest", f"Invalid filter string: '{clause}'.")
            name = match.group(1).lower()
            found[name] = (*found.get(name, ()), match.group(2))
    return found


def _check_dimensions(metric: Metric, clauses: dict[str, tuple[str, ...]]) -> None:
    known = {one.lower() for one in metric.dimensions}
    for name in clauses:
        if name not in known:
            raise ArmError(
                400,
                "BadRequest",
                f"Metric: {metric.name} does not support requested dimension combination: {name}, "
                f"supported ones are: {','.join(metric.dimensions)}",
            )


def _read_aggregations(call: Call, metric: Metric) -> tuple[str, ...]:
    asked = [one.strip().lower() for one in (call.ask("aggregation") or metric.primary).split(",")]
    for one in asked:
        if one not in _FIGURES:
            raise ArmError(400, "BadRequest", f"The aggregation '{one}' is not supported.")
    return tuple(asked)


def _read_timespan(call: Call) -> tuple[int, int, str]:
    now = call.state.clock.now()
    text = call.ask("timespan") or "PT1H"
    if "%" in text:
        text = unquote(text)
    begin, finish = _span(text, now)
    if finish <= begin:
        raise ArmError(400, "BadRequest", "The start time cannot be later than or equal to the end time.")
    first = minute_of(begin)
    end = max(first + 1, minute_of(finish))
    if end - max(first, minute_of(now) - LONGEST_MINUTES) > LONGEST_MINUTES + 1440:
        raise ArmError(400, "BadRequest", "The timespan is longer than the retention of 93 days.")
    return first, end, f"{iso_seconds(begin)}/{iso_seconds(finish)}"


def _kept_from(call: Call, first: int, end: int, step: int) -> int:
    """Return the first minute that is kept: where what was asked for is gone, the next bucket's beginning."""
    oldest = -(-(minute_of(call.state.clock.now()) - LONGEST_MINUTES) // step) * step
    return first if first >= oldest else min(oldest, end - 1)


def _span(text: str, now: datetime) -> tuple[datetime, datetime]:
    match = _DURATION.match(text.upper())
    if match and any(match.groups()):
        days, hours, minutes = (int(one or 0) for one in match.groups())
        return now - timedelta(days=days, hours=hours, minutes=minutes), now
    begin, _, finish = text.partition("/")
    try:
        return parse_time(begin), parse_time(finish)
    except ValueError:
        raise ArmError(400, "BadRequest", f"The timespan '{text}' is invalid.") from None


Sums = dict[int, list[float]]
Series = dict[tuple[str, ...], Sums]


def _metric_body(state: AzureState, query: Query, metric: Metric) -> Json:
    series = _collect(state, query, metric)
    ordered = sorted(series.items(), key=lambda one: one[0])
    if query.descending:
        ordered.sort(key=lambda one: -sum(sums[0] for sums in one[1].values()))
    if query.clauses:
        ordered = ordered[: query.top]
    return {
        "id": f"{query.account.id}/providers/Microsoft.Insights/metrics/{metric.name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.title,
        "unit": metric.unit,
        "timeseries": [_series_body(query, metric, key, sums) for key, sums in ordered],
        "errorCode": "Success",
    }


def _collect(state: AzureState, query: Query, metric: Metric) -> Series:
    """Return the sums of each bucket, for each combination of the dimensions asked for."""
    series: Series = {}
    if not query.clauses:
        series[()] = {}
    last = min(query.end, state.now_minute())
    for track in state.tracks.values():
        fixed = _fixed(track)
        if track.account != query.account.name or not _wanted(query, fixed):
            continue
        heap = Heap(query, series, fixed)
        for hour in track.hours(query.first, last):
            for column in _columns(hour, metric):
                heap.add(column, last)
    if metric.name == TRAINING:
        _train(state, query, series)
    return series


def _doubles() -> array[float]:
    return array("d")


@dataclass(frozen=True)
class Column:
    """The points of one combination of dimensions, oldest first."""

    named: Json
    minutes: list[int] = field(default_factory=list)
    totals: array[float] = field(default_factory=_doubles)
    samples: array[float] = field(default_factory=_doubles)
    least: array[float] = field(default_factory=_doubles)
    most: array[float] = field(default_factory=_doubles)

    def add(self, minute: int, point: Point) -> None:
        """Add a point."""
        self.minutes.append(minute)
        self.totals.append(point.total)
        self.samples.append(point.samples)
        self.least.append(point.least)
        self.most.append(point.most)


def _columns(hour: Hour, metric: Metric) -> Iterable[Column]:
    """Return an hour's points of a metric, made when they are first asked for."""
    made: Iterable[Column] | None = hour.made.get(metric.name)
    if made is None:
        found: dict[tuple[str, ...], Column] = {}
        for minute, sample in hour.samples:
            for named, point in metric.rows(sample):
                key = tuple(named.values())
                if key not in found:
                    found[key] = Column(named)
                found[key].add(minute, point)
        made = hour.made[metric.name] = tuple(found.values())
    return made


class Heap:
    """Adds points of one deployment to the series that they belong to."""

    def __init__(self, query: Query, series: Series, fixed: Json) -> None:
        self._query = query
        self._series = series
        self._fixed = fixed
        self._found: dict[tuple[str, ...], Sums | None] = {}
        self._extremes = not {"minimum", "maximum"}.isdisjoint(query.aggregations)

    def add(self, column: Column, last: int) -> None:
        """Add what a column has within the question's time and before `last`, bucket by bucket."""
        minutes, first, step = column.minutes, self._query.first, self._query.step
        begin, end = bisect_left(minutes, first), bisect_left(minutes, last)
        sums = self._of(column.named) if begin < end else None
        if sums is None:
            return
        while begin < end:
            bucket = (minutes[begin] - first) // step
            stop = bisect_left(minutes, first + (bucket + 1) * step, begin, end)
            held = sums.setdefault(bucket, [0.0, 0.0, inf, -inf])
            held[0] = sum(column.totals[begin:stop], held[0])
            held[1] = sum(column.samples[begin:stop], held[1])
            if self._extremes:
                held[2] = min(held[2], *column.least[begin:stop])
                held[3] = max(held[3], *column.most[begin:stop])
            begin = stop

    def _of(self, named: Json) -> Sums | None:
        key = tuple(named.values())
        if key not in self._found:
            self._found[key] = self._sums(self._fixed | named)
        return self._found[key]

    def _sums(self, named: Json) -> Sums | None:
        if not _wanted(self._query, named):
            return None
        key = tuple(str(named.get(name, "")) for name in self._query.clauses)
        return self._series.setdefault(key, {})


def _fixed(track: Track) -> Json:
    setting = track.settings[-1]
    return _lowered(
        {
            "ModelDeploymentName": track.name,
            "ModelName": setting.model,
            "ModelVersion": setting.version,
            "Region": track.location,
            "ApiName": "Azure OpenAI Stream Analytics",
            "OperationName": "ChatCompletions_Create",
            "StreamType": "Non-Streaming",
            "FeatureName": "None",
            "UsageChannel": "Endpoint",
            "IsSpillover": "False",
            "ServiceTierRequest": "default",
            "ServiceTierResponse": "default",
        }
    )


def _lowered(named: Json) -> Json:
    return {key.lower(): value for key, value in named.items()}


def _wanted(query: Query, named: Json) -> bool:
    for name, values in query.clauses.items():
        value = named.get(name)
        if value is None or "*" in values:
            continue
        if str(value).lower() not in {one.lower() for one in values}:
            return False
    return True


def _train(state: AzureState, query: Query, series: Series) -> None:
    for job in seed.JOBS:
        if job.account != query.account.name or job.ended_days is None:
            continue
        minute = minute_of(state.start - timedelta(days=job.ended_days))
        if query.first <= minute < query.end:
            named = _lowered(
                {"ModelDeploymentName": job.suffix, "Region": query.account.location, "ApiName": "FineTune"}
            )
            hours = Column({})
            hours.add(minute, _counted(job.hours))
            Heap(query, series, named).add(hours, query.end)


def _series_body(query: Query, metric: Metric, key: tuple[str, ...], sums: Sums) -> Json:
    named = [
        {"name": {"value": name, "localizedValue": name}, "value": value}
        for name, value in zip(query.clauses, key, strict=True)
    ]
    if query.metadata:
        return {"metadatavalues": named}
    data: list[Json] = []
    for bucket in range(query.buckets()):
        point: Json = {"timeStamp": _time(query.first + bucket * query.step)}
        data.append(point | _values(query, metric, sums.get(bucket)))
    return {"metadatavalues": named, "data": data}


@lru_cache(maxsize=20_000)
def _time(minute: int) -> str:
    return iso_seconds(datetime.fromtimestamp(minute * 60, UTC))


def _values(query: Query, metric: Metric, held: list[float] | None) -> Json:
    if held is None:
        counts = metric.primary == "Total"
        return {name: 0.0 for name in query.aggregations if name in ("total", "count") and counts}
    return {name: _FIGURES[name](held) for name in query.aggregations}
