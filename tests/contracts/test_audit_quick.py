"""Verifying a long trail quickly: whole tiles at a time it finds what looking at each entry finds."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.domain.merkle import root
from bot.domain.note import Signer
from storage import audit_walk
from storage.audit_findings import VerifyReport
from storage.audit_reader import AuditReader, reading
from storage.audit_schema import shards_in
from storage.audit_verify import verify_log
from storage.ledger_sql import AuditRows
from tests.contracts.audit_forge import Forge, forged, tampered
from tests.contracts.audit_house import NOW, House, entry, ledger_of, open_house

ROUNDS = 3
SIZE = ROUNDS * 260 + 1


@pytest.fixture
async def house(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Give a trail of three tiles and some entries, two of which are gone over quickly."""
    async with open_house(sqlite_url) as opened:
        await filled(opened, monkeypatch)
        yield opened


async def filled(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Append entries, and let them be as many as need a quick look."""
    monkeypatch.setattr("storage.audit_verify._THOROUGH_UP_TO", 0)
    monkeypatch.setattr("storage.audit_walk._SIGNATURES_CHECKED", 100)
    for module in ("audit_walk", "audit_quick"):
        monkeypatch.setattr(f"storage.{module}.TILES", 1)
    for _ in range(ROUNDS):
        await house.append(*[entry(change=f"CHG-{n % 9}") for n in range(260)])


def looked_at_each(house: House, monkeypatch: pytest.MonkeyPatch) -> VerifyReport:
    """Return the report that the same walk makes entry by entry."""
    with monkeypatch.context() as patch:
        patch.setattr(audit_walk, "right_tiles", lambda *_: None)
        return verify_log(house.url, [house.vkey])


async def test_an_untouched_trail_is_gone_over_quickly(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(database_url) as house:
        await filled(house, monkeypatch)
        report = verify_log(house.url, [house.vkey])
        assert (report.ok, report.size, report.findings) == (True, SIZE, ())
        assert report == looked_at_each(house, monkeypatch)
        single: list[object] = []
        monkeypatch.setattr(audit_walk, "leaf_hash", lambda body: single.append(body) or b"")
        verify_log(house.url, [house.vkey])
        async with house.engine.begin() as connection:
            assert (await connection.run_sync(verify_log, [house.vkey])).size == SIZE
    assert len(single) == 2 * (SIZE - 512)


def edit(forge: Forge) -> None:
    forge.edit(300, lambda document: document["actor"].update(id="U9"))


def edit_and_fix_leaf(forge: Forge) -> None:
    edit(forge)
    forge.fix_leaf(300)


def stored_leaf(forge: Forge) -> None:
    forge.leaves[300] = bytes(32)


def edit_and_rehash(forge: Forge) -> None:
    edit(forge)
    forge.rehash(300)


def delete(forge: Forge) -> None:
    for rows in (forge.bodies, forge.leaves, forge.seqs):
        del rows[300]


def delete_and_renumber(forge: Forge) -> None:
    delete(forge)
    forge.renumber()


def shift(forge: Forge) -> None:
    forge.seqs = [seq + (seq > 300) for seq in forge.seqs]


def truncate(forge: Forge) -> None:
    for rows in (forge.bodies, forge.leaves, forge.seqs):
        del rows[400:]


ATTACKS: tuple[tuple[Callable[[Forge], None], str], ...] = (
    (edit, "C1"),
    (edit_and_fix_leaf, "C2"),
    (stored_leaf, "C1"),
    (edit_and_rehash, "M7"),
    (delete, "C3"),
    (delete_and_renumber, "C2"),
    (shift, "C3"),
    (truncate, "M6"),
)


@pytest.mark.parametrize(("attack", "code"), ATTACKS, ids=lambda each: getattr(each, "__name__", each))
async def test_a_quick_look_finds_what_looking_at_each_entry_finds(
    house: House, monkeypatch: pytest.MonkeyPatch, attack: Callable[[Forge], None], code: str
) -> None:
    await forged(house, attack)
    report = verify_log(house.url, [house.vkey])
    assert code in {each.code for each in report.findings}
    assert report == looked_at_each(house, monkeypatch)


@pytest.mark.parametrize(
    ("statement", "ok"),
    [
        ("UPDATE {}audit_tile SET hashes = zeroblob(8192) WHERE idx = 1", False),
        ("UPDATE {}audit_tile SET root = zeroblob(32) WHERE idx = 0", False),
        ("DELETE FROM {}audit_tile WHERE idx = 1", False),
        ("UPDATE {}audit_tile SET root = root", True),
    ],
)
async def test_a_quick_look_finds_a_tile_that_is_not_what_the_entries_give(
    house: House, monkeypatch: pytest.MonkeyPatch, statement: str, ok: bool
) -> None:
    await tampered(house, statement)
    report = verify_log(house.url, [house.vkey])
    assert [each.code for each in report.findings] == [] if ok else ["M7"]
    assert report.ok is ok
    assert report == looked_at_each(house, monkeypatch)


@pytest.mark.parametrize("seq", [0, 256, 300])
async def test_a_quick_look_follows_every_link(
    house: House, monkeypatch: pytest.MonkeyPatch, seq: int
) -> None:
    leaves: list[bytes] = []

    def attack(forge: Forge) -> None:
        forge.edit(seq, lambda document: document.update(prev="1" * 64))
        forge.fix_leaf(seq)
        forge.rehash(seq + 1)
        leaves.extend(forge.leaves)

    await forged(house, attack)
    for idx in range(3):
        tile = leaves[256 * idx : 256 * (idx + 1)]
        sql = "UPDATE {}audit_tile SET hashes = :hashes, root = :root WHERE idx = :idx"
        await tampered(house, sql, hashes=b"".join(tile), root=root(tile), idx=idx)
    report = verify_log(house.url, [house.vkey])
    assert [each.seq for each in report.findings if each.code == "C2"] == [seq]
    assert report == looked_at_each(house, monkeypatch)


async def test_rewritten_and_signed_with_a_strange_key_the_quick_look_knows_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Signer.parse(Signer.generate(house.ledger.origin)[0])

    def attack(forge: Forge) -> None:
        edit_and_rehash(forge)
        forge.resign(stranger)

    await forged(house, attack)
    report = verify_log(house.url, [house.vkey])
    assert {each.code for each in report.findings} == {"M1", "M7"}
    assert report == looked_at_each(house, monkeypatch)


@pytest.mark.parametrize("table", ["audit_entry", "audit_checkpoint"])
async def test_the_shards_are_found_by_steps_along_the_key_and_never_by_a_scan(
    house: House, table: str
) -> None:
    plan = await house.rows(f"EXPLAIN QUERY PLAN {shards_in(table)}")
    assert [row[3] for row in plan if row[3].startswith("SCAN") and table in row[3]] == []
    assert sum(f"SEARCH {table}" in row[3] for row in plan) == 2


async def test_every_shard_is_found_whatever_the_gaps_between_their_numbers(database_url: str) -> None:
    async with open_house(database_url) as opened:
        later = ledger_of(opened.skey, 3)
        async with opened.engine.begin() as connection:
            await later.open_log(connection, NOW)
            assert list(await AuditRows(connection, 0).shards()) == [0, 3]
        with reading(opened.url) as plain:
            assert AuditReader(plain).shards() == [0, 3]
        await tampered(opened, "DELETE FROM {}audit_entry")
        async with opened.engine.begin() as connection:
            assert list(await AuditRows(connection, 0).shards()) == []
        with reading(opened.url) as plain:
            assert AuditReader(plain).shards() == [0, 3]
