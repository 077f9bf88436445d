"""A change from the first question to its closed card: both databases, both transports, four people."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.manners import check_azure, check_slack
from tests.journeys.people import words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    OWNER,
    PROD,
    TRIAGE,
    WINDOW_SECONDS,
    Azure,
    calls,
    confirm,
    entries,
    open_form,
    press,
    review,
    told,
    trail,
)

HOSTILE = "<!channel> & <https://evil.example|safe> <@U0ALICE>"
FORM = {
    "owner": OWNER,
    "ticket": f"OPS-2231 {HOSTILE}",
    "reason": f"The morning peak is throttled. {HOSTILE}",
    "expected_cost": f"+ $0 {HOSTILE}",
    "validation_signal": f"HTTP 429 below 1 % {HOSTILE}",
    "rollback_plan": f"Set the capacity back to 120. {HOSTILE}",
    "capacity": "150",
}


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
async def test_a_change_goes_from_the_first_question_to_its_closed_card(house: House) -> None:
    people, azure = house.people, Azure(house)

    assert (await people.say(ALICE, "/cs status triage-prod"))["ok"]
    assert "120" in words_of(await told(house, ALICE, TRIAGE))
    assert await azure.requests("PATCH", "PUT", "POST", "DELETE") == []

    form = await open_form(house)
    refused = await people.submit(ALICE, form, {**FORM, "capacity": "many"})
    assert list(refused["errors"]) == ["capacity"]
    blank = await people.submit(ALICE, form, {**FORM, "rollback_plan": "   "})
    assert list(blank["errors"]) == ["rollback_plan"]
    sent = await people.submit(ALICE, form, FORM)
    assert sent["view"]["title"]["text"] == "Checking CHG-1"
    card = await people.card(BOB, "CHG-1", "pending_approval")
    assert card["ephemeral_to"] is None
    for shown in ("CHG-1", TRIAGE, f"<@{OWNER}>", "120", "150", "HTTP 429 below 1 %", "back to 120"):
        assert shown in words_of(card)

    await press(house, ALICE, card, "change.approve")
    assert "your own request" in words_of(await told(house, ALICE, "your own request"))

    late = await review(house, CAROL, card)
    in_time = await review(house, BOB, card)
    assert "as it was when this was requested" in words_of(in_time)
    assert (await people.submit(BOB, in_time, {"decision": "approve"}))["view"] is None
    lost = await people.submit(CAROL, late, {"decision": "approve"})
    assert f"already approved by <@{BOB}>" in words_of(lost["view"])

    card = await people.card(ALICE, "CHG-1", "approved")
    assert await azure.writes() == []
    assert (await confirm(house, ALICE, card, "apply"))["view"] is None
    card = await people.card(ALICE, "CHG-1", "verifying")
    assert await azure.capacity() == 150
    assert "no other deployment of the account moved" in words_of(card)

    await people.advance(WINDOW_SECONDS)
    card = await people.card(OWNER, "CHG-1", "awaiting_attestation")
    assert "Validation: " in words_of(card)
    for stranger in (ALICE, BOB):
        await press(house, stranger, card, "change.attest")
        await told(house, stranger, "you may not attest")
    await press(house, OWNER, card, "change.attest")
    card = await people.card(OWNER, "CHG-1", "closed")
    assert [
        each["action_id"]
        for block in card["blocks"]
        for each in block.get("elements", ())
        if each.get("action_id")
    ] == ["change.undo"]

    await _check_what_is_left(house)


async def _check_what_is_left(house: House) -> None:
    azure = Azure(house)
    assert [(each.type, each.actor) for each in entries(house, "CHG-1")] == [
        ("baseline.recorded", ALICE),
        ("evidence.snapshot", ALICE),
        ("change.requested", ALICE),
        ("change.planned", ALICE),
        ("policy.evaluated", ALICE),
        ("change.refused", ALICE),
        ("change.approved", BOB),
        ("change.apply_requested", ALICE),
        ("change.execution.started", "executor"),
        ("baseline.recorded", "executor"),
        ("change.execution.finished", "executor"),
        ("change.validated", "timer"),
        ("change.refused", ALICE),
        ("change.refused", BOB),
        ("change.attested", OWNER),
        ("change.closed", OWNER),
    ]
    report = trail(house)
    assert report.ok, report.findings
    said = await house.people.say(ALICE, "/cs audit verify")
    assert said["ok"]
    await told(house, ALICE, "The audit trail holds")

    written = await azure.writes()
    assert [(each["method"], each["deployment"], each["identity"]) for each in written] == [
        ("PATCH", TRIAGE, "sandbox-executor")
    ]
    assert written[0]["body"]["tags"]["countersign-change"] == "CHG-1"
    assert written[0]["account"] == PROD
    assert len(await azure.requests("PATCH", "PUT", "POST", "DELETE")) == 1
    assert [card["ts"] for card in await _cards(house)] == [(await house.people.card(BOB, "CHG-1"))["ts"]]

    check_slack(await calls(house))
    check_azure(await azure.requests())
    assert not [line for line in house.log_lines() if '"error"' in line], "the app logged errors"


async def _cards(house: House) -> list[dict[str, str]]:
    """Return every message that is a card of CHG-1: one, edited in place."""
    found = await house.people.messages(BOB)
    return [item for item in found if (item["metadata"] or {}).get("event_type") == "countersign.change"]
