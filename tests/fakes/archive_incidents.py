"""The part of the archive in memory that holds incidents."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.errors import NotFoundError
from bot.domain.incident import Consent, Incident, IncidentSnapshot, TimelineEntry
from bot.ports.incidents import IncidentQuery
from tests.fakes.archive_state import State


class FakeIncidents:
    """Incidents are added once and changed by compare-and-set; what is written down of them only grows."""

    _state: State

    async def enqueue(self, kind: str, key: str, *, run_at: datetime | None = None) -> None:
        """Put a job in the queue; the transaction has it."""
        raise NotImplementedError

    async def incident(self, number: int) -> Incident:
        """Return one."""
        if number not in self._state.incidents:
            raise NotFoundError(f"There is no INC-{number}.", advice="See `incident list`.")
        return self._state.incidents[number]

    async def incidents(self, query: IncidentQuery) -> Sequence[Incident]:
        """Return matching incidents, newest first."""
        found = [each for each in self._state.incidents.values() if _matches(each, query)]
        return sorted(found, key=lambda each: -each.number)[: query.limit]

    async def add_incident(self, incident: Incident) -> Incident:
        """Keep an incident under the next number; one without a title is refused, as by the database."""
        assert incident.title.strip()
        kept = replace(incident, number=len(self._state.incidents) + 1)
        self._state.incidents[kept.number] = kept
        return kept

    async def change_incident(self, incident: Incident, **columns: Any) -> Incident | None:
        """Set columns while the version still holds."""
        now = self._state.incidents[incident.number]
        if now.version != incident.version:
            return None
        self._state.incidents[incident.number] = replace(now, **columns, version=now.version + 1)
        return self._state.incidents[incident.number]

    async def snapshots(self, number: int) -> Sequence[IncidentSnapshot]:
        """Return an incident's snapshots in order."""
        return [each for (incident, _), each in sorted(self._state.snapshots.items()) if incident == number]

    async def want_snapshot(self, number: int, occasion: str, now: datetime) -> IncidentSnapshot | None:
        """Write down that a snapshot is wanted, once per occasion."""
        await self.incident(number)
        mine = await self.snapshots(number)
        if any(each.occasion == occasion for each in mine):
            return None
        wanted = IncidentSnapshot(number, len(mine) + 1, occasion, now)
        self._state.snapshots[number, wanted.n] = wanted
        await self.enqueue("snapshot", f"snapshot:INC-{number}:{wanted.n}")
        return wanted

    async def take_snapshot(
        self, snapshot: IncidentSnapshot, *, sha256: str, summary: str, now: datetime
    ) -> bool:
        """Write down that a wanted snapshot was taken, once."""
        key = (snapshot.incident, snapshot.n)
        if self._state.snapshots[key].is_taken:
            return False
        taken = replace(self._state.snapshots[key], sha256=sha256, summary=summary, taken_at=now)
        self._state.snapshots[key] = taken
        return True

    async def show_snapshot(self, snapshot: IncidentSnapshot, ts: str) -> None:
        """Remember which message shows a snapshot."""
        key = (snapshot.incident, snapshot.n)
        self._state.snapshots[key] = replace(self._state.snapshots[key], ts=ts)

    async def timeline(self, number: int) -> Sequence[TimelineEntry]:
        """Return an incident's timeline in the order of what happened."""
        mine = [each for (incident, _), each in self._state.timeline.items() if incident == number]
        return sorted(mine, key=lambda each: (each.at, each.n))

    async def add_to_timeline(self, entry: TimelineEntry) -> TimelineEntry | None:
        """Keep an entry under the next n, once per key."""
        await self.incident(entry.incident)
        mine = await self.timeline(entry.incident)
        if any(each.key == entry.key for each in mine):
            return None
        kept = replace(entry, n=len(mine) + 1)
        self._state.timeline[entry.incident, kept.n] = kept
        return kept

    async def echo_entry(self, entry: TimelineEntry, ts: str) -> None:
        """Remember which message echoes an entry."""
        key = (entry.incident, entry.n)
        self._state.timeline[key] = replace(self._state.timeline[key], ts=ts)

    async def changes_of(self, number: int) -> Sequence[int]:
        """Return the numbers of the changes linked to an incident."""
        return [change for incident, change in self._state.links if incident == number]

    async def incidents_of(self, change: int) -> Sequence[int]:
        """Return the numbers of the incidents a change is linked to."""
        return [incident for incident, linked in self._state.links if linked == change]

    async def link_change(self, number: int, change: int, *, by: str, at: datetime) -> bool:
        """Link a change to an incident, once."""
        assert number in self._state.incidents
        assert change in self._state.changes
        assert by
        assert at.tzinfo is not None
        if (number, change) in self._state.links:
            return False
        self._state.links.append((number, change))
        return True

    async def consents(self, change: int) -> Sequence[Consent]:
        """Return every consent to a change, oldest first."""
        return [each for each in self._state.consents if each.change == change]

    async def add_consent(self, consent: Consent) -> bool:
        """Keep a consent, once for each person and plan."""
        keys = [replace(each, at=consent.at) for each in self._state.consents]
        if consent in keys:
            return False
        self._state.consents.append(consent)
        return True


def _matches(incident: Incident, query: IncidentQuery) -> bool:
    looks, updates, later = query.snapshot_before, query.update_before, query.snapshot_after
    return (
        (query.state is None or incident.state is query.state)
        and (not query.target or query.target in incident.targets)
        and (not query.channel or incident.channel == query.channel)
        and (query.declared_since is None or incident.declared_at >= query.declared_since)
        and (looks is None or (incident.next_snapshot_at is not None and incident.next_snapshot_at <= looks))
        and (later is None or (incident.next_snapshot_at is not None and incident.next_snapshot_at > later))
        and (updates is None or (incident.next_update_at is not None and incident.next_update_at <= updates))
        and (query.drills or not incident.drill)
    )
