"""Log Analytics: request logs of the accounts that send them, computed from the same traffic as the metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sandbox.azure import kql, seed
from sandbox.azure.arm import Answer, Call
from sandbox.azure.canaries import canaries
from sandbox.azure.kql import KqlError, Question, Row
from sandbox.azure.names import ArmError, Json, iso, parse_time, stable_guid
from sandbox.azure.state import AzureState, minute_of
from sandbox.azure.traffic import Minute

WORKSPACE_ID = stable_guid("workspace", "log-contoso-weu")
WORKSPACES = {WORKSPACE_ID: seed.PROD}
CATEGORIES = ("Audit", "RequestResponse", "AzureOpenAIRequestUsage")
_SPREAD = (0.45, 0.55, 0.63, 0.7, 0.76, 0.81, 0.86, 0.9, 0.94, 0.98, 1.02, 1.06, 1.1, 1.15, 1.2, 1.27, 1.36)
_TAIL = (1.5, 1.8, 2.6)
_SHAPE = _SPREAD + _TAIL
_OTHERS: tuple[tuple[int, str, Callable[[Minute], float]], ...] = (
    (429, "throttled", lambda one: 11.0),
    (400, "rejected", lambda one: 38.0),
    (500, "failed", lambda one: 2.2 * one.latency_ms),
    (423, "locked", lambda one: 8.0),
)
_COLUMNS = (
    ("TimeGenerated", "datetime"),
    ("_ResourceId", "string"),
    ("Category", "string"),
    ("OperationName", "string"),
    ("ResultSignature", "string"),
    ("DurationMs", "long"),
    ("CallerIPAddress", "string"),
    ("CorrelationId", "string"),
    ("properties_s", "string"),
)
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$", re.IGNORECASE)


def query(call: Call) -> Answer:
    """Answer a query of a workspace.

    Raises:
        ArmError: the workspace is not one that the caller may read, or the query is not understood.
    """
    account = WORKSPACES.get(call.part("workspace").lower())
    if account is None:
        raise ArmError(
            403,
            "InsufficientAccessError",
            "The provided credentials have insufficient access to perform the requested operation",
        )
    body: Json = call.body if isinstance(call.body, dict) else {}
    now = call.state.clock.now()
    try:
        question = kql.read(str(body.get("query", "")), now)
        begin, end = timespan(str(body.get("timespan") or "P1D"), now)
        rows = (row for row in _rows(call.state, account, begin, end) if all(t(row) for t in question.tests))
        table = _summary(question, rows, now) if question.summarized else _listing(question, rows)
    except (KqlError, ValueError) as problem:
        raise ArmError(
            400,
            "BadArgumentError",
            f"The request had some invalid properties: {problem}",
        ) from None
    answer: Json = {"tables": [{"name": "PrimaryResult"} | table]}
    if call.state.switches.logs_partial:
        answer["error"] = _partial()
    return Answer(200, answer)


def _partial() -> Json:
    return {
        "code": "PartialError",
        "message": "There were some errors when processing your query.",
        "details": [
            {
                "code": "EngineError",
                "message": "Something went wrong processing your query on the server.",
                "innererror": {
                    "code": "-2133196797",
                    "message": "The results of this query exceed the set limit, so they are not complete.",
                },
            }
        ],
    }


def timespan(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Return begin and end of `start/end`, `start/duration`, `duration/end` or a duration until now.

    Raises:
        ValueError: it is none of these.
    """
    first, _, last = text.partition("/")
    ended = parse_time(last) if last and not _DURATION.match(last) else None
    if not _DURATION.match(first):
        begin = parse_time(first)
        return begin, ended or (begin + _length(last) if last else now)
    return (ended or now) - _length(first), ended or now


