"""Connecting: database URLs, engines with the settings durability needs, one process at a time on SQLite."""

import asyncio
import fcntl
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeVar

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.domain.errors import AuditBusyError, ConflictError, InvalidInputError
from storage.group_commit import GroupCommit, Many
from storage.privacy import PLAIN, Privacy, said
from storage.waiting import MOMENT_SECONDS, MOST_SECONDS, busy_timeout, on_sqlite, patience

A = TypeVar("A")
T = TypeVar("T")
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
)
_READER_PRAGMAS = ("PRAGMA query_only=ON",)
_READERS = 4


def database_url(url: str) -> URL:
    """Return the URL with the driver we use: `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://…`.

    Raises:
        InvalidInputError: it is neither, or an SQLite database that is not a file.
    """
    advice = "Write sqlite:///countersign.db, or postgresql://user@host/database."
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInputError("The database URL cannot be read.", advice=advice) from None
    kind = parsed.drivername.split("+", 1)[0]
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite+aiosqlite")
    raise InvalidInputError("The database is neither an SQLite file nor Postgres.", advice=advice)


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL, None for Postgres."""
    parsed = database_url(url)
    return Path(parsed.database) if parsed.drivername.startswith("sqlite") and parsed.database else None


def open_engine(url: str, privacy: Privacy = PLAIN) -> AsyncEngine:
    """Return an engine for the database. Nothing is connected yet, and no parameter shows in an error."""
    parsed = database_url(url)
    if parsed.drivername.startswith("sqlite"):
        engine = create_async_engine(parsed, hide_parameters=True, execution_options=said(privacy))
        on_sqlite(engine, _PRAGMAS, "BEGIN IMMEDIATE")
        return engine
    return create_async_engine(
        parsed,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        isolation_level="READ COMMITTED",
        execution_options=said(privacy),
        connect_args={"options": "-c statement_timeout=5000 -c lock_timeout=2000"},
    )


def _reading_engine(engine: AsyncEngine) -> AsyncEngine:
    """Return an engine that cannot write: on SQLite its own connections, each with the snapshot of its begin."""
    if engine.dialect.name != "sqlite":
        return engine.execution_options(postgresql_readonly=True)
    pool = {"pool_size": _READERS, "max_overflow": 0, "pool_timeout": MOST_SECONDS}
    options = engine.get_execution_options()
    readers = create_async_engine(engine.url, hide_parameters=True, execution_options=options, **pool)
    on_sqlite(readers, _READER_PRAGMAS, "BEGIN")
    return readers


@dataclass
class Database:
    """An engine, and on SQLite the gate that lets this process's writers in one after the other."""

    engine: AsyncEngine
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _closed: bool = False

    def __post_init__(self) -> None:
        """Prepare the readers' engine and the groups; nothing is connected yet."""
        self._readers = _reading_engine(self.engine)
        self._writes = GroupCommit(partial(self.begin, MOMENT_SECONDS))
        self._looks = GroupCommit(self.read)

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def begin(self, seconds: float | None = None) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at the end of the block, or not at all; on SQLite wait so long for others.

        Without `seconds` it waits as long as one has patience (`storage.waiting`).

        Raises:
            AuditBusyError: locked, full, read-only or gone: nothing was written.
            InvalidInputError: the database refused a value.
            ConflictError: it was closed; who comes late finds no door.
        """
        self._refuse_when_closed()
        most = patience() if seconds is None else seconds
        until = monotonic() + most
        async with self._turn(most), _translated(), self.engine.connect() as connection:
            await connection.execution_options(**busy_timeout(until - monotonic()))
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Look at what is committed now; nothing can be written, and on SQLite no writer is waited for.

        Raises:
            AuditBusyError, ConflictError: as `begin`.
        """
        self._refuse_when_closed()
        async with _translated(), self._readers.begin() as connection:
            yield connection

    async def together(self, many: Many[A, T], item: A) -> T:
        """Return what `many` made of an item, once it is durable; those of one moment are one commit.

        Raises:
            AuditBusyError, InvalidInputError, ConflictError: as `begin`; the others of the moment are not harmed.
        """
        async with _translated():
            return await self._writes.run(many, item)

    async def look(self, many: Many[A, T], item: A) -> T:
        """Return what `many` read for an item, as `read`; those of one moment are one look.

        Raises:
            AuditBusyError, ConflictError: as `begin`.
        """
        async with _translated():
            return await self._looks.run(many, item)

    async def close(self) -> None:
        """Close every connection, and let nobody open another."""
        self._closed = True
        for group in (self._writes, self._looks):
            await group.ended()
        await self._readers.dispose()
        await self.engine.dispose()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ConflictError(
                "The database is closed: the app is stopping.", advice="Try again in a moment."
            )

    @asynccontextmanager
    async def _turn(self, seconds: float) -> AsyncIterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        try:
            async with asyncio.timeout(seconds):
                await self._gate.acquire()
        except TimeoutError:
            raise AuditBusyError(
                "The database is busy.", advice="Nothing was done. Try again in a moment."
            ) from None
        try:
            yield
        finally:
            self._gate.release()


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise InvalidInputError(
            "The database refused a value.", advice="A required field is empty, or a value is unknown."
        ) from error
    except (OperationalError, PoolTimeoutError, sqlite3.OperationalError, psycopg.OperationalError) as error:
        raise AuditBusyError(
            "The database did not take it: locked, full, read-only or gone.",
            advice="Nothing was done. Try again in a moment; if it stays so, look at the database and its disk.",
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise AuditBusyError("The database went away.", advice="Try again in a moment.") from error
        raise


class ProcessLock:
    """The lock that keeps a second process away from an SQLite file: `<file>.lock`, held until `release`."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises:
            ConflictError: another process has it; the message names that process.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(file, 200).decode(errors="replace").strip() or "another process"
            os.close(file)
            raise ConflictError(
                f"The database is in use by {holder}.",
                advice="An SQLite file serves one process: stop the other one, or use Postgres.",
            ) from None
        os.ftruncate(file, 0)
        os.write(file, f"{Path(sys.argv[0]).name or 'python'} (process {os.getpid()})".encode())
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
