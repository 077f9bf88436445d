"""The archive in memory: rows, compare-and-set, unique keys, and transactions that commit whole or not."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.domain.baseline import Baseline, DriftException
from bot.domain.break_glass_events import GlassBroken
from bot.domain.change import (
    OPEN_ON_ACCOUNT,
    RUNNING,
    WAITING,
    Change,
    ChangeState,
    Choice,
    Request,
    Tier,
    Vote,
    holds_up,
    may_move,
)
from bot.domain.effect import Effect, Question
from bot.domain.entry import EntryProof
from bot.domain.errors import AuditRefusedError, ConflictError, LedgerBrokenError, NotFoundError
from bot.domain.event import AuditEvent
from bot.domain.events import EVENT_TYPES, plain
from bot.domain.incident_events import ChangeConsented
from bot.domain.json import Json, canonical
from bot.domain.pairs import Given
from bot.domain.people import Actor, Standing
from bot.domain.request_events import ApprovalWithdrawn, ChangeApproved
from bot.domain.told_events import is_told
from bot.ports.archive import Cause, ChangeQuery, Draft, Look
from tests.fakes.archive_anchors import FakeAnchors
from tests.fakes.archive_freezes import FakeFreezes
from tests.fakes.archive_incidents import FakeIncidents
from tests.fakes.archive_sightings import FakeSightings
from tests.fakes.archive_state import Entry, State, checked, stored_request, through_json
from tests.fakes.archive_talks import FakeTalks
from tests.fakes.archive_trail import FakeTrail
from tests.fakes.archive_watches import FakeWatches


class FakeTransaction(
    FakeIncidents, FakeWatches, FakeSightings, FakeFreezes, FakeTalks, FakeAnchors, FakeTrail
):
    """One transaction on a copy of the rows."""

    def __init__(self, archive: "FakeArchive", state: State) -> None:
        self._archive = archive
        self._state = state

    async def change(self, number: int) -> Change:
        """Return a change."""
        if number not in self._state.changes:
            raise NotFoundError(f"There is no CHG-{number}.", advice="See `change list`.")
        return self._state.changes[number]

    async def hold(self, arm_id: str) -> None:
        """Let nobody else in: transactions run one after the other already."""

    async def changes(self, query: ChangeQuery) -> Sequence[Change]:
        """Return matching changes, newest first."""
        found = [change for change in self._state.changes.values() if _matches(change, query)]
        return sorted(found, key=lambda change: -change.number)[: query.limit]

    async def add_draft(self, draft: Draft, now: datetime) -> Change:
        """Store a new draft."""
        self._state.numbers += 1
        change = Change(
            number=self._state.numbers,
            revision=1,
            state=ChangeState.DRAFT,
            request=stored_request(draft.request),
            environment=draft.environment,
            account=draft.account,
            arm_id=draft.arm_id,
            channel=draft.channel,
            created_at=now,
            view_id=draft.view_id,
        )
        self._state.changes[change.number] = change
        return change

    async def redraft(self, change: Change, request: Request, view_id: str) -> Change | None:
        """Replace a draft's request, or make the next revision of one in changes_requested."""
        if change.state not in (ChangeState.DRAFT, ChangeState.CHANGES_REQUESTED):
            return None
        if not self._stands(change):
            return None
        now = self._state.changes[change.number]
        anew = Change(
            number=now.number,
            revision=now.revision + (change.state is ChangeState.CHANGES_REQUESTED),
            state=now.state,
            request=stored_request(request),
            environment=now.environment,
            account=now.account,
            arm_id=now.arm_id,
            channel=now.channel,
            created_at=now.created_at,
            card_ts=now.card_ts,
            view_id=view_id,
            tier=Tier.NORMAL,
            expires_at=now.expires_at,
        )
        self._state.changes[now.number] = anew
        return anew

    async def move(self, change: Change, to: ChangeState, **columns: Any) -> Change | None:
        """Move by compare-and-set."""
        if not may_move(change.state, to):
            raise ConflictError(f"{change.id} is {change.state}: it cannot become {to}.")
        values = checked(columns)
        if not self._stands(change):
            return None
        starts = change.state not in OPEN_ON_ACCOUNT
        holder = next((o for o in self._state.changes.values() if _holds(o, change, starts)), None)
        if to in OPEN_ON_ACCOUNT and holder is not None:
            raise ConflictError(f"{holder.id} holds the account {change.account}.")
        return self._set(change.number, state=to, **values)

    async def mark(self, change: Change, **columns: Any) -> Change | None:
        """Set columns while their old values still hold."""
        values = checked(columns)
        now = self._state.changes[change.number]
        if not self._stands(change) or any(getattr(now, name) != getattr(change, name) for name in values):
            return None
        return self._set(change.number, **values)

    async def votes(self, change: Change) -> Sequence[Vote]:
        """Return the votes on the change's revision, oldest first."""
        found = [v for key, v in self._state.votes.items() if key[:2] == (change.number, change.revision)]
        return sorted(found, key=lambda vote: (vote.at, vote.person))

    async def approvals_since(self, since: datetime) -> Sequence[Given]:
        """Return who approved whose changes since a time."""
        votes = self._state.votes.values()
        found = Counter(
            (self._state.changes[vote.number].request.requester, vote.person)
            for vote in votes
            if vote.choice is Choice.APPROVE and vote.at >= since
        )
        return [Given(requester, approver, count) for (requester, approver), count in found.items()]

    async def add_vote(self, vote: Vote) -> bool:
        """Store a vote, one per person and revision."""
        key = (vote.number, vote.revision, vote.person)
        return self._state.votes.setdefault(key, vote) is vote

    async def drop_vote(self, vote: Vote) -> bool:
        """Take a vote away."""
        key = (vote.number, vote.revision, vote.person)
        return self._state.votes.get(key) == vote and self._state.votes.pop(key, None) is not None

    async def record(self, event: AuditEvent, *, by: Actor, cause: Cause) -> str:
        """Append an audit entry, if it is one the trail could take."""
        if event.tag in self._archive.refused_tags:
            raise AuditRefusedError(f"The trail does not take {event.tag}.")
        assert type(event) in EVENT_TYPES, f"{event.tag} is not listed"
        assert event.sentence()
        assert cause.ref, "an entry without a correlation id"
        canonical(plain(event.data()))
        entry = Entry(event, by, cause, len(self._state.entries) + 1)
        self._state.entries.append(entry)
        if is_told(event):
            await self.enqueue("deliver", f"deliver:trail:{entry.id}")
        return entry.id

    async def enqueue(self, kind: str, key: str, *, run_at: datetime | None = None) -> None:
        """Put a job in the queue; of two that wait under one name the earlier time counts."""
        assert key.startswith(f"{kind}:"), "a job is named after its kind"
        waiting = self._state.jobs.get((kind, key), run_at)
        both = None if waiting is None or run_at is None else min(waiting, run_at)
        self._state.jobs[kind, key] = both

    async def effect(self, change: Change, step: str) -> Effect | None:
        """Return the journal row of a step."""
        return self._state.effects.get((change.number, change.revision, step))

    async def journal(self, effect: Effect, *, expected: str) -> bool:
        """Write a journal row by compare-and-set on its phase, under the fence."""
        key = (effect.number, effect.revision, effect.step)
        now = self._state.effects.get(key)
        if now is None or not expected:
            fits = now is None and not expected
        else:
            newer = now.fence < effect.fence or (now.fence == effect.fence and now.phase != effect.phase)
            fits = now.phase.value == expected and newer
        if fits:
            self._state.effects[key] = replace(effect, poll=through_json(dict(effect.poll)))
        return fits

    def keep_question(self, question: Question) -> int:
        """Store a question."""
        self._state.numbers += 1
        self._state.questions[self._state.numbers] = replace(question, number=self._state.numbers)
        return self._state.numbers

    async def question(self, number: int) -> Question | None:
        """Return a question."""
        return self._state.questions.get(number)

    async def keep_evidence(self, body: bytes, *, kind: str, now: datetime) -> str:
        """Store a snapshot under its digest."""
        digest = sha256(body).hexdigest()
        self._state.evidence.setdefault(digest, body)
        return digest

    async def evidence(self, sha256: str) -> bytes | None:
        """Return a snapshot."""
        return self._state.evidence.get(sha256)

    async def observe(self, standing: Standing) -> None:
        """Remember a person."""
        self._state.standings[standing.user] = standing

    async def observe_group(self, usergroup: str, users: frozenset[str], now: datetime) -> None:
        """Remember a group."""
        self._state.groups[usergroup] = (users, now)

    async def verified_approvals(self, change: Change) -> Mapping[str, str]:
        """Return who approved this revision and plan, by a leaf in the trail."""
        if self._archive.is_broken:
            raise LedgerBrokenError("The trail does not prove itself.")
        found: dict[str, str] = {}
        for entry in self._state.entries:
            event = entry.event
            if not isinstance(event, ChangeApproved | GlassBroken | ApprovalWithdrawn):
                continue
            if (event.change, event.revision, event.plan_digest) != (
                change.id,
                change.revision,
                change.plan_digest,
            ):
                continue
            if isinstance(event, ApprovalWithdrawn):
                found.pop(event.approver, None)
            else:
                found[entry.by.id] = sha256(entry.id.encode()).hexdigest()
        return found

    async def verified_consents(self, change: Change) -> frozenset[tuple[str, str]]:
        """Return who consented to this revision and plan for which incident, by what was recorded."""
        given = [
            (entry.event, entry.by.id)
            for entry in self._state.entries
            if isinstance(entry.event, ChangeConsented)
        ]
        plan = (change.id, change.revision, change.plan_digest)
        return frozenset(
            (event.incident, by)
            for event, by in given
            if (event.change, event.revision, event.plan_digest) == plan
        )

    async def proof_of(self, entry_id: str) -> EntryProof:
        """Return a proof of an entry that was recorded."""
        for seq, entry in enumerate(self._state.entries):
            if entry.id == entry_id:
                return EntryProof(seq, entry.id, (), "checkpoint")
        raise NotFoundError("There is no such entry in the audit trail.")

    async def trail_of(self, change: Change) -> Sequence[EntryProof]:
        """Return the entries of a change, as far as this archive has bodies."""
        return [
            EntryProof(seq, _body(entry, seq), (), "checkpoint")
            for seq, entry in enumerate(self._state.entries)
            if entry.event.change == change.id
        ]

    async def add_baseline(self, baseline: Baseline) -> Baseline:
        """Keep a baseline, for a snapshot that is stored."""
        assert baseline.sha256 in self._state.evidence, "a baseline without its snapshot"
        kept = replace(baseline, number=len(self._state.baselines) + 1)
        self._state.baselines.append(kept)
        return kept

    async def baselines(self, arm_id: str, limit: int) -> Sequence[Baseline]:
        """Return the last baselines of a deployment, newest first."""
        return [each for each in reversed(self._state.baselines) if each.arm_id == arm_id.lower()][:limit]

    async def add_exception(self, exception: DriftException) -> DriftException:
        """Keep an exception."""
        kept = replace(exception, number=len(self._state.exceptions) + 1)
        self._state.exceptions.append(kept)
        return kept

    async def lift_exception(self, exception: DriftException, *, by: str, at: datetime) -> bool:
        """End an exception, once."""
        index = exception.number - 1
        if self._state.exceptions[index].lifted_at is not None:
            return False
        self._state.exceptions[index] = replace(self._state.exceptions[index], lifted_at=at, lifted_by=by)
        return True

    async def exceptions(self, arm_id: str) -> Sequence[DriftException]:
        """Return every exception of a deployment, newest first."""
        return [each for each in reversed(self._state.exceptions) if each.arm_id == arm_id.lower()]

    async def effects_on(self, arm_id: str) -> Sequence[Effect]:
        """Return every step that was sent to a deployment."""
        here = {number for number, change in self._state.changes.items() if change.arm_id == arm_id.lower()}
        return [effect for _, effect in sorted(self._state.effects.items()) if effect.number in here]

    def _stands(self, change: Change) -> bool:
        now = self._state.changes.get(change.number)
        return now is not None and (now.state, now.revision) == (change.state, change.revision)

    def _set(self, number: int, **columns: Any) -> Change:
        self._state.changes[number] = replace(self._state.changes[number], **columns)
        return self._state.changes[number]


