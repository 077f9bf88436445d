"""Metrics of a deployment: the figures beside what is usual, the charts, and what can be measured at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.chart import Chart
from bot.domain.evidence import Fact, SectionResult, Window
from bot.domain.metric_catalogue import CatalogueEntry
from bot.ports.slack import Block, Message
from bot.render.blocks import context, footer, header, say, section, table
from bot.render.by_hand import by_hand, own_words
from bot.render.chart_blocks import chart_blocks
from bot.render.look_buttons import look_buttons
from bot.render.texts import count, escape, one_line, sentence, when
from bot.usecases.compare_kept import Judged

_ROWS = 25


@dataclass(frozen=True)
class MetricRow:
    """One metric: its name, now, the baseline, the difference in words, and its course as bars of text."""

    label: str
    now: str
    before: str
    change: str = ""
    course: str = ""


@dataclass(frozen=True)
class MetricsView:
    """What a metrics card shows; with `button_value` also the buttons that share and refresh it."""

    name: str
    window: Window
    rows: Sequence[MetricRow]
    charts: Sequence[Chart] = ()
    beside: str = ""
    az: Sequence[str] = ()
    button_value: str = ""
    verdict: str = ""
    own: Sequence[Fact] = ()


def render_metrics(view: MetricsView, ref: str) -> Message:
    """Return metrics of a deployment beside their baseline, charts after the figures."""
    said = ", ".join(
        f"{one_line(row.label)} {one_line(row.now)} (baseline {one_line(row.before)})" for row in view.rows
    )
    window = view.window
    message = say(
        f"Metrics of {escape(one_line(view.name), 120)}: {escape(said, 2000) or 'no data'}.",
        [
            header(f"{one_line(view.name)} · Metrics"),
            *([section(view.verdict)] if view.verdict else []),
            context(
                "*Read-only*",
                f"{when(window.start)} to {when(window.end)}",
                escape(one_line(view.beside), 900),
            ),
            _figures(view.rows),
            *chart_blocks(view.charts),
            *by_hand(view.az),
            *own_words(view.own),
            *look_buttons(view.button_value),
            footer(ref, "What can be measured: `metrics --catalogue`"),
        ],
    )
    return Message(message.text, message.blocks, charts=tuple(view.charts))


def gone_words(alias: str, gone: SectionResult) -> str:
    """Return that the deployment does not exist, before figures that would look like an outage."""
    said = {fact.name: escape(one_line(fact.words), 300) for fact in gone.facts}
    lines = [f"*{escape(one_line(alias), 120)} {said['State']}* :warning:", f"Deleted: {said['Deleted']}"]
    return "\n".join([*lines, "Zeros below are no traffic, because there is nothing to call."])


def verdict_words(judged: Judged, than: str) -> str:
    """Return the verdict with what each signal says and which differences are noise."""
    head = f"*{sentence(judged.word.value)}* · beside {escape(one_line(than), 60)}"
    lines = [
        f"• {sentence(each.signal)}: {each.word.value}, {escape(each.before)} → {escape(each.after)}. "
        f"{escape(each.explanation)}"
        for each in judged.signals
    ]
    return "\n".join([head, *lines])


def _figures(rows: Sequence[MetricRow]) -> Block:
    if not rows:
        return section("*No data* · nothing was measured.")
    courses = any(row.course for row in rows)
    heading = ("Metric", "Now", "Baseline", "Change", *(("Course",) if courses else ()))
    cells = [
        (sentence(row.label), row.now, row.before, row.change, *((row.course,) if courses else ()))
        for row in rows[:_ROWS]
    ]
    return table([heading, *cells], right=frozenset({1, 2, 3}))


def render_catalogue(entries: Sequence[CatalogueEntry], ref: str) -> Message:
    """Return what can be measured, with the metrics of Azure that say it, and what nobody emits."""
    emitted = sum(entry.is_emitted for entry in entries)
    cells = [("Asked for", "Azure metric", "To know")]
    cells += [(entry.name, ", ".join(entry.metrics) or "not emitted", entry.note) for entry in entries]
    state = f"{count(emitted, 'name')} of {len(entries)} emitted by Azure"
    return say(
        f"What can be measured: {state}. "
        + " ".join(f"{entry.name}: {', '.join(entry.metrics) or 'not emitted'}." for entry in entries),
        [header("Metrics · Catalogue"), section(f"*{state}*"), table(cells, limit=160), footer(ref)],
    )
