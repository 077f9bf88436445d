"""Changing the SKU: beside the live deployment by default, and never a mere change of capacity."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.changes.change_sku import ChangeSku
from bot.domain.deployment import SkuBounds, Usage
from bot.domain.errors import InvalidInputError
from bot.ports.registry import Offer
from tests.fakes.azure_reads import THING
from tests.fakes.every_kind import LIVE, WISHES, Wish, facts_of

WISH = WISHES["change-sku"]
BESIDE, IN_PLACE = WISH.plan(), WISH.plan(in_place=True)


def test_beside_and_in_place_differ_in_the_name_alone() -> None:
    assert BESIDE.forward[0].arm_id == f"{THING.arm_id}-g1"
    assert IN_PLACE.forward[0].arm_id == THING.arm_id
    assert BESIDE.forward[0].body == IN_PLACE.forward[0].body
    assert BESIDE.forward[0].body["sku"] == {"name": "GlobalStandard", "capacity": 150}
    assert BESIDE.rollback[0].verb == "DELETE"
    assert IN_PLACE.rollback[0].body["sku"] == {"name": "Standard", "capacity": 120}


@pytest.mark.parametrize("sku", ["Standard", "standard"])
def test_another_capacity_of_the_same_sku_is_a_change_of_kind_scale(sku: str) -> None:
    with pytest.raises(InvalidInputError, match="of kind `scale`") as refused:
        Wish("change-sku", {"sku": sku, "capacity": "7"}).plan()
    assert refused.value.field == "sku"


@pytest.mark.parametrize(
    ("typed", "read"), [("globalstandard", "GlobalStandard"), (" DeveloperTier ", "DeveloperTier")]
)
def test_a_sku_is_read_whatever_its_case(typed: str, read: str) -> None:
    assert ChangeSku().read({"sku": typed, "capacity": "1"})["sku"] == read


@pytest.mark.parametrize("typed", ["", "Gold", "Standard 2"])
def test_anything_else_is_refused_with_the_list(typed: str) -> None:
    with pytest.raises(InvalidInputError, match="GlobalStandard") as refused:
        ChangeSku().read({"sku": typed, "capacity": "1"})
    assert refused.value.field == "sku"


def test_the_summary_says_both() -> None:
    assert ChangeSku().summary(IN_PLACE) == "SKU Standard 120 → GlobalStandard 150"
    assert ChangeSku().summary(BESIDE) == "SKU GlobalStandard 150, as support-triage-ft-g1"


def test_bounds_and_quota_are_those_of_the_new_sku() -> None:
    assert ChangeSku().check(BESIDE, facts_of()) == ()
    bounds = (SkuBounds("Standard", 1, 10), SkuBounds("GlobalStandard", 1, 149))
    assert "1 to 149" in ChangeSku().check(BESIDE, facts_of(skus=bounds))[0]
    plan = Wish("change-sku", {"sku": "DeveloperTier", "capacity": "10"}).plan()
    assert "is not offered with DeveloperTier" in ChangeSku().check(plan, facts_of())[0]
    plan = Wish("change-sku", {"sku": "GlobalStandard", "capacity": "1001"}).plan()
    assert "1000 of 1000 units left" in ChangeSku().check(plan, facts_of())[0]


def test_people_read_that_data_may_leave_the_region() -> None:
    assert "outside the region" in ChangeSku().notes(BESIDE, facts_of())[0]
    back = Wish("change-sku", {"sku": "ProvisionedManaged", "capacity": "50"}).plan()
    assert "outside the region" not in " ".join(ChangeSku().notes(back, facts_of()))


def test_the_form_offers_the_skus_the_deployment_could_have() -> None:
    offer = Offer(LIVE, skus=(SkuBounds("Standard", 1, 9), SkuBounds("GlobalStandard", 1, 9)))
    sku, capacity, name = ChangeSku().fields(offer)
    assert sku.options == ("GlobalStandard", "Standard")
    assert (sku.initial, capacity.initial, name.required) == ("Standard", "120", False)


def test_in_place_the_new_pool_has_to_hold_all_of_it() -> None:
    room = Usage("OpenAI.GlobalStandard.gpt-4.1-mini", "", Decimal(0), Decimal(100))
    assert "this needs 150 more" in ChangeSku().check(IN_PLACE, facts_of(quota=(room,)))[0]


@pytest.mark.parametrize("kind", ["swap-model", "change-sku"])
def test_a_tag_that_was_held_back_cannot_be_copied_beside_but_stays_in_place(kind: str) -> None:
    live = replace(LIVE, projection={**LIVE.projection, "tags": {"key": "[redacted: key] #1"}})
    wish, facts = WISHES[kind], facts_of(live)
    assert "looks like a secret" in wish.of.check(wish.plan(live), facts)[0]
    assert wish.of.check(wish.plan(live, in_place=True), facts) == ()
