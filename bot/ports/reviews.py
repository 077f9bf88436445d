"""What the review of an incident reads: of the database, and of the trail with proof."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.change import Change
from bot.domain.entry import EntryProof
from bot.domain.incident import Incident, IncidentSnapshot, TimelineEntry
from bot.domain.proof_pack import ProofPack
from bot.ports.incidents import IncidentQuery
from bot.ports.trail import TrailLook


class ReviewLook(TrailLook, Protocol):
    """What can be read of an incident and of its changes. It changes nothing."""

    async def incident(self, number: int) -> Incident:
        """Return an incident; raise NotFoundError."""
        ...

    async def incidents(self, query: IncidentQuery) -> Sequence[Incident]:
        """Return matching incidents, newest first."""
        ...

    async def snapshots(self, number: int) -> Sequence[IncidentSnapshot]:
        """Return the snapshots of an incident, oldest first."""
        ...

    async def timeline(self, number: int) -> Sequence[TimelineEntry]:
        """Return the timeline of an incident, oldest first."""
        ...

    async def changes_of(self, number: int) -> Sequence[int]:
        """Return the numbers of the linked changes."""
        ...

    async def change(self, number: int) -> Change:
        """Return a change; raise NotFoundError."""
        ...

    async def evidence(self, sha256: str) -> bytes | None:
        """Return a stored snapshot."""
        ...

    async def proof_of(self, entry_id: str) -> EntryProof:
        """Return the proof of an entry; raise NotFoundError or LedgerBrokenError."""
        ...

    async def proof_pack(self, change: Change, *, disclose: bool) -> ProofPack:
        """Return what the trail holds of a change; raise NotFoundError or LedgerBrokenError."""
        ...
