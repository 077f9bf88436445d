"""Texts sealed at rest: read by who has the keys, whole for who has not, and noise in every backup once erased."""

import json
import shutil
from pathlib import Path

import pytest

from bot.domain.errors import AuditRefusedError, InvalidInputError, LedgerBrokenError
from bot.domain.trail_range import TrailRange
from storage.audit_reader import AuditReader, reading
from storage.audit_slice import TrailSlices
from storage.audit_verify import verify_log
from storage.erasing import erase_person, erase_text
from storage.privacy import PLAIN, Privacy
from storage.vault import Vault
from tests.contracts.audit_forge import tampered
from tests.contracts.audit_house import House, open_house
from tests.contracts.privacy_house import KEYS, by, bytes_of, keeper, sealing, under, vault

WORDS = "nobody else should read this"


async def words(house: House) -> dict[int, str]:
    """Return the reasons that can be read, by number."""
    async with house.engine.begin() as connection:
        found = await house.ledger.verified_entries(connection, "CHG-1")
    return {each.seq: each.disclosed()["reason"] for each in found if "reason" in each.disclosed()}


def keys_in(folder: Path) -> list[str]:
    """Return the files of the data keys."""
    return sorted(each.name for each in (folder / "data-keys").iterdir())


async def test_texts_are_sealed_and_read_and_the_trail_holds_with_and_without_the_key(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url) as plain:
        await plain.append(by("U1", words="written in clear"))
        house = under(plain, sealing(tmp_path))
        await house.append(by("U1", words=WORDS), by("U2", words=f"{WORDS} too"))
        kept = await house.rows("SELECT disclosure FROM {}audit_disclosure WHERE seq > 1")
        assert not [each for (each,) in kept if WORDS in each or "U1" in each]
        assert await words(house) == {1: "written in clear", 2: WORDS, 3: f"{WORDS} too"}
        assert await words(plain) == {1: "written in clear"}
        assert len(keys_in(tmp_path)) == 2
        whole = verify_log(house.url, [house.vkey], deep=True, privacy=sealing(tmp_path))
        assert (whole.findings, whole.withheld, whole.sealed) == ((), 0, 0)
        for privacy in (PLAIN, Privacy(vault=vault(tmp_path, KEYS[1]))):
            shut = verify_log(house.url, [house.vkey], deep=True, privacy=privacy)
            assert (shut.ok, shut.findings, shut.withheld, shut.sealed) == (True, (), 0, 8)
            assert shut.as_json()["sealed"] == 8


async def test_an_erased_person_is_noise_in_a_backup_made_before(sqlite_url: str, tmp_path: Path) -> None:
    async with open_house(sqlite_url) as plain:
        house = under(plain, sealing(tmp_path))
        await house.append(by("U1", words=WORDS), by("U2", words="stays"))
        assert WORDS.encode() not in bytes_of(sqlite_url)
        await house.engine.dispose()
        copy = tmp_path / "backup.db"
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), copy)
        await erase_person(keeper(house), "U1", "asked")
        assert await words(house) == {2: "stays"}
        assert f"{vault(tmp_path).handles('U1')[0]}.key" not in keys_in(tmp_path)
        await house.append(by("U1", words="a new word"))
        assert (await words(house))[5] == "a new word"  # the clock went back in between, which is an entry
        old = f"sqlite:///{copy}"
        report = verify_log(old, [house.vkey], deep=True, privacy=sealing(tmp_path))
        assert (report.findings, report.withheld, report.sealed) == ((), 4, 0)
        with reading(old, sealing(tmp_path)) as connection:
            trail = TrailSlices(AuditReader(connection))
            (part,) = trail.slices(TrailRange(), None)
            found = {each.seq: each.texts.get("reason") for each in trail.entries(part, texts=True)}
        assert (found[1], found[2]) == (None, "stays")
        now = verify_log(sqlite_url, [house.vkey], deep=True, privacy=sealing(tmp_path))
        assert (now.findings, now.withheld, now.erased) == ((), 4, 4)


