"""`audit export` on a real database: ranges, folders, and who writes down that something left."""

import json
import sqlite3
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from bot.domain.note import Signer
from handlers.cli.demo_company import ORIGIN, company_toml
from handlers.cli.main import main
from handlers.settings import Settings
from storage.database import ProcessLock
from tests.contracts.audit_house import NOW, House, entry, ledger_of, open_house
from tests.fakes.logs import captured
from tests.unit.test_audit_exports import read_tree, root_of


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a trail of 31 entries, three in each of ten minutes."""
    async with open_house(database_url) as opened:
        for _ in range(10):
            await opened.append(*[entry() for _ in range(3)])
        yield opened


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `countersign audit words…` in an empty folder, with nothing configured."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["countersign", "audit", *words])
        with captured(), pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        printed = capfd.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return command


@pytest.fixture
def configured(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Path:
    """Configure a key and a company, and make the database; return its file."""
    monkeypatch.setenv("COUNTERSIGN_SIGNING_KEY", Signer.generate(ORIGIN)[0])
    (tmp_path / "countersign.toml").write_text(company_toml())
    monkeypatch.setattr(sys, "argv", ["countersign", "migrate"])
    with captured(), pytest.raises(SystemExit):
        main()
    capfd.readouterr()
    return tmp_path / "countersign.db"


RANGES: tuple[tuple[tuple[str, ...], range], ...] = (
    ((), range(31)),
    (("--from", "4"), range(4, 31)),
    (("--from", "4", "--to", "6"), range(4, 7)),
    (("--from", "2026-11-22T09:02", "--to", "2026-11-22T09:03"), range(4, 10)),
    (("--to", "2026-11-21"), range(0)),
)


def test_a_range_is_exported_with_both_its_ends(house: House, run: Run) -> None:
    for words, seqs in RANGES:
        said = run("export", "--database", house.url, *words)
        assert (said.code, [json.loads(line)["seq"] for line in said.out.splitlines()]) == (0, list(seqs))


def test_the_tiles_of_a_trail_lead_to_the_root_its_checkpoint_signs(
    house: House, run: Run, tmp_path: Path
) -> None:
    words = ("export", "--format", "tiles", "--database", house.url, "-o", "log")
    assert run(*words).code == 0
    files = {
        str(path.relative_to(tmp_path / "log")): path.read_bytes()
        for path in tmp_path.glob("log/**/*")
        if path.is_file()
    }
    origin, size, root, *_ = files["checkpoint"].decode().splitlines()
    assert (origin, size) == (house.ledger.origin, "31")
    assert root_of(read_tree(files, 31)) == b64decode(root)
    again = run(*words)
    assert (again.code, "is not empty" in again.err) == (2, True)


def test_tiles_of_a_forged_trail_are_not_written(configured: Path, run: Run, tmp_path: Path) -> None:
    assert run("export").code == 0
    database = sqlite3.connect(configured)
    for (name,) in list(database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")):
        database.execute(f"DROP TRIGGER {name}")
    database.execute("UPDATE audit_entry SET body = replace(body, 'jsonl', 'other')")
    database.commit()
    database.close()
    said = run("export", "--format", "tiles", "-o", "log")
    assert (said.code, "does not sign the entries" in said.err) == (1, True)
    assert list((tmp_path / "log").iterdir()) == []


NONSENSE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("--format", "tiles"), "Tiles are a folder."),
    (("--format", "tiles", "-o", "x", "--from", "3"), "Tiles hold a whole shard"),
    (("--format", "xml"), "There is no format 'xml'."),
    (("--shard", "9"), "There is no such shard"),
    (("--from", "9", "--to", "3"), "The range ends before it begins."),
)


def test_what_makes_no_sense_is_refused_in_words(configured: Path, run: Run) -> None:
    for words, happened in NONSENSE:
        said = run("export", *words)
        assert (said.code, said.out) == (2, "")
        assert happened in said.err
        assert "next:" in said.err


def test_a_range_without_entries_is_said_to_be_empty(configured: Path, run: Run) -> None:
    said = run("export", "--from", "2030-01-01")
    assert (said.code, said.out) == (0, "")
    assert "No entry of the trail is in that range" in said.err
    assert "No entry" not in run("export").err


def test_who_exports_leaves_an_entry_that_names_what_left(configured: Path, run: Run) -> None:
    exported = run("export", "--format", "csv")
    assert (exported.code, exported.err) == (0, "")
    last = json.loads(run("export").out.splitlines()[-1])
    assert (last["type"], last["actor"]["kind"]) == ("export.performed", "operator")
    assert last["data"] == {
        "format": "csv",
        "entries": last["seq"],
        "first": "0/0",
        "last": f"0/{last['seq'] - 1}",
    }


def test_where_nothing_can_be_recorded_that_is_said_and_the_export_comes_all_the_same(
    configured: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = ProcessLock(configured)
    lock.take()
    try:
        beside = run("export")
    finally:
        lock.release()
    assert beside.code == 0
    assert beside.err.startswith("countersign: Nothing was recorded of this: ")
    copy = configured.with_name("copy.db")
    copy.write_bytes(configured.read_bytes())
    elsewhere = run("export", "--database", f"sqlite:///{copy}")
    assert "this is not the configured database" in elsewhere.err
    monkeypatch.delenv("COUNTERSIGN_SIGNING_KEY")
    assert "COUNTERSIGN_SIGNING_KEY" in run("export").err
    assert elsewhere.out == beside.out == run("export").out


def test_a_file_is_new_or_nothing_is_written(configured: Path, run: Run, tmp_path: Path) -> None:
    assert run("export", "-o", "trail.jsonl").code == 0
    before = sha256((tmp_path / "trail.jsonl").read_bytes()).digest()
    again = run("export", "-o", "trail.jsonl")
    assert (again.code, "trail.jsonl cannot be written" in again.err) == (2, True)
    assert sha256((tmp_path / "trail.jsonl").read_bytes()).digest() == before


async def test_a_number_needs_a_shard_where_there_is_more_than_one(house: House, run: Run) -> None:
    skey = Signer.generate(f"{house.ledger.origin}/2")[0]
    later = ledger_of(skey, shard=1)
    async with house.engine.begin() as connection:
        await later.open_log(connection, NOW)
    assert (
        "Every shard counts its entries from 0." in run("export", "--from", "3", "--database", house.url).err
    )
    found = run("export", "--from", "0", "--shard", "1", "--database", house.url)
    assert [json.loads(line)["log"] for line in found.out.splitlines()] == [f"{house.ledger.origin}/2"]
    assert len(run("export", "--database", house.url).out.splitlines()) == 32
