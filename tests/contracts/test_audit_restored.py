"""A trail that was put back from a backup: the configured anchors say how far it was, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.anchoring import anchor_line
from bot.domain.errors import InvalidInputError
from bot.domain.note import Checkpoint, Signer
from handlers.cli.anchor_newest import newest_anchored
from handlers.cli.demo_company import company_toml
from storage.audit_verify import verify_log
from storage.keeper import keeping
from storage.successors import restore
from tests.contracts.anchor_house import AnchorHouse, anchor_house
from tests.contracts.audit_forge import tampered
from tests.contracts.audit_house import House
from tests.contracts.fixtures_storage import ORIGIN

NEXT = "countersign.example.test/audit/2027"
LOSE = tuple(
    f"DELETE FROM {{}}{table} WHERE {column} > 3"
    for table, column in (
        ("audit_disclosure", "seq + 1"),
        ("audit_entry", "seq + 1"),
        ("audit_checkpoint", "size"),
        ("audit_anchor", "size"),
    )
)


@pytest.fixture
async def house(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AnchorHouse]:
    """Give a trail that is anchored in the file that the configuration names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "countersign.toml").write_text(company_toml() + '\n[anchors.file]\npath = "anchors.jsonl"\n')
    async with anchor_house("file", database_url, tmp_path) as opened:
        yield opened


async def lost(house: AnchorHouse) -> None:
    """Put the database back to its first three entries."""
    engine = house.archives.opened.database.engine
    await tampered(House(engine, house.archives.url, "", "", None), *LOSE)  # type: ignore[arg-type]


async def test_the_newest_checkpoint_is_found_in_the_anchors_and_what_is_lost_recorded(
    house: AnchorHouse,
) -> None:
    await house.anchored()
    size = await house.anchored(4)
    await lost(house)
    own, to = house.archives.signer, Signer.parse(Signer.generate(NEXT)[0])
    found = await asyncio.to_thread(newest_anchored, house.archives.url, [own.vkey, to.vkey])
    assert (found.kind, found.origin, found.size) == ("file", ORIGIN, size)
    assert f"{size} entries were seen" in found.words()
    opening = keeping(
        house.archives.url, [own, to], vkeys=[], clock=house.archives.clock, by="kim", reason="", build="test"
    )
    await house.archives.opened.close()
    async with opening as keeper:
        done = await restore(keeper, found.note, found.size)
    assert (done.size, done.next_shard) == (3, 1)
    assert verify_log(house.archives.url, [own.vkey, to.vkey], deep=True).ok


async def test_what_no_known_key_signed_says_nothing_of_how_far_the_trail_was(
    house: AnchorHouse, tmp_path: Path
) -> None:
    size = await house.anchored(3)
    stranger = Signer.parse(Signer.generate(ORIGIN)[0])
    line = anchor_line(
        stranger.sign(Checkpoint(ORIGIN, size + 9, bytes(32)).text()), house.archives.clock.now()
    )
    (tmp_path / "anchors.jsonl").write_text(line)
    with pytest.raises(InvalidInputError, match="No configured anchor says how far") as refused:
        await asyncio.to_thread(newest_anchored, house.archives.url, [house.archives.signer.vkey])
    assert "--from-anchor FILE" in refused.value.advice


async def test_an_anchor_of_a_part_that_the_backup_lacks_comes_before_one_of_the_part_it_has(
    house: AnchorHouse, tmp_path: Path
) -> None:
    await house.anchored(3)
    to = Signer.parse(Signer.generate(NEXT)[0])
    line = anchor_line(to.sign(Checkpoint(NEXT, 2, bytes(32)).text()), house.archives.clock.now())
    with (tmp_path / "anchors.jsonl").open("a") as file:
        file.write(line)
    vkeys = [house.archives.signer.vkey, to.vkey]
    found = await asyncio.to_thread(newest_anchored, house.archives.url, vkeys)
    assert (found.origin, found.size) == (NEXT, 2)
