"""The embedded runner: one process, one job table, an asyncio loop woken by the commit that wrote the job."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditBusyError
from bot.ports.clock import Clock
from storage.database import Database
from storage.dead_letters import bury, dead_letters, exhume, notice_of
from storage.jobs import DRAIN_SECONDS, Again, DeadJob, Handler, Job, Wanted, after_death, verdict
from storage.queries import Queries
from storage.tables import JOB

Row = Mapping[str, Any]
_AT_ONCE = 8
_LOOK_SECONDS = 5.0
_LOG = structlog.get_logger("countersign.jobs")


class EmbeddedJobs:
    """Both ends of the job table, for the one process that has the SQLite file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._awake = asyncio.Event()
        self._running: dict[asyncio.Task[None], Job] = {}

    async def enqueue(
        self, connection: AsyncConnection, kind: str, key: str, run_at: datetime | None
    ) -> None:
        """Put a job in the queue; one that waits under the same name is enough, the earlier time counts."""
        await self.enqueue_all(connection, [(kind, key, run_at)])

    async def enqueue_all(self, connection: AsyncConnection, jobs: Sequence[Wanted]) -> None:
        """Put jobs in the queue, in this order."""
        now = self._clock.now()
        await _wait(connection, [(Job(0, kind, key, run_at or now), "") for kind, key, run_at in jobs])

    def wake(self) -> None:
        """Look at the queue now: jobs were committed, or the clock has jumped."""
        self._awake.set()

    async def run(self, handlers: Mapping[str, Handler], kinds: frozenset[str], clock: Clock) -> None:
        """Run jobs of these kinds until cancelled; what a dead process was running is due again at once."""
        self._clock = clock
        known = sorted(kinds & handlers.keys())
        await self._release_all()
        try:
            while True:
                self._awake.clear()
                seconds = await self._start_due(handlers, known)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._awake.wait()
        finally:
            await asyncio.shield(asyncio.ensure_future(self._drain()))

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are `waiting`, `running` and `dead`."""
        async with self._database.read() as connection:
            rows = await Queries(connection).all(
                select(JOB.c.state, func.count().label("count")).group_by(JOB.c.state)
            )
        return {"waiting": 0, "running": 0, "dead": 0, **{row["state"]: int(row["count"]) for row in rows}}

    async def dead(self) -> Sequence[DeadJob]:
        """Return the dead letters, oldest first."""
        async with self._database.read() as connection:
            return await dead_letters(connection)

    async def revive(self, kind: str, key: str) -> bool:
        """Give a dead letter another life, with all its attempts; False when there is none."""
        async with self._database.begin() as connection:
            if not await exhume(connection, kind, key):
                return False
            await self.enqueue(connection, kind, key, None)
        self.wake()
        return True

    async def _start_due(self, handlers: Mapping[str, Handler], known: Sequence[str]) -> float:
        """Start what is due and return how many seconds until it is worth looking again."""
        try:
            jobs, next_at = await self._claim(known)
        except AuditBusyError as error:
            _LOG.warning("the queue could not be read", why=str(error))
            return 1.0
        for job in jobs:
            task = asyncio.create_task(self._perform(job, handlers[job.kind]), name=job.name)
            self._running[task] = job
            task.add_done_callback(self._finished)
        if next_at is None or len(self._running) >= _AT_ONCE:
            return _LOOK_SECONDS
        return min(max((next_at - self._clock.now()).total_seconds(), 0.0), _LOOK_SECONDS)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self.wake()

    async def _claim(self, known: Sequence[str]) -> tuple[list[Job], datetime | None]:
        rows, following = await self._database.together(self._take, known)
        return [_job(row) for row in rows], None if following is None else following["run_at"]

    async def _take(
        self, connection: AsyncConnection, asked: Sequence[Sequence[str]]
    ) -> list[tuple[Sequence[Row], Row | None]]:
        """Take what is due of the kinds the one loop asks for, and look at what comes next."""
        (known,) = asked
        queries = Queries(connection)
        waiting = select(JOB).where(JOB.c.state == "waiting", JOB.c.kind.in_(known), _not_running())
        waiting = waiting.order_by(JOB.c.run_at, JOB.c.id)
        free = _AT_ONCE - len(self._running)
        rows = await queries.all(waiting.where(JOB.c.run_at <= self._clock.now()).limit(free))
        taken = [row["id"] for row in rows]
        await connection.execute(update(JOB).where(JOB.c.id.in_(taken)).values(state="running"))
        return [(rows, await queries.one(waiting.limit(1)))]

    async def _perform(self, job: Job, handler: Handler) -> None:
        outcome: Again | DeadJob | None = None
        try:
            await handler(job.key)
        except Exception as error:
            outcome = verdict(job, error, self._clock.now())
            if isinstance(outcome, DeadJob) or outcome.attempts:
                _LOG.warning("a job failed", job=job.name, attempts=outcome.attempts, exc_info=error)
        await self._settle(job, outcome)

    async def _settle(self, job: Job, outcome: Again | DeadJob | None) -> None:
        """Write down how it went, however long the database takes: what is left running blocks its name."""
        while True:
            try:
                await self._database.together(self._end, (job, outcome))
            except AuditBusyError as error:
                _LOG.warning("the queue could not be written", job=job.name, why=str(error))
                await asyncio.sleep(1)
            else:
                return

    async def _end(
        self, connection: AsyncConnection, ended: Sequence[tuple[Job, Again | DeadJob | None]]
    ) -> list[None]:
        await connection.execute(delete(JOB).where(JOB.c.id.in_([job.id for job, _ in ended])))
        for job, outcome in ended:
            if isinstance(outcome, Again):
                again = Job(0, job.kind, job.key, outcome.at, outcome.attempts)
                await _wait(connection, [(again, outcome.last_error)])
            elif outcome is not None:
                await bury(connection, outcome, self._clock.now())
                notice = notice_of(outcome, self._clock.now())
                if notice is not None:
                    await _wait(connection, [(notice, "")])
        return [None for _ in ended]

    async def _drain(self) -> None:
        """Let running jobs end within five seconds; what does not is cancelled and due again."""
        tasks = dict(self._running)
        if not tasks:
            return
        _, slow = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        await self._release([tasks[task].id for task in slow])

    async def _release_all(self) -> None:
        """Count an attempt of what a dead process was running; it is due again, or given up."""
        while True:
            try:
                async with self._database.begin() as connection:
                    jobs = await _running(connection)
                    now = self._clock.now()
                    await self._end(connection, [(job, after_death(job, now)) for job in jobs])
            except AuditBusyError as error:
                _LOG.warning("the queue could not be read", why=str(error))
                await asyncio.sleep(1)
            else:
                return

    async def _release(self, ids: Sequence[int]) -> None:
        """Make these running jobs wait again; that they were stopped is no failure of theirs."""
        async with self._database.begin() as connection:
            jobs = [job for job in await _running(connection) if job.id in ids]
            await self._end(connection, [(job, Again(job.run_at, job.attempts)) for job in jobs])


def _job(row: Row) -> Job:
    return Job(row["id"], row["kind"], row["key"], row["run_at"], row["attempts"])


async def _running(connection: AsyncConnection) -> list[Job]:
    rows = await Queries(connection).all(select(JOB).where(JOB.c.state == "running").order_by(JOB.c.id))
    return [_job(row) for row in rows]


def _not_running() -> ColumnElement[bool]:
    """Return the condition that no job of the same name is running."""
    other = JOB.alias("other")
    return ~(
        select(other.c.id)
        .where(other.c.state == "running", other.c.kind == JOB.c.kind, other.c.key == JOB.c.key)
        .exists()
    )


async def _wait(connection: AsyncConnection, jobs: Sequence[tuple[Job, str]]) -> None:
    """Let jobs wait, each as one with another of its name: the earlier time, the more attempts."""
    statement = Queries(connection).insert(JOB)
    new = statement.excluded
    merged = statement.on_conflict_do_update(
        index_elements=["kind", "key"],
        index_where=text("state = 'waiting'"),
        set_={
            "run_at": func.min(JOB.c.run_at, new.run_at),
            "attempts": func.max(JOB.c.attempts, new.attempts),
        },
    )
    rows = [
        {
            "kind": job.kind,
            "key": job.key,
            "run_at": job.run_at,
            "attempts": job.attempts,
            "state": "waiting",
            "last_error": last_error,
        }
        for job, last_error in jobs
    ]
    await connection.execute(merged, rows)
