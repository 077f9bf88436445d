"""Proofs out of a stored trail, on SQLite and PostgreSQL: packs over shards and anchors, entries, sizes."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import AuditMissingError, LedgerBrokenError, NotFoundError, ProofError
from bot.domain.json import canonical
from bot.domain.merkle import verify_consistency
from bot.domain.note import Signer
from bot.domain.proof_check import check_pack
from bot.domain.proof_file import check_proof
from bot.domain.proof_pack import ProofPack
from bot.domain.proof_words import Verdict
from bot.domain.public_key import PublicKey
from storage.trail_look import looking
from tests.contracts.audit_forge import Forge, forged
from tests.contracts.audit_house import NOW, House, entry, ledger_of, open_house

PLAN = "d" * 64


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house on each kind of database."""
    async with open_house(database_url) as opened:
        yield opened


async def submitted(house: House) -> None:
    """Let CHG-1 be requested and planned, among others."""
    await house.append(entry(change="CHG-2"), entry(change="CHG-3"))
    await house.append(
        entry("change.requested", data={"revision": 1}, disclosures={"reason": "The queue is full."}),
        entry("change.planned", data={"revision": 1, "plan_digest": PLAN}),
    )
    await house.append(entry(change="CHG-2"))


async def packed(house: House, *vkeys: str, disclose: bool = True) -> ProofPack:
    """Return the pack of CHG-1."""
    async with looking(house.url, vkeys or [house.vkey]) as trail:
        return await trail.proof_pack("CHG-1", disclose=disclose)


def verdict(pack: ProofPack, *vkeys: str) -> Verdict:
    """Return what somebody finds who trusts these keys."""
    return check_pack(canonical(pack.as_json()).decode(), [PublicKey.parse(each) for each in vkeys])


async def test_what_the_ledger_wrote_makes_a_pack_that_holds(house: House) -> None:
    await submitted(house)
    found = verdict(await packed(house), house.vkey)
    assert (found.exit, found.ended, found.size) == (0, "", 6), found.message
    await house.append(entry("change.withdrawn"))
    found = verdict(await packed(house), house.vkey)
    assert (found.exit, found.ended, found.size) == (0, "change.withdrawn", 7), found.message
    assert any("1 texts" in each and "0 are withheld" in each for each in found.proved)
    withheld = verdict(await packed(house, disclose=False), house.vkey)
    assert any("0 texts" in each and "1 are withheld" in each for each in withheld.proved)


async def test_an_erased_text_is_withheld_and_the_pack_holds(house: House) -> None:
    await submitted(house)
    await house.run("DELETE FROM {}audit_disclosure")
    found = verdict(await packed(house), house.vkey)
    assert found.exit == 0
    assert any("1 are withheld" in each for each in found.proved)


async def test_a_change_over_two_shards_is_one_pack(house: House) -> None:
    await submitted(house)
    skey, vkey = Signer.generate("countersign.example.test/audit/2027")
    newer = ledger_of(skey, 1, [house.vkey])
    async with house.engine.begin() as connection:
        await newer.open_log(connection, NOW + timedelta(days=40))
    newer.committed(connection)
    house.minutes = 60 * 24 * 41
    await house.append(entry("change.withdrawn"), ledger=newer)
    pack = await packed(house, house.vkey, vkey)
    assert [len(each.entries) for each in pack.bundles] == [2, 1]
    found = verdict(pack, house.vkey, vkey)
    assert (found.exit, found.ended) == (0, "change.withdrawn"), found.message
    assert verdict(pack, vkey).code == "P2"


async def test_the_newest_anchor_is_tied_to_the_pack(house: House) -> None:
    await submitted(house)
    columns = "shard, size, kind, ref, at"
    insert = f"INSERT INTO {{}}audit_anchor({columns}) VALUES (0, :size, :kind, :ref, '2026-11-22T10:00:00Z')"
    await house.run(insert, size=3, kind="file", ref="anchors.txt#1")
    await house.run(insert, size=5, kind="file", ref="anchors.txt#2")
    await house.run(insert, size=5, kind="slack", ref="C0AUDIT/1.2")
    pack = await packed(house)
    assert [(each.kind, each.ref) for each in pack.anchors] == [
        ("file", "anchors.txt#2"),
        ("slack", "C0AUDIT/1.2"),
    ]
    found = verdict(pack, house.vkey)
    assert found.exit == 0, found.message
    assert sum("size 5" in each and "2 of the 2 entries" in each for each in found.proved) == 2
    await house.run(insert, size=6, kind="file", ref="anchors.txt#3")
    pack = await packed(house)
    assert pack.bundles[0].consistency is None
    assert verdict(pack, house.vkey).exit == 0


