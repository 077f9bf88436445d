"""Everything else that can become of a change: turned down, revised, withdrawn, expired, rolled back, raced for."""

import asyncio

import pytest

from tests.journeys.conftest import House
from tests.journeys.manners import check_azure, check_slack
from tests.journeys.people import words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    FACTS,
    OWNER,
    Azure,
    applied,
    approved,
    ask,
    calls,
    confirm,
    entries,
    is_form,
    press,
    requested,
    review,
    tags,
    told,
    trail,
    vote,
)

EACH_DATABASE = pytest.mark.parametrize(
    "house",
    [
        pytest.param(("sqlite", "http"), id="sqlite-http"),
        pytest.param(("postgresql", "socket"), id="postgresql-socket"),
    ],
    indirect=True,
)
ON_SQLITE = pytest.mark.parametrize(
    "house", [pytest.param(("sqlite", "http"), id="sqlite-http")], indirect=True
)
DAY_AND_MORE = 25 * 3600


@ON_SQLITE
async def test_a_rejected_change_says_why_and_can_never_be_applied(house: House) -> None:
    card = await requested(house)
    modal = await review(house, BOB, card, "change.reject")
    unexplained = await house.people.submit(BOB, modal, {"decision": "reject"})
    assert list(unexplained["errors"]) == ["reason"]
    assert (await house.people.submit(BOB, modal, {"decision": "reject", "reason": "Not in the peak."}))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "rejected")
    assert "Not in the peak." in words_of(card)
    left = [each for block in card["blocks"] if block["type"] == "actions" for each in block["elements"]]
    assert [each["action_id"] for each in left] == ["change.again"]
    await house.people.say(ALICE, "/cs change apply CHG-1")
    await told(house, ALICE, "cannot be applied: it is rejected")
    assert tags(house)[-2:] == ["change.rejected", "change.refused"]
    assert await Azure(house).writes() == []


@EACH_DATABASE
async def test_a_change_sent_back_is_edited_and_approved_as_revision_two_on_new_votes(house: House) -> None:
    card = await requested(house)
    stale = await review(house, CAROL, card)
    assert (await vote(house, BOB, card, "request_changes", "Less, please."))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "changes_requested")
    await press(house, CAROL, card, "change.revise")
    await told(house, CAROL, "only its requester")
    await press(house, ALICE, card, "change.revise")
    form = await house.people.view(ALICE, is_form)
    assert (await house.people.submit(ALICE, form, {**FACTS, "capacity": "140"}))["ok"]
    card = await house.people.card(BOB, "CHG-1", "pending_approval")
    assert card["metadata"]["event_payload"]["rev"] == 2
    assert "140" in words_of(card)
    old = await house.people.submit(CAROL, stale, {"decision": "approve"})
    assert "out of date" in words_of(old["view"])
    assert (await vote(house, BOB, card))["view"] is None
    await house.people.card(ALICE, "CHG-1", "approved")
    revisions = [
        each.data.get("revision") for each in entries(house, "CHG-1") if each.type == "change.approved"
    ]
    assert revisions == [2]
    assert trail(house).ok


@ON_SQLITE
async def test_a_requester_withdraws_and_a_stranger_cannot(house: House) -> None:
    card = await requested(house)
    await press(house, CAROL, card, "change.withdraw")
    assert f"<@{ALICE}>" in words_of(await told(house, CAROL, "you may not withdraw"))
    assert (await confirm(house, ALICE, card, "withdraw", reason="Solved otherwise."))["view"] is None
    card = await house.people.card(BOB, "CHG-1", "withdrawn")
    assert "Solved otherwise." in words_of(card)
    assert tags(house)[-2:] == ["change.refused", "change.withdrawn"]


@EACH_DATABASE
async def test_a_change_that_nobody_decides_expires_when_its_day_is_over(house: House) -> None:
    card = await requested(house)
    modal = await review(house, BOB, card)
    await house.people.advance(DAY_AND_MORE)
    await house.people.card(ALICE, "CHG-1", "expired")
    late = await house.people.submit(BOB, modal, {"decision": "approve"})
    assert "expired" in words_of(late["view"])
    assert tags(house)[-1] == "change.expired"
    assert trail(house).ok


@ON_SQLITE
async def test_an_approval_that_nobody_applies_expires_too(house: House) -> None:
    card = await approved(house)
    await house.people.advance(4 * 3600 + 60)
    await house.people.card(ALICE, "CHG-1", "expired")
    assert await Azure(house).writes() == []
    del card


@EACH_DATABASE
async def test_a_change_is_rolled_back_to_what_was_and_the_owner_attests_that(house: House) -> None:
    azure = Azure(house)
    card = await applied(house)
    assert await azure.capacity() == 150
    await press(house, ALICE, card, "change.rollback")
    assert f"<@{OWNER}>" in words_of(await told(house, ALICE, "you may not roll back"))
    assert (await confirm(house, OWNER, card, "rollback"))["view"] is None
    card = await house.people.card(OWNER, "CHG-1", "rolled_back")
    assert await azure.capacity() == 120
    await press(house, OWNER, card, "change.attest")
    await house.people.message(OWNER, lambda item: f"<@{OWNER}> attested" in words_of(item))
    assert [each["body"]["sku"]["capacity"] for each in await azure.writes()] == [150, 120]
    rolled_back = ["rollback.started", "baseline.recorded", "rollback.finished"]
    assert tags(house)[-5:] == ["change.refused", *rolled_back, "change.attested"]
    assert trail(house).ok
    check_slack(await calls(house))
    check_azure(await azure.requests())


