"""Every kind of change from its form to its end: applied and attested, or applied and taken back."""

from dataclasses import replace

import pytest

from bot.domain.change import Change, ChangeState, Choice, Tier
from bot.domain.configuration import FieldRule
from bot.domain.errors import RunAgain
from bot.domain.policy import Refused
from bot.usecases.check_change import Green, Red
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import Fate, World
from tests.fakes.every_kind import NEW, WISHES, Wish, projections, roomy_world, start_of
from tests.fakes.house import ANNA, BOB, DAN, OTTO, RULES, House, company, rule

every_wish = pytest.mark.parametrize("wish", WISHES.values(), ids=lambda wish: wish.kind)
S = ChangeState


def _house(wish: Wish) -> House:
    known = (*RULES, rule("production", Tier.STANDARD, 0))
    configuration = company(rules={(each.environment, each.tier): each for each in known})
    return House(configuration=configuration, world=roomy_world(start_of(wish.kind)))


async def _approved(house: House, wish: Wish) -> Change:
    change = await house.pending(kind=wish.kind, **wish.values)
    for person in (BOB, DAN):
        if house.change().state is S.PENDING_APPROVAL:
            await house.say(Choice.APPROVE, person, change)
    assert house.change().state is S.APPROVED
    return house.change()


async def _applied(house: House, wish: Wish) -> None:
    await _approved(house, wish)
    await house.ask_apply(BOB)
    await house.apply()
    plan = house.change().plan
    assert plan is not None
    if not plan.forward:
        with pytest.raises(RunAgain, match="waits for the pipeline"):
            await house.poll()
        house.world.show(house.world.live.ref, plan.after)
    await house.poll()
    assert house.change().state is S.VERIFYING, house.change().outcome


@every_wish
async def test_a_change_is_applied_verified_and_attested(wish: Wish) -> None:
    house = _house(wish)
    await _applied(house, wish)
    change = house.change()
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    await house.validate()
    await house.attest(OTTO)
    assert house.change().state is S.CLOSED
    assert change.outcome["strangers"] == []
    assert len(house.writer.accepted) == len(change.plan.forward if change.plan else ())


@every_wish
async def test_a_change_is_applied_and_taken_back_to_what_was(wish: Wish) -> None:
    house = _house(wish)
    before = projections(house.world)
    await _applied(house, wish)
    assert projections(house.world) != before
    answer = await house.ask_rollback(BOB)
    if wish.of.no_way_back:
        assert isinstance(answer, Refused)
        assert "cannot be rolled back from here: it is applied by a pipeline" in answer.words
        assert house.change().state is S.VERIFYING
        return
    await house.apply()
    await house.poll()
    assert house.change().state is S.ROLLED_BACK, house.change().outcome
    assert projections(house.world) == before
    assert len(house.writer.accepted) == 2


@every_wish
async def test_what_moved_after_the_approval_supersedes_and_sends_nothing(wish: Wish) -> None:
    house = _house(wish)
    await _approved(house, wish)
    plan = house.change().plan
    assert plan is not None
    if plan.before:
        house.world.portal(77)
    else:
        house.world.perform(plan.forward[0])
    await house.ask_apply(BOB)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert house.writer.calls == []


@every_wish
async def test_a_rollback_never_overwrites_what_somebody_else_did_meanwhile(wish: Wish) -> None:
    if wish.of.no_way_back or wish.kind == "delete":
        return
    house = _house(wish)
    await _applied(house, wish)
    plan = house.change().plan
    assert plan is not None
    _move_something(house.world, plan.arm_id)
    await house.ask_rollback(BOB)
    await house.apply()
    assert house.change().state is S.FAILED
    assert "somebody else's change" in str(house.change().outcome["why"])
    assert len(house.writer.accepted) == 1


def _move_something(world: World, key: str) -> None:
    found = world.others.get(key, world.live)
    properties = found.projection["properties"]
    assert isinstance(properties, dict)
    world.show(found.ref, {**found.projection, "properties": {**properties, "serviceTier": "Priority"}})


async def test_a_weaker_filter_waits_for_security_and_an_equal_one_for_two_groups() -> None:
    house = _house(WISHES["set-filter"])
    weaker = await house.pending(kind="set-filter", content_filter="lenient")
    assert weaker.tier is Tier.CRITICAL
    assert "security" in str(weaker.outcome["impact"])
    await house.withdraw(ANNA)
    stricter = await house.pending(kind="set-filter", content_filter="stricter")
    assert stricter.tier is Tier.HIGH