async def test_a_change_the_trail_does_not_know_is_said_so(house: House) -> None:
    async with looking(house.url, [house.vkey]) as trail:
        with pytest.raises(NotFoundError, match="nothing of CHG-9"):
            await trail.proof_pack("CHG-9", disclose=True)


async def test_a_forged_trail_gives_no_pack(house: House) -> None:
    await submitted(house)

    def attack(forge: Forge) -> None:
        forge.edit(3, lambda document: document["actor"].update(id="U9"))
        forge.rehash(3)

    await forged(house, attack)
    with pytest.raises(LedgerBrokenError):
        await packed(house)


async def test_an_entry_is_proved_by_itself(house: House) -> None:
    await submitted(house)
    async with looking(house.url, [house.vkey]) as trail:
        proof = await trail.proof_of_seq(None, 3)
        with pytest.raises(NotFoundError):
            await trail.proof_of_seq(0, 6)
        with pytest.raises(NotFoundError):
            await trail.proof_of_seq(7, 0)
    key = PublicKey.parse(house.vkey)
    assert check_proof(proof.text().encode(), [key]).exit == 0
    other = b64encode((proof.extra or b"").replace(b"U1", b"U9")).decode()
    text = proof.text().replace(b64encode(proof.extra or b"").decode(), other)
    assert check_proof(text.encode(), [key]).code == "T3"


async def test_one_size_is_proved_to_be_the_beginning_of_another(house: House) -> None:
    await submitted(house)
    await house.append(*(entry(change=f"CHG-{each}") for each in range(300, 600)))
    async with looking(house.url, [house.vkey]) as trail:
        for old, new in ((1, 1), (3, 5), (4, 280), (256, 257), (5, 306), (306, 306)):
            found = await trail.extension(None, old, new)
            verify_consistency(
                old=old, new=new, old_root=found.old_root, new_root=found.new_root, proof=found.proof
            )
            assert [bool(note) for note in found.notes] == [each in (1, 3, 5, 6, 306) for each in (old, new)]
        for old, new in ((0, 3), (5, 3), (3, 307)):
            with pytest.raises(ProofError):
                await trail.extension(None, old, new)


async def test_a_signed_note_of_a_size_is_given_and_checked(house: House) -> None:
    await submitted(house)
    async with looking(house.url, [house.vkey]) as trail:
        shard, note = await trail.signed_note(None, None)
        assert (shard, note.splitlines()[1]) == (0, "6")
        assert (await trail.signed_note(0, 3))[1].splitlines()[1] == "3"
        with pytest.raises(NotFoundError):
            await trail.signed_note(None, 4)
    async with looking(house.url, [Signer.generate("another.example.test/log")[1]]) as trail:
        with pytest.raises(LedgerBrokenError):
            await trail.signed_note(None, None)


async def test_sizes_of_a_forged_trail_are_not_proved(house: House) -> None:
    await submitted(house)

    def attack(forge: Forge) -> None:
        forge.edit(3, lambda document: document["actor"].update(id="U9"))
        forge.rehash(3)

    await forged(house, attack)
    async with looking(house.url, [house.vkey]) as trail:
        with pytest.raises(LedgerBrokenError, match="not the one that was signed"):
            await trail.extension(None, 3, 4)


async def test_a_database_without_a_trail_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(AuditMissingError, match="holds no audit trail"):
        async with looking(f"sqlite:///{tmp_path}/empty.db", []):
            pass


async def test_nothing_is_created_where_there_is_no_trail(tmp_path: Path) -> None:
    with pytest.raises(AuditMissingError):
        async with looking(f"sqlite:///{tmp_path}/none.db", []):
            pass
