"""Procrastinate's queue as we use it: jobs put into it on our connection, inside our transaction.

One task; a queue for each kind, so that a replica never fetches a kind unknown to it; queueing lock and
lock are the job's name, so that of a name one waits at most and one runs at most. Arguments: ids and times.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditBusyError
from bot.ports.clock import Clock
from storage.jobs import Job

TASK = "countersign.job"

_WAITING = text(
    "SELECT id, args, scheduled_at FROM procrastinate_jobs"
    " WHERE queueing_lock = :name AND status = 'todo' FOR UPDATE"
)
_ADVANCE = text(
    "UPDATE procrastinate_jobs SET scheduled_at = CAST(:at AS timestamptz),"
    " args = args || jsonb_build_object("
    "'run_at', CAST(:run_at AS text), 'attempts', CAST(:attempts AS integer))"
    " WHERE id = :id"
)
_RESCHEDULE = text(
    "UPDATE procrastinate_jobs SET scheduled_at = clock_timestamp()"
    " + greatest(CAST(args ->> 'run_at' AS timestamptz) - CAST(:now AS timestamptz), interval '0')"
    " WHERE status = 'todo' AND task_name = :task AND scheduled_at IS NOT NULL"
)
_ANNOUNCE = text(
    "SELECT pg_notify('procrastinate_queue_v1#' || CAST(:kind AS text),"
    " CAST(json_build_object('type', 'job_inserted', 'job_id', 0) AS text))"
)
_TAKE = text(
    "DELETE FROM procrastinate_jobs WHERE id = :id AND task_name = :task AND status IN ('doing', 'failed')"
    " RETURNING args"
)
_COUNT = text(
    "SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing')"
    " FROM procrastinate_jobs WHERE task_name = :task"
)


def job_of(id: int, args: Mapping[str, Any]) -> Job:
    """Return the job that a row's arguments name."""
    return Job(id, args["kind"], args["key"], datetime.fromisoformat(args["run_at"]), args["attempts"])


async def put(app: App, connection: AsyncConnection, job: Job, clock: Clock) -> None:
    """Let the job wait, as one with another of its name: the earlier time, the more attempts.

    A job that waits already is locked until our commit: no worker takes it before what we wrote can be seen.
    """
    at = await _wall_time(connection, job.run_at, clock)
    while not await _merged(connection, job, at):
        if await _added(app, connection, [(job, at)]):
            return


async def put_all(app: App, connection: AsyncConnection, jobs: Sequence[Job], clock: Clock) -> None:
    """Let jobs wait, as `put`: in one go where none of them waits already, else one after the other."""
    new = [(job, await _wall_time(connection, job.run_at, clock)) for job in jobs]
    if len(jobs) > 1 and await _added(app, connection, new):
        return
    for job in jobs:
        await put(app, connection, job, clock)


async def _added(app: App, connection: AsyncConnection, jobs: Sequence[tuple[Job, datetime | None]]) -> bool:
    """Return whether the jobs were put into the queue; not when one of a name waits already."""
    raw = await connection.get_raw_connection()
    made = [
        app.configure_task(
            TASK, queue=job.kind, lock=job.name, queueing_lock=job.name, schedule_at=at
        ).make_new_job(kind=job.kind, key=job.key, attempts=job.attempts, run_at=job.run_at.isoformat())
        for job, at in jobs
    ]
    try:
        async with connection.begin_nested():
            await app.job_manager.batch_defer_jobs_async(made, connection=raw.driver_connection)
    except AlreadyEnqueued:
        return False
    except ConnectorException as error:
        raise AuditBusyError("The queue did not take the job.", advice="Try again in a moment.") from error
    return True


async def _merged(connection: AsyncConnection, job: Job, at: datetime | None) -> bool:
    """Return whether a job of this name waits already; it is due no later than the new one then."""
    row = (await connection.execute(_WAITING, {"name": job.name})).mappings().first()
    if row is None:
        return False
    waiting = job_of(row["id"], row["args"])
    attempts = max(waiting.attempts, job.attempts)
    if job.run_at < waiting.run_at or attempts > waiting.attempts:
        earlier = job.run_at < waiting.run_at
        values = {
            "id": row["id"],
            "at": at if earlier else row["scheduled_at"],
            "run_at": min(job.run_at, waiting.run_at).isoformat(),
            "attempts": attempts,
        }
        await connection.execute(_ADVANCE, values)
        await connection.execute(_ANNOUNCE, {"kind": job.kind})
    return True


async def _wall_time(connection: AsyncConnection, run_at: datetime, clock: Clock) -> datetime | None:
    """Return when the database's clock will show that `run_at` has come by ours; None for now."""
    delay = run_at - clock.now()
    if delay <= timedelta(0):
        return None
    now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now + delay


async def reschedule(connection: AsyncConnection, kinds: Sequence[str], clock: Clock) -> None:
    """Set every waiting job's wall time anew after our clock has jumped."""
    await connection.execute(_RESCHEDULE, {"now": clock.now().isoformat(), "task": TASK})
    for kind in kinds:
        await connection.execute(_ANNOUNCE, {"kind": kind})


async def take_away(connection: AsyncConnection, id: int) -> Job | None:
    """Take a job that nobody runs any more out of the queue; None when it has ended after all."""
    args = (await connection.execute(_TAKE, {"id": id, "task": TASK})).scalar()
    return None if args is None else job_of(id, args)


async def waiting_and_running(connection: AsyncConnection) -> tuple[int, int]:
    """Return how many jobs wait and how many run."""
    row = (await connection.execute(_COUNT, {"task": TASK})).one()
    return int(row[0]), int(row[1])
