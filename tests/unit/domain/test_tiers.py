"""Tiers as tables: computed from the plan, moved by written rules and templates, and every step said in words."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.change import RANKS, ChangeType, Impact, Request, Tier
from bot.domain.operation import Plan
from bot.domain.tiers import Judged, Planned, Template, TierRule, is_higher, judge, misfits, tier_of
from tests.fakes.house import ANNA, OTTO

I = Impact  # noqa: E741
TEAM = frozenset({"team"})
REQUEST = Request(
    kind="scale",
    target="triage-prod",
    requester=ANNA,
    owner=OTTO,
    ticket="OPS-1",
    reason="x",
    expected_cost="none",
    validation_signal="HTTP 429",
    rollback_plan="back",
    asked={"capacity": 150},
)
TEMPLATE = Template("step up", "scale", "production", ("team",), ("triage-*",), max_rise_percent=25)


def planned(base: Tier = Tier.NORMAL, after: int = 150, *impact: Impact, **more: Any) -> Planned:
    """Return a plan that scales 120 units, in production."""
    tags = more.pop("tags", {})
    before = {"sku": {"name": "Standard", "capacity": 120}, "tags": {"team": "ai"}}
    changed = {"sku": {"name": "Standard", "capacity": after}, "tags": {"team": "ai", **tags}}
    plan = Plan("scale", "/x", before, changed, (), ())
    usual = Planned("production", plan, base, frozenset(impact or {I.MODIFYING}))
    return replace(usual, **more)


def verdict(found: Planned, request: Request = REQUEST, **more: Any) -> Judged:
    """Return the verdict for somebody of the team."""
    return judge(found, request, **{"groups": TEAM, **more})


def lower(to: Tier, **more: Any) -> TierRule:
    """Return a rule that lowers."""
    return TierRule("down", "it was agreed", lower_to=to, **more)


def up(to: Tier, **more: Any) -> TierRule:
    """Return a rule that raises."""
    return TierRule("up", "it is contractual", raise_to=to, **more)


@given(
    st.sampled_from(RANKS), st.frozensets(st.sampled_from(Impact)), st.sampled_from(["production", "test"])
)
def test_without_rules_the_verdict_is_the_computed_tier(
    base: Tier, impact: frozenset[Impact], environment: str
) -> None:
    request = replace(REQUEST, impact=impact)
    found = verdict(planned(base, environment=environment), request)
    assert found.tier is tier_of(base, impact, environment, ChangeType.NORMAL)
    assert found.template == ""
    assert found.because[0].startswith(f"scale is {base} in production; it touches: modifying")


def test_every_step_to_a_tier_is_said() -> None:
    request = replace(REQUEST, impact=frozenset({I.SECURITY}))
    found = verdict(
        planned(Tier.HIGH, environment="test"), request, rules=(lower(Tier.STANDARD), up(Tier.CRITICAL))
    )
    assert found.tier is Tier.CRITICAL
    assert found.because == (
        "scale is high in production; it touches: modifying",
        "test is not production: one lower, normal",
        "lowered to standard by the rule “down”: it was agreed",
        "raised to high because the requester added: security",
        "raised to critical by the rule “up”: it is contractual",
    )


def test_what_a_plan_touches_is_listed_and_nothing_is_said_to_be_nothing() -> None:
    both = verdict(planned(Tier.HIGH, 150, I.MODIFYING, I.COST))
    assert both.because == ("scale is high in production; it touches: cost, modifying",)
    nothing = verdict(planned(Tier.STANDARD, impact=frozenset(), environment="test"))
    assert nothing.because == ("scale is standard in production; it touches: nothing",)
    added = verdict(planned(), replace(REQUEST, impact=frozenset({I.SECURITY, I.COST})))
    assert added.because[-1] == "raised to high because the requester added: cost, security"


def test_an_emergency_is_moved_by_nothing() -> None:
    request = replace(REQUEST, type=ChangeType.EMERGENCY, impact=frozenset({I.DESTRUCTIVE}))
    found = verdict(
        planned(), request, rules=(lower(Tier.STANDARD), up(Tier.CRITICAL)), templates=(TEMPLATE,)
    )
    assert found == Judged(Tier.EMERGENCY, ("it was asked for as an emergency",))


@pytest.mark.parametrize(
    ("base", "rules", "tier"),
    [
        (Tier.HIGH, [lower(Tier.NORMAL)], Tier.NORMAL),
        (Tier.CRITICAL, [lower(Tier.NORMAL)], Tier.NORMAL),
        (Tier.NORMAL, [lower(Tier.HIGH)], Tier.NORMAL),
        (Tier.NORMAL, [up(Tier.HIGH)], Tier.HIGH),
        (Tier.CRITICAL, [up(Tier.HIGH)], Tier.CRITICAL),
        (Tier.CRITICAL, [lower(Tier.STANDARD), lower(Tier.HIGH)], Tier.HIGH),
        (Tier.NORMAL, [up(Tier.CRITICAL), up(Tier.HIGH)], Tier.CRITICAL),
        (Tier.NORMAL, [up(Tier.HIGH), up(Tier.CRITICAL)], Tier.CRITICAL),
        (Tier.NORMAL, [up(Tier.HIGH), lower(Tier.STANDARD)], Tier.HIGH),
        (Tier.HIGH, [lower(Tier.NORMAL, environments=("test",))], Tier.HIGH),
        (Tier.HIGH, [lower(Tier.NORMAL, environments=("prod*",))], Tier.NORMAL),
        (Tier.HIGH, [lower(Tier.NORMAL, kinds=("deploy",))], Tier.HIGH),
        (Tier.HIGH, [lower(Tier.NORMAL, kinds=("deploy", "scale"))], Tier.NORMAL),
        (Tier.HIGH, [lower(Tier.NORMAL, targets=("*-test",))], Tier.HIGH),
        (Tier.HIGH, [lower(Tier.NORMAL, targets=("triage-*",))], Tier.NORMAL),
        (Tier.HIGH, [lower(Tier.NORMAL, impact=frozenset({I.COST}))], Tier.HIGH),
        (Tier.HIGH, [lower(Tier.NORMAL, impact=frozenset({I.MODIFYING}))], Tier.NORMAL),
        (Tier.HIGH, [lower(Tier.NORMAL, impact=frozenset({I.MODIFYING, I.COST}))], Tier.HIGH),
    ],
)
def test_what_a_tier_rule_makes_of_a_tier(base: Tier, rules: list[TierRule], tier: Tier) -> None:
    found = verdict(planned(base), rules=rules)
    assert found.tier is tier
    assert (len(found.because) > 1) is (tier is not base)


def test_a_rule_sees_what_the_requester_added() -> None:
    request = replace(REQUEST, impact=frozenset({I.COST}))
    assert verdict(planned(), request, rules=(up(Tier.HIGH, impact=frozenset({I.COST})),)).tier is Tier.HIGH


@given(
    st.sampled_from(RANKS),
    st.frozensets(st.sampled_from(Impact)),
    st.lists(st.sampled_from(RANKS), max_size=3),
    st.lists(st.sampled_from(RANKS), max_size=3),
)
def test_nothing_lowers_what_a_rule_raised_or_the_requester_added(
    base: Tier, impact: frozenset[Impact], lowers: list[Tier], raises: list[Tier]
) -> None:
    rules = [*map(lower, lowers), *map(up, raises)]
    found = verdict(planned(base), replace(REQUEST, impact=impact), rules=rules, templates=(TEMPLATE,)).tier
    assert not any(is_higher(wanted, found) for wanted in raises)
    if I.SECURITY in impact:
        assert not is_higher(Tier.HIGH, found)
    assert found in RANKS


def test_a_template_makes_what_fits_a_standard_change_and_says_so() -> None:
    found = verdict(
        planned(Tier.NORMAL), templates=(replace(TEMPLATE, name="other", kind="deploy"), TEMPLATE)
    )
    assert (found.tier, found.template) == (Tier.STANDARD, "step up")
    assert found.because[-1] == "standard by the template “step up”"


def test_a_raising_rule_beats_a_template_and_then_no_template_is_named() -> None:
    found = verdict(planned(), templates=(TEMPLATE,), rules=(up(Tier.NORMAL),))
    assert (found.tier, found.template) == (Tier.NORMAL, "")


def test_what_is_standard_anyway_still_names_its_template() -> None:
    staging = replace(TEMPLATE, environment="test")
    found = verdict(planned(Tier.NORMAL, environment="test"), templates=(staging,))
    assert (found.tier, found.template) == (Tier.STANDARD, "step up")
    assert "template" not in " ".join(found.because)


@pytest.mark.parametrize(
    ("template", "found", "words"),
    [
        ({}, planned(), ""),
        ({"kind": "deploy"}, planned(), "it is for deploy"),
        ({"environment": "test"}, planned(), "it is for test"),
        ({"targets": ("router-*", "x")}, planned(), "it is for router-*, x"),
        ({"groups": ("leads", "owners")}, planned(), "it is for people of leads, owners"),
        (
            {},
            planned(Tier.NORMAL, 150, I.SECURITY, I.DESTRUCTIVE),
            "no template covers what is destructive, security",
        ),
        ({}, planned(Tier.NORMAL, 150, I.SECURITY), "no template covers what is security"),
        ({}, planned(Tier.NORMAL, 150, I.DESTRUCTIVE, I.COST), "no template covers what is destructive"),
        ({}, planned(after=151), "120 → 151 rises over 25 %"),
        ({"max_rise_percent": None, "max_capacity": 150}, planned(), ""),
        ({"max_rise_percent": None, "max_capacity": 149}, planned(), "150 is over its 149 units"),
        ({"min_capacity": 150}, planned(), ""),
        ({"min_capacity": 151}, planned(), "150 is under its 151 units"),
        ({"max_fall_percent": 25}, planned(after=90), ""),
        ({"max_fall_percent": 25}, planned(after=89), "120 → 89 falls over 25 %"),
        ({}, planned(tags={"note": "x"}), "it may not change the tags note"),
        ({"tags": ("note", "cost-*")}, planned(tags={"note": "x", "cost-center": "1"}), ""),
        ({"tags": ("cost-*",)}, planned(tags={"note": "x", "z": "1"}), "it may not change the tags note, z"),
    ],
)
def test_whether_a_plan_fits_a_template(template: dict[str, Any], found: Planned, words: str) -> None:
    why = misfits(replace(TEMPLATE, **template), found, REQUEST, TEAM)
    assert why == ((words,) if words else ())


def test_a_template_says_everything_that_does_not_fit() -> None:
    template = replace(TEMPLATE, kind="deploy", min_capacity=500)
    assert len(misfits(template, planned(after=200), REQUEST, frozenset())) == 4


def test_a_template_does_not_cover_what_the_requester_rates_as_security() -> None:
    request = replace(REQUEST, impact=frozenset({I.SECURITY}))
    assert misfits(TEMPLATE, planned(), request, TEAM) == ("no template covers what is security",)


@pytest.mark.parametrize(
    ("after", "fits"), [(1250, True), (1251, False), (750, True), (749, False), (745, False)]
)
def test_percentages_are_exact_on_large_capacities(after: int, fits: bool) -> None:
    plan = Plan("scale", "/x", {"sku": {"capacity": 1000}}, {"sku": {"capacity": after}}, (), ())
    template = replace(TEMPLATE, max_fall_percent=25)
    assert (misfits(template, planned(plan=plan), REQUEST, TEAM) == ()) is fits


def test_a_plan_without_capacity_rises_from_nothing() -> None:
    plan = Plan("scale", "/x", {}, {"sku": {"name": "Standard", "capacity": 1}, "tags": {}}, (), ())
    assert misfits(TEMPLATE, planned(plan=plan), REQUEST, TEAM) == ("0 → 1 rises over 25 %",)
    assert misfits(TEMPLATE, planned(plan=replace(plan, after={})), REQUEST, TEAM) == ()


def test_emergency_is_never_higher_or_lower() -> None:
    assert not is_higher(Tier.EMERGENCY, Tier.STANDARD)
    assert not is_higher(Tier.CRITICAL, Tier.EMERGENCY)
    assert is_higher(Tier.CRITICAL, Tier.HIGH)
    assert not is_higher(Tier.HIGH, Tier.HIGH)
