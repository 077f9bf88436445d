"""What `metrics <target>` answers: figures and charts beside earlier days, or beside a kept baseline."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.az_command import grain, metrics_list
from bot.domain.chart import Chart, resampled, span_words, sparkline
from bot.domain.deployment import DeploymentRef
from bot.domain.effect import Question
from bot.domain.errors import CountersignError
from bot.domain.evidence import Fact, Window, own
from bot.domain.json import Json, canonical
from bot.domain.metric_window import against_span, last_span
from bot.domain.prices import PRICES_VERSION
from bot.render.metrics import MetricRow, MetricsView, gone_words, render_metrics, verdict_words
from bot.render.texts import count
from bot.usecases.chart_metrics import applied_marks, charts_of
from bot.usecases.choose_reference import Reference, choose_reference, is_kept
from bot.usecases.compare_kept import Judged, compare_kept, judge_all, kept_traffic
from bot.usecases.compare_metrics import Compared, compare_metrics, period_of, row_values
from bot.usecases.estimate_cost import CostBeside, compare_cost
from bot.usecases.find_gone import find_gone
from bot.usecases.measure_traffic import LATENCY, REQUESTS, TOKENS
from handlers.dependencies import Dependencies
from handlers.seen import Seen, button_value

_BARS = 12
_DAY = timedelta(days=1)
_COST = "cost of an hour (estimate)"


async def metrics(question: Question, deps: Dependencies) -> Seen:
    """Answer `metrics <target> --last --vs`."""
    name, last, against = question.words[:3]
    configuration = deps.desk.configuration
    ref = configuration.find(name)
    target = configuration.target_of(ref)
    end = deps.desk.clock.now()
    window = Window(end - last_span(last), end)
    found = await _compare(ref, window, against, deps)
    gone = await find_gone(ref, readers=deps.readers.glancing(), now=end)
    compared = found.compared
    alias = target.alias if target else name
    marks = await applied_marks(ref, alias, compared.window, desk=deps.desk)
    charts = charts_of(compared, marks)
    view = MetricsView(
        name=alias,
        window=compared.window,
        rows=[*_rows(compared, charts), *_cost_row(found.cost)],
        charts=charts,
        beside=_beside(found),
        verdict=gone_words(alias, gone) if gone else _verdict(found),
        az=_by_hand(ref, found),
        own=_own(found, end),
        button_value=button_value(question),
    )
    return Seen(render_metrics(view, question.ref), alias, _body(found, charts))


@dataclass(frozen=True)
class _Found:
    compared: Compared
    judged: Judged
    cost: CostBeside | None
    reference: Reference | None = None

    @property
    def than(self) -> str:
        """Return what it is compared with, in a word or two."""
        return self.reference.baseline.id if self.reference else "the same hours before"


async def _compare(ref: DeploymentRef, window: Window, against: str, deps: Dependencies) -> _Found:
    """Return the window beside a kept baseline, where one is named, else beside the days before."""
    if not is_kept(against):
        reach = against_span(against, window.end - window.start)
        compared = await compare_metrics(ref, window, reach, readers=deps.readers)
        judged = judge_all(compared.before, compared.now)
        return _Found(compared, judged, await _cost(ref, compared, None, deps))
    async with deps.desk.archive.transaction() as tx:
        reference = await choose_reference(ref.key, against, tx)
    compared = await compare_kept(ref, window, reference.figures, readers=deps.readers)
    judged = judge_all(kept_traffic(compared.window, reference.figures), compared.now)
    return _Found(compared, judged, await _cost(ref, compared, reference, deps), reference)


async def _cost(
    ref: DeploymentRef, compared: Compared, reference: Reference | None, deps: Dependencies
) -> CostBeside | None:
    """Return the cost beside the cost before; None where the deployment or its tokens could not be read."""
    try:
        return await compare_cost(ref, compared, reference, readers=deps.readers)
    except CountersignError:
        return None


def _cost_row(cost: CostBeside | None) -> list[MetricRow]:
    """Return the estimated cost of an hour as a row of its own."""
    if cost is None:
        return [MetricRow(_COST, "unknown", "unknown")]
    now, before = (float(each.total) if each.total is not None else None for each in (cost.now, cost.before))
    return [_row(_COST, now, before, course="")]


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
        return "unknown" if label == _COST else "no data"
    if label == _COST:
        return f"${value:,.2f}"
    if label.startswith("share"):
        return f"{value:.2f} %"
    return f"{value:,.0f} ms" if label.startswith("time") else f"{value:,.0f}"


def _verdict(found: _Found) -> str:
    if found.compared.earlier:
        return verdict_words(found.judged, found.than)
    return "*No baseline* · there is nothing to compare with"


def _beside(found: _Found) -> str:
    compared = found.compared
    beside = _kept_words(found.reference) if found.reference else _usual_words(compared)
    if not 0 < compared.unknown < len(compared.buckets):
        return beside
    unknown = f"{compared.unknown} of {count(len(compared.buckets), 'bucket')}"
    return f"{beside} · Partial: Azure has no data of {unknown}; the totals leave them out, on both sides"


def _usual_words(compared: Compared) -> str:
    """Return what is usual, of how many windows, and how many were left out; why there is no baseline."""
    length, earlier = compared.window.end - compared.window.start, len(compared.earlier)
    if not earlier:
        span = "as long before" if length > _DAY else "the same hours on earlier days"
        return (
            f"No baseline: Azure has no samples of {span}, or only of a part. The deployment is younger than "
            "that, nobody called it, or it is past the 93 days that Azure keeps"
        )
    words = f"the same hours on {count(earlier, 'earlier day')}"
    if length > _DAY:
        words = f"{count(earlier, 'window')} as long before it"
    left_out = compared.days - earlier
    beside = f" ({left_out} more left out: samples only of a part, or none)" if left_out else ""
    return f"Usual: mean and spread of {words}{beside}"


def _kept_words(reference: Reference) -> str:
    """Return which baseline it is, when, by what and by whom it was kept, and of which window its figures are."""
    baseline, window = reference.baseline, reference.figures.window
    same = "the same hours of " if window.end - window.start >= timedelta(days=1) else ""
    span = f"{window.start:%d %b %H:%M} to {window.end:%d %b %H:%M} UTC"
    kept = f"{baseline.words} on {baseline.at:%d %b %Y %H:%M} UTC"
    return " ".join((f"Baseline: {kept}; mean and spread of {same}{span}.", *reference.passed))


def _by_hand(ref: DeploymentRef, found: _Found) -> list[str]:
    """Return the commands of both columns; a kept baseline is no longer Azure's to show."""
    compared = found.compared
    here, apart = compared.window, period_of(compared.window)
    before = Window(here.start - compared.days * apart, here.end - apart)
    step = grain(compared.step)
    return [
        metrics_list(ref, metric, window, step, split_by="" if metric == TOKENS else "StatusCode")
        for window in ((here,) if found.reference or not compared.earlier else (here, before))
        for metric in (TOKENS, REQUESTS, LATENCY)
    ]


def _own(found: _Found, now: datetime) -> list[Fact]:
    """Return whose word it is that no command shows: the prices, and what a baseline kept."""
    kept = found.reference.baseline.id if found.reference else ""
    facts = [own("Cost of an hour", "", now, f"prices of version {PRICES_VERSION}")]
    return [*facts, *([own("Baseline", "", now, f"{kept}, kept by Countersign")] if kept else [])]


def _body(found: _Found, charts: tuple[Chart, ...]) -> bytes:
    compared = found.compared
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
    body: dict[str, Json] = {
        "format": "countersign.metrics/3",
        "window": window,
        "rows": rows,
        "charts": drawn,
        "verdict": found.judged.word.value,
        "baseline": found.reference.baseline.sha256 if found.reference else None,
        "cost": {"now": found.cost.now.words, "before": found.cost.before.words} if found.cost else None,
    }
    return canonical(body)


def _exact(value: float | None) -> str | None:
    return None if value is None else str(Decimal(repr(value)))
