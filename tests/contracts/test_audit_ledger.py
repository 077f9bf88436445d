"""The ledger on SQLite and PostgreSQL: what it writes, finds again, recognises and refuses."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum

import pytest

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.errors import (
    AuditBusyError,
    AuditRefusedError,
    InvalidInputError,
    LedgerBrokenError,
    NotFoundError,
    ProofError,
)
from bot.domain.json import Json
from bot.domain.merkle import leaf_hash, verify_consistency, verify_inclusion
from bot.domain.note import Checkpoint, Signer, Verifier, open_note
from storage.ledger import Ledger
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import AuditRows
from storage.ledger_values import commitment_of
from tests.contracts.audit_house import NOW, WRITER, House, entry, ledger_of, open_house


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house on each kind of database."""
    async with open_house(database_url) as opened:
        yield opened


@pytest.fixture
async def sqlite_house(sqlite_url: str) -> AsyncIterator[House]:
    """Give a house on SQLite."""
    async with open_house(sqlite_url) as opened:
        yield opened


@pytest.fixture
async def postgres_house(postgres_url: str) -> AsyncIterator[House]:
    """Give a house on PostgreSQL."""
    async with open_house(postgres_url) as opened:
        yield opened


async def head(house: House) -> Checkpoint:
    """Return the newest checkpoint, verified."""
    note = await house.scalar("SELECT note FROM {}audit_checkpoint ORDER BY size DESC LIMIT 1")
    opened = open_note(str(note), [Verifier.parse(house.vkey)])
    return Checkpoint.parse(opened.text)


async def bodies(house: House) -> list[str]:
    """Return all bodies in order."""
    async with house.engine.begin() as connection:
        return [each.body for each in await house.ledger.entries_from(connection, 0)]


async def test_every_append_is_signed_and_linked(house: House) -> None:
    receipts = await house.append(entry(), entry("change.approved"))
    stored = [json.loads(each) for each in await bodies(house)]
    assert [each["seq"] for each in stored] == [0, 1, 2]
    assert [each["type"] for each in stored] == ["log.opened", "change.requested", "change.approved"]
    leaves = [leaf_hash(each.encode()) for each in await bodies(house)]
    assert [each["prev"] for each in stored] == ["0" * 64, leaves[0].hex(), leaves[1].hex()]
    assert [each.leaf_hash for each in receipts] == [leaves[1].hex(), leaves[2].hex()]
    assert (await head(house)).size == 3
    assert stored[1]["subject"] == {"change": "CHG-1", "n": 0, "prev": "0" * 64}
    assert stored[2]["subject"] == {"change": "CHG-1", "n": 1, "prev": leaves[1].hex()}
    assert stored[2]["bot"] == WRITER
    assert stored[2]["ts"] == "2026-11-22T09:01:00.000000Z"


async def test_an_entry_is_appended_once_however_often_it_is_given(house: House) -> None:
    one = entry()
    first = await house.append(one)
    await house.append(entry())
    assert await house.append(one) == first
    assert await house.append(one, ledger=house.another_ledger()) == first
    assert (await head(house)).size == 3


async def test_an_entry_given_twice_at_once_is_one_entry(house: House) -> None:
    one = entry()
    first, second, _ = await house.append(one, one, entry())
    assert first == second
    assert (await head(house)).size == 3


async def test_a_batch_of_more_rows_than_one_statement_takes_is_stored_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.ledger_writes._MOST_ROWS", 2)
    given = [entry(disclosures={"reason": f"reason {n}"}) for n in range(5)]
    assert [each.seq for each in await house.append(*given)] == [1, 2, 3, 4, 5]
    async with house.engine.begin() as connection:
        verified = await house.ledger.verified_entries(connection, "CHG-1")
    assert [each.disclosed()["reason"] for each in verified] == [f"reason {n}" for n in range(5)]


async def test_nothing_is_appended_outside_a_transaction(house: House) -> None:
    async with house.engine.connect() as connection:
        with pytest.raises(AuditRefusedError, match="no transaction"):
            await house.ledger.append(connection, [entry()], now=NOW)
    assert (await head(house)).size == 1


async def test_an_id_is_not_taken_by_another_entry(house: House) -> None:
    one = entry()
    await house.append(one)
    with pytest.raises(AuditRefusedError):
        await house.append(entry("change.approved", id_=one.id))


