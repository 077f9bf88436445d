"""The database: one door, one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.domain.baseline import Baseline, DriftException
from bot.domain.change import Change, ChangeState, Request, Vote
from bot.domain.effect import Effect, Question
from bot.domain.entry import EntryProof
from bot.domain.event import AuditEvent
from bot.domain.pairs import Given
from bot.domain.people import Actor, Standing
from bot.domain.proof_pack import ProofPack
from bot.ports.anchors import Anchors, AnchorsLook
from bot.ports.freezes import Freezes, FreezesLook
from bot.ports.incidents import Incidents, IncidentsLook
from bot.ports.sightings import Sightings, SightingsLook
from bot.ports.talks import Talks, TalksLook
from bot.ports.trail import TrailLook


@dataclass(frozen=True)
class ChangeQuery:
    """Which changes to list, newest first.

    `start_before`: scheduled ones whose start has come and which nobody has begun yet; `unreviewed_before`: whose
    broken glass was to be reviewed by then and was not.
    """

    states: frozenset[ChangeState] = frozenset()
    target: str = ""
    requester: str = ""
    account: str = ""
    due_before: datetime | None = None
    start_before: datetime | None = None
    unreviewed_before: datetime | None = None
    limit: int = 20


@dataclass(frozen=True)
class Draft:
    """A validated request about to be stored."""

    request: Request
    environment: str
    account: str
    arm_id: str
    channel: str
    view_id: str = ""


@dataclass(frozen=True)
class Cause:
    """Where an audit entry came from: the door and the correlation id its card, log lines and Azure calls carry."""

    source: str
    ref: str
    channel: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


class Look(SightingsLook, FreezesLook, TalksLook, TrailLook, AnchorsLook, IncidentsLook, Protocol):
    """What can be read of the database. It changes nothing."""

    async def change(self, number: int) -> Change:
        """Return a change; raise NotFoundError."""
        ...

    async def changes(self, query: ChangeQuery) -> Sequence[Change]:
        """Return matching changes, newest first. `due_before`: whose expires_at or window_ends_at has come."""
        ...

    async def votes(self, change: Change) -> Sequence[Vote]:
        """Return the votes on the change's current revision, oldest first."""
        ...

    async def approvals_since(self, since: datetime) -> Sequence[Given]:
        """Return who approved whose changes since a time, on any revision, and how often."""
        ...

    async def effect(self, change: Change, step: str) -> Effect | None:
        """Return the journal row of a step (`forward` or `rollback`) of the change's revision."""
        ...

    async def question(self, number: int) -> Question | None:
        """Return a stored question, None when it was answered and forgotten."""
        ...

    async def evidence(self, sha256: str) -> bytes | None:
        """Return a stored snapshot."""
        ...

    async def verified_approvals(self, change: Change) -> Mapping[str, str]:
        """Return who approved this revision and plan and has not taken it back, by the leaf that proves it.

        A broken glass is an approval, too.

        Raises LedgerBrokenError when the trail does not prove them.
        """
        ...

    async def proof_of(self, entry_id: str) -> EntryProof:
        """Return the proof that a committed entry is in the signed trail; raise NotFoundError."""
        ...

    async def trail_of(self, change: Change) -> Sequence[EntryProof]:
        """Return every entry of a change with its proof, oldest first; raise LedgerBrokenError."""
        ...

    async def proof_pack(self, change: Change, *, disclose: bool) -> ProofPack:
        """Return what the trail holds of a change with its proofs; `disclose` lays people's own words open.

        Raises NotFoundError, LedgerBrokenError.
        """
        ...

    async def baselines(self, arm_id: str, limit: int) -> Sequence[Baseline]:
        """Return the last baselines of a deployment, newest first."""
        ...

    async def exceptions(self, arm_id: str) -> Sequence[DriftException]:
        """Return every exception of a deployment, newest first."""
        ...

    async def effects_on(self, arm_id: str) -> Sequence[Effect]:
        """Return every step of a change that was sent to a deployment, by change and step."""
        ...


