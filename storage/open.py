"""Opening the archive: the one call that wiring makes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import ConflictError, NotFoundError
from bot.ports.clock import Clock
from storage.archive import SqlArchive
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.engine import SchemaState, Signers, ledger_of, migrated, schema_state
from storage.high_water import HighWater, Mark
from storage.jobs import Runner
from storage.jobs_embedded import EmbeddedJobs
from storage.jobs_procrastinate import ProcrastinateJobs
from storage.ledger import Ledger
from storage.privacy import PLAIN, Privacy

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
    """Where the database is, and where this process keeps how far the trail is (if not said, beside SQLite).

    `privacy`: how texts of people are kept in it.
    """

    url: str
    high_water: Path | None = None
    privacy: Privacy = PLAIN


async def open_archive(  # noqa: PLR0913 (one place to open it, told everything)
    place: str | Place,
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
        AuditRefusedError: no key is that of the newest shard, or of a trail that is to begin (InvalidInputError).
        ConflictError: another process has the SQLite file, or the database is not of this version.
        NotFoundError: the Postgres database has no schema yet.
        InvalidInputError: the high-water mark cannot be read.
    """
    place = Place(place) if isinstance(place, str) else place
    url, path = place.url, sqlite_path(place.url)
    held = ProcessLock(path) if lock and path is not None else None
    if held is not None:
        held.take()
    database = Database(open_engine(url, place.privacy))
    water = water_of(path, place.high_water)
    close = _closing(database, water, held)
    try:
        ledger = ledger_of(signers, origin, clock=clock, build=build, vkeys=vkeys)
        expect_mark(ledger, water)
        await _fit(url, database, ledger, clock, origin)
    except BaseException:
        await close()
        raise
    runner = EmbeddedJobs(database, clock) if path is not None else ProcrastinateJobs(database, clock)
    archive = SqlArchive(database, ledger, runner, clock, water)
    return OpenArchive(archive, runner, ledger, database, close)


def _closing(
    database: Database, water: HighWater | None, held: ProcessLock | None
) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        await database.close()
        if water is not None:
            water.close()
        if held is not None:
            held.release()

    return close


def water_of(database: Path | None, given: Path | None = None) -> HighWater | None:
    """Return the high-water mark: where it is said to be, else beside an SQLite file."""
    if given is not None:
        return HighWater(given)
    return None if database is None else HighWater(database.with_name(f"{database.name}.high-water"))


def expect_mark(ledger: Ledger, water: HighWater | None) -> Mark | None:
    """Let the ledger expect what the high-water mark remembers, and return that."""
    mark = None if water is None else water.read()
    if mark is not None:
        ledger.expect(mark)
    return mark


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
