"""An auditor in a running house: finds who approved, turns pages, takes entries, and changes nothing."""

import csv
import json
from io import StringIO

import pytest

from bot.domain.merkle import leaf_hash
from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE, BOB, GUEST, OWNER, entries, press, requested, tags, told

ERIN = "U0ERIN"
HERE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)


@HERE
async def test_an_auditor_finds_what_happened_and_can_change_nothing(house: House) -> None:
    card = await requested(house)
    people = house.people
    await people.say(ERIN, f"/cs audit search actor:<@{ALICE}> change:CHG-1 from:1d")
    found = await people.message(ERIN, lambda item: "Audit trail" in item["text"])
    assert "requested CHG-1: scale" in words_of(found)
    for _ in range(6):
        await people.say(ERIN, "/cs audit search")
    page = await people.message(ERIN, lambda item: "10 entries of everything" in item["text"])
    await people.click(ERIN, page, "trail.older")
    older = await people.message(ERIN, lambda item: "page 2" in item["text"])
    assert "opened the log" in words_of(older)
    assert older["ts"] == page["ts"], "another page takes the place of this one"
    await people.click(ERIN, older, "trail.newer")
    await people.message(ERIN, lambda item: item["ts"] == page["ts"] and "page 2" not in item["text"])
    await press(house, ERIN, card, "change.approve")
    await told(house, ERIN, "you are an auditor")
    await people.say(ERIN, "/cs change request scale triage-prod")
    await told(house, ERIN, "changes something")
    mine = [each.type for each in entries(house) if each.actor == ERIN]
    assert mine == ["evidence.read"] * 9 + ["change.refused", "permission.denied", "command.denied"]
    await people.say(ALICE, "/cs audit search")
    await told(house, ALICE, "read by auditors")
    assert "change.approved" not in tags(house)
    await people.say(BOB, "/cs audit search type:command.denied")
    denied = await people.message(BOB, lambda item: "Audit trail" in item["text"])
    assert "was refused change request" in words_of(denied)


BOTH = pytest.mark.parametrize("house", [("sqlite", "http"), ("postgresql", "http")], indirect=True)


@BOTH
async def test_an_auditor_takes_entries_as_a_file_and_the_trail_says_so(house: House) -> None:
    await requested(house)
    people = house.people
    await people.say(ERIN, "/cs audit export --last 1d")
    shared = await people.message(ERIN, lambda item: len(item["files"]) == 1, seconds=40)
    assert shared["channel"] == f"D{ERIN}"
    lines = (await people.download(shared["files"][0]["url_private"])).splitlines()
    bodies = [json.loads(line) for line in lines]
    assert [body["seq"] for body in bodies] == list(range(len(lines)))
    assert [body["prev"] for body in bodies[1:]] == [leaf_hash(line.encode()).hex() for line in lines[:-1]]
    taken = next(each for each in entries(house) if each.type == "export.performed")
    assert (taken.actor, taken.data["entries"], taken.data["last"]) == (
        ERIN,
        len(lines),
        f"0/{len(lines) - 1}",
    )
    await people.say(ERIN, "/cs audit export --to 2020-01-01 --change CHG-1")
    await told(house, ERIN, "No entry of the trail fits")


@BOTH
async def test_of_a_change_its_owner_takes_the_entries_and_a_stranger_does_not(house: House) -> None:
    await requested(house)
    people = house.people
    await people.say(OWNER, "/cs audit export --change chg-1 --format csv")
    shared = await people.message(OWNER, lambda item: len(item["files"]) == 1, seconds=40)
    assert shared["files"][0]["name"].startswith("audit-CHG-1-0.")
    rows = list(csv.DictReader(StringIO(await people.download(shared["files"][0]["url_private"]))))
    assert {row["change"] for row in rows} == {"CHG-1"}
    assert "change.requested" in [row["type"] for row in rows]
    assert [row["change_n"] for row in rows] == [str(n) for n in range(len(rows))]
    assert "export.performed" in [each.type for each in entries(house, "CHG-1")]
    await people.say(OWNER, "/cs audit export")
    await told(house, OWNER, "the audit trail is read by auditors")
    await people.say(GUEST, "/cs audit export --change CHG-1")
    assert not [each for each in entries(house) if each.type == "export.performed" and each.actor == GUEST]
