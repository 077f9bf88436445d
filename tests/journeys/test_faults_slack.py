"""Slack misbehaves, policy forbids, strangers knock: every card arrives, every refusal is said and kept."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import Json, words_of
from tests.journeys.test_front_door import form, send
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    FACTS,
    GUEST,
    Azure,
    a_house,
    approved,
    ask,
    calls,
    entries,
    is_form,
    open_form,
    press,
    requested,
    review,
    tags,
    told,
    trail,
    vote,
)

ON_SQLITE = pytest.mark.parametrize("house", [pytest.param(("sqlite", "http"), id="sqlite")], indirect=True)
EACH_DATABASE = pytest.mark.parametrize(
    "house",
    [pytest.param((database, "http"), id=database) for database in ("sqlite", "postgresql")],
    indirect=True,
)
FREEZE = """
[[freeze]]
name = "year-end"
from = "{start}"
to = "{end}"
targets = ["{targets}"]
"""


def freeze(hours: float, targets: str = "*") -> str:
    """Return a freeze of a day that begins in so many hours."""
    start = datetime.now(UTC) + timedelta(hours=hours)
    return FREEZE.format(
        start=start.isoformat(), end=(start + timedelta(days=1)).isoformat(), targets=targets
    )


async def slack_fault(house: House, method: str, kind: str, times: int = 1) -> None:
    """Plan a misbehaviour of the simulated Slack."""
    body = {"method": method, "kind": kind, "times": times, "retry_after": 1}
    assert (await house.people.post("/control/faults", body))["ok"]


@EACH_DATABASE
@pytest.mark.parametrize("kind", ["ratelimited", "internal_error", "reset", "post_then_500"])
async def test_the_card_arrives_whatever_slack_answers_at_first(house: House, kind: str) -> None:
    await slack_fault(house, "chat.postMessage", kind)
    card = await requested(house)
    assert "CHG-1" in words_of(card)
    await slack_fault(house, "chat.update", "internal_error" if kind == "post_then_500" else kind)
    assert (await vote(house, BOB, card))["view"] is None
    await house.people.card(ALICE, "CHG-1", "approved")
    posted = [
        each
        for each in await calls(house, "chat.postMessage")
        if each["error"] in (None, "post_then_500") and each["args"].get("channel") == "C0OPS"
    ]
    assert len(posted) <= 2, "one duplicate after a lost answer, never more"


@ON_SQLITE
async def test_a_card_that_slack_refuses_is_told_of_in_the_audit_channel_and_can_still_be_decided(
    house: House,
) -> None:
    await slack_fault(house, "chat.postMessage", "invalid_blocks")
    assert (await ask(house))["ok"]
    told_of = await house.people.message(BOB, "A job was given up: deliver")
    assert told_of["channel"] == "C0AUDIT"
    await house.people.say(BOB, "/cs change approve CHG-1")
    modal = await house.people.view(BOB, "change.decide")
    assert (await house.people.submit(BOB, modal, {"decision": "approve"}))["view"] is None
    await house.people.card(ALICE, "CHG-1", "approved")
    line = await house.people.message(BOB, "approved CHG-1 revision 1 (1 of 1)")
    assert line["channel"] == "C0AUDIT"
    posted = await calls(house, "chat.postMessage")
    told = [str(each["args"]) for each in posted if "approved CHG-1 revision" in str(each["args"])]
    assert len(told) == 1
    assert f"<@{BOB}>" not in told[0], "a line notifies nobody; the people in it are named by an edit"


@ON_SQLITE
async def test_a_form_that_was_closed_while_checking_is_answered_in_a_direct_message(house: House) -> None:
    view = await open_form(house)
    await Azure(house).fault("slow", method="GET", path="/deployments")
    answer = await house.people.submit(ALICE, view, {**FACTS, "capacity": "9999"})
    await house.people.post("/ui/close", {"user": ALICE, "view_id": answer["view"]["id"]})
    sent = await house.people.message(ALICE, "was not sent to anyone")
    assert sent["channel"] == f"D{ALICE}"
    assert "quota" in words_of(sent).lower()


@ON_SQLITE
async def test_a_red_pre_check_comes_back_in_the_form_with_its_fix_and_nobody_is_asked(house: House) -> None:
    assert (await ask(house, 240))["ok"]
    again = await house.people.view(ALICE, lambda view: is_form(view) and "Not sent" in words_of(view))
    assert "aka.ms/oai/stuquotarequest" in words_of(again)
    assert [item for item in await house.people.messages(BOB) if item["app"]] == []
    assert (await house.people.submit(ALICE, again, {**FACTS, "capacity": "150"}))["ok"]
    await house.people.card(BOB, "CHG-1", "pending_approval")


async def test_in_a_freeze_nobody_is_asked(tmp_path: Path, sqlite_url: str) -> None:
    async with a_house(tmp_path, sqlite_url, more_toml=freeze(-1)) as house:
        assert (await ask(house))["ok"]
        again = await house.people.view(ALICE, lambda view: is_form(view) and "Not sent" in words_of(view))
        assert "The freeze year-end holds until" in words_of(again)
        assert [item for item in await house.people.messages(BOB) if item["app"]] == []


async def test_what_was_approved_before_a_freeze_is_not_applied_in_it(
    tmp_path: Path, sqlite_url: str
) -> None:
    async with a_house(tmp_path, sqlite_url, more_toml=freeze(1)) as house:
        card = await approved(house)
        await house.people.advance(2 * 3600)
        await press(house, ALICE, card, "change.apply")
        await told(house, ALICE, "The freeze year-end holds until")
        assert tags(house)[-1] == "change.refused"
        assert await Azure(house).requests("PATCH", "PUT", "POST", "DELETE") == []


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
@ON_SQLITE
async def test_a_guest_may_not_decide_even_from_within_the_group_and_the_attempt_is_kept(
    house: House,
) -> None:
    await house.people.post("/control/usergroups", {"id": "S0AIOPS", "users": [BOB, CAROL, GUEST]})
    card = await requested(house)
    await press(house, GUEST, card, "change.approve")
    await told(house, GUEST, "guest")
    last = entries(house, "CHG-1")[-1]
    assert (last.type, last.actor, last.data["attempt"]) == ("change.refused", GUEST, "approve")


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
@ON_SQLITE
async def test_an_approver_who_becomes_a_guest_in_front_of_the_modal_may_not_decide(house: House) -> None:
    modal = await review(house, BOB, await requested(house))
    await house.people.post("/control/people", {"id": BOB, "is_restricted": True})
    await house.people.advance(61)
    answer = await house.people.submit(BOB, modal, {"decision": "approve"})
    assert "guest" in words_of(answer["view"])
    assert "change.approved" not in tags(house)
    assert [(each.type, each.actor) for each in entries(house, "CHG-1")][-1] == ("change.refused", BOB)


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
@ON_SQLITE
async def test_a_requester_under_a_second_group_still_cannot_approve_their_own(house: House) -> None:
    await house.people.post("/control/usergroups", {"id": "S0AIOPS", "users": [ALICE, BOB]})
    card = await requested(house)
    await press(house, ALICE, card, "change.approve")
    await told(house, ALICE, "your own request")
    await press(house, BOB, card, "change.approve")
    await house.people.view(BOB, "change.decide")


@pytest.mark.threat(7)
@pytest.mark.threat(9)
@pytest.mark.asvs("8.4.1")
@pytest.mark.asvs("8.3.1")
@ON_SQLITE
@pytest.mark.parametrize(
    "changed",
    [
        {"team": {"id": "T0OTHER"}},
        {"user": {"id": BOB, "team_id": "T0OTHER"}},
        {"api_app_id": "A0OTHER"},
        {"message": {"app_id": "A0OTHER", "ts": "1.1"}},
    ],
    ids=["team", "user", "app", "message"],
)
async def test_a_vote_from_another_workspace_or_app_decides_nothing_and_is_kept(
    house: House, changed: Mapping[str, Any]
) -> None:
    card = await requested(house)
    modal = await review(house, BOB, card)
    said = len(await calls(house))
    submission = {**_submission(modal, BOB), **changed}
    assert await send(house, form(submission)) == (200, "")
    assert await send(house, form({**_click(card, BOB), **changed})) == (200, "")
    assert len(await calls(house)) == said
    refused = [each for each in entries(house, "CHG-1") if each.type == "change.refused"]
    assert [(each.actor, each.data["attempt"]) for each in refused] == [(BOB, "decide"), (BOB, "approve")]
    await house.people.card(ALICE, "CHG-1", "pending_approval")
    assert (await send(house, form(_submission(modal, BOB))))[0] == 200
    await house.people.card(ALICE, "CHG-1", "approved")
    assert trail(house).ok


@pytest.mark.threat(21)
@pytest.mark.asvs("2.3.1")
@ON_SQLITE
async def test_a_click_on_an_old_card_says_that_it_is_out_of_date(house: House) -> None:
    card = await requested(house)
    old = _click(card, CAROL)
    assert (await vote(house, BOB, card, "request_changes", "Less, please."))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "changes_requested")
    await press(house, ALICE, card, "change.revise")
    again = await house.people.view(ALICE, is_form)
    assert (await house.people.submit(ALICE, again, {**FACTS, "capacity": "140"}))["ok"]
    await house.people.card(BOB, "CHG-1", "pending_approval")
    assert (await send(house, form(old)))[0] == 200
    await told(house, CAROL, "out of date")
    assert (await house.people.state(CAROL))["view"] is None


@pytest.mark.threat(9)
@pytest.mark.asvs("8.3.1")
@ON_SQLITE
async def test_a_button_with_a_forged_value_decides_nothing(house: House) -> None:
    card = await requested(house)
    for value in (
        "",
        "{}",
        "null",
        '{"v":1,"id":"CHG-99","rev":1,"pd":"0"}',
        '{"v":1,"id":"CHG-1","rev":1,"pd":""}',
    ):
        forged = _click(card, BOB)
        forged["actions"][0]["value"] = value
        assert (await send(house, form(forged)))[0] == 200
    assert (await house.people.state(BOB))["view"] is None
    assert "change.approved" not in tags(house)


def _click(card: Json, user: str) -> Json:
    """Return the payload of a press on the Approve button of a card as this looks now."""
    found = [
        (block["block_id"], element)
        for block in card["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == "change.approve"
    ]
    block_id, button = found[0]
    action = {"action_id": "change.approve", "block_id": block_id, "value": button["value"], "type": "button"}
    return {**_from(user), "type": "block_actions", "channel": {"id": "C0OPS"}, "actions": [action]}


def _submission(modal: Json, user: str) -> Json:
    """Return the payload of an approving submit of a review modal."""
    state = {
        "values": {"decision": {"choice": {"type": "radio_buttons", "selected_option": {"value": "approve"}}}}
    }
    return {
        **_from(user),
        "type": "view_submission",
        "view": {**json.loads(json.dumps(modal)), "state": state},
    }


def _from(user: str) -> Json:
    return {
        "user": {"id": user, "team_id": "T0CONTOSO"},
        "team": {"id": "T0CONTOSO"},
        "api_app_id": "A0COUNTERSIGN",
        "trigger_id": f"{user}.1",
    }


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
@ON_SQLITE
async def test_a_request_whose_card_another_company_would_read_is_sent_back_and_asks_nobody(
    house: House,
) -> None:
    people = house.people
    assert (await people.post("/control/channels", {"id": "C0OPS", "shared": True}))["ok"]
    view = await open_form(house)
    assert (await people.submit(ALICE, view, {**FACTS, "capacity": "150"}))["ok"]
    shown = await people.view(ALICE, lambda view: "another company" in words_of(view))
    assert "shared_channels" in words_of(shown)
    assert [
        each for each in await calls(house, "chat.postMessage") if each["args"]["channel"] == "C0OPS"
    ] == []
    assert "change.requested" not in tags(house)
    assert (await people.post("/control/channels", {"id": "C0OPS", "shared": False}))["ok"]
    assert (await people.submit(ALICE, shown, {}))["ok"]
    await people.card(ALICE, "CHG-1", "pending_approval")
