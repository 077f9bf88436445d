"""A chart as a picture: 2000 by 800, light, the usual range behind the lines, a flag where something was done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.chart import Chart, Line, Usual, figure, span_words
from bot.render.svg import document, element, line, path, text
from bot.render.svg_scale import Scale, tick_words, time_ticks, value_ticks, value_words
from bot.render.texts import shorten

WIDTH, HEIGHT = 2000, 800
FONT_FAMILY = "DejaVu Sans"
_LEFT, _RIGHT, _BOTTOM = 190.0, 1940.0, 700.0
_TOP, _FLAGS, _LANE = 206.0, 178.0, 48.0
_INK, _QUIET, _GRID, _AXIS = "#1d1c1d", "#5b5a5c", "#e4e4e6", "#8d8c8e"
_BAND, _MEAN, _MARK = "#dce9f5", "#7fa3c4", "#6b2f7d"
_COLOURS = ("#0b62a8", "#c4341c", "#a66a00", "#1c7a4a")
_LETTER = 0.6
_MOST_MARKS = 6


@dataclass(frozen=True)
class _Frame:
    """The scales of one drawing, and its bucket width."""

    x: Scale
    y: Scale
    step: timedelta

    def across(self, at: datetime) -> float:
        """Return where a moment stands."""
        return self.x.at(at.timestamp())

    def middle(self, at: datetime) -> float:
        """Return where a bucket's value stands: in its middle."""
        return self.across(at + self.step / 2)


def draw_chart(chart: Chart) -> str:
    """Return the chart as SVG; the same chart is the same text."""
    parts = [*_head(chart)]
    if chart.is_empty:
        parts.append(text("No data", WIDTH / 2, (_TOP + _BOTTOM) / 2, 44, fill=_QUIET, anchor="middle"))
        return document(WIDTH, HEIGHT, FONT_FAMILY, chart.alt_text, parts)
    ticks = value_ticks(_highest(chart))
    first, last = chart.times[0], chart.times[-1] + chart.step
    frame = _Frame(
        Scale(first.timestamp(), last.timestamp(), _LEFT, _RIGHT),
        Scale(0.0, ticks[-1], _BOTTOM, _TOP + (2 * _LANE if chart.marks else 0)),
        chart.step,
    )
    parts += [*_band(chart.usual, frame), *_rows(ticks, frame), *_columns(first, last, frame)]
    for index, each in enumerate(chart.lines):
        parts += _curve(each, _COLOURS[index % len(_COLOURS)], frame)
    parts += [*_marks(chart, frame), *_legend(chart)]
    return document(WIDTH, HEIGHT, FONT_FAMILY, chart.alt_text, parts)


def _highest(chart: Chart) -> float:
    values = [value for each in chart.lines for value in each.known]
    return max([*values, *(usual.high for usual in chart.usual), 0.0])


def _head(chart: Chart) -> Iterator[str]:
    yield text(shorten(chart.title, 70), 60, 78, 44, fill=_INK)
    how = " per" if chart.adds_up else ", mean of"
    said = f"{chart.unit}{how} {span_words(chart.step)}"
    if chart.times:
        first, last = chart.times[0], chart.times[-1] + chart.step
        same = first.date() == last.date()
        end = f"{last:%H:%M}" if same else f"{last.day} {last:%b %H:%M}"
        said = f"{said} · {first.day} {first:%b %Y %H:%M} to {end} UTC"
    yield text(said, 1940, 74, 28, fill=_QUIET, anchor="end")


def _rows(ticks: Sequence[float], frame: _Frame) -> Iterator[str]:
    for value in ticks:
        y = frame.y.at(value)
        yield line((_LEFT, y, _RIGHT, y), stroke=_GRID if value else _AXIS, width=2 if value else 3)
        yield text(value_words(value), _LEFT - 22, y + 10, 28, fill=_QUIET, anchor="end")


