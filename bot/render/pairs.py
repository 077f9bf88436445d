"""Who often approves whose changes, in words."""

from collections.abc import Sequence

from bot.domain.pairs import OFTEN, SINCE, Pair
from bot.ports.slack import Message
from bot.render.blocks import context, footer, header, say, section
from bot.render.texts import count, mention

_SHOWN = 20


def render_pairs(pairs: Sequence[Pair], ref: str) -> Message:
    """Return the pairs, with what each of the two asked for."""
    days = count(SINCE.days, "day")
    rows = [section(_row(pair)) for pair in pairs[:_SHOWN]]
    none = section(f"*None* · no two people approved each other {OFTEN} times or more.")
    more = f"{len(pairs) - _SHOWN} more are not shown." if len(pairs) > _SHOWN else ""
    about = context(
        f"Who approved each other {OFTEN} times or more in {days}. It may be right: a small team, one on duty. "
        "Look at a few of their changes, and let another group decide with `distinct_groups`."
    )
    text = f"{count(len(pairs), 'pair')} approved each other {OFTEN} times or more in {days}."
    return say(text, [header("Who approves whom"), about, *(rows or [none]), footer(ref, more)])


def _row(pair: Pair) -> str:
    one, other = pair.people
    ways = f"{mention(one)} asked {pair.asked.get(one, 0)}, {mention(other)} asked {pair.asked.get(other, 0)}"
    share = f"{pair.count} of the {count(pair.got, 'approval')} the two got"
    return f"*{mention(one)} and {mention(other)}* · {count(pair.count, 'approval')} of each other\n{ways} · {share}"
