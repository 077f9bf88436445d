"""`audit anchor` and `audit verify --anchor`: what they print, and their exit codes."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.anchoring import anchor_line
from bot.domain.note import Signer, new_pem, public_key_of
from bot.domain.note_text import Checkpoint
from bot.domain.public_key import ECDSA_P256, ML_DSA_COSIGNATURE
from handlers.cli.demo_company import ORIGIN
from tests.fakes.witness import Witness
from tests.unit.test_cli import Run, run, vkey

__all__ = ["run", "vkey"]
NAME = "example.test/hsm"
ECDSA = public_key_of(NAME, new_pem(ECDSA_P256)).vkey


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


@pytest.mark.parametrize("text", ["# Read me\n\nWords.\n", '{"format": "x"}\n', "", "\x00\n\x01\n"])
def test_a_file_that_holds_no_checkpoint_is_no_anchor_and_raises_no_alarm(
    house: Run, tmp_path: Path, text: str
) -> None:
    (tmp_path / "other.txt").write_text(text)
    said = house("audit", "verify", "--anchor", "other.txt")
    assert said.code == 2
    assert "anchor other.txt: NOT asked: other.txt holds no checkpoint of this trail." in said.out
    assert '{"at": "…", "note": "…"}' in said.out
    assert "docs/anchors.md" in said.out
    assert "Change nothing" not in said.out
    assert "It cannot be said whether the trail is whole." in said.out
    found = json.loads(house("audit", "verify", "--anchor", "other.txt", "--json").out)
    assert (found["ok"], found["findings"]) == (False, [])


def test_an_anchor_file_in_which_a_line_is_spoilt_is_still_a_finding(house: Run, tmp_path: Path) -> None:
    assert house("audit", "anchor").code == 0
    kept = (tmp_path / "anchors.jsonl").read_text()
    (tmp_path / "kept.jsonl").write_text(f"{kept}spoilt\n")
    said = house("audit", "verify", "--anchor", "kept.jsonl")
    assert (said.code, "  A1: " in said.out) == (1, True)
    (tmp_path / "anchors.jsonl").write_text("spoilt\n" * 99)
    assert house("audit", "verify", "--anchor", "file").code == 1


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
        ('[anchors.ecdsa]\nvkey = "h+00000000+AAAA"\nkey_file = "x"', "no public key"),
        (f'[anchors.ecdsa]\nvkey = "{ECDSA}"', "one of key_file and vault_key"),
        (f'[anchors.ecdsa]\nvkey = "{ECDSA}"\nkey_file = "x"', "no anchor is configured"),
        (f'[anchors.ecdsa]\nvkey = "{ECDSA}"\nvault_key = "https://v.example/keys/a/1"', "no address of a"),
        (f'[anchors.ml_dsa]\nvkey = "{ECDSA}"\nkey_file = "x"', "of type 2, not of type 6"),
        (
            f'[anchors.file]\npath = "x"\n[anchors.ecdsa]\nvkey = "{ECDSA}"\nkey_file = "x"\n'
            f'[anchors.ml_dsa]\nvkey = "{public_key_of(NAME, new_pem(ML_DSA_COSIGNATURE)).vkey}"\nkey_file = "y"',
            "two keys that are called",
        ),
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
    assert "is a key of type 1, not of type 4 or 6" in run("audit", "anchor").err


@pytest.mark.parametrize(("kind", "table"), [("ecdsa", "ecdsa"), ("ml-dsa", "ml_dsa")])
def test_a_second_key_is_made_signs_what_is_anchored_and_is_verified(
    house: Run, tmp_path: Path, kind: str, table: str
) -> None:
    words = ("audit", "keygen", "--kind", kind, "--origin", NAME)
    second = house(*words, "--out", "second.pem").out.strip()
    assert (tmp_path / "second.pem").stat().st_mode & 0o777 == 0o600
    assert house(*words, "--public", "second.pem").out.strip() == second
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write(f'\n[anchors.{table}]\nvkey = "{second}"\nkey_file = "second.pem"\n')
    assert house("audit", "anchor").out.rstrip().endswith(f"), signed by {NAME}")
    assert "cosignatures 1 verified" in house("audit", "verify").out
    assert json.loads(house("audit", "verify", "--anchor", "all", "--json").out)["cosigned"] == 1
    note = house("audit", "checkpoint", "--cosigned").out
    assert f"\n— {NAME} " in note
    assert house("audit", "checkpoint", "--size", "2").out == note
    assert f"— {NAME} " not in house("audit", "checkpoint").out
    assert house("audit", "export", "--format", "tiles", "--cosigned", "-o", "tiles").code == 0
    assert (tmp_path / "tiles" / "checkpoint").read_text() == note


def test_a_second_key_that_cannot_sign_leaves_the_anchor_and_an_entry(house: Run, tmp_path: Path) -> None:
    second = house("audit", "keygen", "--kind", "ecdsa", "--origin", NAME, "--out", "second.pem").out.strip()
    (tmp_path / "second.pem").chmod(0o644)
    with (tmp_path / "countersign.toml").open("a") as file:
        file.write(f'\n[anchors.ecdsa]\nvkey = "{second}"\nkey_file = "second.pem"\n')
    said = house("audit", "anchor")
    assert said.code == 0
    assert "file: anchored at size 2" in said.out
    assert "  ecdsa: NOT signed: Others can read the key file" in said.out
    assert "chmod 600" in said.out
    assert "anchor.failed" in house("audit", "export", "--format", "jsonl").out
    assert "No checkpoint of it is cosigned." in house("audit", "checkpoint", "--cosigned").err
    (tmp_path / "second.pem").chmod(0o600)
    other = house("audit", "keygen", "--kind", "ecdsa", "--origin", NAME).out.rpartition("\n")[0]
    (tmp_path / "second.pem").write_text(other.rpartition("\n")[0])
    house("audit", "export", "--format", "jsonl")
    assert "holds another key" in house("audit", "anchor").out


def test_what_is_no_kind_of_key_or_no_file_of_one_is_said_with_the_next_step(
    run: Run, tmp_path: Path
) -> None:
    assert "There is no kind of key 'ecdas'" in run("audit", "keygen", "--kind", "ecdas", "--origin", "x").err
    assert "cannot be read" in run("audit", "keygen", "--public", "none.pem", "--origin", NAME).err
    (tmp_path / "no.pem").write_text("nothing")
    assert "gives no public key" in run("audit", "keygen", "--public", "no.pem", "--origin", NAME).err