def _columns(first: datetime, last: datetime, frame: _Frame) -> Iterator[str]:
    ticks = time_ticks(first, last)
    days_only = len(ticks) > 1 and ticks[1] - ticks[0] >= timedelta(days=1)
    for index, at in enumerate(ticks):
        x = frame.across(at)
        yield line((x, _BOTTOM, x, _BOTTOM + 12), stroke=_AXIS, width=3)
        words = tick_words(at, first=index == 0, days_only=days_only)
        yield text(words, x, _BOTTOM + 50, 28, fill=_QUIET, anchor="middle")
    yield text("UTC", _RIGHT, _BOTTOM + 86, 24, fill=_QUIET, anchor="end")


def _band(usual: Sequence[Usual], frame: _Frame) -> Iterator[str]:
    for part in _runs([each.at for each in usual], frame.step):
        found = [usual[index] for index in part]
        upper = [(frame.middle(each.at), frame.y.at(each.high)) for each in found]
        lower = [(frame.middle(each.at), frame.y.at(max(0.0, each.low))) for each in found]
        mean = [(frame.middle(each.at), frame.y.at(each.mean)) for each in found]
        yield element("path", d=path([*upper, *reversed(lower)], closed=True), fill=_BAND)
        yield element("path", d=path(mean), fill="none", stroke=_MEAN, stroke_width=3, stroke_dasharray="4 8")


def _curve(each: Line, colour: str, frame: _Frame) -> Iterator[str]:
    """Return a line that breaks where nothing is known; a bucket alone is a dot, and so is the last."""
    known = [point for point in each.points if point.value is not None]
    for part in _runs([point.at for point in known], frame.step):
        spots = [(frame.middle(known[i].at), frame.y.at(known[i].value or 0.0)) for i in part]
        if len(spots) > 1:
            yield element(
                "path", d=path(spots), fill="none", stroke=colour, stroke_width=5, stroke_linejoin="round"
            )
        else:
            yield element("circle", cx=spots[0][0], cy=spots[0][1], r=6, fill=colour)
    if known:
        x, y = frame.middle(known[-1].at), frame.y.at(known[-1].value or 0.0)
        yield element("circle", cx=x, cy=y, r=9, fill=colour, stroke="#ffffff", stroke_width=3)


def _runs(times: Sequence[datetime], step: timedelta) -> Iterator[list[int]]:
    """Return the indexes of neighbours, a list per unbroken stretch."""
    run: list[int] = []
    for index, at in enumerate(times):
        if run and at - times[index - 1] > step:
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _marks(chart: Chart, frame: _Frame) -> list[str]:
    """Return a dashed line at each moment, and above the lines its flag, in the lane that has room."""
    taken = [0.0, 0.0]
    shown = [mark for mark in chart.marks if _LEFT <= frame.across(mark.at) <= _RIGHT]
    lines, flags = [], []
    for mark in sorted(shown, key=lambda each: each.at)[:_MOST_MARKS]:
        x, words = frame.across(mark.at), shorten(mark.label, 34)
        room = len(words) * 26 * _LETTER + 32
        left = x if x + room <= _RIGHT else x - room
        lane = min(range(len(taken)), key=lambda index: (taken[index] > left, index))
        taken[lane] = left + room + 10
        y = _FLAGS + lane * _LANE
        lines.append(line((x, y, x, _BOTTOM), stroke=_MARK, width=3, dash="12 8"))
        flags.append(element("rect", x=left, y=y, width=room, height=42, rx=6, fill=_MARK))
        flags.append(text(words, left + room / 2, y + 30, 26, fill="#ffffff", anchor="middle"))
    return lines + flags


def _legend(chart: Chart) -> Iterator[str]:
    x, y = 60.0, 146.0
    for index, each in enumerate(chart.lines):
        last = figure(each.known[-1] if each.known else None)
        yield line((x, y - 10, x + 46, y - 10), stroke=_COLOURS[index % len(_COLOURS)], width=7)
        words = f"{shorten(each.name, 24)} · last {last}"
        yield text(words, x + 60, y, 28, fill=_INK)
        x += 60 + len(words) * 28 * _LETTER + 44
    if chart.usual:
        middle = y - 10
        yield element("rect", x=x, y=middle - 16, width=46, height=32, fill=_BAND)
        yield line((x, middle, x + 46, middle), stroke=_MEAN, width=3, dash="4 8")
        yield text(f"{shorten(chart.usual_name, 20)}: mean and spread", x + 60, y, 28, fill=_INK)
