"""The high-water mark: an older or another database in the trail's place takes no entry any more."""

import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.errors import InvalidInputError, LedgerBrokenError
from bot.domain.note import Signer
from storage.engine import open_engine
from storage.high_water import HighWater, Mark
from storage.keeper import Keeper, keeping
from storage.ledger_sql import AuditRows
from storage.open import Place, open_archive
from storage.shards import rotate, seal
from storage.successors import restore, revoke
from tests.contracts.anchor_house import AnchorHouse, anchor_house
from tests.contracts.fixtures_storage import ORIGIN

MARK = Mark(ORIGIN, 0, 7, b"l" * 32, b"r" * 32)


def test_a_mark_is_read_as_it_was_written_and_only_grows(tmp_path: Path) -> None:
    water = HighWater(tmp_path / "mark")
    assert water.read() is None
    later = Mark(ORIGIN, 0, 9, b"m" * 32, b"s" * 32)
    for mark in (MARK, later, MARK, MARK):
        water.write(mark)
    water.close()
    assert HighWater(tmp_path / "mark").read() == later
    assert (tmp_path / "mark").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("length", [0, 100, 511])
def test_a_write_that_was_torn_leaves_the_mark_before_it(tmp_path: Path, length: int) -> None:
    path = tmp_path / "mark"
    water = HighWater(path)
    water.write(MARK)
    water.write(Mark(ORIGIN, 0, 9, b"m" * 32, b"s" * 32))
    raw = path.read_bytes()
    path.write_bytes(raw[: 512 + length].ljust(1024, b"\0"))
    torn = HighWater(path).read()
    assert torn is not None
    assert torn.size in (7, 9)
    path.write_bytes(raw[:512] + b"\xff" * 512)
    assert HighWater(path).read() == MARK


def test_a_spoilt_mark_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("nothing of the kind")
    with pytest.raises(InvalidInputError, match="high-water mark") as refused:
        HighWater(tmp_path / "mark").read()
    assert "--anchor all" in refused.value.advice


