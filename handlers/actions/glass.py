"""`change.break_glass` and `change.review`: open their modals."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.dependencies import Dependencies
from handlers.dialogs_glass import open_break_glass, open_glass_review
from handlers.shapes import Action, Click


async def _break(click: Click, deps: Dependencies) -> Message | None:
    return await open_break_glass(read_button_value(click.value).number, click.asked, deps)


async def _review(click: Click, deps: Dependencies) -> Message | None:
    return await open_glass_review(read_button_value(click.value).number, click.asked, deps)


BREAK_GLASS = Action("change.break_glass", _break)
REVIEW_GLASS = Action("change.review", _review)
