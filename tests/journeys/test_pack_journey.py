"""The evidence pack as a person gets it: two files in their direct messages, and a proof that holds."""

import json
from hashlib import sha256

import pytest

from bot.domain.merkle import leaf_hash, verify_inclusion
from bot.domain.note import Checkpoint, Verifier, open_note
from tests.journeys.conftest import House

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
