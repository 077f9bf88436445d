"""`drift.open` and `drift.lift`: buttons that open the form of an exception, and the one that lifts it."""

from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.excepting import named_of, open_except, open_lift, wish_of
from handlers.shapes import Action, Click


async def _open(click: Click, deps: Dependencies) -> Message | None:
    return await open_except(wish_of(click.value), click.asked, deps)


async def _lift(click: Click, deps: Dependencies) -> Message | None:
    return await open_lift(named_of(click.value), click.asked, deps)


OPEN_EXCEPT = Action("drift.open", _open)
OPEN_LIFT = Action("drift.lift", _lift)
