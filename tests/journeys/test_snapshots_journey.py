"""A snapshot as people get it: within seconds in the incident's thread, then what differs, then the review."""

import io
import json
from zipfile import ZipFile

import pytest

from bot.domain.note import Verifier
from bot.domain.proof_file import check_proof
from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE, DAN, Azure, entries, on_azure

PROD, TEST = "aoai-contoso-weu", "aoai-contoso-test-swc"
ACCOUNTS = {"triage-prod": PROD, "extract-prod": PROD, "router-test": TEST, "summary-test": TEST}
FAULTS = {
    "429_storm": ("triage-prod", "support-triage-ft", "*Critical · Capacity pressure*", {"ago": 10}),
    "content_filter_spike": (
        "extract-prod",
        "contract-extract-ft",
        "*Critical · Content filter spike*",
        {"ago": 10},
    ),
    "deployment_deleted": ("router-test", "intent-router-ft", "*Critical · Deployment failures*", {}),
    "quota_exhausted": ("summary-test", "summary-ft", "*Critical · Quota exhaustion*", {}),
}
LOGGED_SECONDS = 400.0  # Azure's activity log shows a write some minutes late
HERE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)


@HERE
async def test_the_first_snapshot_is_there_within_seconds_and_the_next_names_the_write_by_hand(
    house: House,
) -> None:
    people = house.people
    await people.say(ALICE, "/cs incident declare Tickets wait --sev 4 --target triage-prod")
    first = await people.message(ALICE, "INC-1 · Evidence snapshot 1", seconds=40)
    taken = [each for each in entries(house) if each.type == "incident.snapshot"]
    assert "Read-only" in words_of(first)
    assert first["thread_ts"]
    assert len(taken) == 1
    await Azure(house).behind(sku={"capacity": 60}, caller="dan.okafor@contoso.example")
    await people.advance(LOGGED_SECONDS)
    await people.say(ALICE, "/cs incident snapshot INC-1")
    second = await people.message(ALICE, "INC-1 · Evidence snapshot 2", seconds=40)
    for words in ("Capacity: 120 → 60", f"<@{DAN}>", "no approved change", "Since snapshot 1"):
        assert words in words_of(second)
    await people.say(ALICE, "/cs incident snapshot INC-1")
    third = await people.message(ALICE, "INC-1 · Snapshot 3", seconds=40)
    assert "nothing changed since snapshot 2" in words_of(third)
    await look_at_the_review(house)


@HERE
async def test_the_first_snapshot_names_the_fault_and_who_wrote(house: House) -> None:
    people = house.people
    for kind, (alias, deployment, _, ago) in FAULTS.items():
        fault = {"kind": kind, "deployment": deployment, "caller": "dan.okafor@contoso.example", **ago}
        await on_azure(people, "POST", "/control/troubles", {**fault, "account": ACCOUNTS[alias]})
    await people.advance(LOGGED_SECONDS)
    for n, (kind, (alias, _, said, _)) in enumerate(FAULTS.items(), 1):
        await people.say(ALICE, f"/cs incident declare {kind} --sev 4 --target {alias}")
        shown = words_of(await people.message(ALICE, f"INC-{n} · Evidence snapshot 1", seconds=40))
        assert said in shown, (kind, shown)
        if kind == "deployment_deleted":
            assert f"by <@{DAN}>" in shown, shown
            assert "no approved change" in shown


async def look_at_the_review(house: House) -> None:
    """The export is a ZIP in a direct message; what it holds is proved to who has the key."""
    people = house.people
    await people.say(ALICE, "/cs incident export INC-1")
    shared = await people.message(ALICE, lambda item: len(item["files"]) == 1, seconds=60)
    assert shared["channel"] == "DU0ALICE"
    content = await people.fetch(shared["files"][0]["url_private"])
    with ZipFile(io.BytesIO(content)) as opened:
        found = {name: opened.read(name) for name in opened.namelist()}
    told = json.loads(found["review.json"])
    assert [each["n"] for each in told["snapshots"]] == [1, 2, 3]
    keys = [Verifier.parse(house.world.vkey)]
    proofs = [body for name, body in found.items() if name.startswith("proofs/entries/")]
    assert len(proofs) >= 4
    assert {check_proof(body, keys).exit for body in proofs} == {0}
    assert "NOT APPROVED" in found["review.html"].decode()
    assert any(name.endswith(".png") for name in found)
    (entry,) = [each for each in entries(house) if each.type == "export.performed"]
    assert entry.actor == ALICE
