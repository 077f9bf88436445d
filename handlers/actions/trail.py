"""`trail.older` and `trail.newer`: another page of a search, in the place of this one."""

from bot.domain.errors import SlackRefusedError
from bot.ports.slack import Message
from bot.render.trail import trail_place_of
from handlers.audit_search import search_trail
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click


async def _turn(click: Click, deps: Dependencies) -> Message | None:
    message = await search_trail(trail_place_of(click.value), click.asked, deps)
    if not click.asked.response_url:
        return message
    try:
        await deps.messenger.respond(click.asked.response_url, message, replace=True)
    except SlackRefusedError:
        return message
    return None


OLDER = Action("trail.older", _turn)
NEWER = Action("trail.newer", _turn)
