"""Dead letters: jobs that were given up, kept until a person resolves them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.jobs import DeadJob, Job
from storage.queries import Queries
from storage.tables import JOB

_LONGEST_ERROR = 500
_NOTICE = "deliver:dead:"


def notice_of(job: DeadJob, now: datetime) -> Job | None:
    """Return the job that tells people of a dead letter; None for a notice that could not be told itself."""
    if job.key.startswith(_NOTICE):
        return None
    return Job(0, "deliver", f"{_NOTICE}{job.kind}:{job.key}", now)


async def bury(connection: AsyncConnection, job: DeadJob, now: datetime) -> None:
    """Keep a job that was given up, in place of an earlier one of its name."""
    await exhume(connection, job.kind, job.key)
    await connection.execute(
        insert(JOB).values(
            kind=job.kind,
            key=job.key,
            run_at=now,
            attempts=job.attempts,
            state="dead",
            last_error=job.last_error[:_LONGEST_ERROR],
        )
    )


async def exhume(connection: AsyncConnection, kind: str, key: str) -> bool:
    """Take a dead letter out; False when there is none."""
    result = await connection.execute(
        delete(JOB).where(JOB.c.state == "dead", JOB.c.kind == kind, JOB.c.key == key)
    )
    return result.rowcount > 0


async def dead_letters(connection: AsyncConnection) -> Sequence[DeadJob]:
    """Return the dead letters, oldest first."""
    rows = await Queries(connection).all(select(JOB).where(JOB.c.state == "dead").order_by(JOB.c.id))
    return [DeadJob(row["kind"], row["key"], row["attempts"], row["last_error"]) for row in rows]
