"""Erasing texts: gone from the database to the last byte, recorded, and every proof as before."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.note import Signer
from storage.audit_verify import verify_log
from storage.database import Database
from storage.engine import open_engine
from storage.erasing import Text, erase_person, erase_text
from storage.keeper import Keeper
from storage.ledger import Ledger
from storage.shards import seal
from tests.contracts.audit_forge import tampered
from tests.contracts.audit_house import NOW, WRITER, House, entry, open_house
from tests.contracts.fixtures_storage import StandingClock

LATER = NOW + timedelta(days=1)
ART = "GDPR Art. 17"
SECRET = "Ines wrote this line herself"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house in whose log people wrote."""
    async with open_house(database_url) as opened:
        await opened.append(entry(disclosures={"reason": SECRET, "who.name": "Ines"}))
        await opened.append(entry("change.planned", disclosures={"reason": "another word"}))
        yield opened


def keeper(house: House, *more: Signer) -> Keeper:
    """Return who may erase."""
    signers = [Signer.parse(house.skey), *more]
    ledger = Ledger(signer=signers[0], origin=signers[0].name, signers=signers, writer=WRITER)
    return Keeper(Database(house.engine), ledger, signers, StandingClock(LATER), "kim")


async def places(house: House) -> list[tuple[int, int, str]]:
    """Return where texts still are."""
    rows = await house.rows("SELECT shard, seq, path FROM {}audit_disclosure ORDER BY shard, seq, path")
    return [tuple(row) for row in rows]


async def test_one_text_goes_and_the_trail_says_which_and_on_what_ground(house: House) -> None:
    before = verify_log(house.url, [house.vkey], deep=True)
    assert await erase_text(keeper(house), 1, "reason", ART) == [Text(0, 1, "reason")]
    assert await places(house) == [(0, 1, "who.name"), (0, 2, "reason")]
    (body,) = (await house.rows("SELECT body FROM {}audit_entry WHERE type = 'privacy.erased'"))[0]
    assert json.loads(body)["data"] == {"erased": [{"shard": 0, "seq": 1, "path": "reason"}], "basis": ART}
    assert json.loads(body)["actor"]["id"] == "kim"
    after = verify_log(house.url, [house.vkey], deep=True)
    assert (before.withheld, after.withheld, after.erased) == (0, 1, 1)
    assert (after.findings, after.ok) == ((), True)
    assert after.as_json()["withheld"] == 1
    assert "withheld" not in before.as_json()
    async with house.engine.begin() as connection:
        read = (await house.ledger.verified_entries(connection, "CHG-1"))[0]
    assert read.disclosed() == {"who.name": "Ines"}


async def test_everything_a_person_wrote_goes_at_once(house: House) -> None:
    with pytest.raises(NotFoundError):
        await erase_person(keeper(house), "U404", ART)
    assert len(await erase_person(keeper(house), "U1", ART)) == 3
    assert await places(house) == []
    assert verify_log(house.url, [house.vkey]).findings == ()
    with pytest.raises(NotFoundError):
        await erase_person(keeper(house), "U1", ART)


async def test_what_is_not_there_or_not_one_is_refused_and_nothing_is_recorded(house: House) -> None:
    for seq, path in ((1, "cost"), (9, "reason")):
        with pytest.raises(NotFoundError):
            await erase_text(keeper(house), seq, path, ART)
    to = Signer.parse(Signer.generate("countersign.example.test/audit/2027")[0])
    await seal(keeper(house, to))
    async with house.engine.begin() as connection:
        words = {"reason": "in another shard"}
        await house.ledger.successor(to, 1).append(connection, [entry(disclosures=words)], now=LATER)
    assert (1, 1, "reason") in await places(house)
    by = keeper(house, to)
    with pytest.raises(InvalidInputError, match="in the shards 0, 1"):
        await erase_text(by, 1, "reason", ART)
    assert await erase_text(by, 1, "reason", ART, shard=1) == [Text(1, 1, "reason")]
    assert verify_log(house.url, [house.vkey]).withheld == 1


async def test_an_erasure_the_trail_would_not_take_erases_nothing(house: House) -> None:
    await tampered(house, "DELETE FROM {}audit_checkpoint WHERE size = 3")
    with pytest.raises(Exception, match="signed for"):
        await erase_text(keeper(house), 1, "reason", ART)
    assert (0, 1, "reason") in await places(house)


async def test_a_text_deleted_without_an_entry_is_withheld_but_not_called_erased(house: House) -> None:
    await house.run("DELETE FROM {}audit_disclosure WHERE seq = 1")
    report = verify_log(house.url, [house.vkey])
    assert (report.findings, report.withheld, report.erased) == ((), 2, 0)


def bytes_of(url: str) -> bytes:
    """Return every byte of an SQLite database and of what stands beside it."""
    path = Path(url.removeprefix("sqlite:///"))
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


async def test_not_a_byte_of_an_erased_text_is_left_in_the_file_or_beside_it(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        for n in range(120):
            await house.append(entry(disclosures={"reason": f"{SECRET} {n:04}" + "." * (n * 37 % 700)}))
        assert SECRET.encode() in bytes_of(sqlite_url)
        await erase_text(keeper(house), 60, "reason", ART)
        assert f"{SECRET} 0059".encode() not in bytes_of(sqlite_url)
        assert f"{SECRET} 0060".encode() in bytes_of(sqlite_url)
        await erase_person(keeper(house), "U1", ART)
        assert SECRET.encode() not in bytes_of(sqlite_url)
        assert verify_log(sqlite_url, [house.vkey], deep=True).withheld == 120


async def test_a_reader_that_keeps_a_copy_alive_is_told_of(sqlite_url: str) -> None:
    async with open_house(sqlite_url) as house:
        await house.append(entry(disclosures={"reason": SECRET}))
        reader = open_engine(sqlite_url)
        async with reader.connect() as connection:
            await connection.exec_driver_sql("ROLLBACK")
            await connection.exec_driver_sql("BEGIN")
            await connection.exec_driver_sql("SELECT count(*) FROM audit_disclosure")
            with pytest.raises(ConflictError, match="a copy remains in") as told:
                await erase_text(keeper(house), 1, "reason", ART)
            assert "wal_checkpoint(TRUNCATE)" in told.value.advice
        await reader.dispose()
        assert await places(house) == []
