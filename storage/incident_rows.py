"""Incidents in a transaction: one row each, changed by compare-and-set, and what is written down of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, func, select, type_coerce, update

from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.incident import (
    ChannelState,
    Consent,
    Incident,
    IncidentSnapshot,
    IncidentSource,
    IncidentState,
    Severity,
    TimelineEntry,
)
from bot.domain.json import canonical
from bot.ports.incidents import IncidentQuery
from storage.queries import Queries
from storage.tables import CONSENT, INCIDENT, INCIDENT_CHANGE, INCIDENT_ENTRY, INCIDENT_SNAPSHOT


class IncidentRows(Queries):
    """The part of a transaction that holds incidents."""

    async def enqueue(self, kind: str, key: str, *, run_at: datetime | None = None) -> None:
        """Put a job in the queue; the transaction has it."""
        raise NotImplementedError

    async def incident(self, number: int) -> Incident:
        """Return one; raise NotFoundError."""
        row = await self.one(select(INCIDENT).where(INCIDENT.c.number == number))
        if row is None:
            raise NotFoundError(f"There is no INC-{number}.", advice="See `incident list`.")
        return _incident(row)

    async def incidents(self, query: IncidentQuery) -> Sequence[Incident]:
        """Return matching incidents, newest first."""
        rows = await self.all(_matching(query).order_by(INCIDENT.c.number.desc()).limit(query.limit))
        return [_incident(row) for row in rows]

    async def add_incident(self, incident: Incident) -> Incident:
        """Keep an incident under the next number."""
        columns = {name: value for name, value in vars(incident).items() if name != "number"}
        row = await self.one(self.insert(INCIDENT).values(columns).returning(*INCIDENT.c))
        if row is None:
            raise ConflictError("The database did not keep it.", advice="Declare it again.")
        return _incident(row)

    async def change_incident(self, incident: Incident, **columns: Any) -> Incident | None:
        """Set columns while the version still holds, which then rises; None when it moved."""
        mine = (INCIDENT.c.number == incident.number, INCIDENT.c.version == incident.version)
        changed = update(INCIDENT).where(*mine).values(**columns, version=incident.version + 1)
        row = await self.one(changed.returning(*INCIDENT.c))
        return None if row is None else _incident(row)

    async def snapshots(self, number: int) -> Sequence[IncidentSnapshot]:
        """Return an incident's snapshots, wanted and taken, in order."""
        mine = select(INCIDENT_SNAPSHOT).where(INCIDENT_SNAPSHOT.c.incident == number)
        return [IncidentSnapshot(**row) for row in await self.all(mine.order_by(INCIDENT_SNAPSHOT.c.n))]

    async def want_snapshot(self, number: int, occasion: str, now: datetime) -> IncidentSnapshot | None:
        """Write down that a snapshot is wanted, with the job that takes it; None when it was."""
        n = await self._next(INCIDENT_SNAPSHOT, number)
        wanted = IncidentSnapshot(number, n, occasion, now)
        if not await self.changed(
            self.insert(INCIDENT_SNAPSHOT).values(vars(wanted)).on_conflict_do_nothing()
        ):
            return None
        await self.enqueue("snapshot", f"snapshot:INC-{number}:{n}")
        return wanted

    async def take_snapshot(
        self, snapshot: IncidentSnapshot, *, sha256: str, summary: str, now: datetime
    ) -> bool:
        """Write down that a wanted snapshot was taken; False when it was already."""
        mine = (*_one(INCIDENT_SNAPSHOT, snapshot), INCIDENT_SNAPSHOT.c.taken_at.is_(None))
        taken = {"sha256": sha256, "summary": summary, "taken_at": now}
        return await self.changed(update(INCIDENT_SNAPSHOT).where(*mine).values(taken))

    async def show_snapshot(self, snapshot: IncidentSnapshot, ts: str) -> None:
        """Remember which message shows a snapshot."""
        await self.changed(update(INCIDENT_SNAPSHOT).where(*_one(INCIDENT_SNAPSHOT, snapshot)).values(ts=ts))

    async def timeline(self, number: int) -> Sequence[TimelineEntry]:
        """Return an incident's timeline in the order of what happened."""
        mine = select(INCIDENT_ENTRY).where(INCIDENT_ENTRY.c.incident == number)
        rows = await self.all(mine.order_by(INCIDENT_ENTRY.c.at, INCIDENT_ENTRY.c.n))
        return [TimelineEntry(**row) for row in rows]

    async def add_to_timeline(self, entry: TimelineEntry) -> TimelineEntry | None:
        """Keep an entry under the next n; None when its key is kept already."""
        columns = {**vars(entry), "n": await self._next(INCIDENT_ENTRY, entry.incident)}
        kept = self.insert(INCIDENT_ENTRY).values(columns).on_conflict_do_nothing()
        row = await self.one(kept.returning(*INCIDENT_ENTRY.c))
        return None if row is None else TimelineEntry(**row)

    async def echo_entry(self, entry: TimelineEntry, ts: str) -> None:
        """Remember which message echoes an entry."""
        await self.changed(update(INCIDENT_ENTRY).where(*_one(INCIDENT_ENTRY, entry)).values(ts=ts))

    async def changes_of(self, number: int) -> Sequence[int]:
        """Return the numbers of the changes linked to an incident, oldest link first."""
        mine = select(INCIDENT_CHANGE).where(INCIDENT_CHANGE.c.incident == number)
        rows = await self.all(mine.order_by(INCIDENT_CHANGE.c.at, INCIDENT_CHANGE.c.change))
        return [row["change"] for row in rows]

    async def incidents_of(self, change: int) -> Sequence[int]:
        """Return the numbers of the incidents a change is linked to."""
        mine = select(INCIDENT_CHANGE).where(INCIDENT_CHANGE.c.change == change)
        rows = await self.all(mine.order_by(INCIDENT_CHANGE.c.at, INCIDENT_CHANGE.c.incident))
        return [row["incident"] for row in rows]

    async def link_change(self, number: int, change: int, *, by: str, at: datetime) -> bool:
        """Link a change to an incident; False when it is linked already."""
        link = self.insert(INCIDENT_CHANGE).values(incident=number, change=change, by=by, at=at)
        return await self.changed(link.on_conflict_do_nothing())

    async def consents(self, change: int) -> Sequence[Consent]:
        """Return every consent to a change, oldest first."""
        mine = select(CONSENT).where(CONSENT.c.change == change).order_by(CONSENT.c.at, CONSENT.c.by)
        return [Consent(**row) for row in await self.all(mine)]

    async def add_consent(self, consent: Consent) -> bool:
        """Keep a consent; False when that person has given it already."""
        return await self.changed(self.insert(CONSENT).values(vars(consent)).on_conflict_do_nothing())

    async def _next(self, table: Any, number: int) -> int:
        """Return the next n of an incident; its row is held, so that nobody else takes the same."""
        held = update(INCIDENT).where(INCIDENT.c.number == number).values(version=INCIDENT.c.version)
        if not await self.changed(held):
            raise NotFoundError(f"There is no INC-{number}.", advice="See `incident list`.")
        row = await self.one(select(func.max(table.c.n).label("n")).where(table.c.incident == number))
        return int(row["n"] if row is not None and row["n"] is not None else 0) + 1


