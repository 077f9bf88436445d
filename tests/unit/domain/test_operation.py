"""Projection, differences and the plan digest: what is approved is semantics, and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.scale import Scale
from bot.domain.json import Json, canonical
from bot.domain.operation import (
    CHANGE_TAG,
    Operation,
    Plan,
    differences,
    moved_words,
    plan_from_json,
    project,
)
from bot.ports.registry import Site
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import raw_deployment, seen

WRITABLE = (
    "raiPolicyName",
    "versionUpgradeOption",
    "spilloverDeploymentName",
    "parentDeploymentName",
    "serviceTier",
    "deploymentState",
    "routing",
)
OF_THE_MODEL = ("format", "name", "version", "publisher", "source", "sourceAccount")
COMPUTED = (
    "rateLimits",
    "callRateLimit",
    "currentCapacity",
    "capabilities",
    "provisioningState",
    "dynamicThrottlingEnabled",
)
PLAN = Scale().plan(Site(THING, seen(THING, 120)), {"capacity": 150})


def _raw(**properties: Json) -> dict[str, Any]:
    raw: dict[str, Any] = dict(raw_deployment(THING, 120))
    return {**raw, "properties": {**raw["properties"], **properties}}


def _digest_of(raw: Mapping[str, Json]) -> str:
    live = replace(seen(THING, 120), projection=project(raw))
    return Scale().plan(Site(THING, live), {"capacity": 150}).digest


def test_the_projection_is_what_may_be_written_and_nothing_else() -> None:
    assert project(raw_deployment(THING, 120)) == {
        "properties": {
            "model": {"format": "OpenAI", "name": "gpt-4.1-mini-2025-04-14.ft-0a-triage", "version": "1"},
            "raiPolicyName": "strict",
            "versionUpgradeOption": "NoAutoUpgrade",
            "deploymentState": "Running",
        },
        "sku": {"name": "Standard", "capacity": 120},
        "tags": {"team": "ai"},
    }


@pytest.mark.parametrize("field", COMPUTED)
@pytest.mark.parametrize("value", ["x", 7, {"a": [1]}, None])
def test_what_the_server_computes_is_not_in_the_digest(field: str, value: Json) -> None:
    assert _digest_of(_raw(**{field: value})) == _digest_of(_raw())


@pytest.mark.parametrize("field", ["etag", "systemData", "type", "id", "name"])
def test_what_stands_around_the_properties_is_not_in_the_digest(field: str) -> None:
    assert _digest_of({**_raw(), field: "anything"}) == _digest_of(_raw())


def test_our_own_tag_is_not_in_the_digest_and_every_other_is() -> None:
    plain = _digest_of({**_raw(), "tags": {"team": "ai"}})
    assert _digest_of({**_raw(), "tags": {"team": "ai", CHANGE_TAG: "CHG-9"}}) == plain
    assert _digest_of({**_raw(), "tags": {"team": "ai", "cost": "1"}}) != plain


@pytest.mark.parametrize("field", WRITABLE)
def test_every_property_that_may_be_written_is_in_the_digest(field: str) -> None:
    assert _digest_of(_raw(**{field: "changed"})) != _digest_of(_raw())


@pytest.mark.parametrize("field", OF_THE_MODEL)
def test_every_field_of_the_model_is_in_the_digest(field: str) -> None:
    model = {**_raw()["properties"]["model"], field: "changed"}
    assert _digest_of(_raw(model=model)) != _digest_of(_raw())


def test_absent_and_null_are_the_same_and_sku_names_keep_their_spelling() -> None:
    assert _digest_of(_raw(serviceTier=None)) == _digest_of(_raw())
    assert project({"sku": {"name": "GlobalStandard", "capacity": 1, "tier": "x"}}) == {
        "properties": {"model": {}},
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "tags": {},
    }


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
)
_DOCUMENT = st.dictionaries(st.sampled_from("abcd"), _ANY_JSON, max_size=3)


@given(st.dictionaries(st.sampled_from(["sku", "tags", "properties", "id"]), _ANY_JSON))
def test_any_answer_of_azure_can_be_projected(resource: dict[str, Any]) -> None:
    assert set(project(resource)) == {"properties", "sku", "tags"}
    canonical(project(resource))


def test_the_digest_is_the_one_people_approved_last_year() -> None:
    """A digest that changes between versions makes every stored approval worthless."""
    plan = Plan(
        kind="scale",
        arm_id="/A",
        before={"sku": {"capacity": 120}},
        after={"sku": {"capacity": 150}},
        forward=(Operation("PATCH", "/a", {"sku": {"capacity": 150}}),),
        rollback=(Operation("PATCH", "/a", {"sku": {"capacity": 120}}),),
    )
    assert plan.digest == "739b83441dc8079d31e54cb5bd59bca13464eb74049a6256567b6071cf708627"


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, kind="other"),
        replace(PLAN, arm_id=PLAN.arm_id + "x"),
        replace(PLAN, before={}),
        replace(PLAN, after={}),
        replace(PLAN, forward=()),
        replace(PLAN, rollback=()),
        replace(PLAN, forward=(replace(PLAN.forward[0], verb="PUT"),)),
        replace(PLAN, forward=(replace(PLAN.forward[0], action="pause"),)),
        replace(PLAN, forward=PLAN.forward * 2),
        replace(PLAN, forward=PLAN.rollback, rollback=PLAN.forward),
    ],
)
def test_every_part_of_a_plan_is_in_its_digest(other: Plan) -> None:
    assert other.digest != PLAN.digest


def test_a_plan_comes_back_from_the_database_with_the_same_digest() -> None:
    back = plan_from_json(json.loads(json.dumps(PLAN.as_json())))
    assert (back, back.digest) == (PLAN, PLAN.digest)
    assert replace(PLAN, arm_id=PLAN.arm_id.upper()).digest == PLAN.digest


def test_the_order_of_keys_does_not_matter() -> None:
    turned = dict(reversed(list(PLAN.before.items())))
    assert replace(PLAN, before=turned).digest == PLAN.digest


def test_differences_are_named_by_their_dotted_path() -> None:
    left: dict[str, Json] = {"sku": {"capacity": 1, "name": "S"}, "tags": {"a": "1"}, "x": [1]}
    right: dict[str, Json] = {"sku": {"capacity": 2, "name": "S"}, "tags": {"b": "1"}, "x": [1]}
    assert differences(left, right) == ("sku.capacity", "tags.a", "tags.b")
    assert differences(left, {**left, "sku": None}) == ("sku.capacity", "sku.name")
    assert differences({}, left) == differences(left, {}) == ("sku.capacity", "sku.name", "tags.a", "x")
    assert differences(left, {**left, "y": {}}) == ("y",)
    assert moved_words(left, right) == "sku.capacity (1 → 2), tags.a (1 → none), tags.b (none → 1)"


@given(_DOCUMENT)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert differences(document, document) == ()


@given(
    _DOCUMENT,
    _DOCUMENT,
)
def test_differences_are_the_same_from_both_sides(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert differences(left, right) == differences(right, left)
    assert bool(differences(left, right)) is (_without_none(left) != _without_none(right))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return value


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "DELETE", "POST"])
def test_a_plan_of_every_verb_reads_back_with_its_actions(verb: Any) -> None:
    forward = Operation(verb, "/x", {"sku": {"capacity": 1}}, "pause")
    plan = Plan("pause", "/x", {"tags": {}}, {}, (forward,), (replace(forward, action=""),))
    assert plan_from_json(plan.as_json()) == plan
    assert plan.as_json()["forward"] == [
        {"action": "pause", "arm_id": "/x", "body": {"sku": {"capacity": 1}}, "verb": verb}
    ]


def test_operations_that_are_no_list_are_none() -> None:
    document = {**PLAN.as_json(), "forward": {"verb": "PUT"}, "rollback": None}
    found = plan_from_json(document)
    assert (found.forward, found.rollback) == ((), ())


def test_a_value_that_is_not_there_is_called_none() -> None:
    assert moved_words({"a": {"b": 1}}, {"a": {}}) == "a.b (1 → none)"
    assert moved_words({"a": 1}, {"a": {"b": 2}}) == "a (1 → {'b': 2})"