async def test_a_restarted_process_goes_on_where_the_log_ended(house: House) -> None:
    for _ in range(3):
        await house.append(entry(), ledger=house.another_ledger())
    assert (await head(house)).size == 4


async def test_after_a_rollback_the_next_append_takes_the_same_place(house: House) -> None:
    async with house.engine.connect() as connection:
        transaction = await connection.begin()
        await house.ledger.append(connection, [entry()], now=NOW)
        await transaction.rollback()
    receipts = await house.append(entry(), entry())
    assert [each.seq for each in receipts] == [1, 2]
    house.ledger.forget()
    assert (await house.append(entry()))[0].seq == 3


async def test_several_appends_in_one_transaction_build_on_each_other(house: House) -> None:
    async with house.engine.begin() as connection:
        for n in range(3):
            receipts = await house.ledger.append(connection, [entry()], now=NOW)
            assert receipts[0].seq == n + 1
    house.ledger.committed(connection)
    assert (await head(house)).size == 4


async def test_two_writers_take_turns_and_catch_up(house: House) -> None:
    other = house.another_ledger()
    for n in range(6):
        receipts = await house.append(entry(), ledger=other if n % 2 else house.ledger)
        assert receipts[0].seq == n + 1
    async with house.engine.begin() as connection:
        verified = await house.ledger.verified_entries(connection, "CHG-1")
    assert [each.document["subject"]["n"] for each in verified] == list(range(6))


async def test_concurrent_writers_leave_no_gap_and_no_fork(postgres_house: House) -> None:
    ledgers = [postgres_house.another_ledger() for _ in range(4)]

    async def write(ledger: Ledger) -> None:
        for _ in range(8):
            async with postgres_house.engine.begin() as connection:
                await ledger.append(connection, [entry()], now=NOW)
            ledger.committed(connection)

    await asyncio.gather(*(write(each) for each in ledgers))
    async with postgres_house.engine.begin() as connection:
        verified = await postgres_house.ledger.verified_entries(connection, "CHG-1")
    assert [each.seq for each in verified] == list(range(1, 33))


async def test_tiles_carry_proofs_at_every_level(house: House) -> None:
    for _ in range(4):
        await house.append(*[entry(change="") for _ in range(130)])
    await house.append(entry(), ledger=house.another_ledger())
    assert await house.scalar("SELECT count(*) FROM {}audit_tile") == 2
    top = await head(house)
    async with house.engine.begin() as connection:
        rows = AuditRows(connection, 0)
        tree = TreeReader(rows, top.size)
        leaves = await rows.leaf_hashes(0, top.size)
        for index in (0, 1, 255, 256, 300, 511, 512, top.size - 1):
            path = await tree.inclusion(index)
            verify_inclusion(index=index, size=top.size, leaf=leaves[index], proof=path, root=top.root)
        for old in (1, 131, 256, 391, top.size):
            proof = await tree.consistency(old)
            old_root = await TreeReader(rows, old).root(0, old)
            verify_consistency(old=old, new=top.size, old_root=old_root, new_root=top.root, proof=proof)
        for outside in (-1, top.size):
            with pytest.raises(ProofError):
                await tree.inclusion(outside)


async def test_personal_text_is_committed_to_and_kept_apart(house: House) -> None:
    texts = {"reason": "Ines asked for it", "who.name": "Ines"}
    await house.append(entry(data={"tier": "high"}, disclosures=texts))
    async with house.engine.begin() as connection:
        (read,) = await house.ledger.entries(connection, change="CHG-1")
    assert "Ines" not in read.body
    assert read.disclosed() == texts
    assert read.document["data"]["reason"] == {"_sd": commitment_of(read.disclosures["reason"].encode())}
    assert set(read.document["data"]) == {"tier", "reason", "who"}


async def test_an_erased_text_leaves_every_proof_valid(house: House) -> None:
    await house.append(entry(disclosures={"reason": "Ines asked for it"}))
    await house.run("DELETE FROM {}audit_disclosure")
    async with house.engine.begin() as connection:
        (read,) = await house.ledger.verified_entries(connection, "CHG-1")
    assert read.disclosed() == {}