def _matching(query: IncidentQuery) -> Select[Any]:
    chosen = select(INCIDENT)
    if query.state is not None:
        chosen = chosen.where(INCIDENT.c.state == query.state)
    if query.target:
        chosen = chosen.where(_names(query.target))
    if query.channel:
        chosen = chosen.where(INCIDENT.c.channel == query.channel)
    if query.declared_since is not None:
        chosen = chosen.where(INCIDENT.c.declared_at >= query.declared_since)
    if query.snapshot_before is not None:
        chosen = chosen.where(INCIDENT.c.next_snapshot_at <= query.snapshot_before)
    if query.snapshot_after is not None:
        chosen = chosen.where(INCIDENT.c.next_snapshot_at > query.snapshot_after)
    if query.update_before is not None:
        chosen = chosen.where(INCIDENT.c.next_update_at <= query.update_before)
    return chosen if query.drills else chosen.where(INCIDENT.c.drill.is_(False))


def _names(alias: str) -> Any:
    """Return the condition that an incident is on a target; the column is a canonical list of names."""
    listed = type_coerce(INCIDENT.c.targets, Text)
    return listed.contains(canonical([alias]).decode()[1:-1], autoescape=True)


def _incident(row: Mapping[str, Any]) -> Incident:
    words = {
        "severity": Severity(row["severity"]),
        "state": IncidentState(row["state"]),
        "source": IncidentSource(row["source"]),
        "channel_state": ChannelState(row["channel_state"]),
    }
    return Incident(**{**row, **words})


def _one(table: Any, of: IncidentSnapshot | TimelineEntry) -> tuple[Any, Any]:
    return (table.c.incident == of.incident, table.c.n == of.n)
