"""What is looked at before a process changes anything, and what refuses it."""

import json

import pytest
from sqlalchemy import text

from bot.domain.errors import AuditRefusedError, LedgerBrokenError
from storage.audit_verify import verify_log
from storage.self_checks import demand_sound, say
from tests.contracts.fixtures_storage import Archives, opened_archives

STRANGER = """DO $$ BEGIN
  CREATE ROLE cs_stranger;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""


async def types(archives: Archives) -> list[str]:
    """Return the types of the trail's entries."""
    rows = await archives.rows(f"SELECT body FROM {archives.audit}audit_entry ORDER BY seq")
    return [json.loads(row[0])["type"] for row in rows]


async def test_a_sound_database_lets_a_writer_start_and_it_says_so(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        await demand_sound(archives.opened, lasting=False)
        await say(archives.opened, "writer.started", archives.clock, role="all")
        await say(archives.opened, "writer.stopped", archives.clock, role="all")
        assert (await types(archives))[-2:] == ["writer.started", "writer.stopped"]


async def test_altered_tables_start_nothing(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        await archives.execute(f"DROP INDEX {archives.audit}ix_audit_change")
        with pytest.raises(LedgerBrokenError, match="not as they were installed: missing: index"):
            await demand_sound(archives.opened, lasting=False)


RIGHTS = (
    ("UPDATE ON audit.audit_entry TO cs_stranger", "UPDATE on audit_entry to cs_stranger"),
    ("DELETE ON audit.audit_checkpoint TO cs_stranger", "DELETE on audit_checkpoint to cs_stranger"),
    ("TRUNCATE ON audit.audit_anchor TO PUBLIC", "TRUNCATE on audit_anchor to PUBLIC"),
    ("TRIGGER ON audit.audit_tile TO cs_stranger", "TRIGGER on audit_tile to cs_stranger"),
    (
        "UPDATE (note) ON audit.audit_checkpoint TO cs_stranger",
        "UPDATE on audit_checkpoint.note to cs_stranger",
    ),
    ("UPDATE ON audit.audit_disclosure TO cs_stranger", "UPDATE on audit_disclosure to cs_stranger"),
    ("CREATE ON SCHEMA audit TO cs_stranger", "CREATE on schema audit to cs_stranger"),
)


async def test_a_right_on_the_trail_that_only_its_owner_needs_is_found_and_starts_nothing(
    postgres_url: str,
) -> None:
    async with opened_archives(postgres_url) as archives:
        await archives.execute(STRANGER)
        await archives.execute("GRANT USAGE ON SCHEMA audit TO cs_stranger")
        await archives.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA audit TO cs_stranger")
        await archives.execute("GRANT DELETE ON audit.audit_disclosure TO cs_stranger")
        await demand_sound(archives.opened, lasting=False)
        for right, said in RIGHTS:
            await archives.execute(f"GRANT {right}")
            with pytest.raises(LedgerBrokenError, match=f"unexpected: grant {said}"):
                await demand_sound(archives.opened, lasting=False)
            found = verify_log(archives.url, [archives.signer.vkey]).findings
            assert [(each.code, each.message.rpartition(": ")[2]) for each in found] == [
                ("S5", f"grant {said}")
            ]
            await archives.execute(f"REVOKE {right.replace(' TO ', ' FROM ')}")
        await demand_sound(archives.opened, lasting=False)


async def test_a_head_that_nobody_signed_starts_nothing(sqlite_url: str) -> None:
    async with opened_archives(sqlite_url) as archives:
        (trigger,) = await archives.rows(
            "SELECT sql FROM sqlite_schema WHERE name = 'audit_checkpoint_delete'"
        )
        await archives.execute("DROP TRIGGER audit_checkpoint_delete")
        await archives.execute("DELETE FROM audit_checkpoint WHERE size = 2")
        await archives.execute(trigger[0])
        with pytest.raises(LedgerBrokenError, match="is signed for"):
            await demand_sound(archives.opened, lasting=False)


async def test_a_file_that_waits_for_no_disk_starts_nothing(sqlite_url: str) -> None:
    async with opened_archives(sqlite_url) as archives:
        async with archives.opened.database.engine.connect() as connection:
            await connection.exec_driver_sql("ROLLBACK")
            await connection.exec_driver_sql("PRAGMA synchronous=OFF")
        with pytest.raises(AuditRefusedError, match="synchronous = 0") as refused:
            await demand_sound(archives.opened, lasting=False)
        assert "Set synchronous to 2 or 3" in refused.value.advice


async def test_a_server_that_waits_for_no_disk_starts_nothing_real(postgres_url: str) -> None:
    async with opened_archives(postgres_url) as archives:
        (fsync,) = await archives.rows("SHOW fsync")
        if fsync == ("off",):  # the server of these tests
            with pytest.raises(AuditRefusedError, match="fsync = off"):
                await demand_sound(archives.opened, lasting=True)
        database = archives.url.partition("?")[0].rsplit("/", 1)[1]
        await archives.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
        async with archives.another() as fresh:
            async with fresh.database.begin() as connection:
                assert (await connection.execute(text("SHOW synchronous_commit"))).scalar() == "off"
            with pytest.raises(AuditRefusedError, match="so what it has taken could be lost"):
                await demand_sound(fresh, lasting=True)
