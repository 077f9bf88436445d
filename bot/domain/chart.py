"""A chart as data: lines over time, the usual range, what was done when; drawn natively, as a picture or as text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from bot.domain.evidence import Point

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"


@dataclass(frozen=True)
class Line:
    """One line of a chart: its name and its buckets, oldest first, None where nothing is known."""

    name: str
    points: tuple[Point, ...]

    @property
    def known(self) -> tuple[float, ...]:
        """Return the values that are known."""
        return tuple(point.value for point in self.points if point.value is not None)


@dataclass(frozen=True)
class Usual:
    """What a bucket usually holds: the mean, and the mean less and plus the spread."""

    at: datetime
    low: float
    mean: float
    high: float


@dataclass(frozen=True)
class Mark:
    """Something that was done at a moment, such as `CHG-12 applied`."""

    at: datetime
    label: str


@dataclass(frozen=True)
class Chart:
    """Lines over the same buckets of `step` each; `adds_up` says whether buckets are summed or averaged."""

    title: str
    unit: str
    step: timedelta
    lines: tuple[Line, ...]
    usual: tuple[Usual, ...] = ()
    marks: tuple[Mark, ...] = ()
    adds_up: bool = True
    usual_name: str = "Usual"

    @cached_property
    def times(self) -> tuple[datetime, ...]:
        """Return the start of every bucket."""
        return tuple(point.at for point in self.lines[0].points) if self.lines else ()

    @property
    def is_empty(self) -> bool:
        """Return whether no line knows any value."""
        return not any(line.known for line in self.lines)

    def table(self) -> tuple[tuple[str, ...], ...]:
        """Return the same numbers in rows: time, each line, the usual range."""
        names = tuple(line.name for line in self.lines)
        usual = {each.at: each for each in self.usual}
        rows = [("UTC", *names, *((self.usual_name,) if usual else ()))]
        for index, at in enumerate(times := self.times):
            values = tuple(figure(line.points[index].value) for line in self.lines)
            beside = (_range_words(usual.get(at)),) if usual else ()
            rows.append((clock(at, times), *values, *beside))
        return tuple(rows)

    @property
    def alt_text(self) -> str:
        """Return the chart in a sentence, for who cannot see it."""
        if self.is_empty:
            return f"{self.title}: no data."
        first, end = self.times[0], self.times[-1] + self.step
        words = "; ".join(_line_words(line, self.unit) for line in self.lines if line.known)
        usual = f" Usually {usual_words(self)}." if self.usual else ""
        marks = "".join(f" {mark.label} at {mark.at:%H:%M}." for mark in self.marks)
        span = f"{first:%d %b %Y %H:%M} to {end:%d %b %H:%M} UTC"
        return f"{self.title}, {span}, per {span_words(self.step)}: {words}.{usual}{marks}"


def resampled(chart: Chart, most: int) -> Chart:
    """Return the chart with at most `most` buckets, neighbours put together; times stay bucket starts.

    Every bucket is whole: where they do not come out even, the oldest that are left over are left out.
    """
    size = _group_size(len(chart.times), most)
    if size <= 1:
        return chart
    over = len(chart.times) % size
    lines = tuple(
        Line(line.name, _points(line.points[over:], size, adds_up=chart.adds_up)) for line in chart.lines
    )
    usual = _usual_together(chart, chart.times[over:], size)
    return replace(chart, step=chart.step * size, lines=lines, usual=usual)


def _group_size(buckets: int, most: int) -> int:
    """Return how many buckets to put together: the fewest that come out even, if about as few do."""
    least = -(-buckets // most)
    return next((size for size in range(least, 2 * least + 1) if size and buckets % size == 0), least)


def _points(points: Sequence[Point], size: int, *, adds_up: bool) -> tuple[Point, ...]:
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    return tuple(Point(part[0].at, _together(part, size, adds_up=adds_up)) for part in parts)


def _together(part: Sequence[Point], size: int, *, adds_up: bool) -> float | None:
    """Return the sum of a whole bucket, nothing for one that is known in part; the mean of what is known."""
    known = [point.value for point in part if point.value is not None]
    if adds_up:
        return sum(known) if len(known) == size else None
    return sum(known) / len(known) if known else None


def _usual_together(chart: Chart, times: Sequence[datetime], size: int) -> tuple[Usual, ...]:
    """Return the usual range of the wider buckets; one that is known in part only is left out."""
    known = {each.at: each for each in chart.usual}
    made = []
    for start in range(0, len(times), size):
        part = [known[at] for at in times[start : start + size] if at in known]
        if len(part) < size:
            continue
        share = 1 if chart.adds_up else len(part)
        low, mean, high = (
            sum(values) / share for values in zip(*((p.low, p.mean, p.high) for p in part), strict=True)
        )
        made.append(Usual(times[start], low, mean, high))
    return tuple(made)


def sparkline(values: Sequence[float | None], top: float | None = None) -> str:
    """Return values as bars of text from zero to the highest (or `top`); a dot where nothing is known."""
    known = [value for value in values if value is not None]
    highest = top if top is not None else max(known, default=0.0)
    return "".join(_GAP if value is None else _bar(value, highest) for value in values)


def _bar(value: float, highest: float) -> str:
    if highest <= 0 or value <= 0:
        return _BARS[0]
    return _BARS[min(len(_BARS) - 1, int(value / highest * len(_BARS) - 1e-9))]


def figure(value: float | None) -> str:
    """Return a number as a person reads it: thousands apart, decimals only where they matter."""
    if value is None:
        return "no data"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def clock(at: datetime, times: Sequence[datetime]) -> str:
    """Return the time of a bucket; with its day where the chart is longer than one."""
    longer = len(times) > 1 and times[-1] - times[0] >= timedelta(days=1)
    return f"{at:%d %b %H:%M}" if longer else f"{at:%H:%M}"


def span_words(span: timedelta) -> str:
    """Return a bucket's width: `5 min`, `1 h`, `1 day`."""
    minutes = span // timedelta(minutes=1)
    if minutes % 1440 == 0 and minutes:
        return f"{minutes // 1440} day{'' if minutes == 1440 else 's'}"
    if minutes % 60 == 0 and minutes:
        return f"{minutes // 60} h"
    return f"{minutes} min"


def usual_words(chart: Chart) -> str:
    """Return the usual range over the whole chart: `1,020 to 1,400 tokens`."""
    low, high = min(each.low for each in chart.usual), max(each.high for each in chart.usual)
    return f"{figure(low)} to {figure(high)} {chart.unit}".strip()


def _range_words(usual: Usual | None) -> str:
    return "no data" if usual is None else f"{figure(usual.low)} to {figure(usual.high)}"


def _line_words(line: Line, unit: str) -> str:
    low, high, last = min(line.known), max(line.known), line.known[-1]
    return f"{line.name} from {figure(low)} to {figure(high)} {unit}, last {figure(last)}"
