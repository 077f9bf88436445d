"""`[privacy]` on the command line: what stops the start, what `audit verify|show|erase` say of sealed texts."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.domain.errors import InvalidInputError
from bot.domain.note import Signer
from handlers.cli.demo_company import company_toml
from handlers.clock import WallClock
from handlers.configuration_file import read_configuration
from handlers.privacy import privacy_of
from handlers.settings import read_settings
from storage.keeper import keeping
from storage.open import Place
from tests.contracts.privacy_house import KEYS, by
from tests.unit.test_cli_keep import DATABASE, Run, keys, run

__all__ = ["keys", "run"]

SEALED = '\n[privacy]\ncommit_actor_ids = true\nshred_backups = true\nkeys = "data-keys"\n'


@pytest.fixture
def sealed(run: Run, keys: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a trail in which somebody wrote, ids committed to and texts sealed."""
    Path("countersign.toml").write_text(company_toml() + SEALED)
    Path("privacy.key").write_text(f"{KEYS[0]}\n")
    Path("privacy.key").chmod(0o600)
    monkeypatch.setenv("COUNTERSIGN_PRIVACY_KEY", "@privacy.key")

    async def wrote() -> None:
        settings = read_settings()
        place = Place(DATABASE, privacy=privacy_of(settings, read_configuration(settings.config)))
        signers = [Signer.parse(skey) for skey, _ in keys]
        opening = keeping(place, signers, vkeys=[], clock=WallClock(), by="", reason="", build="test")
        async with opening as keeper, keeper.act() as connection:
            said = by("U0INES", "change.commented", {"revision": 1, "n": 1}, words="Ines is ill")
            await keeper.ledger.append(connection, [said], now=keeper.now)

    asyncio.run(wrote())
    return run


def test_sealed_texts_are_shown_with_the_key_and_counted_without(
    sealed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = sealed("audit", "show", "CHG-1")
    assert (code, "slack_user U0INES" in out, "“Ines is ill”" in out) == (0, True, True)
    assert "U0INES commented" in sealed("audit", "search", "actor:U0INES")[1]
    assert "sealed" not in json.loads(sealed("audit", "verify", "--json")[1])
    assert "U0INES" not in sealed("audit", "export", "--format", "csv")[1]
    monkeypatch.delenv("COUNTERSIGN_PRIVACY_KEY")
    code, out, _ = sealed("audit", "verify")
    assert (code, "texts, NOT looked at" in out) == (0, True)
    out = sealed("audit", "show", "CHG-1")[1]
    assert "slack_user withheld" in out
    assert "withheld (erased, or sealed by a key that is not here)" in out


def test_an_erasure_says_what_became_of_copies_in_backups(sealed: Run) -> None:
    words = ["audit", "erase", "--basis", "GDPR Art. 17"]
    code, out, err = sealed(*words, "--person", "U0INES")
    assert (code, err) == (0, "")
    assert "Erased 4 texts" in out
    assert "Their data key is destroyed" in out
    assert json.loads(sealed("audit", "verify", "--json")[1])["erased"] == 4
    assert sealed(*words, "--person", "U0INES")[0] == 2


def test_nothing_is_written_in_clear_because_a_key_is_missing(
    sealed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNTERSIGN_PRIVACY_KEY")
    code, _, err = sealed("audit", "erase", "--basis", "asked", "--person", "U0INES")
    assert (code, "COUNTERSIGN_PRIVACY_KEY holds none" in err) == (2, True)
    Path("countersign.toml").write_text(company_toml() + "\n[privacy]\nshred_backups = true\n")
    with pytest.raises(InvalidInputError, match="no folder"):
        read_configuration(Path("countersign.toml"))


def test_a_key_file_that_others_can_read_is_refused(sealed: Run) -> None:
    Path("privacy.key").chmod(0o644)
    code, _, err = sealed("audit", "erase", "--basis", "asked", "--person", "U0INES")
    assert (code, "Others can read the key file" in err) == (2, True)
