"""Trouble that the watch found, for the people of its target: what it is, since when, and a button that declares."""

from bot.domain.deployment import Target
from bot.domain.episode import Episode
from bot.ports.slack import Block, Message
from bot.render.blocks import actions, button, context, fields, footer, header, say, section
from bot.render.texts import escape, one_line, when

_NEXT = (
    "*What to do* · Look with `/cs status`; declare an incident if people notice it. Nothing was changed, and "
    "nothing was declared."
)


def render_episode(episode: Episode, target: Target, ref: str) -> Message:
    """Return the message; without a button when it is over or an incident is open."""
    title = f"{one_line(target.alias)} · {episode.sign.words}"
    told = [("Since", when(episode.began_at)), *sorted(episode.figures.items())]
    blocks = [
        header(title),
        section(f"*{_state(episode)}*\n{escape(one_line(episode.words), 900)}"),
        *fields([(name, value if name == "Since" else escape(value, 80)) for name, value in told][:8]),
        *_next(episode, target),
        footer(ref, "Found by the watch of Countersign; it only reads."),
    ]
    return say(f"{escape(title, 200)}: {escape(one_line(episode.words), 400)}", blocks)


def _state(episode: Episode) -> str:
    return "Trouble :rotating_light:" if episode.ended_at is None else "Over :white_check_mark:"


def _next(episode: Episode, target: Target) -> list[Block]:
    if episode.ended_at is not None:
        return [context(f"It was seen last before {when(episode.ended_at)}.")]
    if episode.incident:
        return [section(f"INC-{episode.incident} is open on it; it is in its timeline.")]
    symptom = f"First symptom of {one_line(target.alias)}: {one_line(target.first_symptom)}"
    offer = button(
        "Declare an incident",
        "incident.offer",
        f"episode:{episode.number}",
        says=f"Declare an incident on {one_line(target.alias)}",
    )
    return [
        *([context(escape(symptom, 300))] if target.first_symptom else []),
        section(_NEXT),
        *actions([offer]),
    ]
