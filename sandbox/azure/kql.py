"""The part of the Kusto query language that questions about request logs use, read into plain values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sandbox.azure.names import parse_time

COLUMNS = {
    "status": ("resultsignature", "httpstatuscode"),
    "duration": ("durationms",),
    "time": ("timegenerated",),
    "deployment": ("modeldeploymentname",),
    "resource": ("_resourceid", "resourceid"),
    "category": ("category",),
    "provider": ("resourceprovider",),
    "operation": ("operationname",),
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NUMBER = r"(-?\d+(?:\.\d+)?)"


class KqlError(Exception):
    """The question is not understood."""


class Row(NamedTuple):
    """A kind of log row: `weight` requests of one minute that look alike."""

    time: datetime
    status: int
    duration: float
    deployment: str
    weight: float
    resource: str
    category: str = "RequestResponse"
    provider: str = "MICROSOFT.COGNITIVESERVICES"
    operation: str = "ChatCompletions_Create"


Test = Callable[[Row], bool]


@dataclass
class Question:
    """A query, read: which rows, and what to make of them."""

    tests: list[Test] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    figures: list[tuple[str, str, str]] = field(default_factory=list)
    keys: list[tuple[str, str, float]] = field(default_factory=list)
    take: int | None = None
    summarized: bool = False

    def column(self, text: str) -> str:
        """Return which column an expression means: by alias, or by a name within it.

        Raises:
            KqlError: no column is in it.
        """
        plain = text.strip().lower()
        if plain in self.names:
            return self.names[plain]
        for column, spellings in COLUMNS.items():
            if any(one in plain for one in spellings):
                return column
        for name, column in self.names.items():
            if re.search(rf"\b{re.escape(name)}\b", plain):
                return column
        raise KqlError(f"'{text.strip()}' is not a column of AzureDiagnostics")


def read(text: str, now: datetime) -> Question:
    """Return what a query asks.

    Raises:
        KqlError: a part of it is not understood.
    """
    steps = [step.strip() for step in re.split(r"\|(?!\|)", _without_comments(text)) if step.strip()]
    if not steps or steps[0].lower() != "azurediagnostics":
        raise KqlError(f"'{steps[0] if steps else ''}' could not be resolved as a table")
    question = Question()
    for step in steps[1:]:
        verb, _, rest = step.partition(" ")
        _step(question, verb.lower(), rest.strip(), now)
    return question


def _without_comments(text: str) -> str:
    return "\n".join(line.split("//")[0] for line in text.splitlines() if not line.startswith("let "))


def _step(question: Question, verb: str, rest: str, now: datetime) -> None:
    if verb == "where":
        question.tests.append(condition(question, rest, now))
    elif verb == "extend":
        _extend(question, rest)
    elif verb == "summarize":
        _summarize(question, rest)
    elif verb in ("take", "limit") and rest.isdigit():
        question.take = int(rest)
    elif verb not in ("project", "order", "sort", "project-away", "top"):
        raise KqlError(f"the operator '{verb}' is not known to the sandbox")


def _extend(question: Question, text: str) -> None:
    for part in split(text):
        name, _, expression = part.partition("=")
        try:
            question.names[name.strip().lower()] = question.column(expression)
        except KqlError:
            question.names[name.strip().lower()] = "properties"


def _summarize(question: Question, text: str) -> None:
    question.summarized = True
    wanted, *by = re.split(r"\bby\b", text, maxsplit=1, flags=re.IGNORECASE)
    for part in split(wanted):
        named = re.match(r"^\s*(\w+)\s*=(?!=)(.*)$", part, re.DOTALL)
        name, expression = (named.group(1), named.group(2)) if named else ("", part)
        _figure(question, name, expression.strip())
    for part in split(by[0]) if by else []:
        named = re.match(r"^\s*(\w+)\s*=(?!=)(.*)$", part, re.DOTALL)
        name, expression = (named.group(1), named.group(2)) if named else ("", part)
        binned = re.match(rf"^\s*bin\s*\((.+),\s*{_NUMBER}\s*([smhd])\s*\)\s*$", expression, re.IGNORECASE)
        inner = binned.group(1) if binned else expression
        size = float(binned.group(2)) * _UNITS[binned.group(3).lower()] if binned else 0.0
        question.keys.append((name or inner.strip(), question.column(inner), size))


def _figure(question: Question, name: str, text: str) -> None:
    call = re.match(r"^(\w+)\s*\((.*)\)$", text, re.DOTALL)
    if call is None:
        raise KqlError(f"'{text}' is not an aggregation")
    kind, inner = call.group(1).lower(), call.group(2).strip()
    if kind == "percentiles":
        column, *ranks = split(inner)
        for rank in ranks:
            question.figures.append((f"percentile_{column}_{rank}", "percentile", f"{column},{rank}"))
        return
    if kind not in ("count", "countif", "percentile", "avg", "min", "max", "sum"):
        raise KqlError(f"the aggregation '{kind}' is not known to the sandbox")
    question.figures.append((name or f"{kind}_{inner.split(',')[0]}", kind, inner))


def split(text: str) -> list[str]:
    """Return the parts between commas that are in no parenthesis."""
    parts, depth, begin = [], 0, 0
    for index, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append(text[begin:index])
            begin = index + 1
    return [part.strip() for part in [*parts, text[begin:]] if part.strip()]


def condition(question: Question, text: str, now: datetime) -> Test:
    """Return a test of rows for conditions joined by `and`, each perhaps of alternatives joined by `or`.

    Raises:
        KqlError: a condition is not understood.
    """
    tests = [_either(question, part, now) for part in _words(text, "and")]
    return lambda row: all(test(row) for test in tests)


def _words(text: str, word: str) -> list[str]:
    parts, depth, begin = [], 0, 0
    for match in re.finditer(rf"[()]|\b{word}\b", text, re.IGNORECASE):
        if match.group() in "()":
            depth += 1 if match.group() == "(" else -1
        elif not depth:
            parts.append(text[begin : match.start()])
            begin = match.end()
    return [*parts, text[begin:]]


def _either(question: Question, text: str, now: datetime) -> Test:
    plain = text.strip()
    if plain.startswith("(") and plain.endswith(")"):
        return condition(question, plain[1:-1], now)
    tests = [_one(question, part.strip(), now) for part in _words(plain, "or")]
    return lambda row: any(test(row) for test in tests)


def _one(question: Question, text: str, now: datetime) -> Test:
    between = re.match(r"^(.+?)\s+between\s*\((.+?)\s*\.\.\s*(.+)\)$", text, re.IGNORECASE | re.DOTALL)
    if between:
        column = question.column(between.group(1))
        low, high = value(between.group(2), now), value(between.group(3), now)
        return lambda row: _side(_of(row, column), low) >= 0 >= _side(_of(row, column), high)
    chosen = re.match(r"^(.+?)\s+in~?\s*\((.+)\)$", text, re.IGNORECASE | re.DOTALL)
    if chosen:
        column = question.column(chosen.group(1))
        known = [value(one, now) for one in split(chosen.group(2))]
        return lambda row: any(_same(_of(row, column), one) for one in known)
    simple = re.match(r"^(.+?)\s*(==|=~|!=|>=|<=|>|<|\bhas\b|\bcontains\b)\s*(.+)$", text, re.DOTALL)
    if simple is None:
        raise KqlError(f"the condition '{text}' is not understood")
    column, wanted = question.column(simple.group(1)), value(simple.group(3), now)
    return _compared(column, simple.group(2), wanted)


def _compared(column: str, sign: str, wanted: object) -> Test:
    ordered: dict[str, Callable[[int], bool]] = {
        ">=": lambda side: side >= 0,
        "<=": lambda side: side <= 0,
        ">": lambda side: side > 0,
        "<": lambda side: side < 0,
    }
    if sign in ordered:
        return lambda row: ordered[sign](_side(_of(row, column), wanted))
    if sign in ("has", "contains"):
        return lambda row: str(wanted).lower() in str(_of(row, column)).lower()
    if sign == "!=":
        return lambda row: not _same(_of(row, column), wanted)
    return lambda row: _same(_of(row, column), wanted)


def _of(row: Row, column: str) -> object:
    if column == "properties":
        raise KqlError("a property bag cannot be compared")
    return getattr(row, column)


def _same(one: object, two: object) -> bool:
    return str(one).lower() == str(two).lower()


def _side(one: object, two: object) -> int:
    if isinstance(one, datetime) and isinstance(two, datetime):
        return (one > two) - (one < two)
    try:
        left, right = float(str(one)), float(str(two))
    except ValueError:
        raise KqlError(f"'{one}' and '{two}' cannot be compared") from None
    return (left > right) - (left < right)


def value(text: str, now: datetime) -> object:
    """Return a literal: text, number, `datetime(…)`, `ago(…)` or `now()`.

    Raises:
        KqlError: it is none.
    """
    plain = text.strip()
    quoted = re.fullmatch(r"@?(?:\"([^\"]*)\"|'([^']*)')", plain)
    if quoted:
        return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    ago = re.fullmatch(rf"ago\(\s*{_NUMBER}\s*([smhd])\s*\)", plain, re.IGNORECASE)
    if ago:
        return now - timedelta(seconds=float(ago.group(1)) * _UNITS[ago.group(2).lower()])
    if plain.lower() == "now()":
        return now
    called = re.fullmatch(r"(?:datetime|todatetime)\(\s*[\"']?(.+?)[\"']?\s*\)", plain, re.IGNORECASE)
    if called:
        try:
            return parse_time(called.group(1))
        except ValueError:
            raise KqlError(f"'{plain}' is not a time") from None
    if re.fullmatch(_NUMBER, plain):
        return float(plain) if "." in plain else int(plain)
    raise KqlError(f"'{plain}' is not a literal")
