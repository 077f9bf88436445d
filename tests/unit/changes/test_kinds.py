"""What holds for every kind of change."""

import re
from dataclasses import replace

import pytest

from bot.changes.kinds import KINDS, kind_named
from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.json import canonical
from bot.domain.operation import differences, plan_from_json
from bot.ports.registry import ChangeKind, Offer
from tests.fakes.every_kind import LIVE, WISHES, Wish, at_once, facts_of, roomy_world, start_of

VARIABLES = {
    "sku": r"sku\..*",
    "model": r"properties\.model\..*",
    "content filter": r"properties\.raiPolicyName",
    "upgrade option": r"properties\.versionUpgradeOption",
    "state": r"properties\.deploymentState",
    "tags": r"tags\..*",
}
TIERS = {
    "scale": Tier.NORMAL,
    "deploy": Tier.HIGH,
    "delete": Tier.CRITICAL,
    "swap-model": Tier.HIGH,
    "change-sku": Tier.HIGH,
    "set-filter": Tier.CRITICAL,  # the filters were not read: nobody knows
    "set-upgrade": Tier.NORMAL,
    "pause": Tier.HIGH,
    "resume": Tier.HIGH,
    "retag": Tier.STANDARD,
    "record-only": Tier.NORMAL,
}
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
every_wish = pytest.mark.parametrize("wish", WISHES.values(), ids=lambda wish: wish.kind)
in_place_or_not = pytest.mark.parametrize("in_place", [False, True], ids=["beside", "in place"])


@every_kind
def test_a_kind_without_a_way_back_says_why(kind: ChangeKind) -> None:
    assert kind.no_way_back == "" or len(kind.no_way_back) > 20
    assert bool(kind.no_way_back) is not bool(WISHES[kind.name].plan(start_of(kind.name)).rollback)


@every_kind
def test_the_form_of_a_kind_stands_before_anything_was_read(kind: ChangeKind) -> None:
    blind, sighted = kind.fields(Offer()), kind.fields(Offer(LIVE, LIVE.ref.deployment))
    assert [field.block for field in blind] == [field.block for field in sighted]
    assert all(field.label and field.hint for field in sighted)
    required = {field.block for field in blind if field.required}
    assert required <= set(WISHES[kind.name].values) or kind.name == "record-only"


@every_wish
@in_place_or_not
def test_a_plan_is_one_call_each_way_and_takes_itself_back(wish: Wish, in_place: bool) -> None:
    plan = wish.plan(start_of(wish.kind), in_place=in_place)
    if wish.of.no_way_back:
        assert plan.forward == plan.rollback == ()
        return
    assert (len(plan.forward), len(plan.rollback)) == (1, 1)
    assert {call.arm_id.lower() for call in (*plan.forward, *plan.rollback)} == {plan.arm_id}
    at_once(roomy_world(start_of(wish.kind)), plan)


@every_wish
@in_place_or_not
def test_one_operation_changes_one_variable(wish: Wish, in_place: bool) -> None:
    plan = wish.plan(start_of(wish.kind), in_place=in_place)
    if wish.kind in ("deploy", "delete"):
        assert bool(plan.before) is not bool(plan.after)
        return
    before = plan.before or start_of(wish.kind).projection
    moved = differences(before, plan.after)
    assert moved
    assert any(all(re.fullmatch(name, each) for each in moved) for name in VARIABLES.values()), moved


@every_wish
def test_a_plan_is_the_same_each_time_and_survives_the_database(wish: Wish) -> None:
    plan, again = (wish.plan(start_of(wish.kind)) for _ in range(2))
    assert plan.digest == again.digest
    assert plan_from_json(plan.as_json()).digest == plan.digest
    assert canonical(plan.as_json())
    assert "provisioningState" not in canonical(plan.as_json()).decode()


@every_wish
def test_every_kind_has_its_tier_and_says_in_words_what_it_does(wish: Wish) -> None:
    plan, facts = wish.plan(start_of(wish.kind)), facts_of(start_of(wish.kind))
    assert wish.of.tier(plan, facts) is TIERS[wish.kind]
    assert Impact.MODIFYING in wish.of.impact(plan, facts)
    assert 3 < len(wish.of.summary(plan)) < 300
    assert all(note.endswith(".") for note in wish.of.notes(plan, facts))
    assert all(problem.endswith(".") for problem in wish.of.check(plan, facts))


@every_wish
def test_what_is_so_already_is_refused(wish: Wish) -> None:
    if wish.kind in ("delete", "deploy"):
        return
    world = roomy_world(start_of(wish.kind))
    plan = wish.plan(world.live, in_place=True)
    for call in plan.forward:
        world.perform(call)
    if not plan.forward:
        world.show(world.live.ref, plan.after)
    with pytest.raises(InvalidInputError, match=r"nothing would change|ask for a change of kind"):
        wish.plan(world.live, in_place=True)


@every_wish
def test_a_target_that_is_not_deployed_is_refused_by_all_but_deploy(wish: Wish) -> None:
    if wish.kind == "deploy":
        assert wish.plan(None).before == {}
        return
    with pytest.raises(NotFoundError, match="There is no deployment called support-triage-ft"):
        wish.plan(None)


@every_wish
def test_the_name_of_a_deployment_keeps_its_letters_in_the_call(wish: Wish) -> None:
    live = start_of(wish.kind)
    named = replace(live, ref=replace(live.ref, deployment="Support-Triage-FT"))
    typed = {**wish.values, "deployment": "Support-Triage-FT"} if wish.kind == "delete" else wish.values
    for call in Wish(wish.kind, typed).plan(named).rollback:
        if call.verb == "PUT":
            assert call.arm_id.endswith("/Support-Triage-FT")


def test_every_kind_is_found_by_its_name() -> None:
    assert {kind_named(name).name for name in WISHES} == set(TIERS)
