"""`change.approve`, `change.reject`: the review modal with the choice pre-set; `change.unapprove`: take it back."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.dependencies import Dependencies
from handlers.dialogs_decide import Seen, open_decide
from handlers.dialogs_unapprove import open_unapprove
from handlers.shapes import Action, Click


async def _approve(click: Click, deps: Dependencies) -> Message | None:
    return await _open("approve", click, deps)


async def _reject(click: Click, deps: Dependencies) -> Message | None:
    return await _open("reject", click, deps)


async def _unapprove(click: Click, deps: Dependencies) -> Message | None:
    return await open_unapprove(read_button_value(click.value).number, click.asked, deps)


async def _open(choice: str, click: Click, deps: Dependencies) -> Message | None:
    value = read_button_value(click.value)
    seen = Seen(value.number, value.revision, value.digest)
    return await open_decide(seen, choice, click.asked, deps)


APPROVE = Action("change.approve", _approve)
REJECT = Action("change.reject", _reject)
UNAPPROVE = Action("change.unapprove", _unapprove)
