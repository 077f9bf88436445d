"""The database's own guards: what they refuse anyone, and what the appender notices where they are bent."""

from collections.abc import AsyncIterator
from hashlib import sha256
from importlib.resources import files

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.domain.errors import CountersignError, LedgerBrokenError
from storage import audit_schema
from storage.audit_schema import SCRIPT_SHA256, actual_schema, expected_schema, fingerprint, install_audit
from storage.audit_verify import verify_log
from tests.contracts.audit_house import House, entry, open_house

REPLICA = "SET session_replication_role = replica"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house with a row in every audit table."""
    async with open_house(database_url) as opened:
        await filled(opened)
        yield opened


async def filled(house: House) -> None:
    """Put a row into every audit table."""
    await house.append(*[entry(disclosures={"reason": "because"}) for _ in range(256)])
    await house.run(
        "INSERT INTO {}audit_cosignature(shard, size, signer, line) VALUES (0, 257, 'w', :line)",
        "INSERT INTO {}audit_anchor(shard, size, kind, ref, at) VALUES (0, 257, 'file', 'r', 't')",
        "INSERT INTO {}evidence_blob(sha256, media, kind, bytes, body, created_at)"
        " VALUES (:digest, 'm', 'k', 2, :body, 't')",
        digest=sha256(b"{}").hexdigest(),
        body=b"{}",
        line="— w AAAAAAAA\n",
    )


TABLES = {
    "audit_entry": "leaf_hash = leaf_hash",
    "audit_tile": "idx = 5",
    "audit_checkpoint": "note = 'x'",
    "audit_cosignature": "line = 'x'",
    "audit_anchor": "ref = 'x'",
    "audit_disclosure": "disclosure = 'x'",
    "evidence_blob": "kind = 'x'",
}


async def refused(house: House, *statements: str, **values: object) -> bool:
    """Return whether the database refused the statements."""
    try:
        await house.run(*statements, **values)
    except DBAPIError:
        return True
    return False


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_no_row_is_updated(house: House) -> None:
    for table, assignment in TABLES.items():
        assert await refused(house, f"UPDATE {{}}{table} SET {assignment}"), table


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_no_row_is_deleted_but_a_disclosure(house: House) -> None:
    for table in set(TABLES) - {"audit_disclosure"}:
        assert await refused(house, f"DELETE FROM {{}}{table}"), table
    assert not await refused(house, "DELETE FROM {}audit_disclosure")


REPLACEMENTS = (
    "audit_entry(shard, seq, body, leaf_hash) SELECT 0, 3, body, leaf_hash FROM audit_entry WHERE seq = 3",
    "audit_entry(shard, seq, body, leaf_hash) SELECT 0, 257, body, leaf_hash FROM audit_entry WHERE seq = 3",
    "audit_entry(shard, seq, body, leaf_hash) SELECT 0, 300, body, leaf_hash FROM audit_entry WHERE seq = 3",
    "audit_tile SELECT * FROM audit_tile",
    "audit_checkpoint SELECT * FROM audit_checkpoint WHERE size = 1",
    "audit_checkpoint SELECT 0, 100, note FROM audit_checkpoint WHERE size = 1",
    "audit_checkpoint SELECT 0, 258, note FROM audit_checkpoint WHERE size = 1",
    "audit_cosignature VALUES (0, 257, 'w', 'other')",
    "audit_anchor VALUES (0, 257, 'file', 'other', 't')",
    "audit_anchor VALUES (0, 258, 'file', 'r', 't')",
    "audit_disclosure SELECT shard, seq, path, 'other' FROM audit_disclosure WHERE seq = 1",
    "evidence_blob SELECT sha256, media, kind, 2, CAST('[]' AS BLOB), created_at FROM evidence_blob",
)


async def test_sqlite_lets_no_insert_replace_a_row(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        await filled(house)
        await house.run("PRAGMA recursive_triggers = OFF")
        for what in REPLACEMENTS:
            for verb in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"):
                assert await refused(house, f"{verb} INTO {what}"), (verb, what)
        assert verify_log(sqlite_url, [house.vkey], deep=True).findings == ()


async def test_sqlite_keeps_the_same_evidence_twice_as_once(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        for _ in range(2):
            await house.run(
                "INSERT INTO evidence_blob VALUES (:digest, 'm', 'k', 2, :body, 't') ON CONFLICT DO NOTHING",
                digest=sha256(b"{}").hexdigest(),
                body=b"{}",
            )
        assert await house.scalar("SELECT count(*) FROM evidence_blob") == 1


async def test_postgres_truncates_nothing_even_for_a_superuser(postgres_url: str) -> None:
    async with open_house(postgres_url) as house:
        for table, assignment in TABLES.items():
            assert await refused(house, f"TRUNCATE {{}}{table}"), table
            assert await refused(house, REPLICA, f"TRUNCATE {{}}{table}"), table
            assert await refused(house, REPLICA, f"UPDATE {{}}{table} SET {assignment}"), table


POSTGRES_FORGERIES = (
    "SELECT 0, 2, body, leaf_hash FROM audit.audit_entry WHERE seq = 1",
    "SELECT 0, 5, replace(body, 'seq\"\\:1', 'seq\"\\:5'), leaf_hash FROM audit.audit_entry WHERE seq = 1",
    "SELECT 0, 2, '{\"seq\"\\:2}', sha256(convert_to(chr(1) || '{\"seq\"\\:2}', 'UTF8'))",
    "SELECT 0, 2, '{\"seq\"\\:2}', sha256(decode('00', 'hex') || convert_to('{\"seq\"\\:2}', 'UTF8'))",
)


@pytest.mark.parametrize("forgery", POSTGRES_FORGERIES)
async def test_postgres_takes_only_an_entry_whose_place_link_and_hash_fit(
    postgres_url: str, forgery: str
) -> None:
    async with open_house(postgres_url) as house:
        await house.append(entry())
        with pytest.raises(DBAPIError, match="not the next entry"):
            await house.run(f"INSERT INTO audit.audit_entry(shard, seq, body, leaf_hash) {forgery}")


SILENT = (
    ("sqlite", "CREATE TRIGGER q BEFORE INSERT ON audit_checkpoint BEGIN SELECT RAISE(IGNORE); END"),
    ("postgresql", "CREATE RULE q AS ON INSERT TO audit.audit_checkpoint DO INSTEAD NOTHING"),
    (
        "postgresql",
        "CREATE FUNCTION audit.q() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';;"
        "CREATE TRIGGER a BEFORE INSERT ON audit.audit_disclosure FOR EACH ROW EXECUTE FUNCTION audit.q()",
    ),
)


@pytest.mark.parametrize(("kind", "statement"), SILENT, ids=lambda each: each[:70])
async def test_a_row_that_is_silently_dropped_beside_the_entries_stops_the_append(
    request: pytest.FixtureRequest, kind: str, statement: str
) -> None:
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgres_url")
    async with open_house(url) as house:
        await house.run(*statement.split(";;"))
        with pytest.raises(LedgerBrokenError, match="did not keep"):
            await house.append(entry(disclosures={"reason": "because"}))
        assert await house.scalar("SELECT count(*) FROM {}audit_entry") == 1


ALTERING = (
    ("audit_checkpoint", "UPDATE audit_checkpoint SET note = 'x' WHERE size = NEW.size"),
    ("audit_entry", "UPDATE audit_entry SET body = replace(body, 'U1', 'U2') WHERE seq = NEW.seq"),
    ("audit_entry", "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE seq = NEW.seq"),
)


@pytest.mark.parametrize(("table", "statement"), ALTERING)
async def test_a_row_that_is_stored_as_something_else_stops_the_append(
    sqlite_url: str, table: str, statement: str
) -> None:
    async with open_house(sqlite_url) as house:
        await house.run(
            f"DROP TRIGGER {table}_update", f"CREATE TRIGGER q AFTER INSERT ON {table} BEGIN {statement}; END"
        )
        with pytest.raises(LedgerBrokenError, match=f"did not keep what was written to {table}"):
            await house.append(entry())


async def test_the_frozen_description_is_that_of_the_frozen_script(house: House) -> None:
    async with house.engine.begin() as connection:
        actual = await connection.run_sync(actual_schema)
    assert actual == expected_schema(house.engine.dialect.name)
    assert len(fingerprint(actual)) == 64


FROZEN = {
    "sqlite_v1": "1ccc7ba2a260db96f5398e0a5b7500ef43861a274562c2e4a6e4493324982717",
    "postgresql_v1": "0e73f4ef68068e3129a6b590a70ef38f1a0bf54b36bfaebe0368551ab48eee8e",
}


@pytest.mark.parametrize("name", SCRIPT_SHA256)
def test_the_scripts_are_as_they_were_frozen(name: str) -> None:
    script = files("storage").joinpath("audit_ddl", f"{name}.sql").read_bytes()
    assert sha256(script).hexdigest() == SCRIPT_SHA256[name] == FROZEN.get(name, SCRIPT_SHA256[name])


def test_a_script_that_was_changed_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(audit_schema.SCRIPT_SHA256, "sqlite_v1", "0" * 64)
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.begin() as connection, pytest.raises(CountersignError, match="frozen"):
        install_audit(connection)