class FakeArchive:
    """The database in memory; transactions run one after the other, as on SQLite."""

    def __init__(self) -> None:
        self.state = State()
        self.refused_tags: set[str] = set()
        self.is_broken = False
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[FakeTransaction]:
        """Open a transaction; it commits at the end of the block, or not at all."""
        task = asyncio.current_task()
        assert self._holder is not task or task is None, "a transaction inside a transaction waits for itself"
        async with self._lock:
            self._holder = task
            work = self.state.copy()
            try:
                yield FakeTransaction(self, work)
            finally:
                self._holder = None
            self.state = work

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Look]:
        """Look at what is committed now."""
        yield FakeTransaction(self, self.state.copy())

    async def ask(self, question: Question, kind: str) -> int:
        """Store a question and its job."""
        async with self.transaction() as tx:
            number = tx.keep_question(question)
            await tx.enqueue(kind, f"{kind}:Q-{number}")
        return number

    async def forget_question(self, number: int) -> None:
        """Delete a question."""
        self.state.questions.pop(number, None)

    async def people(self, users: Iterable[str]) -> Mapping[str, Standing]:
        """Return the last observations of people."""
        return {user: self.state.standings[user] for user in users if user in self.state.standings}

    async def usergroups(self) -> Mapping[str, tuple[frozenset[str], datetime]]:
        """Return the last observations of groups."""
        return dict(self.state.groups)

    async def receive(self, key: str, now: datetime) -> str | None:
        """Claim a delivery's key."""
        if key in self.state.receipts:
            return self.state.receipts[key]
        self.state.receipts[key] = ""
        return None

    async def answered(self, key: str, answer: str) -> None:
        """Store the answer given to a delivery."""
        self.state.receipts[key] = answer

    async def release(self, key: str) -> None:
        """Give back a delivery's key that was claimed and not answered."""
        if not self.state.receipts.get(key):
            self.state.receipts.pop(key, None)


