"""`drift.open`, `drift.lift`: buttons of an exception; `drift.revert`: the form that puts a write back."""

from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.excepting import named_of, open_except, open_lift, wish_of
from handlers.shapes import Action, Click
from handlers.unapproved import open_way_back


async def _open(click: Click, deps: Dependencies) -> Message | None:
    return await open_except(wish_of(click.value), click.asked, deps)


async def _lift(click: Click, deps: Dependencies) -> Message | None:
    return await open_lift(named_of(click.value), click.asked, deps)


async def _revert(click: Click, deps: Dependencies) -> Message | None:
    if not (click.value.isascii() and click.value.isdigit()):
        raise InvalidInputError("This button is out of date.", advice="Write `change request` instead.")
    await open_way_back(int(click.value), click.asked, deps)
    return None


OPEN_EXCEPT = Action("drift.open", _open)
PUT_BACK = Action("drift.revert", _revert)
OPEN_LIFT = Action("drift.lift", _lift)