async def test_an_erasure_that_fails_puts_the_data_key_back(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url) as plain:
        house = under(plain, sealing(tmp_path))
        await house.append(by("U1", words=WORDS))
        before = keys_in(tmp_path)
        refusing = keeper(house)
        await tampered(house, "DELETE FROM {}audit_checkpoint WHERE size = 2")
        with pytest.raises(LedgerBrokenError, match="signed for"):
            await erase_person(refusing, "U1", "asked")
        assert keys_in(tmp_path) == before


async def test_a_data_key_set_aside_comes_back_or_goes(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    sealed = kept.seal("[1,2,3]", "U1", "0/1/reason")
    kept.set_aside("U1")
    assert not isinstance(kept.open(sealed, "0/1/reason"), str)
    kept.put_back("U1")
    assert kept.open(sealed, "0/1/reason") == "[1,2,3]"
    kept.set_aside("U1")
    kept.destroy("U1")
    assert keys_in(tmp_path) == []
    assert not isinstance(kept.open(sealed, "0/1/reason"), str)


async def test_nothing_is_erased_by_person_without_the_key_that_tells_whose_texts_are_whose(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url) as plain:
        await under(plain, sealing(tmp_path)).append(by("U1", words=WORDS))
        with pytest.raises(InvalidInputError) as refused:
            await erase_person(keeper(plain), "U1", "asked")
        assert "COUNTERSIGN_PRIVACY_KEY" in refused.value.advice
        await erase_text(keeper(plain), 1, "reason", "asked")
        assert await words(under(plain, sealing(tmp_path))) == {}


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("attack", ["text", "place", "key"])
async def test_what_was_altered_or_swapped_is_found_and_refused(
    database_url: str, tmp_path: Path, attack: str
) -> None:
    async with open_house(database_url) as plain:
        house = under(plain, sealing(tmp_path))
        await house.append(by("U1", words=WORDS), by("U2", words="another"))
        if attack == "key":
            one, other = sorted((tmp_path / "data-keys").iterdir())
            texts = one.read_text(), other.read_text()
            one.write_text(texts[1])
            other.write_text(texts[0])
        else:
            reason = "(SELECT disclosure FROM {}audit_disclosure WHERE seq = 2 AND path = 'reason')"
            made = {"text": "replace(disclosure, 'A', 'B')", "place": reason}[attack]
            await tampered(
                house,
                f"UPDATE {{}}audit_disclosure SET disclosure = {made} WHERE seq = 1 AND path = 'reason'",
            )
        report = verify_log(house.url, [house.vkey], privacy=sealing(tmp_path))
        assert {each.code for each in report.findings} == {"S4"}
        with pytest.raises(LedgerBrokenError, match="not what was recorded"):
            await words(house)


async def test_a_new_key_wraps_new_data_keys_and_the_old_one_still_opens(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(database_url) as plain:
        await under(plain, sealing(tmp_path)).append(by("U1", words="under the old key"))
        house = under(plain, sealing(tmp_path, KEYS[1], KEYS[0]))
        await house.append(by("U1", words="under the new key"))
        assert sorted((await words(house)).values()) == ["under the new key", "under the old key"]
        await erase_person(keeper(house), "U1", "asked")
        assert await words(house) == {}
        assert keys_in(tmp_path) == [f"{vault(tmp_path, KEYS[1]).handles('kim')[0]}.key"]


async def test_an_entry_whose_text_cannot_be_sealed_is_not_taken(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "data-keys").write_text("a file where the folder should be")
    async with open_house(database_url) as plain:
        with pytest.raises(AuditRefusedError, match="data keys"):
            await under(plain, sealing(tmp_path)).append(by("U1", words=WORDS))
        assert verify_log(plain.url, [plain.vkey]).size == 1


def test_a_file_of_a_data_key_holds_it_wrapped_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    vault(tmp_path).seal("[1,2,3]", "U1", "0/1/reason")
    (file,) = (tmp_path / "data-keys").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert set(json.loads(file.read_text())) == {"id", "by", "wrapped"}
    assert "U1" not in file.name


@pytest.mark.parametrize("key", ["", "no base64!", "c2hvcnQ="])
def test_a_key_that_is_none_is_refused_with_how_to_make_one(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Vault.parse(tmp_path, [key])
    assert "openssl rand -base64 32" in refused.value.advice