class Transaction(Look, Sightings, Freezes, Talks, Anchors, Incidents, Protocol):
    """One transaction: state, votes, audit entries and jobs commit together or not at all."""

    async def hold(self, arm_id: str) -> None:
        """Let nobody else decide what is open on a deployment until this transaction ends."""
        ...

    async def add_draft(self, draft: Draft, now: datetime) -> Change:
        """Store a new draft under the next number."""
        ...

    async def redraft(self, change: Change, request: Request, view_id: str) -> Change | None:
        """Replace a draft's request, or make revision n + 1 of one in changes_requested; None when it moved."""
        ...

    async def move(self, change: Change, to: ChangeState, **columns: Any) -> Change | None:
        """Move by one compare-and-set on (number, state, revision), setting columns too; None when it moved away.

        Raises ConflictError when another change holds the account (`holds_up`, RUNNING).
        """
        ...

    async def mark(self, change: Change, **columns: Any) -> Change | None:
        """Set columns while (number, state, revision) and the columns' old values still hold; None when not."""
        ...

    async def add_vote(self, vote: Vote) -> bool:
        """Store a vote; False when that person has already voted on that revision."""
        ...

    async def drop_vote(self, vote: Vote) -> bool:
        """Take a vote away, as it was given; False when it is not there any more."""
        ...

    async def record(self, event: AuditEvent, *, by: Actor, cause: Cause) -> str:
        """Append an audit entry and return its id; leave a job for its line in the audit channel, where it has one.

        Raises AuditRefusedError: then nothing else may happen.
        """
        ...

    async def enqueue(self, kind: str, key: str, *, run_at: datetime | None = None) -> None:
        """Put a job in the queue; one that waits under the same kind and key is enough."""
        ...

    async def journal(self, effect: Effect, *, expected: str) -> bool:
        """Write a journal row by compare-and-set on its phase (`expected` empty: insert); False when it moved.

        The fence never goes down, and writing the same phase again (a takeover) must raise it.
        """
        ...

    async def keep_evidence(self, body: bytes, *, kind: str, now: datetime) -> str:
        """Store a snapshot under its SHA-256 (once) and return it."""
        ...

    async def observe(self, standing: Standing) -> None:
        """Remember what the directory said of a person, with the time of observation."""
        ...

    async def observe_group(self, usergroup: str, users: frozenset[str], now: datetime) -> None:
        """Remember who is in a user group."""
        ...

    async def add_baseline(self, baseline: Baseline) -> Baseline:
        """Keep a baseline under the next number; it can be neither changed nor deleted."""
        ...

    async def add_exception(self, exception: DriftException) -> DriftException:
        """Keep an exception of drift under the next number; the newest of a field counts."""
        ...

    async def lift_exception(self, exception: DriftException, *, by: str, at: datetime) -> bool:
        """End an exception before its time; False when it was lifted already."""
        ...


class Archive(Protocol):
    """The database: one door."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; it commits at the end of the block, or not at all."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Look]:
        """Look at what is committed now; nothing can be written, and no writer is waited for."""
        ...

    async def ask(self, question: Question, kind: str) -> int:
        """Store a question and the job of this kind that answers it; return its number."""
        ...

    async def forget_question(self, number: int) -> None:
        """Delete an answered question with its response_url."""
        ...

    async def people(self, users: Iterable[str]) -> Mapping[str, Standing]:
        """Return the last observations of these people, user groups as group ids; without those never seen."""
        ...

    async def usergroups(self) -> Mapping[str, tuple[frozenset[str], datetime]]:
        """Return the last observation of every user group, and its time."""
        ...

    async def receive(self, key: str, now: datetime) -> str | None:
        """Claim a delivery's key: None when it is new (go on), else the stored answer (empty: still at it).

        A claim that was never answered within three seconds is free again: its process is gone.
        """
        ...

    async def release(self, key: str) -> None:
        """Give an unanswered claim back, so that the delivery may come again."""
        ...

    async def answered(self, key: str, answer: str) -> None:
        """Store the answer given to a delivery."""
        ...
