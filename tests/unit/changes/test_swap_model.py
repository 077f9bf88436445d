"""Swapping the model: beside the live deployment unless policy allows it in place, and quota for both at once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.swap_model import SwapModel
from bot.domain.change import Impact
from bot.domain.deployment import Usage
from bot.domain.errors import InvalidInputError
from bot.planning.projections import next_name
from bot.ports.registry import Offer, Site
from tests.fakes.azure_reads import THING, TUNED
from tests.fakes.every_kind import BASE, LIVE, WISHES, Wish, facts_of, paused

WISH = WISHES["swap-model"]
BESIDE, IN_PLACE = WISH.plan(), WISH.plan(in_place=True)


def test_beside_the_new_one_is_created_and_the_old_one_is_not_touched() -> None:
    (call,), (back,) = BESIDE.forward, BESIDE.rollback
    assert (call.verb, call.arm_id) == ("PUT", f"{THING.arm_id}-g1")
    assert (back.verb, back.arm_id) == ("DELETE", f"{THING.arm_id}-g1")
    assert BESIDE.before == {}
    assert call.body["sku"] == LIVE.projection["sku"]


def test_in_place_the_same_name_gets_the_other_model() -> None:
    (call,), (back,) = IN_PLACE.forward, IN_PLACE.rollback
    assert {(each.verb, each.arm_id) for each in (call, back)} == {("PUT", THING.arm_id)}
    assert IN_PLACE.before == LIVE.projection
    assert SwapModel().impact(IN_PLACE, facts_of()) == {Impact.MODIFYING}
    assert SwapModel().impact(BESIDE, facts_of()) == {Impact.MODIFYING, Impact.COST}


def test_the_new_one_runs_even_where_the_old_one_is_paused() -> None:
    after = WISH.plan(paused(LIVE)).after["properties"]
    assert isinstance(after, dict)
    assert after["deploymentState"] == "Running"


def test_the_summary_says_both_models_or_where_the_new_one_is() -> None:
    assert SwapModel().summary(BESIDE) == "model gpt-4.1-mini 2025-04-14, as support-triage-ft-g1"
    assert SwapModel().summary(IN_PLACE) == f"model {TUNED} 1 → gpt-4.1-mini 2025-04-14"


def test_the_same_model_is_refused_and_another_version_is_not() -> None:
    with pytest.raises(InvalidInputError, match="model of now"):
        Wish("swap-model", {"model": TUNED, "version": "1"}).plan()
    assert Wish("swap-model", {"model": TUNED, "version": "2"}).plan().forward


def test_another_name_may_be_given_but_not_that_of_the_live_one() -> None:
    named = Wish("swap-model", {**BASE, "deployment": "green"}).plan()
    assert named.forward[0].arm_id.endswith("/green")
    assert Wish("swap-model", {**BASE, "deployment": "green"}).plan(in_place=True).before == {}
    with pytest.raises(InvalidInputError, match="another name") as refused:
        Wish("swap-model", {**BASE, "deployment": "Support-triage-ft"}).plan()
    assert refused.value.field == "deployment"


@pytest.mark.parametrize(
    ("name", "revision", "new"),
    [("a", 1, "a-g1"), ("a", 3, "a-g3"), ("a-g1", 1, "a-g2"), ("a-g9", 2, "a-g11"), ("a-g0", 1, "a-g0-g1")],
)
def test_the_name_of_a_replacement(name: str, revision: int, new: str) -> None:
    assert next_name(name, revision) == new


@given(st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True), st.integers(1, 99))
def test_a_replacement_never_has_the_name_of_what_it_replaces(name: str, revision: int) -> None:
    assert next_name(name, revision) != name


def test_a_name_that_gets_too_long_is_refused_beside_its_field() -> None:
    live = replace(LIVE, ref=replace(THING, deployment="a" * 63))
    with pytest.raises(InvalidInputError) as refused:
        SwapModel().plan(Site(live.ref, live), SwapModel().read(BASE))
    assert refused.value.field == "deployment"


def test_quota_has_to_hold_both_at_once_but_in_place_only_what_is_more() -> None:
    full = Usage("OpenAI.Standard.gpt-4.1-mini", "", Decimal(150), Decimal(160))
    assert "this needs 120 more" in " ".join(SwapModel().check(BESIDE, facts_of(quota=(full,))))
    assert SwapModel().check(IN_PLACE, facts_of(quota=(full,))) == ()


def test_a_model_the_account_has_not_is_red() -> None:
    plan = Wish("swap-model", {"model": "gpt-9", "version": "1"}).plan()
    assert "cannot deploy gpt-9" in SwapModel().check(plan, facts_of())[0]


def test_people_read_who_moves_the_traffic() -> None:
    notes = " ".join(SwapModel().notes(BESIDE, facts_of()))
    assert "moving the traffic is the application's work" in notes
    assert "Deleting it afterwards is a change of kind `delete`" in notes
    assert "replaced" in " ".join(SwapModel().notes(IN_PLACE, facts_of()))


def test_the_form_starts_with_the_model_of_now() -> None:
    fields = {field.block: field.initial for field in SwapModel().fields(Offer(LIVE))}
    assert fields == {"model": TUNED, "version": "1", "deployment": ""}
