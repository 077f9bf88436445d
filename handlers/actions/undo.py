"""`change.undo`, `change.retire`: open the form of a new change that follows a closed one."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click
from handlers.undoing import open_retire, open_undo


async def _undo(click: Click, deps: Dependencies) -> Message | None:
    return await open_undo(read_button_value(click.value).number, click.asked, deps)


async def _retire(click: Click, deps: Dependencies) -> Message | None:
    await open_retire(read_button_value(click.value).number, click.asked, deps)
    return None


UNDO = Action("change.undo", _undo)
RETIRE = Action("change.retire", _retire)
