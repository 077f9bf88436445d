"""An auditor in a running house: finds who approved, turns pages, and is refused whatever changes something."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE, BOB, entries, press, requested, tags, told

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
