"""The charts that cards and pictures are made of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.chart import Chart, Line, Mark, Usual
from bot.domain.evidence import Point
from tests.golden.values import NOW

STEP = timedelta(minutes=5)
START = NOW - timedelta(hours=1)
TIMES = tuple(START + index * STEP for index in range(12))


def line(name: str, *values: float | None, start: datetime = START, step: timedelta = STEP) -> Line:
    """A line of these values, one bucket each."""
    return Line(name, tuple(Point(start + index * step, value) for index, value in enumerate(values)))


def usual(low: float, high: float) -> tuple[Usual, ...]:
    """A band that is the same all the time."""
    return tuple(Usual(at, low, (low + high) / 2, high) for at in TIMES)


MARKS = (Mark(START + timedelta(minutes=31), "CHG-12 applied"),)
TOKENS = Chart(
    "Tokens",
    "tokens",
    STEP,
    (line("Tokens", 3100, 3220, 2980, 3050, 3300, 3410, 5200, 5150, 5480, 5300, 5390, 5610),),
    usual(2800, 3600),
    MARKS,
)
STATUSES = Chart(
    "Requests by status",
    "requests",
    STEP,
    (
        line("Answered", 210, 214, 202, 199, 230, 236, 300, 320, 318, 309, 322, 331),
        line("HTTP 429", 14, 12, 16, 11, 15, 18, 0, 0, 1, 0, 0, 0),
        line("Other errors", 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0),
    ),
    usual(190, 260),
    MARKS,
    usual_name="Usual, all",
)
LATENCY = Chart(
    "Time to response",
    "ms",
    STEP,
    (line("Mean", 420, 433, 428.5, None, 441, 450, 402, 398, 391, None, 388, 395),),
    usual(380, 460),
    MARKS,
    adds_up=False,
)
_HOURS = tuple(300.0 + (index * 37) % 120 for index in range(168))
WEEK = Chart(
    'A week of <tokens> & "more"',
    "tokens",
    timedelta(hours=1),
    (line("Tokens", *_HOURS, start=NOW - timedelta(days=7), step=timedelta(hours=1)),),
    (),
    (
        Mark(NOW - timedelta(hours=80), "CHG-9 applied"),
        Mark(NOW - timedelta(hours=76), "CHG-10 applied"),
        Mark(NOW - timedelta(hours=2), "CHG-11 applied"),
        Mark(NOW + timedelta(hours=2), "CHG-99 applied"),
    ),
)
EMPTY = replace(LATENCY, lines=(line("Mean", *([None] * 12)),), usual=(), marks=())
CHARTS: Mapping[str, Chart] = {
    "tokens": TOKENS,
    "statuses": STATUSES,
    "latency": LATENCY,
    "week": WEEK,
    "empty": EMPTY,
}
