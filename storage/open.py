"""Opening the archive: the one call that wiring makes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import ConflictError, NotFoundError
from bot.ports.clock import Clock
from storage.archive import SqlArchive
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.engine import SchemaState, Signers, ledger_of, migrated, schema_state
from storage.jobs import Runner
from storage.jobs_embedded import EmbeddedJobs
from storage.jobs_procrastinate import ProcrastinateJobs
from storage.ledger import Ledger

_FIX = "Run `countersign migrate`."


@dataclass(frozen=True)
class OpenArchive:
    """An open archive: the door, the runner of its jobs, its audit trail, the database, how to close it."""

    archive: SqlArchive
    runner: Runner
    ledger: Ledger
    database: Database
    close: Callable[[], Awaitable[None]]


async def open_archive(  # noqa: PLR0913 (one place to open it, told everything)
    url: str,
    signers: Signers,
    origin: str,
    *,
    clock: Clock,
    build: str,
    lock: bool,
    vkeys: Sequence[str] = (),
) -> OpenArchive:
    """Open the archive; a new SQLite file is created by itself. `lock`: this process alone writes (SQLite).

    `origin` names a trail that is to begin; one that is there goes on in its newest shard.

    Raises:
        AuditRefusedError: no key is that of the newest shard.
        InvalidInputError: no key has the name of a trail that is to begin.
        ConflictError: another process has the SQLite file, or the database is not of this version.
        NotFoundError: the Postgres database has no schema yet.
    """
    path = sqlite_path(url)
    held = ProcessLock(path) if lock and path is not None else None
    if held is not None:
        held.take()
    database = Database(open_engine(url))

    async def close() -> None:
        await database.close()
        if held is not None:
            held.release()

    try:
        ledger = ledger_of(signers, origin, clock=clock, build=build, vkeys=vkeys)
        await _fit(url, database, ledger, clock, origin)
    except BaseException:
        await close()
        raise
    runner = EmbeddedJobs(database, clock) if path is not None else ProcrastinateJobs(database, clock)
    return OpenArchive(SqlArchive(database, ledger, runner, clock), runner, ledger, database, close)


async def _fit(url: str, database: Database, ledger: Ledger, clock: Clock, origin: str) -> None:
    """Make a new file, or stand in the newest shard of what is there; raise unless it is of this version."""
    state: SchemaState = await schema_state(url)
    if state == "missing" and database.dialect == "sqlite":
        await migrated(database, ledger, clock, origin)
        return
    if state == "missing":
        raise NotFoundError("The database has no schema yet.", advice=_FIX)
    if state == "behind":
        raise ConflictError("The database is of an older version than this program.", advice=_FIX)
    if state == "ahead":
        raise ConflictError(
            "The database is of a newer version than this program.", advice="Run the newer program."
        )
    async with database.read() as connection:
        await ledger.follow(connection, opening=True)