async def test_one_entry_is_proved_to_be_in_the_signed_log(house: House) -> None:
    wanted = entry(change="")
    await house.append(entry(), wanted, *[entry() for _ in range(5)])
    async with house.engine.begin() as connection:
        proof = await house.ledger.proof_of_entry(connection, wanted.id)
        with pytest.raises(NotFoundError):
            await house.ledger.proof_of_entry(connection, "0" * 26)
    signed = Checkpoint.parse(open_note(proof.checkpoint, house.ledger.verifiers).text)
    assert json.loads(proof.body)["id"] == wanted.id
    path = [bytes.fromhex(each) for each in proof.path]
    leaf = leaf_hash(proof.body.encode())
    verify_inclusion(index=proof.seq, size=signed.size, leaf=leaf, proof=path, root=signed.root)


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
async def test_a_clock_that_goes_back_is_written_down_first(house: House) -> None:
    await house.append(entry())
    async with house.engine.begin() as connection:
        await house.ledger.append(connection, [entry()], now=NOW - timedelta(minutes=5))
    stored = [json.loads(each) for each in await bodies(house)]
    assert [each["type"] for each in stored[2:]] == ["clock.skew", "change.requested"]
    assert stored[2]["data"] == {"behind_ms": 360_000}


async def test_entries_are_listed_newest_first_and_by_page(house: House) -> None:
    await house.append(*[entry(change=f"CHG-{n % 2}") for n in range(6)])
    async with house.engine.begin() as connection:
        every = await house.ledger.entries(connection, limit=3)
        more = await house.ledger.entries(connection, limit=3, before_seq=every[-1].seq)
        of_one = await house.ledger.entries(connection, change="CHG-1")
    assert [each.seq for each in every + more] == [6, 5, 4, 3, 2, 1]
    assert [each.seq for each in of_one] == [6, 4, 2]


async def test_a_second_shard_names_the_end_of_the_first_and_continues_its_changes(house: House) -> None:
    await house.append(entry())
    skey, vkey = Signer.generate("countersign.example.test/audit/2027")
    second = ledger_of(skey, shard=1, vkeys=[house.vkey])
    end = await house.scalar("SELECT max(note) FROM {}audit_checkpoint WHERE size = 2")
    async with house.engine.begin() as connection:
        first = await second.open_log(connection, NOW)
        assert await second.open_log(connection, NOW) == first
        await second.append(connection, [entry("change.approved")], now=NOW)
        (opened,) = await second.entries_from(connection, 0, limit=1)
        proofs = await second.proofs(connection, "CHG-1")
    assert opened.document["data"] == {"shard": 1, "vkey": vkey, "previous_checkpoint": end}
    assert [[each.entry.document["subject"]["n"] for each in proof.entries] for proof in proofs] == [[0], [1]]
    with pytest.raises(AuditRefusedError):
        await house.append(entry())


async def test_nothing_is_appended_before_the_log_is_opened(house: House) -> None:
    skey, _ = Signer.generate("countersign.example.test/audit/2027")
    with pytest.raises(AuditRefusedError, match="not open"):
        await house.append(entry(), ledger=ledger_of(skey, shard=1))


def test_a_key_of_another_log_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        Ledger(signer=Signer.parse(Signer.generate("other")[0]), origin="log", writer=WRITER)


class Tier(StrEnum):
    """A word as the domain has it."""

    HIGH = "high"


async def test_values_are_stored_as_any_language_would_write_them(house: House) -> None:
    lowest = -(2**53) + 1
    data: dict[str, Json] = {
        "a": "e\u0301\x00\ud800",
        "b": (1, True, None),
        "c": Tier.HIGH,
        "d": {"e": lowest},
    }
    await house.append(entry(data=data))
    stored = json.loads((await bodies(house))[1])
    assert stored["data"] == {
        "a": "\u00e9\ufffd\ufffd",
        "b": [1, True, None],
        "c": "high",
        "d": {"e": lowest},
    }