async def restarted(house: AnchorHouse, place: str | Place) -> None:
    """Open the database as a new process does, and write an entry."""
    archives = house.archives
    opened = await open_archive(
        place, archives.signer, ORIGIN, clock=archives.clock, build="test", lock=False
    )
    again = AnchorHouse(archives, house.anchor, house.places)
    again.archives = type(archives)(archives.url, archives.signer, archives.clock, opened)
    try:
        await again.entry()
    finally:
        await opened.close()


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_an_older_copy_put_in_place_takes_no_entry_after_a_restart(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with anchor_house("file", sqlite_url, tmp_path) as house:
        await house.entry()
        copy = await house.backup(tmp_path / "backup.db")
        await house.entry(2)
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        await house.archives.opened.close()
        put(copy, path)
        with pytest.raises(LedgerBrokenError, match="had 5 entries and now has 3") as refused:
            await restarted(house, sqlite_url)
        assert "audit restore" in refused.value.advice
        async with house.on(path) as opened:
            async with opened.archives.opened.archive.reading() as look:
                assert await look.trail_head() is not None


async def test_a_copy_that_went_on_elsewhere_is_seen_though_it_is_longer(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with anchor_house("file", sqlite_url, tmp_path) as house:
        await house.entry()
        copy = await house.backup(tmp_path / "backup.db")
        await house.entry(2)
        async with house.on(copy) as elsewhere:
            await elsewhere.entry(9)
            longer = await elsewhere.backup(tmp_path / "longer.db")
        await house.archives.opened.close()
        put(longer, Path(sqlite_url.removeprefix("sqlite:///")))
        with pytest.raises(LedgerBrokenError, match="Entry 4"):
            await restarted(house, sqlite_url)


async def test_a_database_that_is_gone_is_not_begun_anew_silently(sqlite_url: str, tmp_path: Path) -> None:
    async with anchor_house("file", sqlite_url, tmp_path) as house:
        await house.entry()
        await house.archives.opened.close()
        put(None, Path(sqlite_url.removeprefix("sqlite:///")))
        with pytest.raises(LedgerBrokenError, match="had 3 entries and now has 0"):
            await restarted(house, sqlite_url)


async def test_the_right_database_goes_on_and_the_mark_may_stand_elsewhere(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with anchor_house("file", sqlite_url, tmp_path) as house:
        await house.entry()
        await house.archives.opened.close()
        elsewhere = tmp_path / "elsewhere"
        for _ in range(2):
            await restarted(house, Place(sqlite_url, elsewhere))
        mark = HighWater(elsewhere).read()
    assert mark is not None
    assert (mark.shard, mark.size, mark.origin) == (0, 5, ORIGIN)


async def test_on_postgres_it_is_kept_where_it_is_named_and_nowhere_else(
    postgres_url: str, tmp_path: Path
) -> None:
    async with anchor_house("file", postgres_url, tmp_path) as house:
        await house.entry()
        await restarted(house, Place(postgres_url, tmp_path / "mark"))
        mark = HighWater(tmp_path / "mark").read()
        assert mark is not None
        assert (mark.size, names(tmp_path)) == (4, ["mark"])
        lost = Mark(mark.origin, mark.shard, mark.size + 1, mark.last, mark.root)
        HighWater(tmp_path / "mark").write(lost)
        with pytest.raises(LedgerBrokenError, match="had 5 entries and now has 4"):
            await restarted(house, Place(postgres_url, tmp_path / "mark"))


NEXT = "countersign.example.test/audit/2027"


@asynccontextmanager
async def kept(house: AnchorHouse, mark: Path, *names: str) -> AsyncIterator[Keeper]:
    """Keep the trail from the command line, with a mark in a named place and new keys of these names."""
    keys = [house.archives.signer, *(Signer.parse(Signer.generate(name)[0]) for name in names)]
    place = Place(house.archives.url, mark)
    opening = keeping(place, keys, vkeys=[], clock=house.archives.clock, by="kim", reason="", build="test")
    async with opening as keeper:
        yield keeper


def further(mark: Path) -> Mark:
    """Let a mark remember one entry more than there is."""
    found = HighWater(mark).read()
    assert found is not None
    lost = replace(found, size=found.size + 1, last=b"l" * 32)
    water = HighWater(mark)
    water.write(lost)
    water.close()
    return lost


async def test_what_keeps_the_trail_writes_the_mark_that_is_named(database_url: str, tmp_path: Path) -> None:
    async with anchor_house("file", database_url, tmp_path) as house:
        await house.entry()
        await house.archives.opened.close()
        mark = tmp_path / "mark"
        async with kept(house, mark, ORIGIN) as keeper:
            rotated = await rotate(keeper)
        found = HighWater(mark).read()
        assert found is not None
        assert (found.origin, found.shard, found.size) == (ORIGIN, 0, rotated.size)


async def test_what_keeps_the_trail_refuses_a_copy_that_the_mark_knows_more_of(
    database_url: str, tmp_path: Path
) -> None:
    async with anchor_house("file", database_url, tmp_path) as house:
        await house.entry()
        await house.archives.opened.close()
        mark = tmp_path / "mark"
        async with kept(house, mark, NEXT) as keeper:
            async with keeper.act() as connection:
                said = [keeper.entry("config.changed", {}), keeper.entry("config.changed", {})]
                await keeper.ledger.append(connection, said, now=keeper.now)
                _, note = await AuditRows(connection, 0).head()
        lost = further(mark)
        for act in (seal, rotate, lambda keeper: revoke(keeper, note), erasing):
            async with kept(house, mark, NEXT, ORIGIN) as keeper:
                with pytest.raises(LedgerBrokenError, match=f"had {lost.size} entries"):
                    await act(keeper)
        async with kept(house, mark, NEXT) as keeper:
            done = await restore(keeper, note)
        assert done.next_shard == 1
        ((body,),) = await house_rows(house, "SELECT body FROM {}audit_entry WHERE shard = 1 AND seq = 0")
        said = {"origin": ORIGIN, "from_size": lost.size - 1, "to_size": lost.size}
        assert json.loads(body)["data"]["lost"] == said
        found = HighWater(mark).read()
        assert found is not None
        assert (found.origin, found.shard, found.size) == (NEXT, 1, 2)


async def erasing(keeper: Keeper) -> None:
    """Erase a text that is there."""
    async with keeper.act() as connection:
        await keeper.ledger.append(connection, [keeper.entry("privacy.erased", {})], now=keeper.now)


async def house_rows(house: AnchorHouse, sql: str) -> Sequence[Any]:
    """Return rows of a trail whose archive is closed."""
    engine = open_engine(house.archives.url)
    async with engine.begin() as connection:
        found = (await connection.execute(text(sql.replace("{}", house.archives.audit)))).all()
    await engine.dispose()
    return found


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [each.name for each in folder.iterdir()]


def put(copy: Path | None, path: Path) -> None:
    """Put a copy in the database's place, as whoever restores a backup does; or nothing."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    if copy is not None:
        shutil.copy(copy, path)
