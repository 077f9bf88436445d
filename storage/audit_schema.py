"""The audit tables: installing them, and describing what is really there."""

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from sqlalchemy import Connection, text

from bot.domain.errors import CountersignError

SCRIPT_SHA256 = {
    "sqlite_v1": "1ccc7ba2a260db96f5398e0a5b7500ef43861a274562c2e4a6e4493324982717",
    "sqlite_v2": "a26c9e4b07e1d98b8c0a57ed8a6382858fc376064d7f2899a4fd66ae10e29898",
    "sqlite_v3": "37bcab519cc70480eb3243ebe1f05e6e88aa455137deec7aa379563d319b4bf3",
    "postgresql_v1": "0e73f4ef68068e3129a6b590a70ef38f1a0bf54b36bfaebe0368551ab48eee8e",
    "postgresql_v2": "9e07916af2ff7fe05c3f17a8ee8722ef52820988a39d420a5f0b7537c835a342",
    "postgresql_v3": "10ca36c32a9c5007506eb393da2bf2c92657ba01d2ed9c8378315387c7e0123c",
}
VERSIONS = (1, 2, 3)
TABLES = (
    "audit_entry",
    "audit_tile",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_anchor",
    "audit_disclosure",
    "evidence_blob",
)


def prefix(dialect: str) -> str:
    """Return what stands before an audit table's name on this dialect."""
    return "audit." if dialect == "postgresql" else ""


def shards_in(table: str) -> str:
    """Return the query for the shards in a table: one step along its key for each, whatever the number of rows."""
    return f"""WITH RECURSIVE found(shard) AS (
      SELECT min(shard) FROM {{}}{table}
      UNION ALL
      SELECT (SELECT min(shard) FROM {{}}{table} WHERE shard > found.shard) FROM found
        WHERE found.shard IS NOT NULL
    ) SELECT shard FROM found WHERE shard IS NOT NULL ORDER BY shard"""  # noqa: S608 (the name of a table)


def install_audit(connection: Connection, version: int = 1) -> None:
    """Create the audit tables and their guards in the connection's transaction, or what a later version adds.

    Raises:
        CountersignError: the script was changed since it was frozen.
    """
    dialect = connection.dialect.name
    name = f"{dialect}_v{version}"
    script = _resource(f"{name}.sql")
    if sha256(script.encode()).hexdigest() != SCRIPT_SHA256[name]:
        raise CountersignError(
            "the audit schema's script is not the one that was frozen",
            advice="Install Countersign again from a trusted source.",
        )
    statements = _sqlite_statements(script) if dialect == "sqlite" else iter([script])
    for statement in statements:
        connection.exec_driver_sql(statement)


def expected_schema(dialect: str) -> tuple[str, ...]:
    """Return the frozen description of the newest audit schema, one line an object, sorted."""
    return tuple(_resource(f"{dialect}_v{VERSIONS[-1]}.schema.txt").splitlines())


def actual_schema(connection: Connection) -> tuple[str, ...]:
    """Return the description of what is really there: `<kind> <name> <digest>`, sorted."""
    found = _sqlite_objects if connection.dialect.name == "sqlite" else _postgresql_objects
    lines = (
        f"{kind} {name} {sha256(definition.encode()).hexdigest()[:32]}"
        for kind, name, definition in found(connection)
    )
    return tuple(sorted(lines))


def fingerprint(schema: tuple[str, ...]) -> str:
    """Return one digest for a schema description."""
    return sha256("\n".join(schema).encode()).hexdigest()


def schema_drift(connection: Connection) -> tuple[str, ...]:
    """Return what differs from the frozen schema, in words; nothing when all is as installed."""
    expected = set(expected_schema(connection.dialect.name))
    actual = set(actual_schema(connection))
    missing = {line.rsplit(" ", 1)[0] for line in expected - actual}
    unexpected = {line.rsplit(" ", 1)[0] for line in actual - expected}
    changed = missing & unexpected
    return (
        *(f"changed: {each}" for each in sorted(changed)),
        *(f"missing: {each}" for each in sorted(missing - changed)),
        *(f"unexpected: {each}" for each in sorted(unexpected - changed)),
    )


def _resource(name: str) -> str:
    return files("storage").joinpath("audit_ddl", name).read_text("utf-8")


def _sqlite_statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        if not statement and (line.startswith("--") or not line.strip()):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def _sqlite_objects(connection: Connection) -> Iterator[tuple[str, str, str]]:
    rows = connection.execute(
        text("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    )
    for kind, name, table, sql in rows:
        if table in TABLES or table.startswith("audit_"):
            yield kind, name, sql


_POSTGRESQL = (
    """SELECT 'column', concat_ws('.', c.relname, a.attname),
        concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated,
            pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped""",
    """SELECT 'table', relname,
        concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, relhassubclass)
    FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind NOT IN ('i', 't', 'I')""",
    """SELECT 'constraint', concat_ws('.', c.relname, k.conname), pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'audit'::regnamespace AND k.contype NOT IN ('n', 't')""",
    """SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'audit'""",
    """SELECT 'trigger', concat_ws('.', c.relname, t.tgname),
        concat_ws(' ', t.tgenabled, t.tgtype, p.pronamespace::regnamespace, p.proname,
            pg_get_expr(t.tgqual, t.tgrelid))
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE c.relnamespace = 'audit'::regnamespace AND NOT t.tgisinternal""",
    """SELECT 'rule', concat_ws('.', tablename, rulename), definition
    FROM pg_rules WHERE schemaname = 'audit'""",
    """SELECT 'policy', concat_ws('.', tablename, policyname), concat_ws(' ', qual, with_check)
    FROM pg_policies WHERE schemaname = 'audit'""",
    """SELECT 'function', p.proname,
        concat_ws(' ', l.lanname, p.prosecdef, p.proconfig::text, p.prosrc)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'audit'::regnamespace""",
    # Rights that nobody but the owner needs; of texts that can be erased, who erases them may have DELETE.
    """SELECT 'grant', concat_ws(' ', x.privilege_type, 'on', x.name, 'to',
        CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END), 'granted'
    FROM (
      SELECT c.relname::text AS name, c.relowner AS owner, a.grantee, a.privilege_type
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'audit'::regnamespace
          AND (a.privilege_type IN ('UPDATE', 'TRUNCATE', 'TRIGGER')
            OR a.privilege_type = 'DELETE' AND c.relname <> 'audit_disclosure')
      UNION
      SELECT concat_ws('.', c.relname, t.attname), c.relowner, a.grantee, a.privilege_type
        FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
        WHERE c.relnamespace = 'audit'::regnamespace AND a.privilege_type = 'UPDATE'
      UNION
      SELECT concat_ws(' ', 'schema', n.nspname), n.nspowner, a.grantee, a.privilege_type
        FROM pg_namespace n, aclexplode(n.nspacl) a
        WHERE n.nspname = 'audit' AND a.privilege_type = 'CREATE'
    ) x WHERE x.grantee <> x.owner""",
)


def _postgresql_objects(connection: Connection) -> Iterator[tuple[str, str, str]]:
    if connection.execute(text("SELECT to_regnamespace('audit')")).scalar() is None:
        return
    for query in _POSTGRESQL:
        for row in connection.exec_driver_sql(query).all():
            yield row[0], row[1], row[2]
