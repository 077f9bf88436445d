"""The form of a repair: an emergency that belongs to an open incident, on one of its targets."""

from collections.abc import Sequence
from dataclasses import replace

from bot.changes.kinds import KINDS
from bot.domain.change import ChangeType
from bot.domain.errors import CountersignError
from bot.domain.incident import Incident
from bot.ports.registry import Offer
from bot.ports.slack import Message
from bot.render.answer import error_words, render_text
from bot.render.change_forms import RequestForm, render_form_skeleton
from bot.usecases.hold_for_incident import incidents_on
from bot.usecases.read_offer import read_offer
from handlers.dependencies import Dependencies
from handlers.dialogs import request_form
from handlers.shapes import Asked

_TOLD = "While {id} is open, this runs when it is approved and the incident's lead has consented to its plan."


async def open_repair(
    number: int, kind: str, target: str, asked: Asked, deps: Dependencies
) -> Message | None:
    """Open the request form of a repair, or say that the incident is over."""
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(number)
    if not incident.is_open:
        words = f"{incident.id} is resolved: nothing is held any more. Write `/cs change request`."
        return render_text(words, asked.ref)
    view_id = await deps.messenger.open_view(asked.trigger_id, render_form_skeleton(asked.ref))
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("precheck", f"precheck:repair:{view_id}:{incident.id}:{kind}:{target}")
    return None


async def repair_form(number: int, kind: str, target: str, deps: Dependencies) -> RequestForm:
    """Return the form with type, incident, target and reason filled in, and what is live; the rest is asked for."""
    ref = deps.cause("precheck").ref
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(number)
        chosen = _target(target, incident)
        there = await incidents_on(chosen, look) if chosen else ()
    kind = kind or KINDS[0].name
    offer, unread = Offer(), ""
    try:
        if chosen:
            offer = await read_offer(deps.desk.configuration.target(chosen).ref, deps.readers.azure)
    except CountersignError as error:
        unread = f"could not be read: {error_words(error)}"
    form = request_form(kind, chosen, offer, deps, ref=ref)
    told, filled = _repair(incident, chosen, there)
    return replace(
        form,
        values={**form.values, **filled},
        live=unread or form.live,
        told=told,
        metadata={"incident": number},
    )


async def repair_values(target: str, deps: Dependencies) -> dict[str, str]:
    """Return what a form on this target holds while an incident is open there; nothing where none is."""
    async with deps.desk.archive.reading() as look:
        incidents = await incidents_on(target, look)
    return _values(incidents[0]) if incidents else {}


def _values(incident: Incident) -> dict[str, str]:
    return {"type": ChangeType.EMERGENCY.value, "incident": incident.id, "ticket": incident.id}


def _target(target: str, incident: Incident) -> str:
    """Return the target that was chosen, else the first of the incident's."""
    return target or next(iter(sorted(incident.targets)), "")


def _repair(incident: Incident, target: str, there: Sequence[Incident]) -> tuple[str, dict[str, str]]:
    """Return what is said first and what is filled in: of the incident, where it is about the target.

    Where it is not, the form is of what is open there; where nothing is, it is an ordinary request that names it.
    """
    if not target or target in incident.targets:
        return _TOLD.format(id=incident.id), _of(incident)
    other = f"{incident.id} is not about {target}"
    if there:
        return f"{other}; {there[0].id} is, and stands in this form. {_TOLD.format(id=there[0].id)}", _of(
            there[0]
        )
    told = f"{other}, and no incident is open there: nothing is held, and a change is asked for as usual."
    return told, {**_of(incident), "type": ChangeType.NORMAL.value}


def _of(incident: Incident) -> dict[str, str]:
    return {**_values(incident), "reason": f"{incident.id}: {incident.title}"}
