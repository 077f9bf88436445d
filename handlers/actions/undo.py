"""`change.undo`, `change.retire`, `change.again`: open the form of a new change that follows one that ended."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click
from handlers.undoing import open_again, open_from, open_retire


async def _undo(click: Click, deps: Dependencies) -> Message | None:
    return await open_from(read_button_value(click.value).number, click.asked, deps)


async def _retire(click: Click, deps: Dependencies) -> Message | None:
    await open_retire(read_button_value(click.value).number, click.asked, deps)
    return None


async def _again(click: Click, deps: Dependencies) -> Message | None:
    return await open_again(read_button_value(click.value).number, click.asked, deps)


UNDO = Action("change.undo", _undo)
RETIRE = Action("change.retire", _retire)
AGAIN = Action("change.again", _again)
