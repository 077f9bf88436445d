"""Link changes and incidents both ways, and write down on a timeline what became of a change."""

from datetime import datetime

from bot.changes.kinds import kind_named
from bot.domain.change import Change, ChangeState, change_number
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.incident import Incident, IncidentState
from bot.domain.incident_events import IncidentLinked
from bot.domain.incident_mode import CONSENTED_IN, named_incidents, why_not_asked
from bot.domain.people import Actor
from bot.ports.archive import Cause, ChangeQuery, Look, Transaction
from bot.ports.incidents import IncidentQuery
from bot.usecases.hold_for_incident import incidents_on
from bot.usecases.keep_timeline import entry_now, write_down
from bot.usecases.link_change import link_back

_SHOWN = frozenset({"applied", "rolled_back"})
_UNWRITTEN = frozenset({"asked", "approved", "rejected", "sent back for changes"})


async def link_submitted(change: Change, *, by: Actor, cause: Cause, now: datetime, tx: Transaction) -> None:
    """Link a change that is submitted back: to the one it follows, and to the incident it names.

    Raises:
        InvalidInputError: an incident was declared on its target meanwhile, and holds it.
    """
    held = why_not_asked(change, await incidents_on(change.request.target, tx))
    if held:
        raise InvalidInputError(held)
    await link_back(change, tx)
    await link_named(change, by=by, cause=cause, now=now, tx=tx)
    await note_change(change, "asked", by=by, now=now, tx=tx)


async def link_named(change: Change, *, by: Actor, cause: Cause, now: datetime, tx: Transaction) -> None:
    """Link a change to the incidents that it, or who broke its glass, names; one that is not here is only a word."""
    for number in sorted(named_incidents(change)):
        try:
            incident = await tx.incident(number)
        except NotFoundError:
            continue
        await link_one(incident, change, by=by, cause=cause, now=now, tx=tx)


async def link_one(
    incident: Incident, change: Change, *, by: Actor, cause: Cause, now: datetime, tx: Transaction
) -> bool:
    """Link a change to an incident; False when it is linked already."""
    if not await tx.link_change(incident.number, change.number, by=by.id, at=now):
        return False
    event = IncidentLinked(change=change.id, resource=change.arm_id, incident=incident.id)
    await tx.record(event, by=by, cause=cause)
    return True


async def note_change(change: Change, what: str, *, by: Actor, now: datetime, tx: Transaction) -> None:
    """Write down what became of a change (`asked`, `approved`, `applied`, …) on the open incidents it concerns.

    Those are what it is linked to, and, once Azure was written, whatever is open on its target. What was applied or
    rolled back wants a snapshot, too.
    """
    for incident in await _concerned(change, what, tx):
        await add_entry(incident, change, what, by=by, now=now, tx=tx)
        if what in _SHOWN:
            await tx.want_snapshot(incident.number, f"change:{change.id}:{what}", now)
        await tx.enqueue("deliver", f"deliver:{incident.id}:card")


async def add_entry(
    incident: Incident, change: Change, what: str, *, by: Actor, now: datetime, tx: Transaction
) -> None:
    """Add one line about a change to a timeline, once, with the job that shows it in the channel."""
    key, words = f"change:{change.id}:{change.revision}:{what}", entry_words(change, what)
    await write_down(entry_now(incident, "change", words, by=by.id, key=key, at=now), tx)


def entry_words(change: Change, what: str) -> str:
    """Return a change and what became of it: `CHG-4 was applied: scale triage-prod, capacity 120 → 150`."""
    request, words = change.request, what.replace("_", " ")
    summary = kind_named(request.kind).summary(change.plan) if change.plan is not None else ""
    about = f"{request.kind} {request.target}{f', {summary}' if summary else ''}"
    return f"{change.id} was {'asked for' if what == 'asked' else words}: {about}"


def change_in(words: str) -> int:
    """Return the number of the change that an entry's words begin with, 0 when they begin with none."""
    first = words.partition(" ")[0]
    return change_number(first) if first.startswith("CHG-") else 0


async def redraw_changes(incident: Incident, tx: Transaction) -> None:
    """Draw the cards again that an incident holds on its targets: that it does, or who leads, has changed."""
    for alias in sorted(incident.targets):
        for change in await tx.changes(ChangeQuery(states=CONSENTED_IN, target=alias, limit=100)):
            if change.state is ChangeState.FAILED and not change.outcome.get("written"):
                continue
            await tx.enqueue("deliver", f"deliver:{change.id}:card")


async def _concerned(change: Change, what: str, look: Look) -> list[Incident]:
    numbers = set(await look.incidents_of(change.number))
    linked = [await look.incident(number) for number in sorted(numbers)]
    query = IncidentQuery(state=IncidentState.OPEN, target=change.request.target)
    beside = [] if what in _UNWRITTEN else await look.incidents(query)
    others = [incident for incident in beside if incident.number not in numbers]
    return [incident for incident in (*linked, *others) if incident.is_open]
