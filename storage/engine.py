"""The schema of a database: where it stands, and bringing it up to this version."""

from collections.abc import Mapping, Sequence
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
from bot.domain.errors import InvalidInputError, LedgerBrokenError
from bot.domain.json import Json
from bot.domain.note import Signer
from bot.ports.clock import Clock
from storage.audit_findings import INFORMATION
from storage.audit_schema import actual_schema, fingerprint
from storage.audit_verify import verify_log
from storage.database import Database, ProcessLock, open_engine, sqlite_path
from storage.ledger import Ledger

__all__ = [
    "SchemaState",
    "Signers",
    "demand_key",
    "ledger_of",
    "migrate",
    "migrated",
    "open_engine",
    "schema_state",
]

SchemaState = Literal["missing", "behind", "current", "ahead"]
Signers = Signer | Sequence[Signer]


def ledger_of(
    signers: Signers, origin: str, *, clock: Clock, build: str, vkeys: Sequence[str] = ()
) -> Ledger:
    """Return the audit trail as this process writes it, for a new database; `follow` finds where an old one is."""
    keys = [signers] if isinstance(signers, Signer) else list(signers)
    signer = next((each for each in keys if each.name == origin), keys[0])
    writer = {"version": version("countersign"), "build": build, "writer": new_ulid(clock.now())}
    return Ledger(
        signer=signer,
        origin=signer.name,
        vkeys=vkeys,
        signers=keys,
        writer={name: text for name, text in writer.items() if text},
    )


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


async def migrate(url: str, signers: Signers, origin: str = "", *, clock: Clock, build: str) -> str:
    """Bring the database up to this version, say so in the audit trail, and return the revision it has now.

    Raises:
        ConflictError: another process has the SQLite file.
        InvalidInputError, AuditRefusedError: no key has the name of the trail, or of its newest shard.
        LedgerBrokenError: the trail does not hold, before or after; then nothing was changed.
    """
    path = sqlite_path(url)
    lock = None if path is None else ProcessLock(path)
    if lock is not None:
        lock.take()
    database = Database(open_engine(url))
    try:
        ledger = ledger_of(signers, origin, clock=clock, build=build)
        return await migrated(database, ledger, clock, origin or ledger.origin)
    finally:
        await database.close()
        if lock is not None:
            lock.release()


async def migrated(database: Database, ledger: Ledger, clock: Clock, origin: str) -> str:
    """Bring an open database up to this version in one transaction, entries included."""
    async with database.begin() as connection:
        before = await connection.run_sync(_revision)
        schema = fingerprint(await connection.run_sync(actual_schema))
        demand_key(ledger, origin if before is None else ledger.origin)
        if before is not None:
            await ledger.follow(connection, opening=True)
            await _demand_sound(connection, ledger, "Nothing was changed.", aside=frozenset({"S5"}))
        await connection.run_sync(_upgrade)
        after = await connection.run_sync(_revision) or ""
        await ledger.open_log(connection, clock.now())
        if after != before:
            said = {"from_revision": before or "", "to_revision": after, "fingerprint_old": schema}
            await ledger.append(connection, [await _said(connection, said, clock)], now=clock.now())
            await _demand_sound(connection, ledger, "The migration was taken back.")
    ledger.committed(connection)
    return after


def demand_key(ledger: Ledger, origin: str) -> None:
    """Raise InvalidInputError unless this process has the key of a trail that is to begin."""
    if ledger.origin != origin:
        raise InvalidInputError(
            f"No signing key is named {origin}, the [audit] origin; there is {ledger.origin}.",
            advice=f"Make one with `countersign audit keygen --origin {origin}`.",
        )


async def _demand_sound(
    connection: AsyncConnection, ledger: Ledger, outcome: str, aside: frozenset[str] = frozenset()
) -> None:
    """Raise LedgerBrokenError unless the trail holds; before a migration the schema is not the newest (S5)."""
    vkeys = [each.vkey for each in ledger.verifiers]
    report = await connection.run_sync(lambda sync: verify_log(sync, vkeys))
    found = [each for each in report.findings if each.code not in aside | INFORMATION]
    if found:
        raise LedgerBrokenError(
            f"The audit trail does not hold: {found[0].code}, {found[0].message}. {outcome}",
            advice="Keep a copy of the database, run `countersign audit verify`, and follow docs/runbook.md.",
        )


async def _said(connection: AsyncConnection, said: Mapping[str, Json], clock: Clock) -> NewEntry:
    schema = await connection.run_sync(actual_schema)
    return NewEntry(
        id=new_ulid(clock.now()),
        type="schema.migrated",
        actor={"kind": "system", "id": "migrate", "auth": "process"},
        data={**said, "fingerprint_new": fingerprint(schema)},
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
