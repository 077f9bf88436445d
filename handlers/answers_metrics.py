"""What `metrics <target>` answers: figures and charts beside the same hours on earlier days."""

import json
from datetime import timedelta
from decimal import Decimal

from bot.domain.az_command import metrics_list
from bot.domain.chart import Chart, resampled, span_words, sparkline
from bot.domain.configuration import parse_duration
from bot.domain.deployment import DeploymentRef
from bot.domain.effect import Question
from bot.domain.evidence import Window
from bot.domain.json import Json, canonical
from bot.render.metrics import MetricRow, MetricsView, render_metrics
from bot.render.texts import count
from bot.usecases.compare_metrics import Compared, applied_marks, charts_of, compare_metrics, row_values
from bot.usecases.measure_traffic import LATENCY, REQUESTS, TOKENS
from handlers.dependencies import Dependencies
from handlers.seen import Seen

_BARS = 12


async def metrics(question: Question, deps: Dependencies) -> Seen:
    """Answer `metrics <target> --last --vs`."""
    name, last, against = question.words[:3]
    configuration = deps.desk.configuration
    ref = configuration.find(name)
    target = configuration.target_of(ref)
    end = deps.desk.clock.now()
    window = Window(end - parse_duration(last), end)
    compared = await compare_metrics(ref, window, parse_duration(against), readers=deps.readers)
    alias = target.alias if target else name
    marks = await applied_marks(ref, alias, compared.window, desk=deps.desk)
    charts = charts_of(compared, marks)
    value = json.dumps({"verb": "metrics", "names": [name, last, against]})
    view = MetricsView(
        name=alias,
        window=compared.window,
        rows=_rows(compared, charts),
        charts=charts,
        beside=_beside(compared),
        az=_by_hand(ref, compared),
        button_value="" if question.share else value,
    )
    return Seen(render_metrics(view, question.ref), alias, _body(compared, charts))


def _rows(compared: Compared, charts: tuple[Chart, ...]) -> list[MetricRow]:
    courses = dict(zip(("tokens", "requests", "time to response"), map(_course, charts), strict=True))
    throttled = Chart("", "", compared.step, (charts[1].lines[1],))
    courses["share of HTTP 429"] = _course(throttled)
    return [_row(*values, course=courses.get(values[0], "")) for values in row_values(compared)]


def _row(label: str, now: float | None, before: float | None, *, course: str) -> MetricRow:
    change = f"{100 * (now - before) / before:+.0f} %" if now is not None and before else ""
    return MetricRow(label, _figure(label, now), _figure(label, before), change, course)


def _course(chart: Chart) -> str:
    if chart.is_empty:
        return ""
    return sparkline([point.value for point in resampled(chart, _BARS).lines[0].points])


def _figure(label: str, value: float | None) -> str:
    if value is None:
        return "no data"
    if label.startswith("share"):
        return f"{value:.2f} %"
    return f"{value:,.0f} ms" if label.startswith("time") else f"{value:,.0f}"


def _beside(compared: Compared) -> str:
    length, found = compared.window.end - compared.window.start, len(compared.earlier)
    if not found:
        return "Usual: nothing was measured before"
    if length > timedelta(days=1):
        return f"Usual: mean and spread of {count(found, 'window')} as long before it"
    return f"Usual: mean and spread of the same hours on {count(found, 'earlier day')}"


def _by_hand(ref: DeploymentRef, compared: Compared) -> list[str]:
    minutes = compared.step // timedelta(minutes=1)
    hours = minutes // 60
    grain = f"PT{minutes}M" if minutes < 60 else "P1D" if hours == 24 else f"PT{hours}H"
    return [metrics_list(ref, metric, compared.window, grain) for metric in (TOKENS, REQUESTS, LATENCY)]


def _body(compared: Compared, charts: tuple[Chart, ...]) -> bytes:
    rows: dict[str, Json] = {
        label: {"now": _exact(now), "before": _exact(before)} for label, now, before in row_values(compared)
    }
    window: dict[str, Json] = {
        "start": compared.window.start.isoformat(),
        "end": compared.window.end.isoformat(),
    }
    drawn: dict[str, Json] = {
        chart.title: {
            "step": span_words(chart.step),
            "rows": [list(row) for row in chart.table()],
            "marks": [f"{mark.at.isoformat()} {mark.label}" for mark in chart.marks],
        }
        for chart in charts
    }
    return canonical({"format": "countersign.metrics/2", "window": window, "rows": rows, "charts": drawn})


def _exact(value: float | None) -> str | None:
    return None if value is None else str(Decimal(repr(value)))
