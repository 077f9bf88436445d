"""One transaction: its rows, the audit entries it will append, and the jobs it leaves behind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.break_glass_events import GlassBroken
from bot.domain.change import Change
from bot.domain.entry import EntryProof, NewEntry, new_ulid
from bot.domain.event import AuditEvent
from bot.domain.events import plain
from bot.domain.incident_events import ChangeConsented
from bot.domain.json import Json
from bot.domain.people import Actor
from bot.domain.proof_pack import ProofPack
from bot.domain.request_events import ApprovalWithdrawn, ChangeApproved
from bot.domain.told_events import is_told
from bot.ports.archive import Cause
from bot.ports.clock import Clock
from storage.anchor_rows import AnchorRows
from storage.audit_search import TrailRows
from storage.baseline_rows import BaselineRows
from storage.change_rows import ChangeRows
from storage.comment_rows import CommentRows
from storage.decision_rows import DecisionRows
from storage.freeze_rows import FreezeRows
from storage.incident_rows import IncidentRows
from storage.jobs import Jobs, Wanted
from storage.kept_rows import KeptRows
from storage.ledger import Ledger
from storage.ledger_values import prepared
from storage.notice_rows import NoticeRows
from storage.sighting_rows import SightingRows
from storage.watch_rows import WatchRows

_APPROVING = (ChangeApproved.tag, GlassBroken.tag, ApprovalWithdrawn.tag)


class SqlTransaction(
    ChangeRows,
    DecisionRows,
    KeptRows,
    BaselineRows,
    SightingRows,
    WatchRows,
    FreezeRows,
    NoticeRows,
    CommentRows,
    AnchorRows,
    TrailRows,
    IncidentRows,
):
    """State, votes, audit entries and jobs that commit together or not at all."""

    def __init__(self, connection: AsyncConnection, *, ledger: Ledger, jobs: Jobs, clock: Clock) -> None:
        super().__init__(connection)
        self._ledger = ledger
        self._jobs = jobs
        self._clock = clock
        self._entries: list[NewEntry] = []
        self._wanted: list[Wanted] = []

    async def record(self, event: AuditEvent, *, by: Actor, cause: Cause) -> str:
        """Append an audit entry and return its id; entries go in together, under one checkpoint, at the end.

        Raises:
            AuditRefusedError: the trail would not take it; then nothing else may happen.
        """
        entry = entry_of(event, by=by, cause=cause, id=new_ulid(self._clock.now()))
        prepared(entry)
        self._entries.append(entry)
        if is_told(event):
            await self.enqueue("deliver", f"deliver:trail:{entry.id}")
        return entry.id

    async def enqueue(self, kind: str, key: str, *, run_at: datetime | None = None) -> None:
        """Put a job in the queue; one that waits under the same kind and key is enough."""
        self._wanted.append((kind, key, run_at))

    async def verified_approvals(self, change: Change) -> Mapping[str, str]:
        """Return who approved this revision and plan and has not taken it back, by the leaf that proves it.

        Raises:
            LedgerBrokenError: the trail does not prove them.
        """
        plan, found = (change.revision, change.plan_digest), dict[str, str]()
        for entry in await self._ledger.verified_entries(self._connection, change.id):
            told = entry.told
            kind, said = told["type"], told["data"]
            if kind not in _APPROVING or (said["revision"], said["plan_digest"]) != plan:
                continue
            if kind == ApprovalWithdrawn.tag:
                found.pop(str(said["approver"]), None)
            else:
                found[str(told["actor"]["id"])] = entry.leaf_hash
        return found

    async def verified_consents(self, change: Change) -> frozenset[tuple[str, str]]:
        """Return who consented to this revision and plan for which incident, as the trail proves it.

        Raises:
            LedgerBrokenError: the trail does not prove itself.
        """
        plan = (change.revision, change.plan_digest)
        documents = [
            entry.document for entry in await self._ledger.verified_entries(self._connection, change.id)
        ]
        return frozenset(
            (str(each["data"]["incident"]), str(each["actor"]["id"]))
            for each in documents
            if each["type"] == ChangeConsented.tag
            and (each["data"]["revision"], each["data"]["plan_digest"]) == plan
        )

    async def proof_of(self, entry_id: str) -> EntryProof:
        """Return the proof that an entry is in the signed trail."""
        return await self._ledger.proof_of_entry(self._connection, entry_id)

    async def proof_pack(self, change: Change, *, disclose: bool) -> ProofPack:
        """Return what the trail holds of a change, for people outside."""
        return await self._ledger.proof_pack(self._connection, change.id, disclose=disclose)

    @property
    def has_jobs(self) -> bool:
        """Return whether the transaction leaves jobs behind."""
        return bool(self._wanted)

    async def finish(self) -> None:
        """Put the jobs in the queue and append what was recorded; what this raises takes everything back.

        Jobs go in by name, so that two transactions never wait for each other's jobs.
        """
        if self._wanted:
            jobs = sorted(self._wanted, key=lambda job: job[:2])
            await self._jobs.enqueue_all(self._connection, jobs)
        if self._entries:
            await self._ledger.append(self._connection, self._entries, now=self._clock.now())


def entry_of(event: AuditEvent, *, by: Actor, cause: Cause, id: str) -> NewEntry:
    """Return the entry that says the event."""
    evidence = getattr(event, "evidence", "")
    actor = {"kind": by.kind, "id": by.id, "auth": by.auth, "team": by.team, "entra_oid": by.entra_oid}
    return NewEntry(
        id=id,
        type=event.tag,
        actor=_given(actor),
        subject=_given({"change": event.change, "resource": event.resource}),
        data=plain(event.data()),
        evidence=[{"sha256": evidence, "kind": "snapshot"}] if evidence else [],
        req=_given({**cause.details, "source": cause.source, "ref": cause.ref, "channel": cause.channel}),
        disclosures=event.private(),
        people=event.PEOPLE,
    )


def _given(texts: dict[str, Any]) -> dict[str, Json]:
    return {name: text for name, text in texts.items() if text}
