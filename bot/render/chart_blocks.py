"""Charts as blocks: Slack draws at most two of them itself; the same in lines of text for where it does not."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.chart import Chart, Line, clock, figure, resampled, span_words, sparkline, usual_words
from bot.ports.slack import Block, Message
from bot.render.blocks import context
from bot.render.texts import escape, one_line, shorten

NATIVE = "data_visualization"
MOST_CHARTS = 2
MOST_SERIES = 4
MOST_POINTS = 20
TITLE = 50
LABEL = 20
_Row = tuple[str, tuple[float | None, ...]]


def chart_blocks(charts: Sequence[Chart]) -> list[Block]:
    """Return the charts with what they say in words: the first two drawn, the others as a line of text."""
    made: list[Block] = []
    drawn = 0
    for chart in charts:
        native = native_chart(chart) if drawn < MOST_CHARTS else None
        if native is not None:
            made.append(native)
            drawn += 1
        made.append(context(_words(chart, is_drawn=native is not None)))
    return made


def native_chart(chart: Chart) -> Block | None:
    """Return the block Slack draws itself; None when there is not one bucket to draw.

    Slack wants a number of every series in every bucket: a bucket that lacks one is left out, and the text says so.
    """
    shown = resampled(chart, MOST_POINTS)
    rows = _rows(shown)
    times = [at for index, at in enumerate(shown.times) if all(row[1][index] is not None for row in rows)]
    if not times:
        return None
    labels = _labels(shown, times)
    series = [_series(name, dict(zip(shown.times, values, strict=True)), labels) for name, values in rows]
    axes = {
        "categories": list(labels.values()),
        "x_label": "UTC",
        "y_label": shorten(f"{one_line(chart.unit)}{_per(shown)}", TITLE),
    }
    return {
        "type": NATIVE,
        "title": chart_title(chart),
        "chart": {"type": "line", "series": series, "axis_config": axes},
    }


def chart_title(chart: Chart) -> str:
    """Return the title by which the block of a chart is known."""
    return shorten(one_line(chart.title), TITLE) or "Chart"


def undrawn(message: Message) -> list[Chart]:
    """Return the charts of a message that no block of it draws and that hold anything."""
    drawn = {block["title"] for block in message.blocks if block["type"] == NATIVE}
    return [chart for chart in message.charts if chart_title(chart) not in drawn and not chart.is_empty]


def chart_as_text(block: Block) -> tuple[str, str]:
    """Return a native chart as its title and lines of text on one scale, a bar per bucket."""
    chart = block["chart"]
    values = {each["name"]: [point["value"] for point in each["data"]] for each in chart["series"]}
    top = max((value for each in values.values() for value in each), default=0.0)
    width = max(len(name) for name in values)
    axes = chart["axis_config"]
    title = f"{block['title']}: {axes['y_label']}, {axes['categories'][0]} to {axes['categories'][-1]} UTC"
    lines = [
        f"{name.ljust(width)}  {sparkline(each, top)}  {figure(min(each))} to {figure(max(each))}, "
        f"last {figure(each[-1])}"
        for name, each in values.items()
    ]
    return title, "\n".join(lines)


def _per(chart: Chart) -> str:
    width = span_words(chart.step)
    return f" per {width}" if chart.adds_up else f", mean of {width}"


def _rows(chart: Chart) -> list[_Row]:
    lines = chart.lines[: MOST_SERIES - 1] if chart.usual else chart.lines[:MOST_SERIES]
    rows: list[_Row] = [(shorten(one_line(line.name), LABEL) or "Now", _values(line)) for line in lines]
    if not chart.usual:
        return rows
    usual = {each.at: each for each in chart.usual}
    found = [usual.get(at) for at in chart.times]
    if len(lines) > 1:
        return [*rows, (chart.usual_name, tuple(each.mean if each else None for each in found))]
    low = tuple(each.low if each else None for each in found)
    high = tuple(each.high if each else None for each in found)
    return [*rows, (f"{chart.usual_name}, low", low), (f"{chart.usual_name}, high", high)]


def _values(line: Line) -> tuple[float | None, ...]:
    return tuple(point.value for point in line.points)


def _labels(chart: Chart, times: Sequence[datetime]) -> dict[datetime, str]:
    """Return the label of each bucket; one in which something was done is named after that."""
    labels = {}
    for at in times:
        marks = [
            one_line(mark.label).partition(" ")[0] for mark in chart.marks if at <= mark.at < at + chart.step
        ]
        labels[at] = shorten(" ".join((clock(at, chart.times), *marks)), LABEL)
    return labels


def _series(name: str, values: dict[datetime, float | None], labels: dict[datetime, str]) -> Block:
    data = [{"label": label, "value": _number(values[at])} for at, label in labels.items()]
    return {"name": name, "data": data}


def _number(value: float | None) -> int | float:
    rounded = round(value or 0.0, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _words(chart: Chart, *, is_drawn: bool) -> str:
    """Return what a chart says as it is drawn, in one line; with bars of text where no block draws it."""
    name = f"*{escape(one_line(chart.title), 120)}*"
    if chart.is_empty:
        return f"{name} · no data"
    shown = resampled(chart, MOST_POINTS)
    bars = "" if is_drawn else f"{sparkline(_values(shown.lines[0]))} "
    lines = [_extremes(shown, line) for line in shown.lines if line.known] or ["no bucket is known whole"]
    usual = [f"usually {usual_words(shown)}"] if shown.usual else []
    marks = [f"{mark.label} {mark.at:%H:%M} UTC" for mark in chart.marks]
    return f"{name} · {bars}{escape(' · '.join([*lines, *usual, *_gaps(chart, shown), *marks]), 900)}"


def _gaps(chart: Chart, shown: Chart) -> list[str]:
    """Return what of a chart is not drawn: buckets without data, and the oldest that fill no whole bucket."""
    unknown = sum(point.value is None for point in shown.lines[0].points)
    gaps = [f"{unknown} of {len(shown.times)} have no data"] if unknown else []
    if shown.times[0] > chart.times[0]:
        gaps.append(f"from {clock(shown.times[0], chart.times)} on")
    return gaps


def _extremes(chart: Chart, line: Line) -> str:
    """Return from where to where a line goes; the only line of a chart needs no name."""
    name = f"{line.name} " if len(chart.lines) > 1 else ""
    unit = f" {one_line(chart.unit)}" if len(chart.lines) == 1 else ""
    return f"{name}{figure(min(line.known))} to {figure(max(line.known))}{unit}{_per(chart)}"
