"""The buttons of an incident's card: each looks, or opens a form; none changes production."""

from bot.domain.incident import incident_number
from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.incident_verbs import declared, timeline_of, wish_of
from handlers.incident_verbs_steer import snapshot_wanted
from handlers.shapes import Action, Click


async def _snapshot(click: Click, deps: Dependencies) -> Message | None:
    return await snapshot_wanted(incident_number(click.value), click.asked, deps)


async def _timeline(click: Click, deps: Dependencies) -> Message | None:
    return await timeline_of(incident_number(click.value), click.asked, deps)


async def _anyway(click: Click, deps: Dependencies) -> Message | None:
    return await declared(wish_of(click.value), click.asked, deps)


TAKE_SNAPSHOT = Action("incident.snapshot", _snapshot)
SHOW_TIMELINE = Action("incident.timeline", _timeline)
DECLARE_ANYWAY = Action("incident.anyway", _anyway)
