"""`evidence.refresh` looks again; `evidence.share` posts in the channel what was seen."""

import json

from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from bot.usecases.ask_question import Asking, ask_question
from handlers.dependencies import Dependencies
from handlers.seen import AT, SINCE
from handlers.shapes import Action, Click


async def _refresh(click: Click, deps: Dependencies) -> Message | None:
    verb, words = _value(click.value)
    asking = Asking(verb, words, click.asked.channel, click.asked.response_url)
    await ask_question(asking, caller=click.asked.caller, desk=deps.desk)
    return None


async def _share(click: Click, deps: Dependencies) -> Message | None:
    verb, words = _value(click.value)
    asking = Asking(verb, words, click.asked.channel, share=True)
    await ask_question(asking, caller=click.asked.caller, desk=deps.desk)
    return None


def _value(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the question of a card, with the snapshot that the card shows where it has one."""
    try:
        found = json.loads(text)
        names = tuple(str(name) for name in found["names"])
        seen = (f"{mark}{found[key]}" for mark, key in ((SINCE, "since"), (AT, "at")) if key in found)
        return str(found["verb"]), (*names, *seen)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This card is out of date.", advice="Ask again with `/cs status`.") from error


REFRESH = Action("evidence.refresh", _refresh)
SHARE = Action("evidence.share", _share)
