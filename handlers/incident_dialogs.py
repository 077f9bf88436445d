"""Opening the forms of an incident, from a command or from a button of its card alike."""

from bot.domain.incident import Incident
from bot.domain.policy import Refused
from bot.ports.slack import Block, Message
from bot.render.answer import render_refused, render_text
from bot.render.incident_forms import (
    render_lead_form,
    render_resolve_form,
    render_severity_form,
    render_update_form,
)
from bot.render.notice import render_open_button
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.resolve_incident import open_checks, resolvable
from handlers.dependencies import Dependencies
from handlers.shapes import Asked


async def open_form(what: str, number: int, words: str, asked: Asked, deps: Dependencies) -> Message | None:
    """Open `update`, `severity`, `lead` or `resolve` of an incident, with the words that were typed."""
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(number)
        checks = await open_checks(incident, look)
    if not incident.is_open:
        return render_text(f"{incident.id} is resolved already; nothing of it changes any more.", asked.ref)
    if what == "resolve":
        refused = await why_not_resolve(incident, asked, deps)
        if refused is not None:
            return render_refused(refused, asked.ref)
    if not asked.trigger_id:
        return render_open_button(
            "A mention cannot open a form by itself; this button can.",
            label=f"Open the {what} form",
            action_id=f"incident.{what}",
            value=incident.id,
            ref=asked.ref,
        )
    await deps.messenger.open_view(asked.trigger_id, _form(what, incident, checks, words, asked.ref))
    return None


def _form(what: str, incident: Incident, checks: list[str], words: str, ref: str) -> Block:
    match what:
        case "severity":
            return render_severity_form(incident, ref)
        case "lead":
            return render_lead_form(incident, ref)
        case "resolve":
            return render_resolve_form(incident, checks, words, ref)
        case _:
            return render_update_form(incident, words, "", ref)


async def why_not_resolve(incident: Incident, asked: Asked, deps: Dependencies) -> Refused | None:
    """Return why this person does not resolve the incident, None when they may."""
    user = asked.caller.user
    people = await find_people({user, incident.lead} - {""}, desk=deps.desk, max_age=FOR_A_DECISION)
    return resolvable(incident, user, people, deps.desk)
