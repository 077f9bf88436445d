"""Handing the trail on: seal, rotate, revoke and restore, on SQLite and PostgreSQL, and who can follow."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.cosigned import BothKeys
from bot.domain.entry import NewEntry, new_ulid
from bot.domain.errors import (
    AuditMissingError,
    AuditRefusedError,
    ConflictError,
    InvalidInputError,
    LedgerBrokenError,
)
from bot.domain.json import Json
from bot.domain.merkle import leaf_hash, root
from bot.domain.note import Checkpoint, Signer, parse_note
from bot.ports.anchors import Seen
from storage.audit_anchors import Witnessed, with_anchors
from storage.audit_verify import verify_log
from storage.database import Database
from storage.engine import migrate
from storage.keeper import Keeper, keeping
from storage.ledger import Ledger
from storage.open import open_archive
from storage.shards import Handed, rotate, seal
from storage.successors import restore, revoke
from tests.contracts.audit_forge import Forge, forged, tampered, written
from tests.contracts.audit_house import NOW, ORIGIN, WRITER, House, entry, open_house
from tests.contracts.fixtures_storage import StandingClock, opened_archives

NEXT = "countersign.example.test/audit/2027"
LATER = NOW + timedelta(days=1)


def key(name: str) -> Signer:
    """Return a new key."""
    return Signer.parse(Signer.generate(name)[0])


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house with a few entries in its log."""
    async with open_house(database_url) as opened:
        await opened.append(entry(), entry("change.planned"))
        await opened.append(entry("change.approved"))
        yield opened


def keeper(house: House, *keys: Signer) -> Keeper:
    """Return who keeps the house's trail, with its first key and these."""
    signers = [Signer.parse(house.skey), *keys]
    database = Database(house.engine)
    return Keeper(database, ledger(signers), signers, StandingClock(LATER), "kim", "yearly")


def ledger(signers: Sequence[Signer], vkeys: Sequence[str] = ()) -> Ledger:
    """Return a ledger as a process has it that holds these keys."""
    first = signers[0]
    return Ledger(signer=first, origin=first.name, signers=signers, vkeys=vkeys, writer=WRITER)


async def write(house: House, by: Ledger, *kinds: str) -> None:
    """Append as a running process does: in a transaction, remembering what became of it."""
    try:
        async with house.engine.begin() as connection:
            for kind in kinds:
                await by.append(connection, [entry(kind)], now=LATER)
    except AuditRefusedError:
        by.forget()
        raise
    by.committed(connection)


def codes(house: House, *vkeys: str, deep: bool = True) -> set[str]:
    """Return the codes found for who trusts these keys."""
    return codes_at(house.url, *vkeys, deep=deep)


def codes_at(url: str, *vkeys: str, deep: bool = True) -> set[str]:
    """Return the codes found in a database."""
    return {each.code for each in verify_log(url, vkeys, deep=deep).findings}


async def bodies(house: House, shard: int) -> list[dict[str, Any]]:
    """Return a shard's entries."""
    found = await house.rows("SELECT body FROM {}audit_entry WHERE shard = :shard ORDER BY seq", shard=shard)
    return [json.loads(row[0]) for row in found]


async def test_a_sealed_shard_names_its_end_and_the_key_that_goes_on(house: House) -> None:
    to = key(NEXT)
    done = await seal(keeper(house, to))
    before, after = await bodies(house, 0), await bodies(house, 1)
    assert [each["type"] for each in before[-2:]] == ["key.introduced", "log.sealed"]
    assert before[-1]["data"] == {
        "next_origin": NEXT,
        "next_vkey": to.vkey,
        "next_shard": 1,
        "reason": "yearly",
    }
    assert before[-1]["actor"] == {"kind": "operator", "id": "kim", "auth": "process"}
    assert done == Handed("seal", 0, len(before), done.checkpoint, 1, NEXT, to.vkey)
    assert done.checkpoint == await house.scalar(
        f"SELECT note FROM {{}}audit_checkpoint WHERE size = {done.size}"
    )
    assert [each["type"] for each in after] == ["log.opened"]
    assert after[0]["data"]["previous_checkpoint"] == done.checkpoint


