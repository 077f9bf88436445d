"""Two targets side by side: what differs, and what of their capacity lies idle."""

from bot.domain.az_command import deployment_show, metrics_list
from bot.domain.field_names import field_words
from bot.ports.slack import Block, Message
from bot.render.blocks import context, footer, header, say, section, table
from bot.render.by_hand import by_hand
from bot.render.look_buttons import look_buttons
from bot.render.texts import EMPTY, code, count, escape, one_line, utc, when
from bot.render.texts import words as safe
from bot.usecases.compare_targets import METRIC, Comparison, Side

_ROWS = 25
IDLE = 0.5


def render_compare(compared: Comparison, *, ref: str, share_value: str = "") -> Message:
    """Return both sides: the fields that differ, and capacity against the busiest five minutes of a week."""
    left, right = compared.left, compared.right
    names = (one_line(left.alias), one_line(right.alias))
    state = f"{count(len(compared.rows), 'field')} differ" if compared.rows else "No field differs"
    idle = [side for side in (left, right) if (side.use.idle or 0) > IDLE]
    said = "; ".join(_idle_words(side) for side in idle)
    sides = [deployment_show(side.live.ref) for side in (left, right)]
    metrics = [metrics_list(side.live.ref, METRIC, compared.window, "PT5M") for side in (left, right)]
    summary = f"{names[0]} and {names[1]}: {state.lower()}, {compared.equal} are the same. {said}"
    return say(
        f"Compared {escape(summary.strip(), 600)}",
        [
            header(f"{names[0]} and {names[1]} · Compare"),
            section(
                f"*{state}*, {compared.equal} are the same"
                + (f"\n{escape(said, 400)} :warning:" if said else "")
            ),
            context(
                "*Read-only*",
                *[_where(side) for side in (left, right)],
                f"Use {when(compared.window.start)} to {when(compared.window.end)}",
            ),
            *_differences(compared, names),
            *_capacity(compared),
            *by_hand([*sides, *metrics]),
            *look_buttons(share_value),
            footer(ref),
        ],
    )


def _where(side: Side) -> str:
    account = side.live.ref.account
    return (
        f"{escape(one_line(side.alias), 80)}: {escape(one_line(account.environment), 60)} · "
        f"{code(account.account, 80)} / {code(side.live.ref.deployment, 80)}"
    )


def _differences(compared: Comparison, names: tuple[str, str]) -> list[Block]:
    if not compared.rows:
        return []
    rows = [
        ("Field", *names),
        *[(field_words(row.field), row.left, row.right) for row in compared.rows[:_ROWS]],
    ]
    more = (
        [context(f"{len(compared.rows) - _ROWS} more are not shown.")] if len(compared.rows) > _ROWS else []
    )
    return [table(rows), *more]


def _capacity(compared: Comparison) -> list[Block]:
    """Return the use of both as text: a message holds one table."""
    lines = [_use(side) for side in (compared.left, compared.right)]
    return [section("*Capacity and use* · the busiest five minutes of seven days\n" + "\n".join(lines))]


def _use(side: Side) -> str:
    use, name = side.use, escape(one_line(side.alias), 80)
    if use.gap:
        return f"• {name}: {safe(one_line(use.gap), 300)}"
    sku = f"{escape(side.live.sku.name, 60)} {side.live.sku.capacity:,}"
    peak = EMPTY if use.peak is None else f"{use.peak:,.0f} tokens a minute"
    at = f" ({utc(use.peak_at)})" if use.peak_at else ""
    if use.allowed is None:
        return f"• {name}: {sku}, peak {peak}{at}; capacity is not counted in tokens"
    idle = "" if use.idle is None else f", *{100 * use.idle:.0f} % idle at the peak*"
    return f"• {name}: {sku} allows {use.allowed:,.0f}, peak {peak}{at}{idle}"


def _idle_words(side: Side) -> str:
    if not side.use.peak:
        return f"{one_line(side.alias)} was not used for seven days"
    return (
        f"{one_line(side.alias)} leaves {100 * (side.use.idle or 0):.0f} % of its capacity idle at its peak"
    )
