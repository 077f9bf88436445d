"""`change.plan`: the whole plan, with its digest and the calls forward and back."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from bot.render.plan import render_plan_view
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import Action, Click


async def _plan(click: Click, deps: Dependencies) -> Message | None:
    view = await load_view(read_button_value(click.value).number, deps)
    await deps.messenger.open_view(click.asked.trigger_id, render_plan_view(view, click.asked.ref))
    return None


PLAN = Action("change.plan", _plan)