def _length(text: str) -> timedelta:
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"'{text}' is not a time span")
    days, hours, minutes, seconds = (float(one or 0) for one in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _rows(state: AzureState, account: str, begin: datetime, end: datetime) -> Iterator[Row]:
    resource = state.accounts[account].id.upper()
    last = min(minute_of(end), state.now_minute())
    for track in state.tracks.values():
        if track.account != account:
            continue
        for minute, sample in track.minutes(minute_of(begin), last):
            at = datetime.fromtimestamp(minute * 60, UTC)
            for status, duration, weight in _kinds(sample):
                yield Row(at, status, duration, track.name, weight, resource)


def _kinds(sample: Minute) -> Iterator[tuple[int, float, float]]:
    if sample.ok:
        for factor in _SHAPE:
            yield 200, sample.latency_ms * factor, sample.ok / len(_SHAPE)
    for status, name, duration in _OTHERS:
        if getattr(sample, name):
            yield status, duration(sample), float(getattr(sample, name))


def _summary(question: Question, rows: Iterator[Row], now: datetime) -> Json:
    heaps: dict[tuple[Any, ...], list[Row]] = {} if question.keys else {(): []}
    for row in rows:
        heaps.setdefault(tuple(_key(row, column, size) for _, column, size in question.keys), []).append(row)
    columns = [{"name": name, "type": _type(name, column)} for name, column, _ in question.keys]
    columns += [
        {"name": name, "type": "long" if kind in ("count", "countif") else "real"}
        for name, kind, _ in question.figures
    ]
    found = [
        [
            *_shown(question, key),
            *(_figure(question, kind, inner, heap, now) for _, kind, inner in question.figures),
        ]
        for key, heap in sorted(heaps.items(), key=lambda one: [str(part) for part in one[0]])
    ]
    return {"columns": columns, "rows": found[: question.take]}


def _shown(question: Question, key: tuple[Any, ...]) -> list[Any]:
    kinds = [_type(name, column) for name, column, _ in question.keys]
    return [str(part) if kind == "string" else part for kind, part in zip(kinds, key, strict=True)]


def _type(name: str, column: str) -> str:
    if name.lower() == "resultsignature":
        return "string"
    return {"status": "int", "duration": "real", "time": "datetime"}.get(column, "string")


def _key(row: Row, column: str, size: float) -> Any:
    held = getattr(row, column)
    if isinstance(held, datetime):
        stamp = held.timestamp()
        return iso(datetime.fromtimestamp(stamp - stamp % size if size else stamp, UTC))
    return held // size * size if size else held


def _figure(question: Question, kind: str, inner: str, heap: list[Row], now: datetime) -> float | int | None:
    if kind == "count":
        return round(sum(row.weight for row in heap))
    if kind == "countif":
        test = kql.condition(question, inner, now)
        return round(sum(row.weight for row in heap if test(row)))
    column, *rank = kql.split(inner)
    held = sorted((float(getattr(row, question.column(column))), row.weight) for row in heap)
    if not held:
        return None
    if kind == "percentile":
        return round(_ranked(held, float(rank[0]) if rank else 50.0), 3)
    total = sum(value * weight for value, weight in held)
    simple = {"min": held[0][0], "max": held[-1][0], "sum": total}
    return round(simple.get(kind, total / sum(weight for _, weight in held)), 3)


def _ranked(held: list[tuple[float, float]], rank: float) -> float:
    wanted, seen = rank / 100 * sum(weight for _, weight in held), 0.0
    for value, weight in held:
        seen += weight
        if seen >= wanted - 1e-9:
            return value
    return held[-1][0]


def _listing(question: Question, rows: Iterator[Row]) -> Json:
    value = canaries()
    found = [
        [
            iso(row.time),
            row.resource.lower(),
            row.category,
            row.operation,
            str(row.status),
            round(row.duration),
            value["IP"],
            stable_guid("log", row.deployment, row.time, row.status),
            f'{{"modelDeploymentName": "{row.deployment}", "prompt": "{value["prompt"]}", '
            f'"completion": "{value["completion"]}", "caller": "{value["UPN"]}"}}',
        ]
        for row in islice(rows, question.take or 1000)
    ]
    return {"columns": [{"name": name, "type": kind} for name, kind in _COLUMNS], "rows": found}
