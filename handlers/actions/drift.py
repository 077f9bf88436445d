"""`drift.open`: the button that opens the form of an exception where a mention could not."""

from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.excepting import open_except, wish_of
from handlers.shapes import Action, Click


async def _open(click: Click, deps: Dependencies) -> Message | None:
    return await open_except(wish_of(click.value), click.asked, deps)


OPEN_EXCEPT = Action("drift.open", _open)