def deep(levels: int) -> object:
    """Return objects in objects."""
    return {"a": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    "data",
    [
        {"a": 1.0},
        {"a": float("nan")},
        {"a": 2**53},
        {"A": 1},
        {"é": 1},
        {"": 1},
        {"a": {"prev": "x"}},
        {"_sd": "x"},
        {"a": b"bytes"},
        {"a": NOW},
        {"a": "x" * 65_536},
        {"a": deep(12)},
        {"a": {1: 2}},
    ],
)
async def test_what_no_body_may_hold_is_refused_before_anything_is_written(
    sqlite_house: House, data: dict[str, object]
) -> None:
    with pytest.raises(AuditRefusedError):
        await sqlite_house.append(entry(), entry(data=data))  # type: ignore[arg-type]
    assert (await head(sqlite_house)).size == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "no ulid"},
        {"type": "Change Approved"},
        {"type": "approved"},
        {"subject": {"change": "CHG-1", "n": 5}},
        {"subject": {"change": "CHG-1", "prev": "00"}},
        {"disclosures": {"Bad Path": "x"}},
        {"data": {"a": 1}, "disclosures": {"a.b": "x"}},
    ],
)
async def test_an_entry_that_is_not_well_formed_is_refused(
    sqlite_house: House, bad: dict[str, object]
) -> None:
    good: dict[str, object] = {"id": new_ulid(NOW), "type": "change.requested", "actor": {"kind": "test"}}
    with pytest.raises(AuditRefusedError):
        await sqlite_house.append(NewEntry(**{**good, **bad}))  # type: ignore[arg-type]


async def test_a_time_without_a_zone_is_refused(sqlite_house: House) -> None:
    async with sqlite_house.engine.begin() as connection:
        with pytest.raises(AuditRefusedError):
            await sqlite_house.ledger.append(connection, [entry()], now=NOW.replace(tzinfo=None))


async def test_a_log_that_became_shorter_stops_the_process_that_wrote_it(sqlite_house: House) -> None:
    await sqlite_house.append(entry())
    await sqlite_house.append(entry())
    await sqlite_house.run(
        "DROP TRIGGER audit_entry_delete",
        "DROP TRIGGER audit_checkpoint_delete",
        "DELETE FROM audit_entry WHERE seq = 2",
        "DELETE FROM audit_checkpoint WHERE size = 3",
    )
    with pytest.raises(LedgerBrokenError, match="had 3 entries and now has 2"):
        await sqlite_house.append(entry())
    await sqlite_house.append(entry(), ledger=sqlite_house.another_ledger())
    with pytest.raises(LedgerBrokenError, match="not the one that was written"):
        await sqlite_house.append(entry())


async def test_a_log_signed_by_another_key_stops_the_append(house: House) -> None:
    stranger = ledger_of(Signer.generate(house.ledger.origin)[0])
    with pytest.raises(LedgerBrokenError, match="does not verify"):
        await house.append(entry(), ledger=stranger)


async def test_a_row_that_was_changed_is_not_returned_as_verified(sqlite_house: House) -> None:
    await sqlite_house.append(entry(data={"tier": "high"}))
    await sqlite_house.run(
        "DROP TRIGGER audit_entry_update",
        "UPDATE audit_entry SET body = replace(body, '\"high\"', '\"low\"') WHERE seq = 1",
    )
    async with sqlite_house.engine.begin() as connection:
        with pytest.raises(LedgerBrokenError, match="not what was recorded"):
            await sqlite_house.ledger.verified_entries(connection, "CHG-1")


async def test_a_change_with_a_missing_entry_is_not_returned_as_verified(sqlite_house: House) -> None:
    await sqlite_house.append(entry(), entry("change.planned"), entry("change.approved"))
    await sqlite_house.run(
        "DROP TRIGGER audit_entry_delete", "DELETE FROM audit_entry WHERE type = 'change.planned'"
    )
    async with sqlite_house.engine.begin() as connection:
        with pytest.raises(LedgerBrokenError, match="gap before number 1"):
            await sqlite_house.ledger.verified_entries(connection, "CHG-1")


async def test_a_writer_that_waits_too_long_on_postgres_gets_an_error(postgres_house: House) -> None:
    async with postgres_house.engine.begin() as connection:
        await AuditRows(connection, 0).lock()
        with pytest.raises(AuditBusyError) as refused:
            await postgres_house.append(entry())
    assert refused.value.retryable
    assert (await postgres_house.append(entry()))[0].seq == 1
