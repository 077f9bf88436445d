"""The buttons of an incident's card: each looks, or opens a form; none changes production."""

from collections.abc import Awaitable, Callable

from bot.domain.incident import incident_number
from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.incident_dialogs import open_form
from handlers.incident_verbs import declared, open_declare, timeline_of, wish_of
from handlers.incident_verbs_steer import snapshot_wanted
from handlers.shapes import Action, Click


async def _snapshot(click: Click, deps: Dependencies) -> Message | None:
    return await snapshot_wanted(incident_number(click.value), click.asked, deps)


async def _timeline(click: Click, deps: Dependencies) -> Message | None:
    return await timeline_of(incident_number(click.value), click.asked, deps)


async def _anyway(click: Click, deps: Dependencies) -> Message | None:
    return await declared(wish_of(click.value), click.asked, deps)


async def _declare(click: Click, deps: Dependencies) -> Message | None:
    return await open_declare(wish_of(click.value), click.asked, deps)


def _opening(what: str) -> Callable[[Click, Dependencies], Awaitable[Message | None]]:
    async def run(click: Click, deps: Dependencies) -> Message | None:
        return await open_form(what, incident_number(click.value), "", click.asked, deps)

    return run


TAKE_SNAPSHOT = Action("incident.snapshot", _snapshot)
SHOW_TIMELINE = Action("incident.timeline", _timeline)
DECLARE_ANYWAY = Action("incident.anyway", _anyway)
OPEN_DECLARE = Action("incident.form", _declare)
OPEN_UPDATE = Action("incident.update", _opening("update"))
OPEN_SEVERITY = Action("incident.severity", _opening("severity"))
OPEN_LEAD = Action("incident.lead", _opening("lead"))
OPEN_RESOLVE = Action("incident.resolve", _opening("resolve"))
