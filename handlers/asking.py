"""Asking a read-only question from a command: a job answers it, and a skeleton stands there meanwhile."""

from bot.ports.slack import Message
from bot.render.evidence import render_skeleton
from bot.usecases.ask_question import Asking, ask_question
from handlers.dependencies import Dependencies
from handlers.incident_loading import incident_here
from handlers.shapes import Asked

_FILES = "evidence"


async def ask_for(
    verb: str, names: tuple[str, ...], asked: Asked, deps: Dependencies, *, share: bool, about: str
) -> Message:
    """Store the question and return what stands there until it is answered.

    In the channel of an open incident the answer is for everybody there; files go to whoever asks all the same.
    """
    if not share and verb != _FILES:
        incident = await incident_here(asked.channel, deps)
        share = incident is not None and incident.is_open
    asking = Asking(verb, names, asked.channel, asked.response_url, share)
    await ask_question(asking, caller=asked.caller, desk=deps.desk)
    return render_skeleton(f"Looking at the {f'{verb} {about}'.strip()}, read-only …", asked.ref)
