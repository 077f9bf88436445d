"""Pre-checks that look back: what is observed still, one variable at a time, the way back, the executor's rights."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.changes.kinds import kind_named
from bot.domain.change import ChangeState, ChangeType
from bot.domain.configuration import Timing
from bot.domain.deployment import AvailableModel, SkuBounds, Usage
from bot.domain.errors import AzureUnavailableError, InvalidInputError, NotFoundError
from bot.domain.json import Json
from bot.domain.operation import Operation, Plan
from bot.domain.permission import LIST_KEYS, WRITES, Permissions, action_of, missing_for
from bot.planning.return_path import closed_ways, variables, way_notes
from bot.ports.registry import PlanFacts, Site
from bot.usecases.check_change import Green, Red
from bot.usecases.check_history import check_history
from bot.usecases.observe_permissions import observe_permissions, refuse_wrong_hands
from bot.usecases.plan_change import Checked
from tests.fakes.azure_permissions import MemoryPermissions
from tests.fakes.azure_reads import NOW, PLACE, THING
from tests.fakes.house import DAN, House, company

HOUR = timedelta(hours=1)
WINDOW = timedelta(minutes=30)
WRITE = "Microsoft.CognitiveServices/accounts/deployments/write"
QUOTA = Usage("OpenAI.Standard.x", "", Decimal(150), Decimal(240))


@pytest.fixture
def house() -> House:
    """Give a company that observes each change for two hours."""
    timing = Timing(reconcile_every=timedelta(0), observation_window=2 * HOUR)
    return House(configuration=company(timing=timing))


async def closed(house: House) -> None:
    """Leave a change that was applied half an hour ago and attested."""
    await house.validated()
    await house.attest()
    assert house.change().state is ChangeState.CLOSED


def notes(house: House, number: int = 1) -> list[str]:
    """Return what is said before people decide."""
    found = house.change(number).outcome["notes"]
    assert isinstance(found, list)
    return [str(each) for each in found]


async def test_a_deployment_that_is_observed_still_takes_no_other_change(house: House) -> None:
    await closed(house)
    await house.ask(DAN, capacity="170")
    red = await house.precheck(2)
    assert isinstance(red, Red)
    assert red.problems == (
        "CHG-1 was applied to this deployment at 12:00 UTC and is observed until 2026-11-24 14:00 UTC. "
        "Ask again then, or roll CHG-1 back.",
    )
    house.clock.pass_by(90 * HOUR / 60)
    assert isinstance(await house.precheck(2), Green)


async def test_an_emergency_passes_and_says_so(house: House) -> None:
    await closed(house)
    await house.ask(capacity="170", type="emergency")
    green = await house.precheck(2)
    assert isinstance(green, Green), green
    assert any(each.startswith("It passes as an emergency: CHG-1 was applied") for each in notes(house, 2))


async def test_another_deployment_is_not_held_back(house: House) -> None:
    await closed(house)
    await house.ask(target="classifier-prod", capacity="40")
    assert isinstance(await house.precheck(2), Green)


async def test_the_change_that_follows_the_observed_one_may_go_on(house: House) -> None:
    await closed(house)
    await house.ask(capacity="170")
    draft = house.change(2)
    house.archive.state.changes[2] = replace(draft, request=replace(draft.request, origin="CHG-1"))
    assert isinstance(await house.precheck(2), Green)


async def test_what_was_applied_since_the_approval_holds_an_apply_back(house: House) -> None:
    change = await house.approved()
    await house.ask_apply()
    other = replace(change, number=9, state=ChangeState.CLOSED, executed_at=house.clock.now())
    house.archive.state.changes[9] = other
    await house.apply()
    assert house.change().state is ChangeState.APPROVED
    assert house.change().note.startswith("Not applied: CHG-9 was applied to this deployment")
    assert house.writer.calls == []


async def test_the_way_back_that_was_never_walked_is_said_and_the_last_walk_too(house: House) -> None:
    await house.applied()
    assert "The way back of scale was never rehearsed on triage-prod." in notes(house)
    await house.ask_rollback()
    await house.finish()
    house.clock.pass_by(3 * HOUR)
    await house.pending(DAN, capacity="170")
    assert "The way back of scale was last walked on triage-prod on 2026-11-24, with CHG-1." in notes(
        house, 2
    )


async def test_an_apply_says_on_which_evidence_it_stands(house: House) -> None:
    await house.applied()
    assert house.change().outcome["applied_on"] == (
        "the snapshot of the submit, 0 min old, and the executor's own look at apply"
    )


async def test_evidence_that_is_old_at_apply_does_not_count(house: House) -> None:
    await house.approved()
    house.clock.pass_by(HOUR)
    await house.ask_apply()
    await house.finish()
    assert house.change().outcome["applied_on"] == (
        "the executor's own look at apply; the snapshot of the submit is 60 min old"
    )


async def test_an_executor_that_lacks_the_action_is_red_before_people_are_asked(house: House) -> None:
    house.permissions.found -= {WRITE}
    await observe_permissions(PLACE, reader=house.permissions, desk=house.desk)
    await house.ask()
    red = await house.precheck()
    assert isinstance(red, Red)
    (problem,) = red.problems
    assert f"it lacks {WRITE}." in problem
    assert "deploy/roles/executor.json" in problem


@pytest.mark.parametrize("age", [None, timedelta(hours=1, seconds=1)])
async def test_a_right_nobody_has_observed_lately_is_a_note_and_no_hindrance(
    house: House, age: timedelta | None
) -> None:
    if age is not None:
        seen = Permissions("prod", frozenset(), house.clock.now() - age)
        house.archive.state.permissions["prod"] = seen
    await house.pending()
    assert any(
        each.startswith("What the executor may do on prod has not been observed") for each in notes(house)
    )


async def test_rights_that_were_seen_are_no_note(house: House) -> None:
    await observe_permissions(PLACE, reader=house.permissions, desk=house.desk)
    await house.pending()
    assert not any("executor" in each for each in notes(house))


async def test_at_apply_the_executor_asks_azure_itself(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    house.permissions.found -= {WRITE}
    await house.apply()
    assert f"lacks {WRITE}" in house.change().note
    assert (house.change().state, house.writer.calls) == (ChangeState.APPROVED, [])


async def test_where_azure_will_not_say_it_is_azure_that_decides(house: House) -> None:
    house.permissions.broken = NotFoundError("Azure does not say.")
    await house.applied()


async def test_where_azure_did_not_answer_the_apply_waits(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    house.permissions.broken = AzureUnavailableError("Azure did not answer.")
    with pytest.raises(AzureUnavailableError):
        await house.apply()
    assert house.writer.calls == []


@pytest.mark.parametrize(
    ("role", "action"), [*(("reader", each) for each in (*WRITES, LIST_KEYS)), ("executor", LIST_KEYS)]
)
async def test_an_identity_that_may_do_what_it_must_not_is_refused_by_name(role: str, action: str) -> None:
    hands = MemoryPermissions(frozenset({action}))
    with pytest.raises(InvalidInputError) as refused:
        await refuse_wrong_hands(role, (PLACE,), reader=hands)
    assert action in str(refused.value)
    assert f"deploy/roles/{role}.json" in refused.value.advice


async def test_an_identity_that_may_do_what_it_should_starts_and_one_that_cannot_be_asked_is_named() -> None:
    executor = MemoryPermissions()
    assert await refuse_wrong_hands("executor", (PLACE,), reader=executor) == ()
    silent = MemoryPermissions(broken=AzureUnavailableError("Azure did not answer."))
    assert await refuse_wrong_hands("reader", (PLACE,), reader=silent) == ("prod: Azure did not answer.",)


def projection(capacity: int = 120, sku: str = "Standard", model: str = "tuned", **properties: Json) -> Any:
    """Return a projection."""
    whole = {"model": {"name": model, "version": "1"}, **properties}
    return {"sku": {"name": sku, "capacity": capacity}, "tags": {}, "properties": whole}


def plan(before: Any, after: Any) -> Plan:
    """Return a plan between two states."""
    call = Operation("PUT", THING.arm_id, after)
    return Plan("any", THING.key, before, after, (call,), (Operation("PUT", THING.arm_id, before),))


def facts(ends: timedelta | None = 90 * HOUR, skus: tuple[str, ...] = ("Standard",)) -> PlanFacts:
    """Return what Azure offers: the tuned model until it ends, a quota line, these SKUs."""
    model = AvailableModel(
        "tuned", "1", inference_ends=NOW + ends if ends else None, usage_names={"standard": QUOTA.name}
    )
    offered = tuple(SkuBounds(name, 1, 300) for name in skus)
    return PlanFacts(Site(THING, None), offered, (QUOTA,), (model,), now=NOW)


@pytest.mark.parametrize(
    ("after", "touched"),
    [
        (projection(150), ("capacity",)),
        (projection(50, sku="GlobalStandard"), ("SKU",)),
        (projection(model="next"), ("model",)),
        (projection(150, model="next"), ("capacity", "model")),
        (projection(raiPolicyName="x", versionUpgradeOption="y"), ("content filter", "upgrade option")),
        ({**projection(), "tags": {"a": "b"}}, ()),
        ({}, ()),
    ],
)
def test_the_major_variables_of_a_plan(after: Any, touched: tuple[str, ...]) -> None:
    assert variables(plan(projection(), after)) == touched


def test_a_model_that_cannot_be_had_again_closes_the_way_back_of_a_swap_in_place() -> None:
    swap = plan(projection(), projection(model="next"))
    assert closed_ways(swap, facts(), WINDOW) == ()
    (retired,) = closed_ways(swap, facts(ends=WINDOW), WINDOW)
    assert "tuned 1 retires at" in retired
    assert "beside it" in retired
    (gone,) = closed_ways(swap, replace(facts(), models=()), WINDOW)
    assert "not among the models" in gone
    assert closed_ways(plan({}, projection(model="next")), replace(facts(), models=()), WINDOW) == ()


def test_an_sku_that_is_not_offered_any_more_closes_the_way_back() -> None:
    move = plan(projection(), projection(sku="GlobalStandard"))
    assert closed_ways(move, facts(), WINDOW) == ()
    (closed,) = closed_ways(move, facts(skus=("GlobalStandard",)), WINDOW)
    assert "the SKU Standard" in closed


def test_what_is_given_back_has_to_be_free_again_on_the_way_back() -> None:
    (said,) = way_notes(plan(projection(), projection(90)), facts(), WINDOW)
    assert said.startswith("The way back needs 30 units of OpenAI.Standard.x again; beside them 90 of 240")
    assert way_notes(plan(projection(), projection(150)), facts(), WINDOW) == ()
    (whole,) = way_notes(plan(projection(), {}), facts(), WINDOW)
    assert "needs 120 units" in whole
    gone, _ = way_notes(plan(projection(), {}), facts(ends=WINDOW), WINDOW)
    assert gone.startswith("It cannot be created again: tuned 1 retires")


def test_each_call_names_its_action_and_a_plan_needs_those_of_both_ways() -> None:
    calls = [Operation("POST", THING.arm_id, {}, "pause"), Operation("DELETE", THING.arm_id, {})]
    assert [action_of(each).rpartition("deployments/")[2] for each in calls] == ["pause/action", "delete"]
    both = replace(plan(projection(), {}), forward=(calls[1],))
    assert [each.rpartition("/")[2] for each in missing_for(both, ())] == ["delete", "write"]


async def test_several_variables_at_once_are_red_and_an_emergency_passes(house: House) -> None:
    change = await house.pending()
    assert change.plan is not None
    both = replace(change.plan, after=projection(150, model="next"), before=projection())
    kind = kind_named("scale")
    checked = Checked(both, house.world.live, kind, facts(), ())
    async with house.archive.reading() as look:
        found = await check_history(change, checked, look=look, desk=house.desk)
        hasty = replace(change, request=replace(change.request, type=ChangeType.EMERGENCY))
        passed = await check_history(hasty, checked, look=look, desk=house.desk)
    (problem,) = found.problems
    assert problem.startswith("It changes capacity and model at once")
    assert (passed.problems, passed.notes[0]) == ((), f"It passes as an emergency: {problem}")
