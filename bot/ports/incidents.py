"""The part of a transaction that holds incidents, their snapshots, their timeline and their changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.domain.change import Change
from bot.domain.incident import Consent, Incident, IncidentSnapshot, IncidentState, TimelineEntry


@dataclass(frozen=True)
class IncidentQuery:
    """Which incidents to list, newest first.

    `snapshot_before`, `update_before`: whose next snapshot, or next look at the status update, was due by then.
    `snapshot_after`: whose next snapshot is due later than that.
    """

    state: IncidentState | None = None
    target: str = ""
    channel: str = ""
    declared_since: datetime | None = None
    snapshot_before: datetime | None = None
    snapshot_after: datetime | None = None
    update_before: datetime | None = None
    drills: bool = True
    limit: int = 50


class IncidentsLook(Protocol):
    """What can be read of them. It changes nothing."""

    async def incident(self, number: int) -> Incident:
        """Return one; raise NotFoundError."""
        ...

    async def incidents(self, query: IncidentQuery) -> Sequence[Incident]:
        """Return matching incidents, newest first."""
        ...

    async def snapshots(self, number: int) -> Sequence[IncidentSnapshot]:
        """Return an incident's snapshots, wanted and taken, in order."""
        ...

    async def timeline(self, number: int) -> Sequence[TimelineEntry]:
        """Return an incident's timeline in the order of what happened."""
        ...

    async def changes_of(self, number: int) -> Sequence[int]:
        """Return the numbers of the changes linked to an incident, oldest link first."""
        ...

    async def incidents_of(self, change: int) -> Sequence[int]:
        """Return the numbers of the incidents a change is linked to."""
        ...

    async def consents(self, change: int) -> Sequence[Consent]:
        """Return every consent to a change, oldest first."""
        ...

    async def verified_consents(self, change: Change) -> frozenset[tuple[str, str]]:
        """Return who consented to this revision and plan for which incident, as (`INC-3`, user).

        Raises LedgerBrokenError when the trail does not prove them.
        """
        ...


class Incidents(IncidentsLook, Protocol):
    """An incident is added once and changed by compare-and-set; what is written down of it only grows."""

    async def add_incident(self, incident: Incident) -> Incident:
        """Keep an incident under the next number."""
        ...

    async def change_incident(self, incident: Incident, **columns: Any) -> Incident | None:
        """Set columns while the version still holds, which then rises; None when it moved."""
        ...

    async def want_snapshot(self, number: int, occasion: str, now: datetime) -> IncidentSnapshot | None:
        """Write down that a snapshot is wanted, under the next n, with the job that takes it; None when it was."""
        ...

    async def take_snapshot(
        self, snapshot: IncidentSnapshot, *, sha256: str, summary: str, now: datetime
    ) -> bool:
        """Write down that a wanted snapshot was taken; False when it was already."""
        ...

    async def show_snapshot(self, snapshot: IncidentSnapshot, ts: str) -> None:
        """Remember which message shows a snapshot."""
        ...

    async def add_to_timeline(self, entry: TimelineEntry) -> TimelineEntry | None:
        """Keep an entry under the next n; None when its key is kept already."""
        ...

    async def echo_entry(self, entry: TimelineEntry, ts: str) -> None:
        """Remember which message echoes an entry."""
        ...

    async def link_change(self, number: int, change: int, *, by: str, at: datetime) -> bool:
        """Link a change to an incident; False when it is linked already."""
        ...

    async def add_consent(self, consent: Consent) -> bool:
        """Keep a consent; False when that person has given it already."""
        ...