@pytest.mark.parametrize("house", [("sqlite", "http"), ("sqlite", "socket")], indirect=True)
async def test_a_mention_answers_with_a_button_that_opens_the_form(house: House) -> None:
    await house.people.say(ALICE, "@Countersign change request scale triage-prod")
    offer = await told(house, ALICE, "this button can")
    assert (await house.people.click(ALICE, offer, "change.open"))["ok"]
    form = await house.people.view(ALICE, lambda view: is_form(view) and "Live now" in words_of(view))
    assert (await house.people.submit(ALICE, form, {**FACTS, "capacity": "150"}))["ok"]
    await house.people.card(BOB, "CHG-1", "pending_approval")


@pytest.mark.threat(3)
@pytest.mark.asvs("2.3.4")
@EACH_DATABASE
async def test_of_two_approvals_in_the_same_instant_one_decides_and_the_other_is_told(house: House) -> None:
    card = await requested(house)
    modals = {user: await review(house, user, card) for user in (BOB, CAROL)}
    answers = await asyncio.gather(
        *(house.people.submit(user, modal, {"decision": "approve"}) for user, modal in modals.items())
    )
    assert all(answer["ok"] for answer in answers)
    lost = [answer["view"] for answer in answers if answer["view"] is not None]
    assert len(lost) == 1
    winner = [each.actor for each in entries(house, "CHG-1") if each.type == "change.approved"]
    assert len(winner) == 1
    assert f"already approved by <@{winner[0]}>" in words_of(lost[0])


@pytest.mark.threat(2)
@pytest.mark.asvs("2.3.4")
@ON_SQLITE
async def test_the_same_finger_twice_is_one_vote(house: House) -> None:
    card = await requested(house)
    modal = await review(house, BOB, card)
    twice = [house.people.submit(BOB, modal, {"decision": "approve"}) for _ in range(2)]
    await asyncio.gather(*twice)
    await house.people.card(ALICE, "CHG-1", "approved")
    assert tags(house).count("change.approved") == 1


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
@EACH_DATABASE
async def test_a_high_risk_change_needs_two_groups_and_shows_one_of_two(house: House) -> None:
    card = await requested(house, capacity=60)
    assert "0 of 2 approvals" in words_of(card)
    assert (await vote(house, BOB, card))["view"] is None
    card = await house.people.message(ALICE, "1 of 2 approvals")
    assert card["metadata"]["event_payload"]["state"] == "pending_approval"
    await confirm_is_not_offered(house, card)
    same_group = await vote(house, CAROL, card)
    assert same_group["view"] is None
    card = await house.people.message(ALICE, "2 of 2 approvals")
    assert card["metadata"]["event_payload"]["state"] == "pending_approval", (
        "two of one group are not two groups"
    )
    assert (await vote(house, DAN, card))["view"] is None
    card = await house.people.card(ALICE, "CHG-1", "approved")
    assert (await confirm(house, ALICE, card, "apply"))["view"] is None
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert await Azure(house).capacity() == 60
    assert trail(house).ok


async def confirm_is_not_offered(house: House, card: dict[str, object]) -> None:
    """Look that the card has no Apply button yet, and that typing the verb is refused."""
    assert "change.apply" not in str(card["blocks"])
    await house.people.say(ALICE, "/cs change apply CHG-1")
    await told(house, ALICE, "cannot be applied: it is pending approval")


@ON_SQLITE
async def test_a_form_that_could_only_be_refused_is_not_opened(house: House) -> None:
    await requested(house)
    opened = len(await calls(house, "views.open"))
    await house.people.say(ALICE, "/cs change rollback CHG-1")
    await told(house, ALICE, "you may not roll back")
    await house.people.say(OWNER, "/cs change rollback CHG-1")
    await told(house, OWNER, "cannot be rolled back: it is pending approval")
    await house.people.say(ALICE, "/cs change close CHG-1")
    assert f"<@{OWNER}>" in words_of(await told(house, ALICE, "you may not attest"))
    assert len(await calls(house, "views.open")) == opened
    attempts = [each.data["attempt"] for each in entries(house, "CHG-1") if each.type == "change.refused"]
    assert attempts == ["roll back", "roll back", "attest"]


@ON_SQLITE
async def test_who_is_in_no_deciding_group_cannot_even_open_the_review(house: House) -> None:
    card = await requested(house)
    await press(house, OWNER, card, "change.approve")
    shown = words_of(await told(house, OWNER, "Not allowed"))
    assert f"<@{BOB}>" in shown
    assert f"<@{CAROL}>" in shown
    assert [(each.type, each.actor) for each in entries(house, "CHG-1")][-1] == ("change.refused", OWNER)


@ON_SQLITE
async def test_a_draft_with_a_red_pre_check_is_its_requesters_alone_and_can_be_revised(house: House) -> None:
    assert (await ask(house, capacity=9000))["ok"]
    red = await house.people.view(ALICE, lambda view: "quota" in words_of(view).lower() and is_form(view))
    await house.people.close(ALICE, red)
    await house.people.say(BOB, "/cs change list --state draft")
    others = words_of(await told(house, BOB, "Changes"))
    assert "CHG-1" not in others
    assert "A draft is listed for its requester only." in others
    await house.people.say(ALICE, "/cs change list")
    assert "CHG-1" not in words_of(await told(house, ALICE, "1 draft of yours"))
    await house.people.say(ALICE, "/cs change list --state draft")
    mine = await told(house, ALICE, "a pre-check is red")
    assert (await house.people.click(ALICE, mine, "change.revise"))["ok"]
    form = await house.people.view(ALICE, lambda view: is_form(view) and "quota" in words_of(view).lower())
    assert (await house.people.submit(ALICE, form, {**FACTS, "capacity": "150"}))["ok"]
    await house.people.card(BOB, "CHG-1", "pending_approval")