async def test_who_trusts_the_old_key_follows_a_seal_and_who_trusts_the_new_one_sees_back(
    house: House,
) -> None:
    to = key(NEXT)
    await seal(keeper(house, to))
    await write(house, ledger([to], [house.vkey]), "change.closed")
    for deep in (True, False):
        for vkeys in ([house.vkey], [to.vkey], [house.vkey, to.vkey]):
            assert codes(house, *vkeys, deep=deep) == set()
    assert "M1" in codes(house, key(NEXT).vkey)


async def test_a_running_process_goes_on_in_the_new_shard_if_it_has_the_key(house: House) -> None:
    to = key(NEXT)
    running, without = ledger([Signer.parse(house.skey), to]), ledger([Signer.parse(house.skey)])
    for each in (running, without):
        await write(house, each, "change.execution.started")
    await seal(keeper(house, to))
    with pytest.raises(AuditRefusedError, match=f"goes on as {NEXT} under the key") as refused:
        await write(house, without, "change.closed")
    assert "Add that key to COUNTERSIGN_SIGNING_KEY" in refused.value.advice
    await write(house, running, "change.execution.finished", "change.closed")
    assert [each["subject"]["n"] for each in (await bodies(house, 1))[1:]] == [5, 6]
    async with house.engine.begin() as connection:
        proven = await running.verified_entries(connection, "CHG-1")
    assert [each.shard for each in proven] == [0] * 5 + [1] * 2
    assert codes(house, house.vkey) == set()


async def test_a_rotation_is_signed_by_both_keys_and_then_by_the_new_one(house: House) -> None:
    to = key(ORIGIN)
    running, without = ledger([Signer.parse(house.skey), to]), ledger([Signer.parse(house.skey)])
    for each in (running, without):
        await write(house, each, "change.execution.started")
    done = await rotate(keeper(house, to))
    _, signatures = parse_note(done.checkpoint)
    assert [each.key_id for each in signatures] == [Signer.parse(house.skey).key_id, to.key_id]
    said = (await bodies(house, 0))[-1]
    assert (said["type"], said["data"]["from_size"], said["data"]["vkey"]) == (
        "key.rotated",
        done.size,
        to.vkey,
    )
    with pytest.raises(AuditRefusedError, match="which this process does not have"):
        await write(house, without, "change.closed")
    await write(house, running, "change.closed")
    _, (signature,) = parse_note(
        str(await house.scalar("SELECT note FROM {}audit_checkpoint ORDER BY size DESC LIMIT 1"))
    )
    assert signature.key_id == to.key_id
    for vkeys in ([house.vkey], [to.vkey]):
        assert codes(house, *vkeys) == codes(house, *vkeys, deep=False) == set()
    with pytest.raises(AuditRefusedError, match="does not have"):
        await write(house, without, "change.closed")


async def test_many_rotations_and_seals_verify_from_any_of_the_keys(house: House) -> None:
    keys = [key(ORIGIN), key(NEXT), key(NEXT), key("third.test/audit")]
    keeping, running = keeper(house, *keys), ledger([Signer.parse(house.skey), *keys])
    for act in (rotate, seal, rotate, seal):
        await act(keeping)
        await write(house, running, "change.noted")
    for vkey in (house.vkey, *(each.vkey for each in keys)):
        assert codes(house, vkey) == set()
    with pytest.raises(InvalidInputError, match="No further signing key is named third"):
        await rotate(keeping)
    with pytest.raises(InvalidInputError, match="No signing key has a name") as refused:
        await seal(keeping)
    assert "countersign audit keygen --origin" in refused.value.advice
    assert codes(house, house.vkey) == set()


async def rotated(house: House) -> Signer:
    """Rotate the house's key, write an entry after it, and return the new key."""
    to = key(ORIGIN)
    await rotate(keeper(house, to))
    await write(house, ledger([to]), "change.closed")
    return to


async def test_the_old_key_used_after_its_rotation_is_found(house: House) -> None:
    to, old = await rotated(house), Signer.parse(house.skey)
    await forged(house, lambda forge: forge.resign(old, sizes=(max(forge.checkpoints),)))
    assert codes(house, house.vkey, to.vkey) == codes(house, house.vkey) == {"K1"}
    async with house.engine.begin() as connection:
        for signers in ([to], [old, to]):
            with pytest.raises(LedgerBrokenError):
                await ledger(signers, [old.vkey]).verified_entries(connection, "CHG-1")
    with pytest.raises(LedgerBrokenError, match="does not verify"):
        await write(house, ledger([old, to]), "change.closed")