async def test_a_filter_that_a_policy_rule_forbids_is_red_and_the_rule_is_named() -> None:
    house = _house(WISHES["set-filter"])
    rule = FieldRule("reviewed filters", "content_filter", "one_of", ("strict", "stricter"))
    house.configuration = replace(house.configuration, field_rules=(rule,))
    house.__post_init__()
    await house.ask(kind="set-filter", content_filter="lenient")
    red = await house.precheck()
    assert isinstance(red, Red)
    assert "The policy rule “reviewed filters” is broken" in red.problems[0]
    await house.ask(kind="set-filter", content_filter="stricter")
    assert isinstance(await house.precheck(2), Green)


async def test_a_deployment_in_use_is_not_deleted_and_a_filter_nobody_has_is_not_set() -> None:
    house = _house(WISHES["delete"])
    house.metrics.add("AzureOpenAIRequests", house.clock.now().replace(minute=0), 12.0)
    house.clock.reach(house.clock.now().replace(minute=30))
    await house.ask(kind="delete", deployment="support-triage-ft")
    red = await house.precheck()
    assert isinstance(red, Red)
    assert "12 calls in the last hour" in red.problems[0]
    await house.ask(kind="set-filter", content_filter="nowhere")
    assert "no content filter called nowhere" in str(await house.precheck(2))


async def test_calls_that_began_after_the_approval_hold_a_deletion_back() -> None:
    house = _house(WISHES["delete"])
    await _approved(house, WISHES["delete"])
    house.metrics.add("AzureOpenAIRequests", house.clock.now(), 1.0)
    house.clock.reach(house.clock.now().replace(minute=house.clock.now().minute + 2))
    await house.ask_apply(BOB)
    await house.apply()
    assert house.change().state is S.APPROVED
    assert "It got 1 call in the last hour" in house.change().note
    assert house.writer.calls == []


async def test_a_target_whose_deployment_is_gone_is_deployed_again_under_its_own_name() -> None:
    house = _house(WISHES["deploy"])
    house.world.remove()
    before = projections(house.world)
    await _applied(house, Wish("deploy", NEW))
    assert set(projections(house.world)) - set(before) == {THING.key}
    await house.ask_rollback(BOB)
    await house.apply()
    await house.poll()
    assert house.change().state is S.ROLLED_BACK
    assert projections(house.world) == before


async def test_what_was_created_beside_is_what_is_measured() -> None:
    house = _house(WISHES["swap-model"])
    await _applied(house, WISHES["swap-model"])
    ends = house.change().window_ends_at
    assert ends is not None
    house.clock.reach(ends)
    house.metrics.asked.clear()
    house.metrics.measured.clear()
    await house.validate()
    assert {ref.deployment for ref in house.metrics.measured} == {"support-triage-ft", "support-triage-ft-g1"}
    assert house.change().outcome["verdict"] == "not enough traffic"


SENT = pytest.mark.parametrize(
    "wish", [wish for wish in WISHES.values() if not wish.of.no_way_back], ids=lambda wish: wish.kind
)


@SENT
@pytest.mark.parametrize(
    ("fate", "state"),
    [(Fate.ANSWER_LOST, S.VERIFYING), (Fate.LOST, S.FAILED)],
    ids=["applied", "never arrived"],
)
async def test_a_lost_answer_is_settled_by_reading_back_and_nothing_is_sent_twice(
    wish: Wish, fate: Fate, state: ChangeState
) -> None:
    house = _house(wish)
    await _approved(house, wish)
    house.writer.fates = [fate]
    await house.ask_apply(BOB)
    await house.finish()
    assert house.change().state is state
    assert house.change().outcome.get("written", False) is False
    assert len(house.writer.calls) == 1


@SENT
async def test_what_failed_after_it_was_written_can_be_taken_back(wish: Wish) -> None:
    house = _house(wish)
    before = projections(house.world)
    await _approved(house, wish)
    house.writer.fates = [Fate.FAILS_HALF]
    await house.ask_apply(BOB)
    await house.finish()
    assert house.change().state is S.FAILED
    assert house.change().outcome["written"] is True
    await house.ask_rollback(BOB)
    await house.finish()
    assert house.change().state is S.ROLLED_BACK, house.change().outcome
    assert projections(house.world) == before
