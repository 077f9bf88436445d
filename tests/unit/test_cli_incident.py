"""`countersign incident export`: a ZIP beside a running app, recorded where it can be, and words where it cannot."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.domain.incident_events import IncidentOpened
from bot.domain.note import Signer
from bot.domain.people import system
from bot.ports.archive import Cause
from handlers.cli.demo_company import ORIGIN, company_toml
from handlers.cli.main import main
from handlers.clock import WallClock
from handlers.settings import Settings
from storage.open import open_archive
from tests.contracts.test_archive_incidents import INCIDENT
from tests.fakes.logs import captured

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `countersign words…` where a key and a configuration are, and return its exit code and what it printed."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)
    skey, _ = Signer.generate(ORIGIN)
    monkeypatch.setenv("COUNTERSIGN_SIGNING_KEY", skey)
    (tmp_path / "countersign.toml").write_text(company_toml())

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["countersign", *words])
        with captured(), pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        return int(ended.value.code or 0), *capfd.readouterr()

    command.skey = skey  # type: ignore[attr-defined]
    return command


async def declared(skey: str) -> None:
    """Keep an incident with its entry."""
    signer, clock = Signer.parse(skey), WallClock()
    opened = await open_archive(
        "sqlite:///countersign.db", [signer], ORIGIN, clock=clock, build="test", lock=True
    )
    async with opened.archive.transaction() as tx:
        kept = await tx.add_incident(replace(INCIDENT, declared_at=clock.now(), began_at=clock.now()))
        event = IncidentOpened(
            incident=kept.id,
            severity="SEV2",
            targets=("triage-prod",),
            lead="",
            source="chat",
            drill=False,
            origin="",
            title="Tickets wait",
        )
        await tx.record(event, by=system("test"), cause=Cause("test", "R1"))
    await opened.close()


def test_a_review_is_written_once_and_who_took_it_is_in_the_trail(run: Run, tmp_path: Path) -> None:
    assert run("migrate")[0] == 0
    asyncio.run(declared(run.skey))  # type: ignore[attr-defined]
    code, out, err = run("incident", "export", "inc-1", "-o", "review.zip")
    assert (code, out, err) == (0, "review.zip: 0 snapshots, 0 linked changes, 1 proof.\n", "")
    with ZipFile(tmp_path / "review.zip") as archive:
        assert "proofs/entries/0001-incident.opened.tlog-proof" in archive.namelist()
        page = archive.read("review.html").decode()
    assert "No snapshot is kept." in page
    again = run("incident", "export", "INC-1", "-o", "review.zip")
    assert again[0] == 2
    assert "review.zip cannot be written" in again[2]
    assert run("audit", "verify")[0] == 0


def test_a_review_is_made_without_the_signing_key_and_it_says_that_nothing_was_recorded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("migrate")[0] == 0
    skey: str = run.skey  # type: ignore[attr-defined]
    asyncio.run(declared(skey))
    monkeypatch.delenv("COUNTERSIGN_SIGNING_KEY")
    code, _, err = run("incident", "export", "INC-1", "-o", "review.zip")
    assert (code, "Add --vkey" in err) == (2, True)
    vkey = Signer.parse(skey).vkey
    before = (tmp_path / "countersign.db").read_bytes()
    code, out, err = run("incident", "export", "INC-1", "--vkey", vkey, "-o", "review.zip")
    assert (code, out) == (0, "review.zip: 0 snapshots, 0 linked changes, 1 proof.\n")
    assert "Nothing was recorded of this: COUNTERSIGN_SIGNING_KEY is not set." in err
    assert (tmp_path / "countersign.db").read_bytes() == before
    with ZipFile(tmp_path / "review.zip") as archive:
        assert archive.read("vkey.txt").decode() == f"{vkey}\n"


def test_a_review_of_a_copy_is_checked_with_the_key_that_is_given(run: Run, tmp_path: Path) -> None:
    assert run("migrate")[0] == 0
    skey: str = run.skey  # type: ignore[attr-defined]
    asyncio.run(declared(skey))
    (tmp_path / "copy.db").write_bytes((tmp_path / "countersign.db").read_bytes())
    words = ("incident", "export", "INC-1", "--database", "sqlite:///copy.db", "-o")
    code, _, err = run(*words, "copy.zip", "--vkey", Signer.parse(skey).vkey)
    assert (code, "Nothing was recorded of this: this is not the configured database." in err) == (0, True)
    code, _, err = run(*words, "other.zip", "--vkey", Signer.generate(ORIGIN)[1])
    assert (code, "does not verify" in err) == (1, True)
    assert not (tmp_path / "other.zip").exists()


def test_what_is_not_there_is_said_and_nothing_is_made(run: Run, tmp_path: Path) -> None:
    code, _, err = run("incident", "export", "INC-1", "-o", "review.zip")
    assert (code, "There is no database" in err) == (2, True)
    assert not (tmp_path / "countersign.db").exists()
    assert run("migrate")[0] == 0
    code, _, err = run("incident", "export", "INC-7", "-o", "review.zip")
    assert (code, "There is no INC-7." in err) == (2, True)
    code, _, err = run("incident", "export", "CHG-7", "-o", "review.zip")
    assert (code, "is not an incident" in err) == (2, True)
    assert not (tmp_path / "review.zip").exists()
