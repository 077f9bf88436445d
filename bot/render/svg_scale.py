"""Where values and times stand on a drawing, and which of them are written at the axes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SPANS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 43200)
)


@dataclass(frozen=True)
class Scale:
    """A linear scale from values to coordinates."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the coordinate of a value."""
        return self.start + (value - self.low) / ((self.high - self.low) or 1) * (self.end - self.start)


def value_ticks(highest: float, most: int = 6) -> list[float]:
    """Return round values from zero to at least the highest, at most `most` of them."""
    top = highest if highest > 0 else 1.0
    rough = top / (most - 1)
    power = 10.0 ** floor(log10(rough))
    step = next(each * power for each in _STEPS if each * power >= rough * (1 - 1e-9))
    return [index * step for index in range(ceil(top / step - 1e-9) + 1)]


def time_ticks(start: datetime, end: datetime, most: int = 10) -> list[datetime]:
    """Return round times (UTC) within a span, at most `most` of them."""
    step = next((span for span in _SPANS if (end - start) / span <= most - 1), _SPANS[-1])
    return list(_times(start, end, step))


def _times(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    at = epoch - (epoch - start) // step * step
    while at <= end:
        yield at
        at += step


def tick_words(at: datetime, *, first: bool, days_only: bool) -> str:
    """Return a time as an axis says it: the day at its begin and at the first tick, the hour elsewhere."""
    day = f"{at.day} {at:%b}"
    if days_only or (at.hour == 0 and at.minute == 0):
        return day
    return f"{day} {at:%H:%M}" if first else f"{at:%H:%M}"


def value_words(value: float) -> str:
    """Return a value as an axis says it: short, thousands apart."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
