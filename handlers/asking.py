"""Asking a read-only question from a command: a job answers it, and a skeleton stands there meanwhile."""

from bot.ports.slack import Message
from bot.render.evidence import render_skeleton
from bot.usecases.ask_question import Asking, ask_question
from handlers.dependencies import Dependencies
from handlers.shapes import Asked


async def ask_for(
    verb: str, names: tuple[str, ...], asked: Asked, deps: Dependencies, *, share: bool, about: str
) -> Message:
    """Store the question and return what stands there until it is answered."""
    asking = Asking(verb, names, asked.channel, asked.response_url, share)
    await ask_question(asking, caller=asked.caller, desk=deps.desk)
    return render_skeleton(f"Looking at the {verb} {about}, read-only …", asked.ref)
