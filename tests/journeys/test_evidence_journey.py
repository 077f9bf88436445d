"""Evidence as people see it: filled as it comes, what changed since, stale said so, for the one who asked."""

import re
from typing import Any

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import words_of

HERE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
DEPLOYMENT = "/control/deployments/aoai-contoso-weu/support-triage-ft"


def _is_whole(message: dict[str, Any]) -> bool:
    said = words_of(message)
    return "Deployment evidence" in said and "looked at so far" not in said


async def _azure(house: House, path: str, body: dict[str, object]) -> None:
    async with house.people._session.post(house.people.azure + path, json=body) as answer:
        assert answer.status == 200


@HERE
async def test_refresh_says_what_changed_since_the_last_look(house: House) -> None:
    await house.people.say("U0ALICE", "/cs status triage-prod")
    card = await house.people.message("U0ALICE", _is_whole)
    assert "120 thousand tokens per minute" in words_of(card)
    await _azure(house, DEPLOYMENT, {"sku": {"name": "Standard", "capacity": 130}, "caller": "portal"})
    await house.people.click("U0ALICE", card, "evidence.refresh")
    again = await house.people.message("U0ALICE", "Since the last look")
    assert "Capacity: 120 thousand tokens per minute → 130 thousand tokens per minute" in words_of(again)
    assert again["ephemeral_to"] == "U0ALICE"


@HERE
async def test_a_slow_section_leaves_the_others_to_be_read_meanwhile(house: House) -> None:
    slow = {"path": "/raiPolicies/", "kind": "slow", "seconds": 3, "times": 1}
    await _azure(house, "/control/faults", slow)
    await house.people.say("U0ALICE", "/cs status triage-prod")
    partly = await house.people.message("U0ALICE", "looked at so far")
    assert "still looking" in words_of(partly)
    assert "Capacity" in words_of(partly)
    whole = await house.people.message("U0ALICE", "strict-support-v3")
    assert "still looking" not in words_of(whole)


@HERE
async def test_show_looks_at_everything_and_says_for_whom(house: House) -> None:
    await house.people.say("U0ALICE", "/cs show triage-prod")
    card = await house.people.message("U0ALICE", _is_whole, seconds=30)
    said = words_of(card)
    for title in ("Scope", "Account posture", "Requests by status", "Cost (estimates)", "Retirement"):
        assert title in said, title
    assert "for <@U0ALICE>" in said
    assert "could not be looked at" not in said
    assert "application 00000000-0000-0000-0000-00000000ead0" in said
    assert "support desk, night triage batch" in said
    assert "<@U0OWNER> follows up" in said
    assert "p95" in said
    assert len(card["blocks"]) <= 50


@HERE
async def test_an_account_without_a_workspace_says_that_its_logs_are_not_configured(house: House) -> None:
    await house.people.say("U0ALICE", "/cs show triage-test")
    said = words_of(await house.people.message("U0ALICE", _is_whole, seconds=30))
    assert "No Log Analytics workspace is configured for test-swc" in said
    assert said.count("could not be looked at:") == 1


@HERE
async def test_a_shared_look_is_posted_for_everybody(house: House) -> None:
    await house.people.say("U0ALICE", "/cs status triage-prod --share")
    card = await house.people.message("U0BOB", "Deployment evidence")
    assert card["ephemeral_to"] is None


@HERE
async def test_share_posts_the_very_snapshot_that_was_seen_whatever_has_changed_since(house: House) -> None:
    await house.people.say("U0ALICE", "/cs status triage-prod")
    card = await house.people.message("U0ALICE", _is_whole)
    await _azure(house, DEPLOYMENT, {"sku": {"name": "Standard", "capacity": 130}, "caller": "portal"})
    await house.people.advance(600)
    await house.people.click("U0ALICE", card, "evidence.share")
    shared = await house.people.message("U0BOB", "Deployment evidence")
    said = words_of(shared)
    assert _evidence_id(said) == _evidence_id(words_of(card))
    assert "120 thousand tokens per minute" in said
    assert "130 thousand" not in said
    assert "taken 10 min ago" in said
    assert "for <@U0ALICE>" in said


@HERE
async def test_a_quota_and_a_comparison_can_be_shared_and_refreshed_too(house: House) -> None:
    for asked, title in (("quota", "Quota"), ("compare triage-prod triage-test", "Compare")):
        await house.people.say("U0ALICE", f"/cs {asked}")
        card = await house.people.message("U0ALICE", f"· {title}")
        await house.people.click("U0ALICE", card, "evidence.share")
        shared = await house.people.message("U0BOB", f"· {title}")
        assert shared["ephemeral_to"] is None


def _evidence_id(said: str) -> str:
    found = re.search(r"EV-[0-9a-f]{12}", said)
    assert found is not None
    return found[0]
