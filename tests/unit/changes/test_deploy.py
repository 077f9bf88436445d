"""Deploying: one PUT of all that was asked, under a free name, of a model that stays."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.changes.deploy import Deploy
from bot.domain.change import Impact, Tier
from bot.domain.deployment import AvailableModel, SkuBounds, Usage
from bot.domain.errors import InvalidInputError
from bot.domain.operation import Plan
from bot.ports.registry import Offer, PlanFacts
from tests.fakes.azure_reads import NOW, THING, TUNED
from tests.fakes.every_kind import LIVE, NEW, WISHES, Wish, facts_of

WISH = WISHES["deploy"]
PLAN = WISH.plan()
MODEL = AvailableModel(NEW["model"], NEW["version"], usage_names={"standard": "OpenAI.Standard.gpt-4.1-mini"})


def _facts(model: AvailableModel = MODEL, **more: object) -> PlanFacts:
    facts = facts_of(models=(model,), now=NOW, **more)
    return replace(facts, filters={"strict": object()})  # type: ignore[dict-item]


def _check(model: AvailableModel = MODEL, plan: Plan = PLAN, **more: object) -> str:
    return " ".join(Deploy().check(plan, _facts(model, **more)))


def test_the_call_is_one_put_of_everything_that_was_asked_and_the_tags_of_the_target() -> None:
    (call,) = PLAN.forward
    assert (call.verb, call.arm_id) == ("PUT", replace(THING, deployment="support-triage-next").arm_id)
    assert call.body == {
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"},
            "raiPolicyName": "strict",
            "versionUpgradeOption": "NoAutoUpgrade",
        },
        "sku": {"name": "Standard", "capacity": 10},
        "tags": {"team": "ai"},
    }
    assert PLAN.before == {}
    assert [(each.verb, each.body) for each in PLAN.rollback] == [("DELETE", {})]


def test_where_nothing_is_deployed_the_targets_own_name_is_used() -> None:
    plan = Wish("deploy", NEW).plan(None)
    assert plan.arm_id == THING.key
    assert plan.forward[0].body["tags"] == {}


@pytest.mark.parametrize("name", ["", "support-triage-ft", "SUPPORT-TRIAGE-FT"])
def test_a_name_that_is_taken_by_the_target_is_refused_beside_its_field(name: str) -> None:
    with pytest.raises(InvalidInputError, match="Name the new one") as refused:
        Wish("deploy", {**NEW, "deployment": name}).plan()
    assert refused.value.field == "deployment"


@pytest.mark.parametrize("name", ["../x", "a/b", "a b", "-a", "a" * 65])
def test_a_name_that_could_change_the_path_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Wish("deploy", {**NEW, "deployment": name}).plan(None)
    assert refused.value.field == "deployment"


@pytest.mark.parametrize("field", ["model", "version", "sku", "capacity", "content_filter", "upgrade_option"])
def test_what_is_left_empty_or_is_no_word_is_refused_beside_its_field(field: str) -> None:
    for typed in ("", " ", "a b\nc"):
        with pytest.raises(InvalidInputError) as refused:
            Deploy().read({**NEW, field: typed})
        assert refused.value.field == field


def test_a_model_that_was_trained_elsewhere_keeps_where_it_came_from() -> None:
    properties = LIVE.projection["properties"]
    assert isinstance(properties, dict)
    model = {"format": "OpenAI", "name": TUNED, "version": "1", "source": "/subscriptions/x"}
    live = replace(LIVE, projection={**LIVE.projection, "properties": {**properties, "model": model}})
    plan = Wish("deploy", {**NEW, "model": TUNED, "version": "1", "deployment": "next"}).plan(live)
    assert plan.after["properties"]["model"] == model  # type: ignore[index, call-overload]


def test_everything_in_order_is_green_and_costs() -> None:
    assert _check() == ""
    assert Deploy().tier(PLAN, _facts()) is Tier.HIGH
    assert Deploy().impact(PLAN, _facts()) == {Impact.MODIFYING, Impact.COST}
    assert Deploy().summary(PLAN) == "gpt-4.1-mini 2025-04-14 as support-triage-next, Standard 10"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (replace(MODEL, name="other"), "cannot deploy gpt-4.1-mini version 2025-04-14"),
        (replace(MODEL, version="2024-01-01"), "cannot deploy"),
        (replace(MODEL, format="Mistral"), "of the format Mistral, not OpenAI"),
        (replace(MODEL, lifecycle="Deprecated"), "is deprecated"),
        (replace(MODEL, inference_ends=NOW + timedelta(days=30)), "retires on 2026-12-24, within 30 days"),
        (replace(MODEL, inference_ends=NOW + timedelta(days=31)), ""),
        (replace(MODEL, usage_names={"globalstandard": "x"}), "is not offered with Standard here"),
        (replace(MODEL, skus=(SkuBounds("GlobalStandard", 1, 9),)), "Choose one of: GlobalStandard"),
        (replace(MODEL, skus=(SkuBounds("Standard", 1, 9),)), "accepts 1 to 9 units"),
        (replace(MODEL, skus=(SkuBounds("standard", 1, 10),)), ""),
    ],
)
def test_what_cannot_be_had_is_said_with_a_fix(model: AvailableModel, said: str) -> None:
    found = _check(model)
    assert (said in found) if said else found == ""


def test_the_whole_capacity_has_to_be_free() -> None:
    line = Usage("OpenAI.Standard.gpt-4.1-mini", "", Decimal(95), Decimal(104))
    assert "this needs 10 more" in _check(quota=(line,))
    assert _check(quota=(replace(line, limit=Decimal(105)),)) == ""


def test_a_filter_the_account_has_not_is_red() -> None:
    facts = replace(_facts(), filters={})
    assert "no content filter called strict" in " ".join(Deploy().check(PLAN, facts))


def test_a_tag_that_looks_like_a_secret_cannot_be_copied() -> None:
    live = replace(LIVE, projection={**LIVE.projection, "tags": {"key": "[redacted: key] #1"}})
    assert "looks like a secret" in _check(plan=WISH.plan(live))


def test_the_form_proposes_what_is_live_and_offers_what_azure_has() -> None:
    known = (MODEL, AvailableModel(TUNED, "1", "gpt-4.1-mini", skus=(SkuBounds("Standard", 1, 9),)))
    offer = Offer(LIVE, LIVE.ref.deployment, known, filters=("strict", "lenient"))
    fields = {field.block: field for field in Deploy().fields(offer)}
    assert fields["model"].options == (TUNED, "gpt-4.1-mini")
    assert fields["model"].initial == TUNED
    assert fields["version"].options == ("1", "2025-04-14")
    assert fields["sku"].options == ("Standard",)
    assert fields["content_filter"].options == ("strict", "lenient")
    assert "support-triage-ft is there already" in fields["deployment"].hint
    assert {field.block for field in fields.values() if not field.required} == {"deployment"}
