"""An open archive on each kind of database, a clock that stands where it is put, and changes to play with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.change import Change, ChangeState, Choice, Request, Vote
from bot.domain.note import Signer
from bot.domain.people import Actor
from bot.domain.request_events import ChangeApproved, ChangeRequested
from bot.ports.archive import Cause, Draft
from storage.engine import migrate
from storage.jobs import Handler
from storage.open import OpenArchive, open_archive

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORIGIN = "countersign.example.test/audit/2026"
ANNA = Actor("slack_user", "U0ANNA", "T1", auth="slack-signed")
CAUSE = Cause("slack", "ref-1", "C1")
REQUEST = Request(
    kind="scale",
    target="triage",
    requester="U0ANNA",
    owner="U0OLGA",
    ticket="OPS-1",
    reason="traffic doubles on Monday",
    expected_cost="240 USD a month",
    validation_signal="429 share below 1 %",
    rollback_plan="scale back to 120",
    asked={"capacity": 150},
)
WAY: Mapping[ChangeState, tuple[ChangeState, ...]] = {
    ChangeState.DRAFT: (),
    ChangeState.PENDING_APPROVAL: (ChangeState.PENDING_APPROVAL,),
    ChangeState.APPROVED: (ChangeState.PENDING_APPROVAL, ChangeState.APPROVED),
    ChangeState.EXECUTING: (ChangeState.PENDING_APPROVAL, ChangeState.APPROVED, ChangeState.EXECUTING),
}


@dataclass
class StandingClock:
    """A clock that moves when it is told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        """Return the time it was put to."""
        return self.at

    def forward(self, **by: float) -> None:
        """Move it forward."""
        self.at += timedelta(**by)


@dataclass
class Archives:
    """One database and the means to open it, again and again if need be."""

    url: str
    signer: Signer
    clock: StandingClock
    opened: OpenArchive

    @asynccontextmanager
    async def another(self) -> AsyncIterator[OpenArchive]:
        """Open the database once more, as another process would."""
        opened = await open_archive(self.url, self.signer, ORIGIN, clock=self.clock, build="test", lock=False)
        try:
            yield opened
        finally:
            await opened.close()

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        async with self.opened.database.begin() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]

    async def execute(self, sql: str) -> None:
        """Run a statement as whoever has the database can."""
        async with self.opened.database.begin() as connection:
            await connection.execute(text(sql))


@asynccontextmanager
async def opened_archives(url: str) -> AsyncIterator[Archives]:
    """Migrate an empty database and open it."""
    signer = Signer.parse(Signer.generate(ORIGIN)[0])
    clock = StandingClock()
    await migrate(url, signer, clock=clock, build="test")
    opened = await open_archive(url, signer, ORIGIN, clock=clock, build="test", lock=True)
    try:
        yield Archives(url, signer, clock, opened)
    finally:
        await opened.close()


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as archives:
        yield archives


async def stored_change(
    opened: OpenArchive,
    state: ChangeState = ChangeState.DRAFT,
    *,
    account: str = "openai-prod",
    **columns: Any,
) -> Change:
    """Store a change and bring it into a state."""
    async with opened.archive.transaction() as tx:
        draft = Draft(
            replace(REQUEST), "production", account, f"/accounts/{account}/deployments/triage", "C1", "V1"
        )
        change = await tx.add_draft(draft, NOW)
        for step in WAY[state]:
            moved = await tx.move(change, step)
            assert moved is not None
            change = moved
        if columns:
            marked = await tx.mark(change, **columns)
            assert marked is not None
            change = marked
    return change


def vote(change: Change, person: str, choice: Choice = Choice.APPROVE) -> Vote:
    """Return a person's vote on the change's current revision."""
    return Vote(
        number=change.number,
        revision=change.revision,
        person=person,
        choice=choice,
        groups=frozenset({"owners", "platform"}),
        plan_digest="p" * 64,
        policy_digest="q" * 64,
        at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def requested(change: Change) -> ChangeRequested:
    """Return the event that says the change was requested."""
    return ChangeRequested(
        change=change.id,
        resource=change.arm_id,
        revision=change.revision,
        kind=change.request.kind,
        owner=change.request.owner,
        ticket=change.request.ticket,
        expected_cost=change.request.expected_cost,
        validation_signal=change.request.validation_signal,
        reason=change.request.reason,
        rollback_plan=change.request.rollback_plan,
    )


def approved(change: Change) -> ChangeApproved:
    """Return the event that says the change was approved."""
    return ChangeApproved(
        change=change.id,
        revision=change.revision,
        plan_digest="p" * 64,
        policy_digest="q" * 64,
        groups=("owners",),
        counted=1,
        quorum=1,
        reason="looks right",
    )


@asynccontextmanager
async def running(
    opened: OpenArchive,
    clock: StandingClock,
    handlers: Mapping[str, Handler],
    kinds: frozenset[str] | None = None,
) -> AsyncIterator[None]:
    """Run the jobs of these handlers while the block lasts."""
    task = asyncio.create_task(opened.runner.run(handlers, kinds or frozenset(handlers), clock))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Wait until something holds; fail when it does not come to hold."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def enqueue(opened: OpenArchive, kind: str, key: str, run_at: datetime | None = None) -> None:
    """Put one job in the queue."""
    async with opened.archive.transaction() as tx:
        await tx.enqueue(kind, key, run_at=run_at)
