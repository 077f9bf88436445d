"""Reminding of a status update that is due: whoever leads, else who declared it, else the channel."""

from bot.domain.incident import Incident
from bot.render.incident_words import render_told
from bot.render.texts import is_user
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from bot.usecases.update_incident import nudge
from handlers.dependencies import Dependencies
from handlers.incident_room import speak


async def nudge_of(number: int, deps: Dependencies) -> None:
    """Remind once, where a reminder is due; it is counted first, and never said twice."""
    async with deps.desk.archive.reading() as look:
        before = await look.incident(number)
    user = before.lead or before.declared_by
    person = None
    if is_user(user):
        person = (await find_people({user}, desk=deps.desk, max_age=FOR_AN_APPLY))[user]
    async with deps.desk.archive.transaction() as tx:
        incident = await nudge(number, person, tx=tx, desk=deps.desk)
    if incident is not None:
        await _say(incident, user, deps)


async def _say(incident: Incident, user: str, deps: Dependencies) -> None:
    message = render_told(incident, "nudge", deps.cause("remind").ref)
    if is_user(user):
        await deps.messenger.direct(user, message)
    else:
        await speak(incident, lambda: deps.messenger.post(incident.channel, message), deps)
