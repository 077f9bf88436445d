"""Declare an incident: one row, its first entries, a snapshot that is wanted, and the jobs that make it visible."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError
from bot.domain.incident import (
    LONGEST_TITLE,
    Incident,
    IncidentSource,
    IncidentState,
    Severity,
    TimelineEntry,
)
from bot.domain.incident_events import IncidentOpened
from bot.domain.people import Actor
from bot.ports.archive import Cause, Transaction
from bot.ports.incidents import IncidentQuery
from bot.usecases.link_incident import redraw_changes


@dataclass(frozen=True)
class Declaring:
    """What is declared: a title, perhaps a severity, the aliases it is about, and when the trouble began.

    `anyway`: although another was just declared on a target. `channel`: one that is there already and is adopted.
    """

    title: str
    targets: frozenset[str] = frozenset()
    severity: Severity | None = None
    began_at: datetime | None = None
    source: IncidentSource = IncidentSource.CHAT
    lead: str = ""
    drill: bool = False
    origin: str = ""
    channel: str = ""
    anyway: bool = False


@dataclass(frozen=True)
class AlreadyDeclared:
    """An incident was declared on the same target a moment ago, and is open."""

    incident: Incident


async def declare_incident(
    asked: Declaring,
    *,
    by: Actor,
    cause: Cause,
    now: datetime,
    configuration: Configuration,
    tx: Transaction,
) -> Incident | AlreadyDeclared:
    """Keep the incident with its first entry, snapshot and jobs; or return the one that is there.

    Raises:
        InvalidInputError: it has no title, or one that is too long.
        NotFoundError: a target is not configured.
    """
    wanted = _checked(asked, configuration)
    for alias in sorted(wanted.targets):
        await tx.hold(configuration.target(alias).ref.key)
    there = None if wanted.anyway else await _declared_lately(wanted, configuration, now, tx)
    if there is not None:
        return AlreadyDeclared(there)
    incident = await tx.add_incident(_row(wanted, by, configuration, now))
    await tx.record(_event(incident), by=by, cause=cause)
    entry = TimelineEntry(incident.number, now, by.id, "declared", incident.title, "declared")
    await tx.add_to_timeline(entry)
    await tx.want_snapshot(incident.number, "declare", now)
    await tx.enqueue("deliver", f"deliver:{incident.id}:channel")
    await redraw_changes(incident, tx)
    return incident


def _event(incident: Incident) -> IncidentOpened:
    return IncidentOpened(
        incident=incident.id,
        severity=incident.severity,
        targets=tuple(sorted(incident.targets)),
        lead=incident.lead,
        source=incident.source,
        drill=incident.drill,
        origin=incident.origin,
        title=incident.title,
    )


def _checked(asked: Declaring, configuration: Configuration) -> Declaring:
    title = " ".join(asked.title.split())
    if not title:
        raise InvalidInputError(
            "An incident needs a title.",
            advice="Say in a few words what people notice: `incident declare …`.",
        )
    if len(title) > LONGEST_TITLE:
        raise InvalidInputError(
            f"The title has {len(title)} characters.",
            advice=f"Keep it under {LONGEST_TITLE}; the rest belongs into a note.",
        )
    aliases = frozenset(configuration.target(alias).alias for alias in asked.targets)
    return Declaring(**{**vars(asked), "title": title, "targets": aliases})


async def _declared_lately(
    asked: Declaring, configuration: Configuration, now: datetime, tx: Transaction
) -> Incident | None:
    """Return an open incident on one of the targets, drills apart, that was declared within the time of doubt."""
    since = now - configuration.incidents.duplicate_within
    for alias in sorted(asked.targets):
        query = IncidentQuery(state=IncidentState.OPEN, target=alias, declared_since=since)
        for each in await tx.incidents(query):
            if each.drill == asked.drill:
                return each
    return None


def _row(asked: Declaring, by: Actor, configuration: Configuration, now: datetime) -> Incident:
    policy = configuration.incidents
    severity = asked.severity or policy.severity
    return Incident(
        number=0,
        title=asked.title,
        severity=severity,
        targets=asked.targets,
        declared_by=by.id,
        declared_at=now,
        began_at=min(asked.began_at or now, now),
        source=asked.source,
        lead=asked.lead,
        drill=asked.drill,
        origin=asked.origin,
        channel=asked.channel,
        is_own_channel=not asked.channel,
        severity_at=now if asked.severity else None,
        lead_at=now if asked.lead else None,
        next_snapshot_at=now + policy.snapshot_every[severity],
        next_update_at=now + policy.update_every[severity],
    )
