"""The runner for many replicas: Procrastinate on the same Postgres."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditBusyError
from bot.ports.clock import Clock
from storage.database import Database
from storage.dead_letters import bury, dead_letters, exhume, notice_of
from storage.jobs import DRAIN_SECONDS, Again, DeadJob, Handler, Job, Wanted, after_death, verdict
from storage.procrastinate_queue import TASK, job_of, put, put_all, reschedule, take_away, waiting_and_running

_AT_ONCE = 8
_POLL_SECONDS = 1.0
_HEARTBEAT_SECONDS = 5.0
_STALLED_SECONDS = 20.0
_RESCUE_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0  # a pruned worker's jobs are nobody's: keep stalled workers until they were rescued
_JUMP = timedelta(seconds=1)
_LOG = structlog.get_logger("countersign.jobs")


class ProcrastinateJobs:
    """Both ends of Procrastinate's queue."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._handlers: Mapping[str, Handler] = {}
        self._running: set[int] = set()
        self._suspects: set[int] = set()
        self._workers: set[int] = set()
        self._jumped = asyncio.Event()
        self._seen = (clock.now(), monotonic())
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
        self._app.task(name=TASK, pass_context=True)(self._perform)

    async def enqueue(
        self, connection: AsyncConnection, kind: str, key: str, run_at: datetime | None
    ) -> None:
        """Put a job in the queue; one that waits under the same name is enough, the earlier time counts."""
        await put(self._app, connection, Job(0, kind, key, run_at or self._clock.now()), self._clock)

    async def enqueue_all(self, connection: AsyncConnection, jobs: Sequence[Wanted]) -> None:
        """Put jobs in the queue, in this order."""
        now = self._clock.now()
        wanted = [Job(0, kind, key, run_at or now) for kind, key, run_at in jobs]
        await put_all(self._app, connection, wanted, self._clock)

    def wake(self) -> None:
        """Set the waiting jobs' times anew if the clock has jumped; a commit wakes the workers by itself."""
        at, then = self._seen
        self._seen = (self._clock.now(), monotonic())
        if abs(self._seen[0] - at - timedelta(seconds=self._seen[1] - then)) > _JUMP:
            self._jumped.set()

    async def run(self, handlers: Mapping[str, Handler], kinds: frozenset[str], clock: Clock) -> None:
        """Run jobs of these kinds until cancelled; jobs of replicas that died are taken over."""
        self._handlers = handlers
        self._clock = clock
        known = sorted(kinds & handlers.keys())
        async with self._app.open_async(), _together(self._rescue(), self._follow_jumps(known)):
            while True:
                try:
                    await self._app.run_worker_async(
                        queues=known,
                        concurrency=_AT_ONCE,
                        fetch_job_polling_interval=_POLL_SECONDS,
                        shutdown_graceful_timeout=DRAIN_SECONDS,
                        delete_jobs="successful",
                        install_signal_handlers=False,
                        update_heartbeat_interval=_HEARTBEAT_SECONDS,
                        stalled_worker_timeout=_PRUNE_SECONDS,
                    )
                except ConnectorException as error:
                    _LOG.warning("the queue could not be read", why=type(error).__name__)
                await asyncio.sleep(1)

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs are `waiting`, `running` and `dead`."""
        async with self._database.read() as connection:
            waiting, running = await waiting_and_running(connection)
            return {"waiting": waiting, "running": running, "dead": len(await dead_letters(connection))}

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
        return True

    async def _perform(self, context: JobContext, *, kind: str, key: str, attempts: int, run_at: str) -> None:
        job = job_of(context.job.id or 0, {"kind": kind, "key": key, "attempts": attempts, "run_at": run_at})
        self._running.add(job.id)
        if context.job.worker_id is not None:
            self._workers.add(context.job.worker_id)
        try:
            await self._handlers[kind](key)
        except asyncio.CancelledError:  # only the worker cancels, when draining took too long
            await self._settle(job, Again(job.run_at, job.attempts))
        except Exception as error:
            outcome = verdict(job, error, self._clock.now())
            if isinstance(outcome, DeadJob) or outcome.attempts:
                _LOG.warning("a job failed", job=job.name, attempts=outcome.attempts, exc_info=error)
            await self._settle(job, outcome)
        finally:
            self._running.discard(job.id)

    async def _settle(self, job: Job, outcome: Again | DeadJob) -> None:
        """Write down what becomes of a job that failed. If this fails too, `_rescue` finds the job."""
        async with self._database.begin() as connection:
            await self._end(connection, job, outcome)

    async def _end(self, connection: AsyncConnection, job: Job, outcome: Again | DeadJob) -> None:
        if isinstance(outcome, DeadJob):
            await bury(connection, outcome, self._clock.now())
            notice = notice_of(outcome, self._clock.now())
            if notice is not None:
                await put(self._app, connection, notice, self._clock)
        else:
            again = Job(0, job.kind, job.key, outcome.at, outcome.attempts)
            await put(self._app, connection, again, self._clock)

    async def _rescue(self) -> None:
        """Count an attempt of jobs that nobody runs any more, and let them wait, now and every few seconds."""
        while True:
            try:
                for number in await self._abandoned():
                    async with self._database.begin() as connection:
                        job = await take_away(connection, number)
                        if job is not None:
                            await self._end(connection, job, after_death(job, self._clock.now()))
                    if job is not None:
                        _LOG.warning("took a job over", job=job.name)
            except (AuditBusyError, ConnectorException) as error:
                _LOG.warning("the queue could not be read", why=type(error).__name__)
            await asyncio.sleep(_RESCUE_SECONDS)

    async def _abandoned(self) -> Sequence[int]:
        """Return the jobs of workers without heartbeat, those that failed without a word, and our own lost.

        Our own are lost when the database went away as they ended: `doing`, and not here, twice in a row.
        """
        manager = self._app.job_manager
        stalled = await manager.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=_STALLED_SECONDS)
        failed = await manager.list_jobs_async(task=TASK, status="failed")
        doing = await manager.list_jobs_async(task=TASK, status="doing")
        missing = {job.id for job in doing if job.id and job.worker_id in self._workers} - self._running
        lost = missing & self._suspects
        self._suspects = missing
        return sorted({job.id for job in (*stalled, *failed) if job.id} | lost)

    async def _follow_jumps(self, known: Sequence[str]) -> None:
        while True:
            await self._jumped.wait()
            self._jumped.clear()
            try:
                async with self._database.begin() as connection:
                    await reschedule(connection, known, self._clock)
            except AuditBusyError as error:
                _LOG.warning("the queue could not be written", why=str(error))
                self._jumped.set()
                await asyncio.sleep(1)


@asynccontextmanager
async def _together(*side: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in side]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
