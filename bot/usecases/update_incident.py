"""Keep people informed of an incident: status updates, when the next is due, and reminders of it, capped."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident, IncidentState
from bot.domain.incident_events import IncidentNoted, StatusUpdated
from bot.domain.people import Standing
from bot.domain.working_hours import next_working, zone_of
from bot.ports.archive import Look, Transaction
from bot.ports.incidents import IncidentQuery
from bot.usecases.desk import Caller, Desk
from bot.usecases.keep_timeline import (
    change_now,
    checked_words,
    digest_of,
    entry_now,
    open_incident,
    write_down,
)

LONGEST_SNOOZE = timedelta(days=1)
LONGEST_PROMISE = timedelta(days=7)
_MOST = 200


async def update_status(
    number: int, words: str, due: datetime | None, *, caller: Caller, tx: Transaction, desk: Desk
) -> Incident:
    """Post a status update and promise the next one: at `due`, else after the interval of the severity.

    Raises:
        InvalidInputError: it has no words, or the promise is in the past or too far.
        CountersignError: the incident is resolved.
    """
    now = desk.clock.now()
    incident = await open_incident(number, tx)
    words = checked_words(words, "update")
    at = due or now + desk.configuration.incidents.update_every[incident.severity]
    _check_ahead(at, now, LONGEST_PROMISE)
    kept = await change_now(number, tx, next_update_at=at, snoozed_until=None, nudges=0)
    event = StatusUpdated(incident=kept.id, next_update=at.isoformat(), words=words)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    key = f"update:{caller.cause.ref}"
    await write_down(entry_now(kept, "update", words, by=caller.user, key=key, at=now), tx)
    return kept


async def snooze_updates(
    number: int, until: datetime, *, caller: Caller, tx: Transaction, desk: Desk
) -> Incident:
    """Remind nobody until a time; the update stays due.

    Raises:
        InvalidInputError: the time is in the past or more than a day ahead.
        CountersignError: the incident is resolved.
    """
    now = desk.clock.now()
    await open_incident(number, tx)
    _check_ahead(until, now, LONGEST_SNOOZE)
    kept = await change_now(number, tx, snoozed_until=until)
    words = f"reminders of the status update are snoozed until {until.isoformat(timespec='minutes')}"
    event = IncidentNoted(incident=kept.id, kind="snooze", sha256=digest_of(words), words=words)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    key = f"snooze:{caller.cause.ref}"
    await write_down(entry_now(kept, "snooze", words, by=caller.user, key=key, at=now), tx)
    return kept


def _check_ahead(at: datetime, now: datetime, longest: timedelta) -> None:
    if now < at <= now + longest:
        return
    raise InvalidInputError(
        "That is in the past." if at <= now else "That is too far ahead.",
        advice=f"Name a time within {longest.days} {'day' if longest.days == 1 else 'days'}, such as 30m or 2h.",
    )


async def nudges_due(look: Look, desk: Desk) -> Sequence[Incident]:
    """Return the open incidents of whose overdue status update somebody is to be reminded now."""
    now, most = desk.clock.now(), desk.configuration.incidents.nudges
    query = IncidentQuery(state=IncidentState.OPEN, update_before=now, limit=_MOST)
    return [each for each in await look.incidents(query) if _is_due(each, now, most)]


def _is_due(incident: Incident, now: datetime, most: int) -> bool:
    overdue = incident.is_open and incident.next_update_at is not None and incident.next_update_at <= now
    quiet = incident.snoozed_until is not None and incident.snoozed_until > now
    return overdue and not quiet and incident.nudges < most


async def nudge(number: int, person: Standing | None, *, tx: Transaction, desk: Desk) -> Incident | None:
    """Count one reminder and return the incident, or None when nobody is to be reminded now.

    It is counted before it is said, so that there are never more than the cap. Outside the working hours of the
    person it waits for their morning; `person` None is the channel, which has none.
    """
    now, policy = desk.clock.now(), desk.configuration.incidents
    incident = await tx.incident(number)
    if not _is_due(incident, now, policy.nudges):
        return None
    if person is not None and (morning := next_working(now, zone_of(person))) > now:
        await tx.change_incident(incident, snoozed_until=morning)
        return None
    again = now + policy.update_every[incident.severity]
    kept = await tx.change_incident(incident, nudges=incident.nudges + 1, snoozed_until=again)
    if kept is not None:
        await tx.enqueue("deliver", f"deliver:{kept.id}:card")
    return kept
