"""Scaling: one PATCH and its inverse, bounds and quota with a fix, and the tier its size deserves."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.kinds import KINDS, kind_named
from bot.changes.scale import Scale, capacities
from bot.domain.change import Impact, Tier
from bot.domain.deployment import AvailableModel, Deployment, SkuBounds, Usage
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.operation import Plan, differences
from bot.ports.registry import Offer, PlanFacts, Site
from tests.fakes.azure_reads import THING, TUNED
from tests.fakes.azure_world import World, seen

SCALE = Scale()
LIVE = seen(THING, 120)
POOL = "OpenAI.Standard.gpt-4.1-mini"
MODEL = AvailableModel(TUNED, "1", usage_names={"standard": POOL})
LINE = Usage(POOL, "", Decimal(150), Decimal(240))
WIDE = SkuBounds("Standard", 1, 1000)
FACTS = PlanFacts(Site(LIVE.ref, LIVE), (WIDE,), (LINE,), (MODEL,))


def _plan(capacity: int, live: Deployment = LIVE) -> Plan:
    return SCALE.plan(Site(live.ref, live), {"capacity": capacity})


def _check(
    capacity: int, bounds: SkuBounds | None = WIDE, line: Usage | None = LINE, model: AvailableModel = MODEL
) -> tuple[str, ...]:
    facts = PlanFacts(Site(LIVE.ref, LIVE), (bounds,) if bounds else (), (line,) if line else (), (model,))
    return SCALE.check(_plan(capacity), facts)


def test_every_kind_is_found_by_its_name_and_an_unknown_one_is_answered() -> None:
    assert all(kind_named(f" {kind.name.upper()} ") is kind for kind in KINDS)
    with pytest.raises(NotFoundError) as refused:
        kind_named("explode")
    assert "scale" in refused.value.advice


def test_every_kind_has_a_name_of_its_own_and_a_title() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.title for kind in KINDS)


@given(st.integers(1, 999_999), st.integers(1, 999_999))
def test_a_plan_changes_the_capacity_and_can_be_undone(before: int, after: int) -> None:
    live = seen(THING, before)
    if before == after:
        with pytest.raises(InvalidInputError, match="already"):
            _plan(after, live)
        return
    plan = _plan(after, live)
    assert differences(plan.before, plan.after) == ("sku.capacity",)
    assert capacities(plan) == (before, after)
    world = World()
    world.live = live
    world.perform(plan.forward[0])
    assert differences(plan.after, world.live.projection) == ()
    world.perform(plan.rollback[0])
    assert differences(plan.before, world.live.projection) == ()


def test_the_calls_patch_nothing_but_the_sku_of_this_deployment() -> None:
    plan = _plan(150)
    for calls, capacity in ((plan.forward, 150), (plan.rollback, 120)):
        (call,) = calls
        assert (call.verb, call.arm_id, call.action) == ("PATCH", THING.key, "")
        assert call.body == {"sku": {"name": "Standard", "capacity": capacity}}


@pytest.mark.parametrize(
    ("text", "capacity"), [("150", 150), (" 1,500 ", 1500), ("1", 1), ("999999", 999999)]
)
def test_a_whole_number_is_read(text: str, capacity: int) -> None:
    assert SCALE.read({"capacity": text}) == {"capacity": capacity}


@pytest.mark.parametrize(
    "text", ["", "0", "000", "-5", "+5", "1.5", "1e3", "x", "²", "１５", "1000000", "9" * 99]
)
def test_anything_else_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        SCALE.read({"capacity": text})
    assert refused.value.field == "capacity"


@given(st.text(max_size=12))
def test_any_text_is_a_capacity_or_a_refusal(text: str) -> None:
    try:
        found = SCALE.read({"capacity": text})["capacity"]
    except InvalidInputError:
        return
    assert isinstance(found, int)
    assert 0 < found < 1_000_000


@pytest.mark.parametrize(
    ("capacity", "tier", "impact"),
    [
        (121, Tier.NORMAL, {Impact.MODIFYING, Impact.COST}),
        (180, Tier.NORMAL, {Impact.MODIFYING, Impact.COST}),
        (181, Tier.HIGH, {Impact.MODIFYING, Impact.COST}),
        (119, Tier.HIGH, {Impact.MODIFYING}),
        (1, Tier.HIGH, {Impact.MODIFYING}),
    ],
)
def test_the_tier_and_impact_of_a_step(capacity: int, tier: Tier, impact: set[Impact]) -> None:
    assert SCALE.tier(_plan(capacity), FACTS) is tier
    assert set(SCALE.impact(_plan(capacity), FACTS)) == impact


def test_the_summary_says_both_capacities() -> None:
    assert SCALE.summary(_plan(150)) == "capacity 120 → 150"


@pytest.mark.parametrize(
    ("bounds", "capacity", "said"),
    [
        (SkuBounds("Standard", 1, 150), 150, ""),
        (SkuBounds("Standard", 1, 149), 150, "1 to 149 units"),
        (SkuBounds("Standard", 151, 300), 150, "151 to 300 units"),
        (SkuBounds("Standard", 50, 300, 50), 150, ""),
        (SkuBounds("Standard", 50, 300, 50), 151, "steps of 50 from 50"),
        (SkuBounds("Standard", 15, 300, 5), 150, ""),
        (SkuBounds("Standard", 1, 300, allowed=(50, 150)), 150, ""),
        (SkuBounds("Standard", 1, 300, allowed=(50, 100)), 150, "only these capacities: 50, 100. Choose one"),
        (SkuBounds("standard", 1, 100), 150, "1 to 100"),
        (SkuBounds("GlobalStandard", 1, 100), 150, ""),
        (None, 150, ""),
    ],
)
def test_the_bounds_of_the_sku(bounds: SkuBounds | None, capacity: int, said: str) -> None:
    problems = _check(capacity, bounds)
    assert len(problems) == bool(said)
    assert said in "".join(problems)


@pytest.mark.parametrize(
    ("capacity", "line", "said"),
    [
        (210, LINE, ""),
        (211, LINE, "90 of 240 units left and this needs 91 more"),
        (119, replace(LINE, current=Decimal(240)), ""),
        (121, replace(LINE, current=Decimal(240)), "0 of 240"),
        (121, replace(LINE, current=Decimal(300)), "at most 0 more"),
        (121, replace(LINE, name=POOL.upper(), current=Decimal(240)), "0 of 240"),
        (121, replace(LINE, name="OpenAI.GlobalStandard.gpt-4.1-mini", limit=Decimal(0)), ""),
        (999, None, ""),
    ],
)
def test_the_quota_of_the_pool(capacity: int, line: Usage | None, said: str) -> None:
    problems = _check(capacity, line=line)
    assert len(problems) == bool(said)
    assert said in "".join(problems)
    assert not said or "request quota at" in problems[0]


def test_a_model_azure_does_not_list_has_no_pool_to_compare_with() -> None:
    assert _check(900, model=replace(MODEL, version="2")) == ()
    assert _check(900, model=replace(MODEL, usage_names={})) == ()


def test_both_problems_are_said() -> None:
    assert len(_check(400, SkuBounds("Standard", 1, 300))) == 2


def test_a_deployment_without_capacity_cannot_be_scaled() -> None:
    bare = Plan("scale", THING.key, {"sku": {"name": "Standard", "capacity": None}}, {"sku": {}}, (), ())
    with pytest.raises(InvalidInputError, match="no capacity"):
        capacities(bare)


def test_the_form_starts_with_the_capacity_of_now_and_works_without_it() -> None:
    (field,) = SCALE.fields(Offer(LIVE))
    assert (field.block, field.initial, field.is_number) == ("capacity", "120", True)
    assert "Now: 120" in field.hint
    (blind,) = SCALE.fields(Offer())
    assert (blind.initial, "Now" in blind.hint) == ("", False)
