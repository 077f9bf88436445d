"""After an apply: calls begin to fail, the trigger is passed, people are told, and one of them rolls back."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import has_block, words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    OWNER,
    TRIAGE,
    Azure,
    applied,
    attested,
    confirm,
    press,
    requested,
    tags,
    told,
    trail,
)

ON_SQLITE = pytest.mark.parametrize(
    "house", [pytest.param(("sqlite", "http"), id="sqlite-http")], indirect=True
)
PASSED = "passed its rollback trigger"
MINUTE = 60.0


@ON_SQLITE
async def test_failing_calls_pass_the_trigger_and_the_message_rolls_back(house: House) -> None:
    people, azure = house.people, Azure(house)
    card = await applied(house, rollback_trigger="HTTP 5xx above 2 %")
    assert "HTTP 5xx above 2 %" in words_of(card)
    await people.advance(2 * MINUTE)
    assert "change.trigger_breached" not in tags(house)
    await azure.post("/control/traffic", {"deployment": TRIAGE, "share_5xx": 0.5})
    await people.advance(6 * MINUTE)
    for user in (OWNER, BOB):
        await people.message(user, PASSED)
    card = await people.message(BOB, "Rollback trigger passed")
    assert "share of HTTP 5xx" in words_of(card)
    direct = await people.message(OWNER, PASSED)
    assert (await confirm(house, OWNER, direct, "rollback"))["ok"]
    await people.card(BOB, "CHG-1", "rolled_back")
    assert await azure.capacity() == 120
    found = tags(house)
    assert found.count("change.trigger_breached") == 1
    assert found[-3:] == ["rollback.started", "baseline.recorded", "rollback.finished"]
    card = await people.card(BOB, "CHG-1", "rolled_back")
    assert (await confirm(house, BOB, card, "waive", reason="The owner is on leave."))["ok"]
    card = await people.message(BOB, "Attestation waived")
    assert "The owner is on leave." in words_of(card)
    report = trail(house)
    assert report.ok, report.findings


@ON_SQLITE
async def test_a_closed_change_has_a_note_and_is_taken_back_by_a_new_one(house: House) -> None:
    people = house.people
    await applied(house)
    card = await attested(house)
    await people.say(ALICE, "/cs change release-note CHG-1")
    await told(house, ALICE, "The release note of CHG-1")
    assert (await press(house, ALICE, card, "change.undo"))["ok"]
    form = await people.view(ALICE, lambda view: has_block(view, "capacity"))
    filled = next(each for each in form["blocks"] if each.get("block_id", "").startswith("capacity"))
    assert filled["element"]["initial_value"] == "120"
    sent = await people.submit(ALICE, form, {"expected_cost": "none"})
    assert sent["view"]["title"]["text"] == "Checking CHG-2"
    card = await people.card(BOB, "CHG-2", "pending_approval")
    assert "follows CHG-1" in words_of(card)
    await people.message(BOB, "Followed by CHG-2")


@ON_SQLITE
async def test_a_withdrawn_change_is_requested_again_from_its_card(house: House) -> None:
    people = house.people
    card = await requested(house)
    assert (await confirm(house, ALICE, card, "withdraw", reason="Not today."))["ok"]
    card = await people.card(ALICE, "CHG-1", "withdrawn")
    assert (await press(house, ALICE, card, "change.again"))["ok"]
    form = await people.view(ALICE, lambda view: has_block(view, "capacity"))
    sent = await people.submit(ALICE, form, {})
    assert sent["view"]["title"]["text"] == "Checking CHG-2"
    card = await people.card(BOB, "CHG-2", "pending_approval")
    assert "150" in words_of(card)
    assert "OPS-2231" in words_of(card)
