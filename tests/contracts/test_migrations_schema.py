"""The schema's history and the opening of a database, the same on SQLite and PostgreSQL."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.note import Signer
from storage.audit_schema import schema_drift
from storage.audit_verify import verify_log
from storage.database import Database, ProcessLock, database_url, open_engine
from storage.engine import migrate, schema_state
from storage.migrations.compare import is_ours
from storage.open import open_archive
from storage.tables import METADATA
from tests.contracts.fixtures_storage import ORIGIN, StandingClock, opened_archives

NEWEST = max(path.name[:4] for path in Path("storage/migrations/versions").glob("0*.py"))
LATER = (
    "episode",
    "alert",
    "incident_consent",
    "incident_change",
    "incident_entry",
    "incident_snapshot",
    "incident",
)


def signer() -> Signer:
    """Return a key for the log."""
    return Signer.parse(Signer.generate(ORIGIN)[0])


def differences(connection: Connection) -> list[object]:
    """Return what Alembic would still change."""
    context = MigrationContext.configure(connection, opts={"include_object": is_ours})
    return list(compare_metadata(context, METADATA))


# SQLAlchemy cannot describe an index over an expression on SQLite; that it is there is what schema_drift sees to.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index ix_audit")
async def test_the_history_ends_in_the_tables_the_program_uses(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        async with archives.opened.database.begin() as connection:
            assert await connection.run_sync(differences) == []
            assert await connection.run_sync(schema_drift) == ()


async def test_migrating_says_so_in_the_trail_once(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        await archives.opened.close()
        assert await migrate(archives.url, archives.signer, clock=archives.clock, build="test") == NEWEST
        async with archives.another() as archives.opened:
            found = await archives.rows(f"SELECT body FROM {archives.audit}audit_entry ORDER BY seq")
        bodies = [json.loads(row[0]) for row in found]
        assert [body["type"] for body in bodies] == ["log.opened", "schema.migrated"]
        assert (bodies[1]["data"]["from_revision"], bodies[1]["data"]["to_revision"]) == ("", NEWEST)


async def test_a_trail_from_before_searching_gets_its_indexes_and_stays_as_it_was(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        for index in ("ix_audit_actor", "ix_audit_resource", "ix_audit_type", "ix_audit_disclosed_actor"):
            await archives.execute(f"DROP INDEX {archives.audit}{index}")
        for table in LATER:
            await archives.execute(f"DROP TABLE {table}")
        await archives.execute("UPDATE alembic_version SET version_num = '0006'")
        before = await archives.rows(f"SELECT * FROM {archives.audit}audit_entry ORDER BY seq")
        await archives.opened.close()
        assert await migrate(archives.url, archives.signer, clock=archives.clock, build="test") == NEWEST
        async with archives.another() as archives.opened:
            after = await archives.rows(f"SELECT * FROM {archives.audit}audit_entry ORDER BY seq")
            assert await archives.rows("SELECT version_num FROM alembic_version") == [(NEWEST,)]
    assert after[:-1] == before
    said = json.loads(after[-1][2])["data"]
    assert (said["from_revision"], said["to_revision"]) == ("0006", NEWEST)
    assert verify_log(archives.url, [archives.signer.vkey], deep=True).findings == ()


async def test_the_state_of_a_schema_is_told(database_url: str) -> None:
    assert await schema_state(database_url) == "missing"
    async with opened_archives(database_url) as archives:
        assert await schema_state(database_url) == "current"
        await archives.execute("UPDATE alembic_version SET version_num = '0001'")
        assert await schema_state(database_url) == "behind"
        await archives.execute("UPDATE alembic_version SET version_num = '9999'")
        assert await schema_state(database_url) == "ahead"


@pytest.mark.threat(29)
@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize(("revision", "advice"), [("0001", "countersign migrate"), ("9999", "newer program")])
async def test_a_database_of_another_version_is_refused_with_the_fix(
    database_url: str, revision: str, advice: str
) -> None:
    async with opened_archives(database_url) as archives:
        await archives.execute(f"UPDATE alembic_version SET version_num = '{revision}'")
        with pytest.raises(ConflictError) as refused:
            async with archives.another():
                pass
    assert advice in refused.value.advice


async def test_a_new_sqlite_file_is_created_by_itself(sqlite_url: str) -> None:
    opened = await open_archive(sqlite_url, signer(), ORIGIN, clock=StandingClock(), build="", lock=True)
    assert await opened.archive.receive("Ev1", StandingClock().now()) is None
    await opened.close()
    assert await schema_state(sqlite_url) == "current"


async def test_asking_for_the_state_creates_no_file(sqlite_url: str, tmp_path: Path) -> None:
    assert await schema_state(sqlite_url) == "missing"
    assert not os.listdir(tmp_path)


@pytest.mark.threat(29)
@pytest.mark.asvs("16.5.3")
async def test_an_empty_postgres_is_refused_with_the_fix(postgres_url: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        await open_archive(postgres_url, signer(), ORIGIN, clock=StandingClock(), build="", lock=True)
    assert "countersign migrate" in refused.value.advice


@contextmanager
def another_process_with(database: Path) -> Iterator[int]:
    """Let another process hold the lock of a database, and give its number."""
    program = (
        "import sys, pathlib\n"
        "from storage.database import ProcessLock\n"
        "sys.argv[0] = 'countersign'\n"
        f"ProcessLock(pathlib.Path({str(database)!r})).take()\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
        holder.communicate("")


async def test_a_second_process_on_an_sqlite_file_is_refused_by_name(sqlite_url: str, tmp_path: Path) -> None:
    with another_process_with(tmp_path / "countersign.db") as number:
        with pytest.raises(ConflictError) as refused:
            await open_archive(sqlite_url, signer(), ORIGIN, clock=StandingClock(), build="", lock=True)
        with pytest.raises(ConflictError):
            await migrate(sqlite_url, signer(), clock=StandingClock(), build="")
    assert str(refused.value) == f"The database is in use by countersign (process {number})."
    assert "Postgres" in refused.value.advice
    opened = await open_archive(sqlite_url, signer(), ORIGIN, clock=StandingClock(), build="", lock=True)
    await opened.close()


def test_a_lock_that_was_given_back_can_be_taken_again(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "countersign.db")
    lock.take()
    lock.release()
    ProcessLock(tmp_path / "countersign.db").take()


async def test_sqlite_is_set_up_to_lose_nothing(sqlite_url: str) -> None:
    async with opened_archives(sqlite_url) as archives:
        settings = {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "recursive_triggers": 1,
            "busy_timeout": 10000,
        }
        for name, value in settings.items():
            assert await archives.rows(f"PRAGMA {name}") == [(value,)]


async def test_postgres_is_set_up_to_wait_for_nothing_long(postgres_url: str) -> None:
    async with opened_archives(postgres_url) as archives:
        assert await archives.rows("SHOW lock_timeout") == [("2s",)]
        assert await archives.rows("SHOW statement_timeout") == [("5s",)]
        assert await archives.rows("SHOW transaction_isolation") == [("read committed",)]


async def test_an_error_of_the_database_shows_no_parameter(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        with pytest.raises(InvalidInputError) as refused:
            async with archives.opened.database.begin() as connection:
                statement = text("INSERT INTO vote(number, revision, person) VALUES (1, 1, :person)")
                await connection.execute(statement, {"person": "a canary"})
        assert "hide_parameters" in str(refused.value.__cause__)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///countersign.db", "sqlite+aiosqlite"),
        ("sqlite:////var/lib/countersign.db", "sqlite+aiosqlite"),
        ("postgresql://user@host/database", "postgresql+psycopg"),
        ("postgres://user@host/database", "postgresql+psycopg"),
    ],
)
def test_a_database_url_gets_our_driver(url: str, driver: str) -> None:
    assert database_url(url).drivername == driver


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
def test_another_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        database_url(url)
    assert "sqlite:///countersign.db" in refused.value.advice


async def test_a_database_that_is_busy_says_so(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.waiting.MOST_SECONDS", 0.05)
    database = Database(open_engine(sqlite_url))
    async with database.begin():
        with pytest.raises(Exception, match="busy") as busy:
            async with database.begin():
                pass
    assert getattr(busy.value, "retryable", False)
    await database.engine.dispose()
