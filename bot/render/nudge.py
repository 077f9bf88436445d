"""What a nudge answers: who was reminded, and who cannot be before when."""

from collections.abc import Sequence
from datetime import datetime

from bot.ports.slack import Message
from bot.render.blocks import footer, say, section
from bot.render.texts import age, mention


def render_nudged(
    change_id: str,
    reminded: Sequence[str],
    later: Sequence[tuple[str, datetime | None]],
    *,
    now: datetime,
    ref: str,
) -> Message:
    """Return who was reminded, and who cannot be before when."""
    lines = [f"Reminded {' '.join(mention(user) for user in reminded)}."] if reminded else []
    for user, at in later:
        why = f"can be reminded in {age(now, at)}" if at else "was reminded as often as anybody may be"
        lines.append(f"{mention(user)} {why}.")
    if later:
        lines.append("Nobody is reminded more than once in four hours, or outside their working hours.")
    said = "\n".join(lines) or f"Nobody who was asked still has to decide {change_id}."
    return say(said, [section(f"*{change_id}*\n{said}"), footer(ref)])
