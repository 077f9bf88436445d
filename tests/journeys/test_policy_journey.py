"""The policy, seen in chat: who may decide and why, and a standard change that a template lets through."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE, BOB, CAROL, DAN, FACTS, is_form, requested, tags, told

ON_SQLITE = pytest.mark.parametrize(
    "house", [pytest.param(("sqlite", "http"), id="sqlite-http")], indirect=True
)


@ON_SQLITE
async def test_who_asks_why_hears_the_rule_the_tier_and_their_own_case(house: House) -> None:
    await requested(house)
    await house.people.say(ALICE, "/cs change why CHG-1")
    own = words_of(await told(house, ALICE, "Who may decide, and why"))
    assert "this is your own request" in own
    assert "scale is normal in production; it touches: cost, modifying" in own
    assert f"<@{BOB}>, <@{CAROL}>" in own
    await house.people.say(BOB, "/cs admin policy CHG-1")
    other = words_of(await told(house, BOB, "Who may decide, and why"))
    assert "Allowed, as one of approvers." in other
    assert "0 of 1 approvals count today. Missing: 1 more approval." in other
    await house.people.say(DAN, "/cs admin polcy CHG-1")
    assert "Did you mean policy?" in words_of(await told(house, DAN, "polcy"))


@ON_SQLITE
async def test_what_fits_a_template_waits_for_nobody_and_the_trail_says_so(house: House) -> None:
    await house.people.say(BOB, "/cs change request scale email-prod")
    form = await house.people.view(BOB, is_form)
    assert (await house.people.submit(BOB, form, {**FACTS, "capacity": "36"}))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "approved")
    assert "30 → 36" in words_of(card)
    assert "change.approved" not in tags(house)
    await house.people.say(ALICE, "/cs change why CHG-1")
    why = words_of(await told(house, ALICE, "Who may decide, and why"))
    assert "standard by the template “small step up”" in why
    assert "Nobody can decide CHG-1 now: it is approved." in why
