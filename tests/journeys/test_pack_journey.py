"""The evidence pack as a person gets it: two files in their direct messages, and a proof that holds."""

import asyncio
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from bot.domain.merkle import leaf_hash, verify_inclusion
from bot.domain.note import Checkpoint, Verifier, open_note
from tests.journeys.conftest import House
from tests.journeys.ways import ALICE, applied

HERE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)


@HERE
async def test_a_pack_arrives_with_a_proof_that_the_trail_records_it(house: House) -> None:
    await house.people.say("U0ALICE", "/cs evidence triage-prod")
    shared = await house.people.message("U0ALICE", lambda item: len(item["files"]) == 2, seconds=40)
    assert shared["channel"] == "DU0ALICE"
    page, data = shared["files"]
    assert (page["name"][-5:], data["name"][-5:]) == (".html", ".json")
    pack = json.loads(await house.people.download(data["url_private"]))
    assert sha256(pack["snapshot"].encode()).hexdigest() == pack["sha256"]
    proof = pack["proof"]
    body = json.loads(proof["body"])
    assert body["evidence"][0]["sha256"] == pack["sha256"]
    assert body["actor"]["id"] == "U0ALICE"
    opened = open_note(proof["checkpoint"], [Verifier.parse(house.world.vkey)])
    signed = Checkpoint.parse(opened.text)
    path = [bytes.fromhex(each) for each in proof["path"]]
    leaf = leaf_hash(proof["body"].encode())
    verify_inclusion(index=proof["seq"], size=signed.size, leaf=leaf, proof=path, root=signed.root)
    assert "<h2>Security</h2>" in await house.people.download(page["url_private"])


@HERE
async def test_a_pack_of_a_change_has_its_record_and_the_proof_of_every_state(house: House) -> None:
    await applied(house)
    await house.people.say(ALICE, "/cs evidence triage-prod --change CHG-1")
    shared = await house.people.message(ALICE, lambda item: len(item["files"]) == 2, seconds=40)
    page, data = shared["files"]
    pack = json.loads(await house.people.download(data["url_private"]))
    record = json.loads(pack["change"]["text"])
    recorded = sha256(pack["change"]["text"].encode()).hexdigest()
    assert recorded == pack["change"]["sha256"]
    assert json.loads(pack["proof"]["body"])["evidence"][0]["sha256"] == recorded
    assert record["snapshot"] == sha256(pack["snapshot"].encode()).hexdigest()
    whats = [state["what"] for state in record["states"]]
    assert whats.index("change.requested") < whats.index("change.approved")
    assert whats.index("change.approved") < whats.index("change.execution.finished")
    assert [each["kind"] for each in record["baselines"]] == ["submit", "apply"]
    assert all(each["sha256"] in pack["change"]["kept"] for each in record["baselines"])
    for entry in pack["change"]["entries"]:
        opened = open_note(entry["checkpoint"], [Verifier.parse(house.world.vkey)])
        signed = Checkpoint.parse(opened.text)
        path = [bytes.fromhex(each) for each in entry["path"]]
        leaf = leaf_hash(entry["body"].encode())
        verify_inclusion(index=entry["seq"], size=signed.size, leaf=leaf, proof=path, root=signed.root)
    assert len(pack["change"]["entries"]) == len(whats)
    assert "<h2>Change CHG-1</h2>" in await house.people.download(page["url_private"])


@HERE
async def test_a_change_is_given_as_a_file_that_a_stranger_checks_and_the_trail_says_who_took_it(
    house: House, tmp_path: Path
) -> None:
    await applied(house)
    await house.people.say(ALICE, "/cs audit proof CHG-1")
    shared = await house.people.message(ALICE, lambda item: len(item["files"]) == 1, seconds=40)
    assert shared["channel"] == "DU0ALICE"
    path = tmp_path / shared["files"][0]["name"]
    path.write_text(await house.people.download(shared["files"][0]["url_private"]))
    command = [
        sys.executable,
        "-S",
        "-I",
        "bot/verify_pack.py",
        str(path),
        "--vkey",
        house.world.vkey,
        "--json",
    ]
    checked = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False, timeout=60)
    found = json.loads(checked.stdout)
    assert (checked.returncode, found["change"], found["ended"]) == (0, "CHG-1", ""), found
    assert "by U0BOB" in " ".join(found["proved"])
    assert json.loads(path.read_text())["disclosures"]
    await house.people.say(ALICE, "/cs audit proof CHG-1 --withhold --share")
    again = await house.people.message(
        ALICE, lambda item: item["channel"] != "DU0ALICE" and len(item["files"]) == 1, seconds=40
    )
    pack = json.loads(await house.people.download(again["files"][0]["url_private"]))
    assert pack["disclosures"] == []
    taken = json.loads(pack["entries"][-1]["body"])
    assert (taken["type"], taken["actor"]["id"]) == ("proofpack.issued", ALICE)
    assert taken["data"]["sha256"] == sha256(path.read_bytes()).hexdigest()
