"""The course of the validation signal around an apply, as it is kept with a change and charted again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.chart import Chart, Line, Mark
from bot.domain.evidence import Point
from bot.domain.json import Json
from bot.domain.signal import SignalMetric

_UNITS = {SignalMetric.LATENCY: "ms", SignalMetric.REQUESTS: "requests"}


def course_json(
    metric: SignalMetric, points: Sequence[Point], step: timedelta, applied: datetime
) -> dict[str, Json]:
    """Return the course as it is stored in a change's outcome."""
    return {
        "metric": metric.value,
        "start": points[0].at.isoformat() if points else applied.isoformat(),
        "step": int(step.total_seconds()),
        "applied": applied.isoformat(),
        "values": [None if point.value is None else round(point.value, 2) for point in points],
    }


def course_chart(stored: Json, label: str) -> Chart | None:
    """Return the stored course as a chart marked with `label`; None when none was kept or nothing was measured."""
    if not isinstance(stored, Mapping):
        return None
    try:
        chart = _chart(stored, label)
    except (KeyError, TypeError, ValueError):
        return None
    return None if chart.is_empty else chart


def _chart(stored: Mapping[str, Json], label: str) -> Chart:
    metric = SignalMetric(str(stored["metric"]))
    start, applied = (datetime.fromisoformat(str(stored[key])) for key in ("start", "applied"))
    step, values = stored["step"], stored["values"]
    if not isinstance(step, int) or step <= 0 or not isinstance(values, Sequence):
        raise ValueError("step")
    width = timedelta(seconds=step)
    points = tuple(
        Point(start + index * width, float(value) if isinstance(value, int | float) else None)
        for index, value in enumerate(values)
    )
    return Chart(
        title=f"Before and after: {metric.value}",
        unit=_UNITS.get(metric, "%"),
        step=width,
        lines=(Line(metric.value, points),),
        marks=(Mark(applied, label),),
        adds_up=metric is SignalMetric.REQUESTS,
    )