def _body(entry: Entry, seq: int) -> str:
    """What an entry would say."""
    evidence = str(getattr(entry.event, "evidence", ""))
    body: dict[str, Json] = {
        "type": entry.event.tag,
        "ts": "2026-11-24T12:00:00.000000Z",
        "actor": {"id": entry.by.id},
        "seq": seq,
        "evidence": [{"sha256": evidence}] if evidence else [],
    }
    return canonical(body).decode()


def _holds(other: Change, change: Change, starts: bool) -> bool:
    if starts:
        return holds_up(other, change)
    same = other.account == change.account and other.number != change.number
    return same and other.state in RUNNING and change.state not in RUNNING


def _matches(change: Change, query: ChangeQuery) -> bool:
    wanted = (
        (query.states, change.state in query.states),
        (query.target, change.request.target == query.target),
        (query.requester, change.request.requester == query.requester),
        (query.account, change.account == query.account),
    )
    if any(asked and not holds for asked, holds in wanted):
        return False
    if not _starts(change, query.start_before) or not _lapsed(change, query.unreviewed_before):
        return False
    if query.due_before is None:
        return True
    due = change.expires_at if change.state in WAITING else change.window_ends_at
    return due is not None and due <= query.due_before


def _starts(change: Change, at: datetime | None) -> bool:
    if at is None:
        return True
    start = change.request.start_at
    asked = change.state is ChangeState.SCHEDULED and bool(change.apply_asked_by) and not change.note
    return asked and start is not None and start <= at


def _lapsed(change: Change, at: datetime | None) -> bool:
    if at is None:
        return True
    due = change.review_due_at
    return bool(change.broke_glass_by) and not change.reviewed_by and due is not None and due <= at