async def test_the_new_key_used_before_its_rotation_is_found(house: House) -> None:
    to = await rotated(house)
    await forged(house, lambda forge: forge.resign(to, sizes=(min(forge.checkpoints),)))
    assert codes(house, house.vkey, to.vkey) == {"K1"}


def rotating_to(stranger: Signer, old: Signer | None) -> Callable[[Forge], None]:
    """Return the attack that appends a rotation to a stranger's key, and signs with it, or with the old one too."""

    def attack(forge: Forge) -> None:
        size = len(forge.bodies) + 1
        forge.bodies.append(forge.bodies[-1])
        forge.leaves.append(forge.leaves[-1])
        data = {"vkey": stranger.vkey, "from_size": size}
        forge.edit(
            -1, lambda document: document.update(type="key.rotated", id=new_ulid(NOW), subject={}, data=data)
        )
        forge.rehash(size - 1)
        forge.checkpoints[size] = ""
        forge.resign(stranger if old is None else BothKeys(old, stranger), ORIGIN, (size,))  # type: ignore[arg-type]

    return attack


async def test_a_rotation_that_the_old_key_did_not_sign_is_found_and_not_followed(house: House) -> None:
    stranger = key(ORIGIN)
    await forged(house, rotating_to(stranger, None))
    assert codes(house, house.vkey) == {"K2", "M1"}
    assert codes(house, house.vkey, stranger.vkey) == {"K1", "K2"}
    with pytest.raises(LedgerBrokenError):
        await write(house, ledger([Signer.parse(house.skey)]), "change.closed")


async def test_a_rotation_both_keys_signed_is_sound_by_whoever_wrote_it(house: House) -> None:
    await forged(house, rotating_to(key(ORIGIN), Signer.parse(house.skey)))
    assert codes(house, house.vkey) == set()


async def test_an_old_signature_under_another_entry_hands_nothing_over(house: House) -> None:
    stranger = key(ORIGIN)

    def attack(forge: Forge) -> None:
        size = max(forge.checkpoints)
        data = {"vkey": stranger.vkey, "from_size": size}
        forge.edit(size - 1, lambda document: document.update(type="key.rotated", subject={}, data=data))
        forge.rehash(size - 1)
        note = forge.checkpoints[size]
        forge.checkpoints[size] = note + stranger.sign(note.partition("\n\n")[0] + "\n").rpartition("\n\n")[2]

    await forged(house, attack)
    assert "M4" in codes(house, house.vkey)
    assert "M4" in codes(house, house.vkey, deep=False)


async def test_a_revoked_key_is_followed_by_nobody_who_is_not_given_the_new_one(house: House) -> None:
    to = key(NEXT)
    good = str(await house.scalar("SELECT note FROM {}audit_checkpoint WHERE size = 3"))
    done = await revoke(keeper(house, to), good)
    opened, revoked, introduced = await bodies(house, 1)
    assert opened["data"]["good_checkpoint"] == good
    assert revoked["data"] == {
        "vkey": house.vkey,
        "origin": ORIGIN,
        "size": 4,
        "good_size": 3,
        "reason": "yearly",
    }
    assert (introduced["type"], done.next_vkey) == ("key.introduced", to.vkey)
    assert codes(house, house.vkey, to.vkey) == codes(house, to.vkey) == set()
    assert codes(house, house.vkey) == {"M1"}


async def test_a_revoked_key_used_again_is_found(house: House) -> None:
    to, old = key(NEXT), Signer.parse(house.skey)
    await revoke(
        keeper(house, to), str(await house.scalar("SELECT note FROM {}audit_checkpoint WHERE size = 3"))
    )
    document = (await bodies(house, 0))[-1]
    leaf = leaf_hash(written(document).encode())
    document |= {"seq": 4, "prev": leaf.hex(), "id": new_ulid(NOW), "subject": {}}
    leaves = [
        bytes(row[0]) for row in await house.rows("SELECT leaf_hash FROM {}audit_entry WHERE shard = 0")
    ]
    leaves.append(leaf_hash(written(document).encode()))
    await tampered(
        house,
        "INSERT INTO {}audit_entry(shard, seq, body, leaf_hash) VALUES (0, 4, :body, :leaf)",
        "INSERT INTO {}audit_checkpoint(shard, size, note) VALUES (0, 5, :note)",
        body=written(document),
        leaf=leaves[-1],
        note=old.sign(Checkpoint(ORIGIN, 5, root(leaves)).text()),
    )
    assert codes(house, to.vkey, house.vkey) == {"K3", "M8"}


