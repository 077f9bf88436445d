"""`incident.consent`: the lead of an incident that holds a change agrees to it, in a modal."""

from bot.ports.slack import Message
from bot.render.change_view import read_button_value
from handlers.consenting import open_consent
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click


async def _run(click: Click, deps: Dependencies) -> Message | None:
    return await open_consent(read_button_value(click.value), click.asked, deps)


CONSENT = Action("incident.consent", _run)
