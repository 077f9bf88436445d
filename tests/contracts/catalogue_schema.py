"""Attacks 20, 21, 32 to 36 and 52: the schema and its guards."""

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tests.contracts.catalogue import POSTGRES, SQLITE, Attack, Stage, Tried, Work
from tests.contracts.catalogue_entries import EDIT, unguarded

COLUMN = "UPDATE {}audit_entry SET actor_id = 'U9' WHERE seq = 3"
QUIET_TRIGGER = "CREATE TRIGGER quiet BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(IGNORE); END"
QUIET_RULE = "CREATE RULE quiet AS ON INSERT TO audit.audit_entry DO INSTEAD NOTHING"
QUIET_FUNCTION = (
    "CREATE FUNCTION audit.quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER quiet BEFORE INSERT ON audit.audit_entry FOR EACH ROW EXECUTE FUNCTION audit.quiet()",
)
HARMLESS = (
    "CREATE OR REPLACE FUNCTION audit.audit_refuse() RETURNS trigger LANGUAGE plpgsql"
    " SET search_path = pg_catalog AS 'BEGIN RETURN NULL; END'"
)
REPLICA = "SET session_replication_role = replica"
TRIGGERS = "type = 'trigger' AND name = 'audit_entry_update'"
RENAME = "ALTER TABLE {}audit_entry RENAME TO audit_entry_old"
LOOK_ALIKE = """CREATE TABLE {}audit_entry AS SELECT shard, seq, replace(body, '"U1"', '"U9"') AS body, leaf_hash,
  id, type, ts, change_id, actor_id FROM {}audit_entry_old"""


async def column_says_otherwise(stage: Stage) -> None:
    """Let the column that is searched say something else than the body, which is left as it is."""
    if stage.dialect == POSTGRES:
        await stage.tamper("ALTER TABLE {}audit_entry ALTER COLUMN actor_id DROP EXPRESSION", COLUMN)
        return
    await rewritten_schema(stage, "name = 'audit_entry'", "json_extract(body, '$.actor.id')", "'U9'")


async def rewritten_schema(stage: Stage, where: str, old: str, new: str) -> None:
    """Rewrite an object's text in SQLite's own table of them."""
    quoted, other = old.replace("'", "''"), new.replace("'", "''")
    await stage.alter(
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = replace(sql, '{quoted}', '{other}') WHERE {where}",
        "PRAGMA writable_schema = RESET",
    )
    await stage.house.engine.dispose()


async def guard_made_harmless(stage: Stage) -> None:
    """Let a guard stand under its name and refuse nothing, and edit."""
    if stage.dialect == POSTGRES:
        await stage.alter(HARMLESS, EDIT)
        return
    await rewritten_schema(stage, TRIGGERS, "RAISE(ABORT, 'append-only')", "1")
    await stage.alter(EDIT)


async def replica(stage: Stage) -> None:
    """Be refused even as a superuser who is a replica: the guards fire always."""
    for statement in (EDIT, "DELETE FROM {}audit_checkpoint", "TRUNCATE {}audit_tile"):
        with pytest.raises(DBAPIError, match="append-only"):
            await stage.alter(REPLICA, statement)


async def batch_altered(stage: Stage) -> None:
    """Let Alembic add a column as it does on SQLite: a new table under the old name, without the guards."""

    def migrate(connection: Connection) -> None:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("audit_anchor", recreate="always"):
            pass  # as little as this takes every guard of the table away

    async with stage.house.engine.begin() as connection:
        await connection.run_sync(migrate)
    await stage.alter("UPDATE {}audit_anchor SET ref = 'nowhere'")


def altering(*statements: str) -> Work:
    """Return the work of an owner of the database who runs these statements, whatever guards there are."""

    async def work(stage: Stage) -> None:
        await stage.alter(*statements)

    return work


def ddl(
    number: int, name: str, found: str, lite: Tried = "", post: Tried = "", stops: str = ""
) -> list[Attack]:
    """Return what the owner of a file may do and the app role on Postgres may not."""
    given = {SQLITE: str(lite), POSTGRES: str(post)}
    return [
        Attack(
            number,
            name,
            altering(*statements.split(";;")),
            found,
            statements,
            refused=(POSTGRES,) if dialect == POSTGRES else (),
            on=(dialect,),
            stops=stops,
        )
        for dialect, statements in given.items()
        if statements
    ]


RENAMED = f"{RENAME};;{LOOK_ALIKE}"
COLUMN_ADDED = "ALTER TABLE {}audit_entry ADD COLUMN approved_by TEXT DEFAULT 'U9'"
SCHEMA = (
    Attack(20, "column-says-otherwise", column_says_otherwise, "S3 S5", COLUMN),
    *ddl(
        21,
        "drop-trigger",
        "S5",
        "DROP TRIGGER audit_entry_update",
        "DROP TRIGGER audit_entry_refuse ON audit.audit_entry",
    ),
    *ddl(21, "disable-trigger", "S5", "", "ALTER TABLE audit.audit_entry DISABLE TRIGGER audit_entry_refuse"),
    *ddl(21, "drop-index", "S5", "DROP INDEX ix_audit_change", "DROP INDEX audit.ix_audit_change"),
    *ddl(32, "drop-in-silence", "S5", QUIET_TRIGGER, QUIET_RULE, stops="did not keep"),
    *ddl(32, "return-null", "S5", "", ";;".join(QUIET_FUNCTION), stops="did not keep"),
    Attack(
        33,
        "be-a-replica",
        replica,
        tried=f"{REPLICA};;{EDIT}",
        on=(POSTGRES,),
        says="refused even to a superuser: the guards fire ALWAYS",
    ),
    Attack(33, "triggers-off-and-on", unguarded(EDIT), "C1 C2 C4 M4", on=(SQLITE,)),
    Attack(34, "guard-made-harmless", guard_made_harmless, "C1 C2 C4 M4 S5", HARMLESS, on=(POSTGRES,)),
    Attack(34, "guard-made-harmless", guard_made_harmless, "C1 C2 C4 M4 S5", on=(SQLITE,)),
    *ddl(35, "look-alike-table", "C1 C2 C4 M4 S3 S5", RENAMED, RENAMED),
    *ddl(36, "column-that-misleads", "S5", COLUMN_ADDED, COLUMN_ADDED),
    Attack(52, "alembic-batch", batch_altered, "S5", on=(SQLITE,)),
)
