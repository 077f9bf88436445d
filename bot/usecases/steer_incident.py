"""Steer an incident: its severity, its lead and roles, its targets, its changes, a snapshot now."""

from bot.domain.change import Change
from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.incident import Incident, Severity
from bot.domain.incident_events import IncidentNoted, RoleAssigned, SeverityChanged
from bot.ports.archive import Transaction
from bot.usecases.desk import Caller, Desk
from bot.usecases.keep_timeline import (
    change_now,
    checked_words,
    digest_of,
    entry_now,
    open_incident,
    write_down,
)
from bot.usecases.link_incident import add_entry, link_one, redraw_changes

LEAD = "lead"
LONGEST_ROLE = 40
MOST_ROLES = 12


async def change_severity(
    number: int, severity: Severity, *, caller: Caller, tx: Transaction, desk: Desk
) -> Incident:
    """Set how bad it is, want a snapshot, and look again after the intervals of the new severity.

    Raises:
        CountersignError: the incident is resolved.
    """
    now, policy = desk.clock.now(), desk.configuration.incidents
    before = await open_incident(number, tx)
    said = before.severity_at or now
    if severity is before.severity:
        return before if before.severity_at else await change_now(number, tx, severity_at=said)
    kept = await change_now(
        number,
        tx,
        severity=severity,
        severity_at=said,
        next_snapshot_at=now + policy.snapshot_every[severity],
        next_update_at=now + policy.update_every[severity],
        nudges=0,
        snoozed_until=None,
    )
    event = SeverityChanged(incident=kept.id, before=before.severity, after=severity)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    words, key = f"{before.severity} → {severity}", f"severity:{kept.version}"
    await write_down(entry_now(kept, "severity", words, by=caller.user, key=key, at=now), tx)
    await tx.want_snapshot(number, key, now)
    await tx.enqueue("deliver", f"deliver:{kept.id}:topic")
    return kept


async def assign_role(
    number: int, role: str, person: str, *, caller: Caller, tx: Transaction, desk: Desk
) -> Incident:
    """Give a person a role; `lead` is who consents to emergency changes, and one person at a time.

    Raises:
        InvalidInputError: the role is no word.
        CountersignError: the incident is resolved, or has the most roles there are.
    """
    now = desk.clock.now()
    before = await open_incident(number, tx)
    role = _role(role, before)
    if before.roles.get(role, before.lead if role == LEAD else "") == person:
        return before
    if role == LEAD:
        kept = await change_now(number, tx, lead=person, lead_at=before.lead_at or now)
        await redraw_changes(kept, tx)
        if before.lead and before.lead != caller.user:
            await tx.enqueue("deliver", f"deliver:{kept.id}:dm:{before.lead}:relieved")
    else:
        kept = await change_now(number, tx, roles={**before.roles, role: person})
    event = RoleAssigned(incident=kept.id, role=role, person=person)
    await tx.record(event, by=caller.actor, cause=caller.cause)
    kind = LEAD if role == LEAD else "role"
    entry = entry_now(
        kept, kind, f"{role}: <@{person}>", by=caller.user, key=f"{kind}:{kept.version}", at=now
    )
    await write_down(entry, tx)
    await tx.enqueue("deliver", f"deliver:{kept.id}:people")
    if person != caller.user:
        await tx.enqueue("deliver", f"deliver:{kept.id}:dm:{person}:{kind}")
    return kept


def _role(text: str, incident: Incident) -> str:
    role = " ".join(text.lower().split())
    if not role or len(role) > LONGEST_ROLE or ":" in role:
        raise InvalidInputError(
            f"{text!r} is no role.", advice="A word or two, such as scribe, communications, liaison."
        )
    if role not in incident.roles and len(incident.roles) >= MOST_ROLES:
        raise CountersignError(
            f"{incident.id} has {MOST_ROLES} roles already.", advice="Give an existing one to somebody else."
        )
    return role


async def set_targets(
    number: int, aliases: frozenset[str], *, caller: Caller, tx: Transaction, desk: Desk
) -> Incident:
    """Add targets the incident is about; from now on only emergencies run there.

    Raises:
        NotFoundError: a target is not configured.
        InvalidInputError: no target is named.
        CountersignError: the incident is resolved.
    """
    now = desk.clock.now()
    before = await open_incident(number, tx)
    named = frozenset(desk.configuration.target(alias).alias for alias in aliases)
    new = named - before.targets
    if not named:
        raise InvalidInputError("Which target?", advice="Write `incident target triage-prod`.")
    if not new:
        return before
    kept = await change_now(number, tx, targets=before.targets | new)
    words = f"targets: {', '.join(sorted(new))}"
    await _noted(kept, "target", words, caller, tx)
    key = f"target:{kept.version}"
    await write_down(entry_now(kept, "target", words, by=caller.user, key=key, at=now), tx)
    await tx.want_snapshot(number, key, now)
    await tx.enqueue("deliver", f"deliver:{kept.id}:furnish")
    await redraw_changes(kept, tx)
    return kept


async def add_note(number: int, words: str, *, caller: Caller, tx: Transaction, desk: Desk) -> Incident:
    """Write a note on the timeline, also of an incident that is resolved.

    Raises:
        InvalidInputError: it has no words, or too many.
    """
    now, incident = desk.clock.now(), await tx.incident(number)
    entry = entry_now(
        incident,
        "note",
        checked_words(words, "note"),
        by=caller.user,
        key=f"note:{caller.cause.ref}",
        at=now,
    )
    if await write_down(entry, tx) is not None:
        await _noted(incident, "note", words, caller, tx)
    return incident


async def want_snapshot_now(number: int, *, caller: Caller, tx: Transaction, desk: Desk) -> Incident:
    """Want a snapshot on demand; each demand is one of its own.

    Raises:
        CountersignError: the incident is resolved.
    """
    incident = await open_incident(number, tx)
    await tx.want_snapshot(number, f"demand:{caller.cause.ref}", desk.clock.now())
    return incident


async def link_change_to(
    number: int, change: Change, *, caller: Caller, tx: Transaction, desk: Desk
) -> Incident:
    """Link a change and an incident, both ways; doing it again changes nothing."""
    incident, now = await tx.incident(number), desk.clock.now()
    by, cause = caller.actor, caller.cause
    if await link_one(incident, change, by=by, cause=cause, now=now, tx=tx):
        await add_entry(incident, change, "linked", by=by, now=now, tx=tx)
        await tx.enqueue("deliver", f"deliver:{incident.id}:card")
        if change.card_ts:
            await tx.enqueue("deliver", f"deliver:{change.id}:card")
    return incident


async def _noted(incident: Incident, kind: str, words: str, caller: Caller, tx: Transaction) -> None:
    event = IncidentNoted(incident=incident.id, kind=kind, sha256=digest_of(words), words=words)
    await tx.record(event, by=caller.actor, cause=caller.cause)
