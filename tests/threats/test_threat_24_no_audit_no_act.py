"""Threat 24: what the trail cannot take does not happen, on a real database, whatever is wrong with it."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.domain.change import Change, ChangeState
from bot.domain.errors import CountersignError
from bot.usecases.decide_change import Decided
from tests.contracts.fixtures_storage import Archives, opened_archives
from tests.fakes.house import House
from tests.threats.street import Street, decide, pending

BOSS = "U0BOSS"
SILENT = {
    "sqlite": "CREATE TRIGGER quiet BEFORE INSERT ON {}audit_entry BEGIN SELECT RAISE(IGNORE); END",
    "postgresql": "CREATE RULE quiet AS ON INSERT TO {}audit_entry DO INSTEAD NOTHING",
}
REFUSING = {
    "sqlite": "CREATE TRIGGER loud BEFORE INSERT ON {}audit_entry BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE {}audit_entry ADD CONSTRAINT loud CHECK (false) NOT VALID",
}
GONE = {
    "sqlite": "DROP TABLE {}audit_checkpoint",
    "postgresql": "DROP TABLE {}audit_checkpoint CASCADE",
}


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def asked(archives: Archives) -> tuple[House, Change]:
    """Return a house on the database and a change in it that waits for approval."""
    house = Street(1, (BOSS,)).house(archives.opened.archive)
    return house, await pending(house, "t0")


async def rows(archives: Archives) -> list[object]:
    """Return what a decision would have left, besides what the trail has."""
    return [await archives.rows(f"SELECT * FROM {table}") for table in ("change", "vote", "effect")]


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize("harm", [SILENT, REFUSING, GONE], ids=["swallows", "refuses", "is gone"])
async def test_a_trail_that_swallows_refuses_or_is_gone_moves_no_state(
    archives: Archives, harm: dict[str, str]
) -> None:
    house, change = await asked(archives)
    before = await rows(archives)
    await archives.execute(harm[archives.opened.database.dialect].format(archives.audit))
    with pytest.raises(CountersignError):
        await decide(house, change, BOSS)
    assert await rows(archives) == before


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_a_full_disk_moves_no_state_and_the_decision_can_be_made_again(sqlite_url: str) -> None:
    async with opened_archives(sqlite_url) as archives:
        house, change = await asked(archives)
        before = await rows(archives)
        ((pages,),) = await archives.rows("PRAGMA page_count")
        await archives.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(CountersignError) as refused:
            for _ in range(200):
                await decide(house, change, BOSS)
                await archives.execute("UPDATE change SET state = 'pending_approval'")
                await archives.execute("DELETE FROM vote")
        assert refused.value.retryable
        assert await rows(archives) == before
        await archives.rows("PRAGMA max_page_count = 1000000")
        assert isinstance(await decide(house, change, BOSS), Decided)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file as another program would that never lets go."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.close()


@pytest.mark.threat(24)
@pytest.mark.asvs("16.5.3")
async def test_a_locked_database_moves_no_state(sqlite_url: str, tmp_path: Path) -> None:
    async with opened_archives(sqlite_url) as archives:
        house, change = await asked(archives)
        before = await rows(archives)
        await archives.rows("PRAGMA busy_timeout = 50")
        with locked(tmp_path / "countersign.db"):
            with pytest.raises(CountersignError) as refused:
                await decide(house, change, BOSS)
        assert refused.value.retryable
        assert await rows(archives) == before
        async with house.archive.transaction() as tx:
            assert (await tx.change(1)).state is ChangeState.PENDING_APPROVAL
