"""Figures: quota of a region, status of many deployments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.az_command import deployment_list, usage_list
from bot.domain.deployment import Account, Deployment, Usage
from bot.ports.slack import Block, Message
from bot.render.blocks import context, footer, header, say, section, table
from bot.render.by_hand import by_hand
from bot.render.look_buttons import look_buttons
from bot.render.texts import EMPTY, count, escape, one_line, when
from bot.render.texts import words as safe

_ROWS = 25
_UNIT = "Tokens Per Minute (thousands) - "


def render_quota(
    account: Account, lines: Sequence[Usage], *, now: datetime, ref: str, share_value: str = ""
) -> Message:
    """Return the quota of an account's region: used, limit and what is left."""
    location = account.location
    used = sorted(filter(lambda line: line.limit > 0 or line.current > 0, lines), key=_room)
    cells: list[tuple[str, ...]] = [("Quota", "Used", "Limit", "Left")]
    cells += [(_pool(line), *map(_number, (line.current, line.limit, line.left))) for line in used[:_ROWS]]
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
            *by_hand([usage_list(account)]),
            *look_buttons(share_value),
            footer(ref, more),
        ],
    )


def _room(line: Usage) -> Decimal:
    """Return the share that is left: what is nearly used up is read first."""
    return line.left / line.limit if line.limit else Decimal(0)


def _pool(line: Usage) -> str:
    """Return the name of a quota without the unit that the card says once."""
    return (line.label or line.name).removeprefix(_UNIT).replace(" - ", " · ")


def _number(value: Decimal) -> str:
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


@dataclass(frozen=True)
class StatusLine:
    """One deployment's live state, or why it could not be read."""

    alias: str
    deployment: Deployment | None
    gap: str = ""


def render_status(
    lines: Sequence[StatusLine],
    *,
    accounts: Sequence[Account],
    now: datetime,
    ref: str,
    share_value: str = "",
) -> Message:
    """Return the live state of many deployments of these accounts, one section each."""
    fine = sum(1 for line in lines if _is_fine(line))
    state = f"{fine} of {count(len(lines), 'deployment')} serving"
    rows = _status(lines[:_ROWS]) or [section("*None* · no target is configured.")]
    more = f"{len(lines) - _ROWS} more are not shown." if len(lines) > _ROWS else ""
    emoji = "white_check_mark" if fine == len(lines) else "warning"
    return say(
        f"Status: {state}.",
        [
            header("Deployments · Status"),
            context("*Read-only*", f"Taken {when(now)}"),
            section(f"*{state}* :{emoji}:"),
            *rows,
            *by_hand(map(deployment_list, accounts)),
            *look_buttons(share_value),
            footer(ref, more),
        ],
    )


def _is_fine(line: StatusLine) -> bool:
    live = line.deployment
    return (
        live is not None and live.provisioning_state == "Succeeded" and live.running_state in ("", "Running")
    )


def _status(lines: Sequence[StatusLine]) -> list[Block]:
    """Return what could be read as a table, and why the rest could not."""
    cells: list[tuple[str, ...]] = [("Target", "State", "SKU", "Model", "Content filter")]
    cells += [_status_row(line.alias, line.deployment) for line in lines if line.deployment is not None]
    gaps = [
        section(
            f"*{escape(one_line(line.alias), 120)}* · could not be read: "
            f"{safe(one_line(line.gap) or 'no reason given', 400)}"
        )
        for line in lines
        if line.deployment is None
    ]
    return [*([table(cells)] if len(cells) > 1 else []), *gaps]


def _status_row(alias: str, live: Deployment) -> tuple[str, ...]:
    well = live.provisioning_state == "Succeeded"
    state = live.running_state if well and live.running_state else live.provisioning_state
    base, tuned, suffix = live.model.name.partition(".ft-")
    name = f"{base}, {suffix.partition('-')[2] or 'fine-tuned'}" if tuned else f"{base} {live.model.version}"
    return (alias, state, f"{live.sku.name} {live.sku.capacity:,}", name, live.content_filter or EMPTY)
