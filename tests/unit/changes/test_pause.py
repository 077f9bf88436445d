"""Pausing: one POST that resuming takes back, for SKUs that know it, and not under somebody's overflow."""

from dataclasses import replace

import pytest

from bot.changes.pause import Pause
from bot.domain.change import Impact, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.operation import differences
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import seen, shown
from tests.fakes.every_kind import LIVE, WISHES, facts_of, paused

WISH = WISHES["pause"]
PLAN = WISH.plan()


def test_the_calls_are_each_others_way_back() -> None:
    assert [(each.verb, each.action, each.body) for each in PLAN.forward] == [("POST", "pause", {})]
    assert [(each.verb, each.action, each.arm_id) for each in PLAN.rollback] == [
        ("POST", "resume", THING.arm_id)
    ]
    assert differences(PLAN.before, PLAN.after) == ("properties.deploymentState",)
    assert Pause().summary(PLAN) == "running → paused"
    assert Pause().tier(PLAN, facts_of()) is Tier.HIGH
    assert Impact.DESTRUCTIVE in Pause().impact(PLAN, facts_of())


def test_what_is_paused_already_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="is paused already"):
        WISH.plan(paused(LIVE))


@pytest.mark.parametrize(
    ("sku", "can"),
    [("Standard", True), ("globalstandard", True), ("DataZoneStandard", True), ("ProvisionedManaged", False)],
)
def test_only_some_skus_know_a_pause(sku: str, can: bool) -> None:
    live = seen(THING, 120, sku=sku)
    assert (Pause().check(WISH.plan(live), facts_of(live)) == ()) is can


def test_what_takes_the_overflow_of_another_is_not_paused() -> None:
    other = seen(replace(THING, deployment="other"), 10)
    properties = other.projection["properties"]
    assert isinstance(properties, dict)
    leaning = {**other.projection, "properties": {**properties, "spilloverDeploymentName": THING.deployment}}
    (said,) = Pause().check(PLAN, facts_of(siblings=(shown(other.ref, leaning),)))
    assert said.startswith("other sends its overflow here")


def test_people_read_how_many_calls_are_refused_and_what_nobody_documents() -> None:
    notes = " ".join(Pause().notes(PLAN, facts_of(requests=1204)))
    assert "It got 1,204 calls in the last hour" in notes
    assert "is not documented" in notes
    assert "15 days" in notes
    assert "an unknown number of calls" in Pause().notes(PLAN, facts_of(requests=None))[0]


def test_a_projection_that_does_not_name_the_state_is_running() -> None:
    properties = LIVE.projection["properties"]
    assert isinstance(properties, dict)
    bare = {name: value for name, value in properties.items() if name != "deploymentState"}
    plan = WISH.plan(replace(LIVE, projection={**LIVE.projection, "properties": bare}, running_state=""))
    assert Pause().summary(plan) == "running → paused"
