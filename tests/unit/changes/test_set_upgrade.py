"""Setting the upgrade option: one PUT, normal, and said what it means when the model retires."""

from dataclasses import replace

import pytest

from bot.changes.set_upgrade import SetUpgrade
from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.planning.upgrades import OPTIONS
from bot.ports.registry import Offer
from tests.fakes.azure_world import shown
from tests.fakes.every_kind import LIVE, THING, WISHES, Wish, facts_of

PLAN = WISHES["set-upgrade"].plan()


def test_the_plan_is_normal_and_says_both_options() -> None:
    assert SetUpgrade().tier(PLAN, facts_of()) is Tier.NORMAL
    assert SetUpgrade().impact(PLAN, facts_of()) == {Impact.MODIFYING}
    assert SetUpgrade().summary(PLAN) == "upgrade option NoAutoUpgrade → OnceCurrentVersionExpired"
    assert SetUpgrade().check(PLAN, facts_of()) == ()


def test_an_option_that_is_absent_is_azures_default_and_comes_back_absent() -> None:
    properties = LIVE.projection["properties"]
    assert isinstance(properties, dict)
    bare = {name: value for name, value in properties.items() if name != "versionUpgradeOption"}
    live = shown(THING, {**LIVE.projection, "properties": bare})
    with pytest.raises(InvalidInputError, match="already"):
        Wish("set-upgrade", {"upgrade_option": "OnceCurrentVersionExpired"}).plan(live)
    plan = Wish("set-upgrade", {"upgrade_option": "NoAutoUpgrade"}).plan(live)
    assert "(by default)" in SetUpgrade().summary(plan)
    assert "versionUpgradeOption" not in plan.rollback[0].body["properties"]  # type: ignore[operator]


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_explained(option: str) -> None:
    live = replace(LIVE, upgrade_option="another")
    plan = Wish("set-upgrade", {"upgrade_option": option.lower()}).plan(live)
    (note,) = SetUpgrade().notes(plan, facts_of())
    assert ("stop when the model retires" in note) is (option == "NoAutoUpgrade")


def test_anything_else_is_refused_beside_its_field() -> None:
    with pytest.raises(InvalidInputError) as refused:
        SetUpgrade().read({"upgrade_option": "Never"})
    assert refused.value.field == "upgrade_option"


def test_the_form_is_a_menu_of_three() -> None:
    (field,) = SetUpgrade().fields(Offer(LIVE))
    assert (field.options, field.initial) == (OPTIONS, "NoAutoUpgrade")
