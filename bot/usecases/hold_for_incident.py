"""Hold changes while an incident is open on their target: read what holds it, and judge by that."""

from collections.abc import Mapping

from bot.domain.change import Change
from bot.domain.incident import Incident, IncidentState
from bot.domain.incident_mode import (
    BEFORE,
    NOT_HELD,
    Mode,
    holding,
    is_consented,
    is_repair,
    named_number,
    why_not_applied,
)
from bot.domain.people import Standing
from bot.domain.policy import Refused, stands
from bot.ports.archive import Look
from bot.ports.incidents import IncidentQuery
from bot.usecases.desk import Desk
from bot.usecases.find_people import FOR_AN_APPLY, find_people

_MOST = 500


async def incidents_on(alias: str, look: Look) -> tuple[Incident, ...]:
    """Return the incidents that hold a target, oldest first."""
    query = IncidentQuery(state=IncidentState.OPEN, target=alias, limit=_MOST)
    return holding(await look.incidents(query))


async def leads_on(alias: str, look: Look) -> frozenset[str]:
    """Return whose standing a judgement wants besides others': the leads of the incidents that hold a target."""
    return frozenset(incident.lead for incident in await incidents_on(alias, look)) - {""}


async def mode_of(change: Change, *, people: Mapping[str, Standing], look: Look, desk: Desk) -> Mode:
    """Return what evidence-only mode rests on for a change, as it is now."""
    incidents = await incidents_on(change.request.target, look)
    if not incidents:
        return NOT_HELD
    now = desk.clock.now()
    approvers = {vote.person for vote in await look.votes(change) if stands(change, vote, now)}
    broke = {change.broke_glass_by} - {""}
    return Mode(incidents, tuple(await look.consents(change.number)), frozenset(approvers | broke), people)


async def held_by_incident(change: Change, *, desk: Desk) -> str:
    """Return why a change would not be sent now, by who is who no longer ago than an apply allows.

    Raises:
        RunAgain: the directory must be read afresh first.
    """
    async with desk.archive.reading() as look:
        mode = await mode_of(change, people={}, look=look, desk=desk)
    if not mode.incidents:
        return ""
    asked = {change.request.requester, *mode.leads, *mode.approvers}
    people = await find_people(asked, desk=desk, max_age=FOR_AN_APPLY)
    refused = why_not_applied(change, Mode(mode.incidents, mode.consents, mode.approvers, people))
    return refused.reason if refused is not None else ""


async def consents_relied_on(change: Change, look: Look) -> frozenset[tuple[str, str]] | None:
    """Return the incidents that hold the change's target with their leads of this instant, who have consented.

    None when one of them has not.
    """
    incidents = await incidents_on(change.request.target, look)
    given = await look.consents(change.number) if incidents else ()
    if not all(is_consented(change, incident, given) for incident in incidents):
        return None
    return frozenset((incident.id, incident.lead) for incident in incidents)


async def whose_consent(change: Change, look: Look) -> Mapping[str, str]:
    """Return the leads whose consent an emergency waits for before it can run, by incident id."""
    incidents = await incidents_on(change.request.target, look) if change.state in BEFORE else ()
    if not incidents or not is_repair(change, incidents):
        return {}
    given = await look.consents(change.number)
    return {each.id: each.lead for each in incidents if each.lead and not is_consented(change, each, given)}


async def why_other_incident(change: Change, named: str, look: Look) -> Refused | None:
    """Return that an incident holds the change's target and another was named: nobody could consent to that."""
    incidents = await incidents_on(change.request.target, look)
    if not incidents or named_number(named) in {incident.number for incident in incidents}:
        return None
    return Refused(f"Not done: {incidents[0].id} is open on this target. Name it as the incident.")
