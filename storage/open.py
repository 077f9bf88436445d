"""Opening the archive: the one call that wiring makes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.note import Signer
from bot.ports.clock import Clock
from storage.archive import SqlArchive
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.engine import SchemaState, ledger_of, migrated, schema_state
from storage.high_water import HighWater
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


@dataclass(frozen=True)
class Place:
    """Where the database is, and where this process keeps how far the trail is (if not said, beside SQLite)."""

    url: str
    high_water: Path | None = None


async def open_archive(
    place: str | Place, signer: Signer, origin: str, *, clock: Clock, build: str, lock: bool
) -> OpenArchive:
    """Open the archive; a new SQLite file is created by itself. `lock`: this process alone writes (SQLite).

    Raises:
        ConflictError: another process has the SQLite file, or the database is not of this version.
        NotFoundError: the Postgres database has no schema yet.
        InvalidInputError: the high-water mark cannot be read.
    """
    place = Place(place) if isinstance(place, str) else place
    url, path = place.url, sqlite_path(place.url)
    held = ProcessLock(path) if lock and path is not None else None
    if held is not None:
        held.take()
    database = Database(open_engine(url))
    water = _water(path, place.high_water)

    async def close() -> None:
        await database.close()
        if water is not None:
            water.close()
        if held is not None:
            held.release()

    try:
        ledger = ledger_of(signer, origin, clock=clock, build=build)
        mark = None if water is None else water.read()
        if mark is not None:
            ledger.expect(mark)
        await _fit(url, database, ledger, clock)
    except BaseException:
        await close()
        raise
    runner = EmbeddedJobs(database, clock) if path is not None else ProcrastinateJobs(database, clock)
    archive = SqlArchive(database, ledger, runner, clock, water)
    return OpenArchive(archive, runner, ledger, database, close)


def _water(database: Path | None, given: Path | None) -> HighWater | None:
    if given is not None:
        return HighWater(given)
    return None if database is None else HighWater(database.with_name(f"{database.name}.high-water"))


async def _fit(url: str, database: Database, ledger: Ledger, clock: Clock) -> None:
    state: SchemaState = await schema_state(url)
    if state == "missing" and database.dialect == "sqlite":
        await migrated(database, ledger, clock)
    elif state == "missing":
        raise NotFoundError("The database has no schema yet.", advice=_FIX)
    elif state == "behind":
        raise ConflictError("The database is of an older version than this program.", advice=_FIX)
    elif state == "ahead":
        raise ConflictError(
            "The database is of a newer version than this program.", advice="Run the newer program."
        )