async def test_a_revoked_key_that_opens_a_later_shard_is_found_though_the_shard_before_names_it(
    house: House,
) -> None:
    to, old = key(NEXT), Signer.parse(house.skey)
    await revoke(
        keeper(house, to), str(await house.scalar("SELECT note FROM {}audit_checkpoint WHERE size = 3"))
    )
    assert codes(house, house.vkey, to.vkey) == set()
    going_on = ledger([to], [old.vkey])
    sealed: dict[str, Json] = {"next_vkey": old.vkey, "next_origin": ORIGIN, "next_shard": 2}
    said = NewEntry(
        id=new_ulid(LATER), type="log.sealed", actor={"kind": "operator", "id": "kim"}, data=sealed
    )
    async with house.engine.begin() as connection:
        await going_on.follow(connection, opening=True)
        await going_on.append(connection, [said], now=LATER)
        await going_on.successor(old, 2).open_log(connection, LATER)
    for trusted in ([to.vkey], [house.vkey, to.vkey]):
        found = verify_log(house.url, trusted, deep=True).findings
        assert [(each.code, each.seq) for each in found] == [("K3", 0)], trusted
        assert "revoked at 1/1" in found[0].message
    assert codes(house, house.vkey, to.vkey, deep=False) == {"K3"}


async def test_an_anchor_that_the_trail_does_not_extend_revokes_nothing(house: House) -> None:
    old, to = Signer.parse(house.skey), key(NEXT)
    fork = old.sign(Checkpoint(ORIGIN, 3, bytes(32)).text())
    other = to.sign(Checkpoint(NEXT, 3, bytes(32)).text())
    with pytest.raises(LedgerBrokenError, match="does not extend the anchor of 3"):
        await revoke(keeper(house, to), fork)
    with pytest.raises(InvalidInputError, match="The anchor is of"):
        await revoke(keeper(house, to), other)
    with pytest.raises(InvalidInputError, match="no checkpoint signed by a known key"):
        await revoke(keeper(house, to), key(ORIGIN).sign(Checkpoint(ORIGIN, 3, bytes(32)).text()))
    assert await bodies(house, 1) == []


async def rolled_back(house: House) -> str:
    """Put the database back to its second commit, as a restore does; return the newest checkpoint before."""
    note = str(await house.scalar("SELECT note FROM {}audit_checkpoint WHERE size = 4"))
    await tampered(
        house, "DELETE FROM {}audit_entry WHERE seq >= 3", "DELETE FROM {}audit_checkpoint WHERE size > 3"
    )
    return note


async def test_a_restored_trail_goes_on_in_a_new_shard_that_says_what_was_lost(house: House) -> None:
    note, to = await rolled_back(house), key(NEXT)
    done = await restore(keeper(house, to), note)
    genesis, introduced = await bodies(house, 1)
    assert genesis["type"] == "log.restored"
    assert genesis["actor"]["id"] == genesis["data"]["operator"] == "kim"
    assert genesis["data"]["anchored_checkpoint"] == note
    assert genesis["data"]["lost"] == {"origin": ORIGIN, "from_size": 3, "to_size": 4}
    assert introduced["type"] == "key.introduced"
    assert (done.shard, done.size, done.next_shard) == (0, 3, 1)
    await write(house, ledger([to], [house.vkey]), "change.closed")
    assert codes(house, house.vkey, to.vkey) == set()
    assert len(await bodies(house, 0)) == 3


def held(size: int, note: str = "") -> Witnessed:
    """Return what an anchor says that has seen this many entries of the first shard, as a witness or with a note."""
    return Witnessed("file", ORIGIN, Seen(size, note))


def against(house: House, witnessed: Witnessed, *vkeys: str) -> set[str]:
    """Return the codes found when the trail is held against an anchor."""
    found = with_anchors(verify_log(house.url, vkeys), house.url, vkeys, [witnessed])
    return {each.code for each in found.findings}


