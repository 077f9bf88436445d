"""A baseline that was just kept, and the ones before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.baseline import Baseline
from bot.domain.deployment import Target
from bot.domain.drift import flat, shown
from bot.domain.field_names import field_words
from bot.domain.json import Json
from bot.ports.slack import Message
from bot.render.blocks import context, footer, header, say, section, table
from bot.render.by_hand import by_hand
from bot.render.texts import code, count, escape, mention, one_line, when

_ROWS = 20
_EARLIER = 10


@dataclass(frozen=True)
class BaselineView:
    """A baseline that was just kept: its fields, the baselines before it, and its figures in words."""

    kept: Baseline
    fields: Mapping[str, Json]
    earlier: Sequence[Baseline] = ()
    figures: str = ""
    az: Sequence[str] = ()


def render_baseline(view: BaselineView, *, target: Target, ref: str) -> Message:
    """Return what was kept, under which digest, and the last baselines before it."""
    alias, kept, earlier = one_line(target.alias), view.kept, view.earlier
    values = sorted((field_words(path), shown(value, path)) for path, value in flat(view.fields).items())
    lines = [
        f"• {each.words.replace(each.id, code(each.id))} · {when(each.at)} · {mention(each.by)}"
        for each in earlier
    ]
    before = "\n".join(lines[:_EARLIER]) or "None."
    return say(
        f"Baseline {kept.id} of {escape(alias, 120)} is kept.",
        [
            header(f"{alias} · Baseline"),
            section(f"*{kept.id} is kept* :white_check_mark:\nIt can be neither changed nor deleted."),
            context(
                f"Owner {mention(target.owner)}",
                f"Taken {when(kept.at)}",
                f"sha256 {code(kept.sha256[:16] + '…')}",
            ),
            table([("Field", "Value"), *values[:_ROWS]]),
            section(f"*Figures* · {escape(one_line(view.figures), 2000) or 'None.'}"),
            section(f"*Before it* · {count(len(earlier), 'baseline')}\n{before}"),
            *by_hand(view.az),
            footer(
                ref,
                f"{code(f'drift {alias} --against snapshot', 100)} and "
                f"{code(f'metrics {alias} --vs baseline', 100)} compare with it.",
            ),
        ],
    )
