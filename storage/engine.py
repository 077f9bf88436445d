"""The schema of a database: where it stands, and bringing it up to this version."""

from importlib.metadata import version
from importlib.resources import files
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.note import Signer
from bot.ports.clock import Clock
from storage.audit_schema import actual_schema, fingerprint
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.ledger import Ledger

__all__ = ["SchemaState", "ledger_of", "migrate", "migrated", "open_engine", "schema_state"]

SchemaState = Literal["missing", "behind", "current", "ahead"]


def ledger_of(signer: Signer, origin: str, *, clock: Clock, build: str) -> Ledger:
    """Return the audit trail as this process writes it."""
    writer = {"version": version("countersign"), "build": build, "writer": new_ulid(clock.now())}
    return Ledger(signer=signer, origin=origin, writer={name: text for name, text in writer.items() if text})


async def schema_state(url: str) -> SchemaState:
    """Return how the database's schema compares with this version. Creates nothing."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return "missing"
    database = Database(open_engine(url))
    try:
        async with database.begin() as connection:
            revision = await connection.run_sync(_revision)
    finally:
        await database.close()
    scripts = ScriptDirectory.from_config(_config())
    if revision is None:
        return "missing"
    if revision == scripts.get_current_head():
        return "current"
    return "behind" if revision in {step.revision for step in scripts.walk_revisions()} else "ahead"


async def migrate(url: str, signer: Signer, *, clock: Clock, build: str) -> str:
    """Bring the database up to this version, say so in the audit trail, and return the revision it has now.

    Raises:
        ConflictError: another process has the SQLite file.
    """
    path = sqlite_path(url)
    lock = None if path is None else ProcessLock(path)
    if lock is not None:
        lock.take()
    database = Database(open_engine(url))
    try:
        return await migrated(database, ledger_of(signer, signer.name, clock=clock, build=build), clock)
    finally:
        await database.close()
        if lock is not None:
            lock.release()


async def migrated(database: Database, ledger: Ledger, clock: Clock) -> str:
    """Bring an open database up to this version in one transaction, entries included."""
    async with database.begin() as connection:
        before = await connection.run_sync(_revision)
        await connection.run_sync(_upgrade)
        after = await connection.run_sync(_revision) or ""
        await ledger.open_log(connection, clock.now())
        if after != before:
            await ledger.append(connection, [await _said(connection, before, after, clock)], now=clock.now())
    ledger.committed(connection)
    return after


async def _said(connection: AsyncConnection, before: str | None, after: str, clock: Clock) -> NewEntry:
    schema = await connection.run_sync(actual_schema)
    return NewEntry(
        id=new_ulid(clock.now()),
        type="schema.migrated",
        actor={"kind": "system", "id": "migrate", "auth": "process"},
        data={"from_revision": before or "", "to_revision": after, "fingerprint": fingerprint(schema)},
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("storage").joinpath("migrations")))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
