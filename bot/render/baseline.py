"""A baseline that was just kept, and the ones before it."""

from collections.abc import Sequence

from bot.domain.baseline import Baseline
from bot.domain.deployment import Target
from bot.domain.drift import flat, shown
from bot.domain.field_names import field_words
from bot.domain.json import Json
from bot.ports.slack import Message
from bot.render.blocks import context, footer, header, say, section, table
from bot.render.texts import code, count, escape, mention, one_line, when

_ROWS = 20
_EARLIER = 10


def render_baseline(
    kept: Baseline, fields: dict[str, Json], earlier: Sequence[Baseline], *, target: Target, ref: str
) -> Message:
    """Return what was kept, under which digest, and the last baselines before it."""
    alias = one_line(target.alias)
    values = sorted((field_words(path), shown(value, path)) for path, value in flat(fields).items())
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
            section(f"*Before it* · {count(len(earlier), 'baseline')}\n{before}"),
            footer(ref, f"{code(f'drift {alias} --against snapshot', 100)} compares with it."),
        ],
    )
