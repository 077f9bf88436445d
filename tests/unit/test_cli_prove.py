"""`countersign audit prove|verify-proof|consistency|checkpoint`: exit codes, words, and nothing that is written."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.domain.note import Checkpoint, Signer, Verifier, open_note
from tests.contracts.audit_house import entry, open_house
from tests.unit.test_cli import Run, run

__all__ = ["run"]
PLAN = "d" * 64


@pytest.fixture
def vkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> str:
    """Make a trail in which CHG-1 is open and CHG-2 was withdrawn; return the key it is signed with."""

    async def written() -> str:
        async with open_house(f"sqlite:///{tmp_path}/trail.db") as house:
            await house.append(
                entry(data={"revision": 1}, disclosures={"reason": "The queue is full."}),
                entry("change.planned", data={"revision": 1, "plan_digest": PLAN}),
            )
            await house.append(entry(change="CHG-2", data={"revision": 1}))
            await house.append(entry("change.withdrawn", change="CHG-2"))
            return house.vkey

    made = asyncio.run(written())
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", f"sqlite:///{tmp_path}/trail.db")
    return made


def test_a_pack_is_made_and_checked_and_the_database_stays_as_it_was(vkey: str, run: Run) -> None:
    before = Path("trail.db").read_bytes()
    made = run("audit", "prove", "--change", "chg-2", "--vkey", vkey, "-o", "pack.json")
    assert (made.code, made.out) == (0, "")
    assert "Nothing was recorded: in chat, `audit proof CHG-2` also writes down" in made.err
    assert Path("trail.db").read_bytes() == before
    held = run("audit", "verify-proof", "pack.json", "--vkey", vkey)
    assert held.code == 0
    assert held.out.startswith("The proof holds: CHG-2 ended with change.withdrawn.")
    assert "It does NOT prove:" in held.out
    other = run(
        "audit", "verify-proof", "pack.json", "--vkey", Signer.generate("a.example.test/log")[1], "--json"
    )
    assert (other.code, json.loads(other.out)["findings"][0]["code"]) == (1, "P2")


def test_a_pack_can_leave_peoples_words_out(vkey: str, run: Run) -> None:
    assert "The queue is full." in run("audit", "prove", "--change", "CHG-1", "--vkey", vkey).out
    withheld = run("audit", "prove", "--change", "CHG-1", "--vkey", vkey, "--withhold")
    assert withheld.code == 0
    assert "The queue is full." not in withheld.out
    assert "CHG-1 has NOT ENDED in this pack" in withheld.err


def test_one_entry_has_a_tlog_proof(vkey: str, run: Run) -> None:
    assert run("audit", "prove", "--seq", "3", "--vkey", vkey, "-o", "x.tlog-proof").code == 0
    assert Path("x.tlog-proof").read_text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    held = run("audit", "verify-proof", "x.tlog-proof", "--vkey", vkey)
    assert (held.code, '"change":"CHG-2"' in held.out) == (0, True)


def test_the_newest_checkpoint_is_printed_byte_for_byte(vkey: str, run: Run) -> None:
    said = run("audit", "checkpoint", "--vkey", vkey)
    assert (said.code, said.err) == (0, "")
    assert Checkpoint.parse(open_note(said.out, [Verifier.parse(vkey)]).text).size == 5
    assert json.loads(run("audit", "checkpoint", "--size", "3", "--json", "--vkey", vkey).out)["shard"] == 0
    unchecked = run("audit", "checkpoint")
    assert (unchecked.code, unchecked.out) == (0, said.out)
    assert "nobody checked its signature" in unchecked.err


def test_two_sizes_have_a_proof(vkey: str, run: Run) -> None:
    said = run("audit", "consistency", "2", "5", "--vkey", vkey)
    assert said.code == 0
    assert "The log of 2 entries is the beginning of the log of 5 (shard 0)." in said.out
    assert "no commit ended here" in said.out
    found = json.loads(run("audit", "consistency", "3", "5", "--vkey", vkey, "--json").out)
    assert (found["old"], found["new"], found["old_checkpoint"] != "") == (3, 5, True)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("prove",), 2, "A proof of what?"),
        (("prove", "--change", "CHG-1", "--seq", "1"), 2, "A proof of what?"),
        (("prove", "--change", "CHG-7"), 2, "holds nothing of CHG-7"),
        (("prove", "--change", "seven"), 2, "next:"),
        (("prove", "--seq", "99"), 2, "There is no entry 99"),
        (("prove", "--seq", "0", "--shard", "4"), 2, "There are: 0."),
        (("prove", "--change", "CHG-1", "-o", "no/such/folder"), 2, "cannot be written"),
        (("prove", "--change", "CHG-1", "--database", "sqlite:///none.db"), 2, "There is no database"),
        (("verify-proof", "none.json"), 2, "cannot be read"),
        (("consistency", "5", "2"), 2, "Name the smaller size first"),
        (("checkpoint", "--size", "2"), 2, "entries of one commit share one"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_next_step(
    vkey: str, run: Run, words: tuple[str, ...], code: int, says: str
) -> None:
    said = run("audit", *words, "--vkey", vkey)
    assert said.code == code
    assert says in said.err
    assert not Path("none.db").exists()


def test_a_trail_that_another_key_signed_does_not_hold(vkey: str, run: Run) -> None:
    said = run("audit", "prove", "--change", "CHG-1", "--vkey", Signer.generate("a.example.test/log")[1])
    assert said.code == 1
    assert "does not verify" in said.err


def test_without_any_key_nobody_can_say(vkey: str, run: Run) -> None:
    said = run("audit", "prove", "--change", "CHG-1")
    assert (said.code, "Add --vkey" in said.err) == (2, True)
