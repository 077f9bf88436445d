"""`audit pack`: a period as a ZIP that reads, checks and repeats itself without Countersign."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.contracts.audit_house import House, entry, open_house
from tests.contracts.test_audit_export import Run, run  # noqa: F401 (a fixture)

EVIL = "<script>alert('x')</script>"
REQUESTED: dict[str, Any] = {
    "revision": 1,
    "kind": EVIL,
    "owner": "U0OTTO",
    "ticket": "=HYPERLINK(1)",
    "expected_cost": "none",
    "validation_signal": "none",
}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a trail with three changes: one expired, one withdrawn, one open."""
    async with open_house(database_url) as opened:
        for change in ("CHG-10", "CHG-2", "CHG-1"):
            await opened.append(entry("change.requested", change, REQUESTED, {"reason": EVIL}))
        await opened.append(entry("change.expired", "CHG-1"))
        await opened.append(entry("change.withdrawn", "CHG-2"))
        yield opened


class Page(HTMLParser):
    """What a page would load or run, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and where it leads."""
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "style")]

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.words.append(data)


def test_the_evidence_of_a_period_is_read_and_checked_without_us(
    house: House,
    run: Run,  # noqa: F811
    tmp_path: Path,
) -> None:
    words = ("--database", house.url, "--vkey", house.vkey)
    said = run("pack", "--from", "2026-11-22", "--to", "2026-11-23", "-o", "q.zip", *words)
    assert (said.code, said.out) == (0, "q.zip: 6 entries, 3 changes. The audit trail holds.\n")
    assert "Nothing was recorded" in said.err
    with ZipFile(tmp_path / "q.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "q")
    folder = tmp_path / "q"
    page = Page()
    page.feed((folder / "index.html").read_text())
    assert page.tags & {"script", "img", "link", "iframe"} == set()
    assert page.links == ["proofs/CHG-1.json", "proofs/CHG-2.json", "proofs/CHG-10.json"]
    text = " ".join(page.words)
    assert EVIL in text, "what people write is shown, never run"
    for words_ in ("change.expired", "change.withdrawn", "open", house.vkey, "The audit trail holds"):
        assert words_ in text
    lines = (folder / "entries.jsonl").read_bytes().splitlines()
    leaves = [sha256(b"\x00" + line).hexdigest() for line in lines]
    assert [json.loads(line)["prev"] for line in lines[1:]] == leaves[:-1]
    rows = list(csv.DictReader(io.StringIO((folder / "entries.csv").read_text(), newline="")))
    assert [row["leaf_hash"] for row in rows] == leaves
    for name in ("CHG-1", "CHG-10"):
        checked = subprocess.run(
            [sys.executable, "-S", "-I", "verify_pack.py", f"proofs/{name}.json", "--vkey", house.vkey],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, f"{name} " in checked.stdout) == (0, True)
    assert (folder / "checkpoints/0.txt").read_text().splitlines()[1] == "6"
    again = run("pack", "--from", "2026-11-22", "--to", "2026-11-23", "-o", "again.zip", *words)
    assert again.code == 0
    assert (tmp_path / "q.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()
    assert run("pack", "-o", "w.zip", "--withhold", *words).code == 0
    with ZipFile(tmp_path / "w.zip") as archive:
        assert json.loads(archive.read("proofs/CHG-1.json"))["disclosures"] == []


@pytest.fixture
async def forged(house: House) -> House:
    """Give the trail after somebody with the database has edited an entry."""
    if house.inside:
        await house.run("ALTER TABLE {}audit_entry DISABLE TRIGGER ALL")
    else:
        rows = await house.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        await house.run(*[f"DROP TRIGGER {row[0]}" for row in rows])
    await house.run("UPDATE {}audit_entry SET body = replace(body, 'OTTO', 'EVIL') WHERE seq = 2")
    return house


def test_a_trail_that_does_not_hold_is_packed_with_what_is_wrong(
    forged: House,
    run: Run,  # noqa: F811
    tmp_path: Path,
) -> None:
    said = run("pack", "-o", "q.zip", "--database", forged.url, "--vkey", forged.vkey)
    assert (said.code, "does NOT hold" in said.out) == (1, True)
    with ZipFile(tmp_path / "q.zip") as archive:
        page = archive.read("index.html").decode()
        assert "proofs/CHG-2.json" not in archive.namelist()
    assert "does NOT hold" in page
    assert "C1 at 2" in page
    assert "Entry 2 is not what was recorded" in page
