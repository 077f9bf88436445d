"""`audit anchor` and `audit verify --anchor`: what they print, and their exit codes."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.anchoring import anchor_line
from bot.domain.note import Signer
from bot.domain.note_text import Checkpoint
from handlers.cli.demo_company import ORIGIN
from tests.fakes.witness import Witness
from tests.unit.test_cli import Run, run, vkey

__all__ = ["run", "vkey"]


@pytest.fixture
def house(run: Run, vkey: str, tmp_path: Path) -> Run:
    """Give a command line with a migrated database and an anchor file."""
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write('\n[anchors.file]\npath = "anchors.jsonl"\n')
    return run


def claimed(size: int, root: bytes = b"r" * 32) -> str:
    """Return a line of an anchor file that the trail's own key signed."""
    signer = Signer.parse(os.environ["COUNTERSIGN_SIGNING_KEY"])
    return anchor_line(signer.sign(Checkpoint(ORIGIN, size, root).text()), datetime(2026, 11, 22, tzinfo=UTC))


def test_anchoring_says_where_and_a_second_time_that_there_is_nothing_new(house: Run, tmp_path: Path) -> None:
    said = house("audit", "anchor")
    assert said.code == 0
    assert said.out.startswith("file: anchored at size 2 (")
    assert "nothing new; anchored before at size 2" in house("audit", "anchor").out
    again = json.loads(house("audit", "anchor", "--json").out)
    assert again["ok"] is True
    assert again["anchors"][0]["is_new"] is False
    assert len((tmp_path / "anchors.jsonl").read_text().splitlines()) == 1


def test_an_anchor_that_cannot_be_made_exits_2_and_says_why(house: Run, tmp_path: Path) -> None:
    (tmp_path / "anchors.jsonl").mkdir()
    said = house("audit", "anchor")
    assert said.code == 2
    assert "NOT anchored" in said.out
    assert "next:" in said.out


@pytest.mark.parametrize("named", ["file", "all", "anchors.jsonl"])
def test_verifying_against_an_anchor_holds(house: Run, named: str) -> None:
    assert house("audit", "anchor").code == 0
    said = house("audit", "verify", "--anchor", named)
    assert (said.code, said.out.splitlines()[0]) == (0, "The audit trail holds.")
    assert "size 2" in said.out
    found = json.loads(house("audit", "verify", "--anchor", named, "--json").out)
    assert (found["ok"], found["findings"], found["anchors"][0]["size"]) == (True, [], 2)


@pytest.mark.parametrize(("size", "code"), [(9, "A2"), (1, "A3")])
def test_an_anchor_that_says_something_else_exits_1_with_the_code(
    house: Run, tmp_path: Path, size: int, code: str
) -> None:
    (tmp_path / "kept.jsonl").write_text(claimed(size))
    said = house("audit", "verify", "--anchor", "kept.jsonl")
    assert said.code == 1
    assert said.out.startswith("The audit trail does NOT hold.")
    assert f"  {code}" in said.out
    found = json.loads(house("audit", "verify", "--anchor", "kept.jsonl", "--json").out)
    assert [each["code"] for each in found["findings"]] == [code]


def test_an_anchor_that_does_not_answer_leaves_it_unsaid_unless_another_does(
    house: Run, tmp_path: Path
) -> None:
    assert house("audit", "anchor").code == 0
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write(f'\n[anchors.witness]\nurl = "http://127.0.0.1:9/w1"\nvkey = "{Witness().vkey}"\n')
    alone = house("audit", "verify", "--anchor", "witness")
    assert alone.code == 2
    assert "anchor witness: NOT asked: The witness did not answer." in alone.out
    assert "It cannot be said whether the trail is whole." in alone.out
    both = house("audit", "verify", "--anchor", "all")
    assert both.code == 0
    assert "NOT asked" in both.out


def test_without_an_anchor_there_is_nothing_to_ask(run: Run, vkey: str) -> None:
    said = run("audit", "verify", "--anchor", "all")
    assert (said.code, said.out) == (2, "")
    assert "No anchor is configured" in said.err
    assert "docs/anchors.md" in said.err
    assert run("audit", "anchor").code == 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[anchors.azure_blob]\nurl = "https://evil.example/c/b"', "is no address of a blob"),
        (
            '[anchors.azure_blob]\nurl = "https://a1b.blob.core.windows.net/c/b?sig=x"',
            "is no address of a blob",
        ),
        ('[anchors.witness]\nurl = "https://w.example"\nvkey = "w+00000000+AAAA"', "no public key"),
        ('[anchors.file]\nname = "x"', "anchors.file.name"),
    ],
)
def test_a_mistake_in_the_table_is_refused_with_its_place(
    run: Run, vkey: str, tmp_path: Path, table: str, words: str
) -> None:
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write(f"\n{table}\n")
    said = run("audit", "anchor")
    assert said.code == 2
    assert words in said.err


def test_a_logs_key_is_not_taken_for_a_witness(run: Run, vkey: str, tmp_path: Path) -> None:
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write(f'\n[anchors.witness]\nurl = "https://w.example"\nvkey = "{vkey}"\n')
    assert "a log's key, not a witness's" in run("audit", "anchor").err
