"""An incident as the database holds it, with the words around it, and which one a person means."""

import re
from collections.abc import Sequence

from bot.domain.change import Change
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident, incident_number
from bot.ports.archive import Look
from bot.ports.incidents import IncidentQuery
from bot.render.incident_view import IncidentView
from handlers.dependencies import Dependencies
from handlers.shapes import Asked

INCIDENT_ID = re.compile(r"(?i:inc-)[0-9]{1,9}")


async def load_incident(number: int, deps: Dependencies) -> IncidentView:
    """Return an incident with the words around it; raise NotFoundError."""
    async with deps.desk.archive.reading() as look:
        return await incident_view(await look.incident(number), look, deps)


async def load_incidents(query: IncidentQuery, deps: Dependencies) -> list[IncidentView]:
    """Return matching incidents as rows show them, newest first."""
    nudges = deps.desk.configuration.incidents.nudges
    async with deps.desk.archive.reading() as look:
        return [IncidentView(each, nudges=nudges) for each in await look.incidents(query)]


async def incident_view(incident: Incident, look: Look, deps: Dependencies) -> IncidentView:
    """Return a loaded incident with the words around it."""
    changes = [await look.change(number) for number in await look.changes_of(incident.number)]
    return IncidentView(
        incident,
        symptoms=_symptoms(incident, deps),
        changes=[(change.id, _state(change)) for change in changes],
        snapshots=await look.snapshots(incident.number),
        nudges=deps.desk.configuration.incidents.nudges,
    )


def _symptoms(incident: Incident, deps: Dependencies) -> list[str]:
    named = [each for each in deps.desk.configuration.targets if each.alias in incident.targets]
    return [f"{each.alias}: {each.first_symptom}" for each in named if each.first_symptom]


def _state(change: Change) -> str:
    return change.state.replace("_", " ")


def dashed(typed: Sequence[str]) -> tuple[str, ...]:
    """Return what was typed with the dash between two parts of a sentence as one; it begins no option."""
    return tuple("–" if word == "--" else word for word in typed)


async def meant(words: Sequence[str], asked: Asked, deps: Dependencies) -> tuple[int, tuple[str, ...]]:
    """Return the number of the incident that is meant and the words that are left.

    It is named first, or implied by the channel: the newest one whose channel this is.

    Raises:
        InvalidInputError: none is named, and this is no incident's channel.
    """
    first, *rest = (*words, "")
    if INCIDENT_ID.fullmatch(first):
        return incident_number(first), tuple(rest[:-1])
    here = await incident_here(asked.channel, deps)
    if here is None:
        raise InvalidInputError(
            "Which incident?",
            advice="Name it, such as INC-3, or write this in its channel; see `incident list`.",
        )
    return here.number, tuple(words)


async def incident_here(channel: str, deps: Dependencies) -> Incident | None:
    """Return the incident whose channel this is, an open one before a resolved one; None when there is none."""
    if not channel:
        return None
    async with deps.desk.archive.reading() as look:
        found = await look.incidents(IncidentQuery(channel=channel))
    return next((each for each in found if each.is_open), found[0] if found else None)
