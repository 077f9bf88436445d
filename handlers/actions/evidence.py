"""`evidence.refresh` looks again; `evidence.share` posts what was seen in the channel."""

import json

from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from bot.usecases.ask_question import Asking, ask_question
from handlers.answers import SINCE
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click


async def _refresh(click: Click, deps: Dependencies) -> Message | None:
    verb, names, since = _value(click.value)
    words = (*names, f"{SINCE}{since}") if since else names
    asking = Asking(verb, words, click.asked.channel, click.asked.response_url)
    await ask_question(asking, caller=click.asked.caller, desk=deps.desk)
    return None


async def _share(click: Click, deps: Dependencies) -> Message | None:
    verb, names, _ = _value(click.value)
    asking = Asking(verb, names, click.asked.channel, share=True)
    await ask_question(asking, caller=click.asked.caller, desk=deps.desk)
    return None


def _value(text: str) -> tuple[str, tuple[str, ...], str]:
    try:
        found = json.loads(text)
        names = tuple(str(name) for name in found["names"])
        return str(found["verb"]), names, str(found.get("since", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This card is out of date.", advice="Ask again with `/cs status`.") from error


REFRESH = Action("evidence.refresh", _refresh)
SHARE = Action("evidence.share", _share)
