"""Figures: metrics against their baseline, quota of a region, status of many deployments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.deployment import Deployment, Usage
from bot.domain.evidence import Window
from bot.ports.slack import Message
from bot.render.blocks import context, footer, header, preformatted, rich_line, rich_text, say, section, table
from bot.render.texts import code, count, escape, one_line, when
from bot.render.texts import words as safe

_ROWS = 25


@dataclass(frozen=True)
class MetricRow:
    """One metric: its name, now, the baseline, and the difference in words."""

    label: str
    now: str
    before: str
    change: str = ""


def render_metrics(
    name: str, rows: Sequence[MetricRow], *, window: Window, ref: str, az: str = ""
) -> Message:
    """Return metrics of a deployment beside their baseline."""
    heading = ("Metric", "Now", "Baseline", "Change")
    cells = [heading, *[(row.label, row.now, row.before, row.change) for row in rows[:_ROWS]]]
    shown = (
        [table(cells, right=frozenset({1, 2, 3}))] if rows else [section("*No data* · nothing was measured.")]
    )
    by_hand = [rich_text(rich_line("The same by hand", bold=True), preformatted(az))] if az else []
    said = ", ".join(
        f"{one_line(row.label)} {one_line(row.now)} (baseline {one_line(row.before)})" for row in rows
    )
    title = f"{one_line(name)} · Metrics"
    return say(
        f"Metrics of {escape(one_line(name), 120)}: {escape(said, 2000) or 'no data'}.",
        [
            header(title),
            context("*Read-only*", f"{when(window.start)} to {when(window.end)}"),
            *shown,
            *by_hand,
            footer(ref),
        ],
    )


def render_quota(location: str, lines: Sequence[Usage], *, now: datetime, ref: str) -> Message:
    """Return the quota of a region: used, limit and what is left."""
    used = [line for line in lines if line.limit > 0 or line.current > 0]
    cells: list[tuple[str, ...]] = [("Quota", "Used", "Limit", "Left")]
    cells += [
        (line.label or line.name, *map(_number, (line.current, line.limit, line.left)))
        for line in used[:_ROWS]
    ]
    shown = (
        [table(cells, right=frozenset({1, 2, 3}))]
        if used
        else [section("*None* · no quota is assigned here.")]
    )
    full = [line for line in used if not line.left]
    state = f"{count(len(full), 'quota line')} used up" if full else "No quota line is used up"
    more = f"{len(used) - _ROWS} more are not shown." if len(used) > _ROWS else ""
    return say(
        f"Quota in {escape(one_line(location), 80)}: {state.lower()}, of {len(used)}.",
        [
            header(f"{one_line(location)} · Quota"),
            context(
                "*Read-only*", f"Taken {when(now)}", "In thousand tokens per minute, where it is capacity"
            ),
            section(f"*{state}* :{'warning' if full else 'white_check_mark'}:"),
            *shown,
            footer(ref, more),
        ],
    )


def _number(value: Decimal) -> str:
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


@dataclass(frozen=True)
class StatusLine:
    """One deployment's live state, or why it could not be read."""

    alias: str
    deployment: Deployment | None
    gap: str = ""


def render_status(lines: Sequence[StatusLine], *, now: datetime, ref: str) -> Message:
    """Return the live state of many deployments, one section each."""
    fine = sum(1 for line in lines if _is_fine(line))
    state = f"{fine} of {count(len(lines), 'deployment')} serving"
    rows = [section(_status(line)) for line in lines[:_ROWS]] or [
        section("*None* · no target is configured.")
    ]
    more = f"{len(lines) - _ROWS} more are not shown." if len(lines) > _ROWS else ""
    emoji = "white_check_mark" if fine == len(lines) else "warning"
    return say(
        f"Status: {state}.",
        [
            header("Deployments · Status"),
            context("*Read-only*", f"Taken {when(now)}"),
            section(f"*{state}* :{emoji}:"),
            *rows,
            footer(ref, more),
        ],
    )


def _is_fine(line: StatusLine) -> bool:
    live = line.deployment
    return (
        live is not None and live.provisioning_state == "Succeeded" and live.running_state in ("", "Running")
    )


def _status(line: StatusLine) -> str:
    name = f"*{escape(one_line(line.alias), 120)}*"
    live = line.deployment
    if live is None:
        return f"{name} · could not be read: {safe(one_line(line.gap) or 'no reason given', 400)}"
    states = " · ".join(one_line(word) for word in (live.provisioning_state, live.running_state) if word)
    facts = (
        f"{one_line(live.model.name)} {one_line(live.model.version)} · {live.sku.name} {live.sku.capacity}"
    )
    filters = f" · filter {code(live.content_filter, 80)}" if live.content_filter else ""
    environment = escape(one_line(live.ref.account.environment), 60)
    where = f"{environment} · {code(live.ref.deployment, 80)}"
    return f"{name} · {escape(states, 120)}\n{where} · {escape(facts, 300)}{filters}"
