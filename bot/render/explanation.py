"""Why a change stands as it does, for a person: its rule, its tier, the votes, who could, and their own case."""

from collections.abc import Sequence

from bot.domain.explanation import Explanation
from bot.ports.slack import Block, Message
from bot.render.blocks import fields, footer, header, say, section
from bot.render.texts import escape, mention, one_line
from bot.render.texts import words as safe

_LINES = 20


def render_explanation(found: Explanation, ref: str, held: str = "") -> Message:
    """Return the explanation; the person's own case comes first. `held` is why an open incident keeps it."""
    could = ", ".join(mention(user) for user in found.could[:_LINES]) or "nobody"
    facts = [
        ("Rule", escape(one_line(found.rule), 900)),
        ("State", escape(found.state.replace("_", " "), 60)),
        ("Tier", escape(one_line(found.tier), 300)),
        ("Who could", could),
    ]
    blocks: list[Block] = [
        header(f"{found.change} · Who may decide, and why"),
        section(f"*You* · {safe(found.answer, 900)}"),
        *fields(facts),
        *_list("Why this tier", found.because),
        *_list("Votes", found.voted),
        section(f"*Approvals* · {safe(found.needs, 900)}"),
        *([section(f"*Break glass* · {safe(found.glass, 900)}")] if found.glass else []),
        *([section(f"*Incident* · {safe(held, 900)}")] if held else []),
        footer(ref),
    ]
    return say(f"{found.change}: {safe(found.answer, 900)} {safe(found.needs, 900)}", blocks)


def _list(title: str, lines: Sequence[str]) -> list[Block]:
    if not lines:
        return []
    shown = "\n".join(f"• {safe(one_line(line), 250)}" for line in lines[:_LINES])
    return [section(f"*{title}*\n{shown}"[:2900])]