async def test_what_a_restore_says_was_lost_is_no_rollback_and_what_is_more_than_that_is(
    house: House,
) -> None:
    note, to = await rolled_back(house), key(NEXT)
    for anchor in (held(4, note), held(4)):
        assert against(house, anchor, house.vkey) == {"A2"}
    await restore(keeper(house, to), note)
    for anchor in (held(4, note), held(4)):
        assert against(house, anchor, house.vkey, to.vkey) == set()
    assert against(house, held(5), house.vkey, to.vkey) == {"A2"}
    other = Signer.parse(house.skey).sign(Checkpoint(ORIGIN, 3, bytes(32)).text())
    assert against(house, held(3, other), house.vkey, to.vkey) == {"A3"}


async def test_a_restore_under_a_key_that_nobody_trusts_excuses_nothing(house: House) -> None:
    note = await rolled_back(house)
    await restore(keeper(house, key(NEXT)), note)
    assert "A2" in against(house, held(4, note), house.vkey)


async def test_a_restore_that_lost_nothing_or_is_a_fork_is_refused(house: House) -> None:
    to, old = key(NEXT), Signer.parse(house.skey)
    newest = str(await house.scalar("SELECT note FROM {}audit_checkpoint WHERE size = 4"))
    with pytest.raises(ConflictError, match="Nothing is missing"):
        await restore(keeper(house, to), newest)
    with pytest.raises(LedgerBrokenError, match="does not extend"):
        await restore(keeper(house, to), old.sign(Checkpoint(ORIGIN, 4, bytes(32)).text()))
    await restore(keeper(house, to), newest, remembered=9)
    assert (await bodies(house, 1))[0]["data"]["lost"]["to_size"] == 9


async def test_a_copy_that_does_not_hold_is_not_restored(house: House) -> None:
    note = await rolled_back(house)
    await tampered(house, "UPDATE {}audit_entry SET body = replace(body, 'U1', 'U9') WHERE seq = 1")
    with pytest.raises(LedgerBrokenError, match="does not hold by itself: C1"):
        await restore(keeper(house, key(NEXT)), note)
    assert await bodies(house, 1) == []


async def test_an_archive_opens_in_the_newest_shard_and_refuses_without_its_key(database_url: str) -> None:
    async with opened_archives(database_url) as archives:
        old, rotated_to, to = archives.signer, key(ORIGIN), key(NEXT)
        await archives.opened.close()
        for keys, act, shard in (([old, rotated_to], rotate, 0), ([old, rotated_to, to], seal, 1)):
            opening = keeping(
                archives.url, keys, vkeys=[], clock=archives.clock, by="kim", reason="", build="test"
            )
            async with opening as keeps:
                await act(keeps)
            opened = await open_archive(
                archives.url, keys, ORIGIN, clock=archives.clock, build="test", lock=True
            )
            assert (opened.ledger.shard, opened.ledger.vkey) == (shard, keys[-1].vkey)
            await opened.close()
            for missing in (keys[:-1], [key(ORIGIN)]):
                with pytest.raises(AuditRefusedError, match="this process does not have") as refused:
                    await open_archive(
                        archives.url, missing, ORIGIN, clock=archives.clock, build="test", lock=True
                    )
                assert "Add that key to COUNTERSIGN_SIGNING_KEY" in refused.value.advice
        await migrate(archives.url, [old, rotated_to, to], ORIGIN, clock=archives.clock, build="test")
        opened = await open_archive(
            archives.url, to, "elsewhere.test/audit", clock=archives.clock, build="test", lock=True
        )
        await opened.close()
        assert codes_at(archives.url, old.vkey) == set()


async def test_a_new_trail_wants_a_key_of_its_name(sqlite_url: str) -> None:
    with pytest.raises(InvalidInputError, match="No signing key is named") as refused:
        await open_archive(sqlite_url, key(NEXT), ORIGIN, clock=StandingClock(), build="test", lock=True)
    assert "countersign audit keygen --origin" in refused.value.advice
    with pytest.raises(AuditMissingError):
        async with keeping(
            sqlite_url, [key(ORIGIN)], vkeys=[], clock=StandingClock(), by="kim", reason="", build="test"
        ):
            pass
