"""Second keys that sign what is anchored, from a file or a vault: kept, verified, shown in packs."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.anchors.key_file import KeyFileCosigner
from bot.azure.credentials import AsyncSandboxCredential
from bot.azure.endpoints import demand_vault_key_address
from bot.azure.vault import VaultCosigner
from bot.domain.anchoring import AnchorPlace, AnchorPolicy
from bot.domain.errors import AnchorUnavailableError, InvalidInputError
from bot.domain.note import Checkpoint, Signer, Verifier, new_pem, open_note, public_key_of
from bot.domain.proof_check import check_pack
from bot.domain.public_key import ECDSA_P256, ML_DSA_COSIGNATURE, PublicKey
from handlers.anchoring import Anchoring
from handlers.settings import Settings
from storage.audit_findings import VerifyReport
from storage.audit_verify import verify_log
from storage.trail_look import looking
from tests.contracts.anchor_house import AnchorHouse, anchor_house, codes
from tests.contracts.audit_forge import tampered
from tests.contracts.audit_house import House
from tests.contracts.fixtures_storage import ANNA, NOW, ORIGIN, requested, stored_change
from tests.fakes.house import company
from tests.fakes.vault import KEY, NAME, Vault, vaulting

PQ = "example.test/post-quantum"


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[AnchorHouse]:
    """Give a trail that is anchored in a file and signed by both kinds of second keys, on each kind of database."""
    async with anchor_house("file", database_url, tmp_path) as opened:
        opened.cosigners = (file_key("ecdsa", NAME, ECDSA_P256, tmp_path),)
        opened.cosigners += (file_key("ml_dsa", PQ, ML_DSA_COSIGNATURE, tmp_path),)
        yield opened


def file_key(kind: str, name: str, number: int, folder: Path) -> KeyFileCosigner:
    """Return a second key in a new file."""
    pem, path = new_pem(number), folder / f"{kind}.pem"
    path.touch(mode=0o600)
    path.write_text(pem)
    return KeyFileCosigner(kind, path, public_key_of(name, pem).vkey)


def vkeys(house: AnchorHouse) -> list[str]:
    """Return the public keys of the second keys."""
    return [each._vkey for each in house.cosigners]  # type: ignore[attr-defined]


def verified(house: AnchorHouse, *more: str, deep: bool = False) -> VerifyReport:
    """Verify the trail for who trusts its key and these."""
    return verify_log(house.archives.url, [house.archives.signer.vkey, *more], deep=deep)


async def test_what_is_anchored_is_signed_by_every_second_key(house: AnchorHouse) -> None:
    size = await house.anchored(3)
    async with looking(house.archives.url, [house.archives.signer.vkey]) as trail:
        assert await trail.cosigned_size(None) == size
        _, note = await trail.signed_note(None, size)
        _, newest = await trail.signed_note(None, None)
    keys = [Verifier.parse(each) for each in (house.archives.signer.vkey, *vkeys(house))]
    assert {each.name for each in open_note(note, keys).verified} == {keys[0].name, NAME, PQ}
    assert len(open_note(newest, keys).verified) == 1
    assert keys[2].signed_at(open_note(note, keys).verified[2].signature) == int(
        house.archives.clock.now().timestamp()
    )


async def test_verifying_counts_them_and_says_which_nobody_could_check(house: AnchorHouse) -> None:
    await house.anchored()
    await house.anchored()
    ecdsa, ml_dsa = vkeys(house)
    for deep in (False, True):
        report = verified(house, ecdsa, ml_dsa, deep=deep)
        assert (report.ok, report.cosigned, report.unchecked) == (True, 4, 0)
    assert (verified(house, ml_dsa).cosigned, verified(house, ml_dsa).unchecked) == (2, 2)
    assert verified(house).as_json()["unchecked"] == 4


async def test_a_cosignature_that_its_key_did_not_make_is_found(house: AnchorHouse) -> None:
    await house.anchored()
    rows = await house.archives.rows(
        f"SELECT size, signer, line FROM {house.archives.audit}audit_cosignature ORDER BY signer"
    )
    (size, _, line), (_, _, other) = rows
    spoilt = (line[:-20] + ("A" if line[-20] != "A" else "B") + line[-19:], "no line\n", other, line * 2)
    trail = House(house.archives.opened.database.engine, house.archives.url, "", "", None)  # type: ignore[arg-type]
    for each in spoilt:
        await tampered(
            trail, "UPDATE {}audit_cosignature SET line = :line WHERE signer = :name", line=each, name=NAME
        )
        report = verified(house, *vkeys(house))
        assert codes(report) == {"M9"}, each
        assert report.findings[0].seq == size - 1


async def test_a_cosignature_that_was_kept_and_is_gone_is_found_whoever_has_its_key(
    house: AnchorHouse,
) -> None:
    size = await house.anchored()
    trail = House(house.archives.opened.database.engine, house.archives.url, "", "", None)  # type: ignore[arg-type]
    await tampered(trail, "DELETE FROM {}audit_cosignature WHERE signer = :name", name=PQ)
    for keys in ((), vkeys(house)):
        (found,) = verified(house, *keys).findings
        assert (found.code, found.seq) == ("M9", size)
        assert f"size {size}, {PQ}: it was kept and is gone" in found.message


async def test_a_second_key_that_fails_leaves_the_anchor_whole_and_is_an_entry(house: AnchorHouse) -> None:
    broken = house.cosigners[0]
    broken._path.unlink()  # type: ignore[attr-defined]
    await house.entry()
    outcome = await house.publish()
    assert outcome.error is None
    assert [kind for kind, _ in outcome.unsigned] == ["ecdsa"]
    assert (await house.tags())[-2:] == ["checkpoint.anchored", "anchor.failed"]
    assert (await house.publish()).is_new is False
    report = verified(house, *vkeys(house))
    assert (report.ok, report.cosigned) == (True, 1)


async def test_a_pack_shows_who_else_signed_and_what_could_not_be_checked(
    house: AnchorHouse, tmp_path: Path
) -> None:
    change = await stored_change(house.archives.opened)
    async with house.archives.opened.archive.transaction() as tx:
        await tx.record(requested(change), by=ANNA, cause=house.cause)
    await house.anchored()
    own = house.archives.signer.vkey
    async with looking(house.archives.url, [own]) as trail:
        pack = await trail.proof_pack(change.id, disclose=True)
    text = json.dumps(pack.as_json())
    assert len(text) < 32 * 1024
    said = check_pack(text, [Verifier.parse(each) for each in (own, *vkeys(house))])
    assert said.exit == 0, said.message
    signed = [each for each in said.proved if "is signed by" in each]
    assert [NAME in signed[0], PQ in signed[1]] == [True, True]
    assert f"{house.archives.clock.now():%Y-%m-%d %H:%M:%S} UTC" in signed[1]
    alone = check_pack(text, [PublicKey.parse(each) for each in (own, *vkeys(house))])
    assert alone.exit == 0
    assert f"That {NAME}, {PQ} signed, too: not checked here; it needs their keys." in alone.unproved
    assert "not checked here" in check_pack(text, [PublicKey.parse(own)]).unproved[-1]
    assert pack.bundles[0].consistency is not None
    line = next(each for each in pack.bundles[0].consistency.note.split("\n") if NAME in each)
    spoilt = text.replace(line[-44:-4], line[-44:-4][::-1])
    assert check_pack(spoilt, [PublicKey.parse(own)]).exit == 0
    refused = check_pack(spoilt, [Verifier.parse(each) for each in (own, *vkeys(house))])
    assert (refused.exit, refused.code) == (1, "P7")


async def test_a_vault_signs_and_its_answer_is_turned_into_a_note_line(
    database_url: str, tmp_path: Path
) -> None:
    async with vaulting() as vault, anchor_house("file", database_url, tmp_path) as house:
        cosigner = VaultCosigner(f"{vault.url}{KEY}", vault.vkey, AsyncSandboxCredential("reader"))
        house.cosigners = (cosigner,)
        for _ in range(12):  # r and s with and without a leading bit
            await house.anchored()
        await cosigner.close()
        assert len(vault.asked) == 12
        assert verified(house, vault.vkey).cosigned == 12


async def test_the_configured_second_keys_are_connected_and_closed_again(tmp_path: Path) -> None:
    file = file_key("ml_dsa", PQ, ML_DSA_COSIGNATURE, tmp_path)
    async with vaulting() as vault, AsyncExitStack() as stack:
        places = (
            AnchorPlace("ecdsa", f"{vault.url}{KEY}", vault.vkey),
            AnchorPlace("ml_dsa", "ml_dsa.pem", file._vkey),
        )
        policy = AnchorPolicy((AnchorPlace("file", "anchors.jsonl"),), places)
        settings = Settings(
            config=tmp_path / "countersign.toml",
            azure_identity="sandbox",
            arm_url=vault.url,
            slack_api_url=vault.url,
            logs_url="",
        )
        connected = Anchoring(settings, company(anchors=policy), stack).cosigners()
        lines = [await each.cosign("text\n\n— log AAAAAAAA\n", NOW) for each in connected[:1]]
        note = Signer.parse(Signer.generate(ORIGIN)[0]).sign(Checkpoint(ORIGIN, 2, bytes(32)).text())
        lines.append(await connected[1].cosign(note, NOW))
        assert [(each.kind, name) for each, (name, _) in zip(connected, lines, strict=True)] == [
            ("ecdsa", NAME),
            ("ml_dsa", PQ),
        ]


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (403, "", "Key Vault Crypto User"),
        (404, "", "no such key"),
        (429, "", "slow down"),
        (500, "", "refused .500."),
        (0, "AAAA", "something that is no signature"),
        (0, "*", "something that is no signature"),
        (0, "A" * 86, "does not verify"),
    ],
)
async def test_what_a_vault_refuses_or_says_wrong_is_said_in_words(
    status: int, said: str, words: str
) -> None:
    async with vaulting() as vault:
        vault.refuse, vault.say = status, said
        cosigner = VaultCosigner(f"{vault.url}{KEY}", vault.vkey, AsyncSandboxCredential("reader"))
        with pytest.raises(AnchorUnavailableError, match=words):
            await cosigner.cosign("text\n\n— log AAAAAAAA\n", NOW)
        await cosigner.close()


async def test_a_vault_that_is_away_or_has_another_key_is_said_in_words() -> None:
    async with vaulting() as vault:
        other = VaultCosigner(f"{vault.url}{KEY}", Vault().vkey, AsyncSandboxCredential("reader"))
        with pytest.raises(AnchorUnavailableError, match="does not verify"):
            await other.cosign("text\n\n— log AAAAAAAA\n", NOW)
    with pytest.raises(AnchorUnavailableError, match="did not answer"):
        await other.cosign("text\n\n— log AAAAAAAA\n", NOW)
    await other.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://v.evil.example/keys/a/0123456789abcdef0123456789abcdef",
        "http://contoso.vault.azure.net/keys/a/0123456789abcdef0123456789abcdef",
        "https://contoso.vault.azure.net/keys/a",
        "https://contoso.vault.azure.net/keys/a/0123456789abcdef0123456789abcdef/sign",
        "https://contoso.vault.azure.net@evil.example/keys/a/0123456789abcdef0123456789abcdef",
        "https://contoso.vault.azure.net/keys/a/0123456789abcdef0123456789abcdef?x=1",
    ],
)
def test_a_token_for_the_vault_goes_to_a_vault_alone(url: str) -> None:
    demand_vault_key_address("https://contoso.vault.azure.net/keys/a/0123456789abcdef0123456789abcdef")
    with pytest.raises(InvalidInputError, match="no address of a version of a key"):
        demand_vault_key_address(url)
