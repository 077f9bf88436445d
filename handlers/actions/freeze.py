"""`freeze.open`: the form that adds or lifts a freeze, after a mention."""

from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.freezing import freeze_wish_of, open_freeze
from handlers.shapes import Action, Click


async def _open(click: Click, deps: Dependencies) -> Message | None:
    return await open_freeze(freeze_wish_of(click.value), click.asked, deps)


OPEN_FREEZE = Action("freeze.open", _open)
