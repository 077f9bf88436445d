"""`countersign audit seal|rotate|revoke|restore|erase`: what they print, what they refuse, how they end."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.entry import NewEntry, new_ulid
from bot.domain.note import Signer
from handlers.cli.demo_company import ORIGIN, company_toml
from handlers.cli.main import main
from handlers.clock import WallClock
from handlers.settings import Settings
from storage.database import ProcessLock
from storage.keeper import keeping
from tests.fakes.logs import captured

NEXT = "countersign.example.test/audit/2027"
DATABASE = "sqlite:///countersign.db"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, str]]:
    """Configure a key with its successors: one of the same name, one of another."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)
    made = [Signer.generate(name) for name in (ORIGIN, ORIGIN, NEXT)]
    monkeypatch.setenv("COUNTERSIGN_SIGNING_KEY", "\n".join(skey for skey, _ in made))
    (tmp_path / "countersign.toml").write_text(company_toml())
    return made


@pytest.fixture
def run(
    keys: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run `countersign words…` on a migrated database, and return its exit code and what it printed."""
    assert keys

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["countersign", *words])
        with captured(), pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        return int(ended.value.code or 0), *capfd.readouterr()

    assert command("migrate")[0] == 0
    return command


def verified(run: Run, *words: str) -> dict[str, object]:
    """Return what `audit verify --json` says."""
    said: dict[str, object] = json.loads(run("audit", "verify", "--json", *words)[1])
    return said


def test_a_trail_is_rotated_and_sealed_in_words_and_as_json(run: Run, keys: list[tuple[str, str]]) -> None:
    code, out, _ = run("audit", "rotate", "--by", "kim", "--reason", "two years old")
    assert (code, out.splitlines()[1]) == (0, f"  vkey {keys[1][1]}")
    assert f"another key signs {ORIGIN}" in out
    assert "take the old signing key away" in out
    code, out, _ = run("audit", "seal", "--json")
    sealed = json.loads(out)
    assert (code, sealed["verb"], sealed["shard"], sealed["next_shard"]) == (0, "seal", 0, 1)
    assert (sealed["next_origin"], sealed["next_vkey"]) == (NEXT, keys[2][1])
    for _, vkey in keys:
        assert verified(run, "--vkey", vkey)["findings"] == []
    found = verified(run)
    assert (found["size"], len(found["earlier"])) == (1, 1)
    assert (
        f"entries 1 in the newest part, {found['earlier'][0]} in 1 earlier part" in run("audit", "verify")[1]
    )
    assert run("migrate")[0] == 0


def test_without_a_further_key_nothing_is_handed_on(
    run: Run, keys: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_SIGNING_KEY", keys[0][0])
    before = verified(run)
    for verb in ("seal", "rotate"):
        code, out, err = run("audit", verb)
        assert (code, out) == (2, "")
        assert "Nothing was changed." in err
        assert "  next: Make a key with `countersign audit keygen --origin" in err
    assert verified(run) == before


def test_beside_a_running_program_nothing_is_handed_on(run: Run, tmp_path: Path) -> None:
    before, lock = verified(run), ProcessLock(tmp_path / "countersign.db")
    lock.take()
    for words in (["seal"], ["rotate"], ["erase", "--seq", "1", "--path", "x", "--basis", "asked"]):
        code, out, err = run("audit", *words)
        assert (code, out) == (2, "")
        assert "The database is in use by" in err
        assert "stop the other one" in err
    lock.release()
    assert verified(run) == before


def test_a_public_key_stands_in_for_a_private_one_that_is_gone(
    run: Run, keys: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("audit", "seal")[0] == 0
    monkeypatch.setenv("COUNTERSIGN_SIGNING_KEY", f"{keys[2][0]} {keys[0][1]}")
    assert verified(run)["findings"] == []
    assert keys[0][1] in run("version")[1]


def test_a_restored_copy_goes_on_and_says_what_was_lost(
    run: Run, keys: list[tuple[str, str]], tmp_path: Path
) -> None:
    copy, database = tmp_path / "copy.db", tmp_path / "countersign.db"
    copy.write_bytes(database.read_bytes())
    code, out, _ = run("audit", "rotate", "--json")
    assert code == 0
    (tmp_path / "anchor.txt").write_text(json.loads(out)["checkpoint"])
    database.write_bytes(copy.read_bytes())
    code, out, _ = run("audit", "restore", "--from-anchor", "anchor.txt", "--reason", "the disk died")
    assert code == 0
    assert f"the trail goes on as {NEXT} (shard 1)" in out
    assert verified(run)["findings"] == []
    code, out, err = run("audit", "restore", "--from-anchor", "none.txt")
    assert (code, out) == (2, "")
    assert "none.txt cannot be read" in err


def test_of_an_anchors_file_one_line_is_believed_and_several_are_not_chosen_from(
    run: Run, keys: list[tuple[str, str]], tmp_path: Path
) -> None:
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write('\n[anchors.file]\npath = "anchors.jsonl"\n')
    for verb in ("anchor", "rotate", "anchor"):
        assert run("audit", verb)[0] == 0
    for verb in ("revoke", "restore"):
        code, out, err = run("audit", verb, "--from-anchor", "anchors.jsonl")
        assert (code, out) == (2, "")
        assert "anchors.jsonl holds 2 anchors, and which of them you believe is yours to say." in err
        assert "`tail -n 1 anchors.jsonl`" in err
    (tmp_path / "nothing.jsonl").write_text('{"note": 7}\n')
    code, _, err = run("audit", "revoke", "--from-anchor", "nothing.jsonl")
    assert (code, "no checkpoint signed by a known key" in err) == (2, True)
    newest = (tmp_path / "anchors.jsonl").read_text().splitlines()[-1]
    (tmp_path / "believed.jsonl").write_text(newest + "\n")
    code, out, _ = run("audit", "revoke", "--from-anchor", "believed.jsonl")
    assert (code, f"the trail goes on as {NEXT} (shard 1)" in out) == (0, True)
    assert verified(run)["findings"] == []


def test_a_restored_copy_asks_the_configured_anchors_how_far_the_trail_was(run: Run, tmp_path: Path) -> None:
    database = tmp_path / "countersign.db"
    code, _, err = run("audit", "restore")
    assert (code, "No anchor is configured" in err) == (2, True)
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write('\n[anchors.file]\npath = "anchors.jsonl"\n')
    code, _, err = run("audit", "restore")
    assert (code, "No configured anchor says how far" in err, "--from-anchor FILE" in err) == (2, True, True)
    copy = database.read_bytes()
    assert run("audit", "anchor")[0] == 0
    assert run("audit", "rotate")[0] == 0
    assert run("audit", "anchor")[0] == 0
    database.write_bytes(copy)
    for each in ("-wal", "-shm"):
        database.with_name(database.name + each).unlink(missing_ok=True)
    database.with_name(database.name + ".high-water").unlink()
    assert "A2" in run("audit", "verify", "--anchor", "all")[1]
    code, out, err = run("audit", "restore", "--reason", "the disk died")
    assert (code, f"the trail goes on as {NEXT} (shard 1)" in out) == (0, True)
    assert f"The newest checkpoint is in the anchor file: {ORIGIN}, 5 entries were seen." in err
    genesis = json.loads(run("audit", "export", "--shard", "1")[1].splitlines()[0])
    assert genesis["data"]["lost"] == {"origin": ORIGIN, "from_size": 2, "to_size": 5}
    assert run("audit", "verify", "--anchor", "all")[0] == 0


def test_the_mark_that_the_configuration_names_is_kept_and_holds_for_its_database_alone(
    run: Run, tmp_path: Path
) -> None:
    text = (tmp_path / "countersign.toml").read_text()
    (tmp_path / "countersign.toml").write_text(text.replace("[audit]\n", '[audit]\nhigh_water = "mark"\n', 1))
    other = tmp_path / "other.db"
    backup = (tmp_path / "countersign.db").read_bytes()
    other.write_bytes(backup)
    assert run("audit", "rotate")[0] == 0
    assert (tmp_path / "mark").exists()
    older = (tmp_path / "mark").read_bytes()
    assert run("audit", "seal", "--database", f"sqlite:///{other}")[0] == 0
    assert (tmp_path / "mark").read_bytes() == older
    (tmp_path / "countersign.db").write_bytes(backup)
    code, _, err = run("audit", "seal")
    assert (code, "another copy of the database is in its place" in err) == (1, True)


def test_a_text_is_erased_and_verifying_says_so(run: Run, keys: list[tuple[str, str]]) -> None:
    async def wrote() -> None:
        signers = [Signer.parse(skey) for skey, _ in keys]
        said = NewEntry(
            id=new_ulid(WallClock().now()),
            type="change.commented",
            actor={"kind": "slack_user", "id": "U1"},
            disclosures={"text": "Ines is ill"},
        )
        opening = keeping(DATABASE, signers, vkeys=[], clock=WallClock(), by="", reason="", build="test")
        async with opening as keeper, keeper.act() as connection:
            await keeper.ledger.append(connection, [said], now=keeper.now)

    asyncio.run(wrote())
    seq = verified(run)["size"] - 1  # type: ignore[operator]
    words = ["audit", "erase", "--basis", "GDPR Art. 17"]
    assert (
        run(*words)[0]
        == run(*words, "--seq", str(seq))[0]
        == run(*words, "--seq", "1", "--path", "x")[0]
        == 2
    )
    code, out, _ = run(*words, "--seq", str(seq), "--path", "text")
    assert (code, out.splitlines()[0]) == (0, "Erased 1 texts; the trail says so.")
    assert "  withheld 1 texts, 1 of them by a recorded erasure" in run("audit", "verify")[1]
    asyncio.run(wrote())
    assert json.loads(run(*words, "--person", "U1", "--json")[1])["erased"][0]["path"] == "text"
    assert (verified(run)["ok"], verified(run)["withheld"]) == (True, 2)


def test_a_stolen_key_is_revoked_from_an_anchor(run: Run, tmp_path: Path) -> None:
    (tmp_path / "anchor.txt").write_text(str(verified(run)["checkpoint"]))
    code, out, _ = run("audit", "revoke", "--from-anchor", "anchor.txt", "--reason", "a laptop was lost")
    assert code == 0
    assert "no longer trust the old key beyond the anchor" in out
    assert verified(run)["findings"] == []
