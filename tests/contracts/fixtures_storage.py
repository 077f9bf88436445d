"""An open archive on each kind of database, a clock that stands where it is put, and changes to play with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from bot.domain.change import Change, ChangeState, Choice, Request, Vote
from bot.domain.note import Signer
from bot.domain.people import Actor
from bot.domain.request_events import ChangeApproved, ChangeRequested
from bot.ports.archive import Cause, Draft
from storage.audit_schema import prefix
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

    @property
    def audit(self) -> str:
        """Return what stands before the name of an audit table."""
        return prefix(self.opened.database.dialect)

    def draft(self) -> Draft:
        """Return a draft that may be stored."""
        return Draft(REQUEST, "production", "openai-prod", "/accounts/openai-prod/deployments/triage", "C1")

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row that a transaction can leave."""
        trail = (f"{self.audit}audit_entry", f"{self.audit}audit_checkpoint", f"{self.audit}audit_disclosure")
        queue = "job" if self.opened.database.dialect == "sqlite" else "procrastinate_jobs"
        tables = ("change", "vote", "effect", queue, *trail)
        return {table: sorted(await self.rows(f"SELECT * FROM {table}"), key=str) for table in tables}

    async def break_the_trail(self) -> None:
        """Take the trail's table of checkpoints away."""
        await self.execute(f"ALTER TABLE {self.audit}audit_checkpoint RENAME TO audit_elsewhere")

    async def mend_the_trail(self) -> None:
        """Bring it back."""
        await self.execute(f"ALTER TABLE {self.audit}audit_elsewhere RENAME TO audit_checkpoint")

    async def die_while_running(self, key: str) -> None:
        """Leave a job as a process leaves it that dies while running it."""
        if self.opened.database.dialect == "sqlite":
            await self.execute(f"UPDATE job SET state = 'running' WHERE key = '{key}'")
            return
        await self.execute(
            "INSERT INTO procrastinate_workers(last_heartbeat) VALUES (now() - interval '1 hour')"
        )
        await self.execute(
            "UPDATE procrastinate_jobs SET status = 'doing',"
            f" worker_id = (SELECT max(id) FROM procrastinate_workers) WHERE args ->> 'key' = '{key}'"
        )

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


async def stored_change(
    opened: OpenArchive,
    state: ChangeState = ChangeState.DRAFT,
    *,
    account: str = "openai-prod",
    deployment: str = "triage",
    **columns: Any,
) -> Change:
    """Store a change and bring it into a state."""
    async with opened.archive.transaction() as tx:
        arm_id = f"/accounts/{account}/deployments/{deployment}"
        draft = Draft(REQUEST, "production", account, arm_id, "C1", "V1")
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
        while not await holds():  # noqa: ASYNC110  (what is waited for is in a database)
            await asyncio.sleep(0.02)


async def enqueue(opened: OpenArchive, kind: str, key: str, run_at: datetime | None = None) -> None:
    """Put one job in the queue."""
    async with opened.archive.transaction() as tx:
        await tx.enqueue(kind, key, run_at=run_at)
