"""`change.comment`: open the modal of a comment; `change.decide`: open the review with nothing chosen."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.dependencies import Dependencies
from handlers.dialogs_decide import Seen, open_decide
from handlers.shapes import Action, Click
from handlers.talking import open_comment


async def _comment(click: Click, deps: Dependencies) -> Message | None:
    await open_comment(read_button_value(click.value).number, "", click.asked, deps)
    return None


async def _review(click: Click, deps: Dependencies) -> Message | None:
    value = read_button_value(click.value)
    seen = Seen(value.number, value.revision, value.digest)
    return await open_decide(seen, "review", click.asked, deps)


COMMENT = Action("change.comment", _comment)
DECIDE = Action("change.decide", _review)
