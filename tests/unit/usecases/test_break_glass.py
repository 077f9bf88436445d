"""Breaking the glass: alone, by whom the rule allows, with every check; reviewed by somebody else, or escalated."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.break_glass import GlassVerdict
from bot.domain.break_glass_events import GlassBroken, GlassLapsed, GlassReviewed
from bot.domain.change import Change, Tier
from bot.domain.change import ChangeState as S
from bot.domain.configuration import Group
from bot.domain.policy import Refused
from bot.ports.archive import ChangeQuery
from bot.usecases.request_change import FieldProblems
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, RULES, House, company, rule

GLASS = rule("production", Tier.EMERGENCY, 2, "approvers", "security", break_glass=True)


def with_glass(**more: Any) -> House:
    """A company whose policy has a glass to break."""
    rules = {(each.environment, each.tier): each for each in (*RULES, GLASS)}
    return House(company(rules=rules, **more))


@pytest.fixture
def house() -> House:
    """Give a company on a bad day."""
    return with_glass()


async def emergency(house: House, by: str = ANNA) -> Change:
    """An emergency that waits for its approvals."""
    return await house.pending(by, type="emergency", incident="INC-1")


async def test_an_emergency_names_its_incident(house: House) -> None:
    problems = await house.ask(type="emergency", incident="")
    assert isinstance(problems, FieldProblems)
    assert set(problems.by_block) == {"incident"}


async def test_one_person_approves_alone_and_everybody_is_told(house: House) -> None:
    await emergency(house)
    house.forget_jobs()
    broken = await house.break_glass(DAN)
    assert isinstance(broken, Change)
    now = house.clock.now()
    assert (broken.state, broken.broke_glass_by) == (S.APPROVED, DAN)
    assert (broken.review_due_at, broken.expires_at) == (now + timedelta(hours=24), now + timedelta(hours=1))
    event = house.last.event
    assert isinstance(event, GlassBroken)
    assert (event.own, event.quorum, event.given, event.groups) == (False, 2, 0, ("security",))
    assert event.private() == {"reason": "it burns", "incident": "INC-1"}
    assert house.jobs == {
        "deliver:CHG-1:card",
        "deliver:CHG-1:glass:",
        *(f"deliver:CHG-1:glass:{user}" for user in (ANNA, BOB, CAROL, OTTO)),
    }


async def test_the_requester_may_and_that_is_recorded(house: House) -> None:
    await emergency(house)
    assert isinstance(await house.break_glass(ANNA), Change)
    assert isinstance(house.last.event, GlassBroken)
    assert house.last.event.own


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
@pytest.mark.parametrize("who", [EVE, OTTO])
async def test_nobody_outside_the_rules_groups_may_and_the_attempt_is_remembered(
    house: House, who: str
) -> None:
    await emergency(house)
    refused = await house.break_glass(who)
    assert isinstance(refused, Refused)
    assert DAN in refused.could
    assert (house.change().state, house.last.tag, house.last.by.id) == (
        S.PENDING_APPROVAL,
        "change.refused",
        who,
    )


async def test_a_guest_in_the_group_may_not(house: House) -> None:
    await emergency(house)
    house.directory.bar(DAN, "you are a guest")
    house.clock.pass_by(timedelta(minutes=2))
    assert isinstance(await house.break_glass(DAN), Refused)


async def test_where_policy_has_no_glass_there_is_none_to_break() -> None:
    house = House()
    await emergency(house)
    refused = await house.break_glass(DAN)
    assert isinstance(refused, Refused)
    assert "break_glass = true" in refused.reason


async def test_a_normal_change_has_no_glass(house: House) -> None:
    await house.pending()
    assert isinstance(await house.break_glass(DAN), Refused)


async def test_another_deployments_name_breaks_nothing(house: House) -> None:
    await emergency(house)
    assert isinstance(await house.break_glass(DAN, deployment="classifier-ft"), Refused)
    assert house.change().state is S.PENDING_APPROVAL


async def test_a_glass_is_broken_once_and_only_while_the_change_waits(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    refused = await house.break_glass(BOB)
    assert isinstance(refused, Refused)
    assert "is approved" in refused.reason


async def test_an_expired_request_is_not_revived(house: House) -> None:
    await emergency(house)
    house.clock.pass_by(timedelta(hours=25))
    assert isinstance(await house.break_glass(DAN), Refused)


async def test_a_broken_glass_runs_with_every_check(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    await house.ask_apply(BOB)
    await house.apply()
    assert house.change().state is S.EXECUTING
    started = next(entry for entry in house.archive.state.entries if entry.tag == "change.execution.started")
    assert started.event.data()["approvers"] == (DAN,)


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
async def test_live_state_that_moved_stops_it_all_the_same(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    house.world.portal(130)
    await house.ask_apply(BOB)
    await house.apply()
    assert house.change().state is S.SUPERSEDED
    assert house.writer.calls == []


async def test_who_broke_it_and_has_left_the_group_approved_nothing(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    groups = {**house.configuration.groups, "security": Group("security", frozenset({EVE}))}
    house.configuration = replace(house.configuration, groups=groups)
    await house.ask_apply(BOB)
    await house.apply()
    assert (house.change().state, house.writer.calls) == (S.SUPERSEDED, [])
    assert "may not do that any more" in house.change().note


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
async def test_it_holds_for_an_hour_at_most(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    await house.ask_apply(BOB)
    house.clock.pass_by(timedelta(minutes=61))
    await house.apply()
    assert (house.change().state, house.writer.calls) == (S.EXPIRED, [])


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
@pytest.mark.parametrize("who", [ANNA, DAN, EVE, OTTO])
async def test_neither_who_broke_it_nor_who_asked_nor_a_stranger_reviews(house: House, who: str) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    assert isinstance(await house.review_glass(who), Refused)
    assert house.change().reviewed_by == ""


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
async def test_another_account_of_the_same_person_does_not_review() -> None:
    house = with_glass(entra_oids={DAN: "0da0", BOB: "0da0"})
    await emergency(house)
    await house.break_glass(DAN)
    assert isinstance(await house.review_glass(BOB), Refused)


async def test_somebody_else_reviews_once_with_a_verdict(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    assert isinstance(await house.review_glass(BOB, GlassVerdict.NOT_JUSTIFIED), Change)
    event = house.last.event
    assert isinstance(event, GlassReviewed)
    assert (event.verdict, event.late, event.private()) == ("not justified", False, {"note": "I looked"})
    again = await house.review_glass(CAROL)
    assert isinstance(again, Refused)
    assert "reviewed already" in again.reason


async def test_a_change_whose_glass_is_whole_has_nothing_to_review(house: House) -> None:
    await emergency(house)
    assert isinstance(await house.review_glass(BOB), Refused)


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
async def test_a_review_that_lapses_is_escalated_once_a_day_until_it_is_given(house: House) -> None:
    await emergency(house)
    await house.break_glass(DAN)
    for hours, expected in ((23, 0), (2, 1), (1, 1), (22, 1), (1, 2)):
        house.clock.pass_by(timedelta(hours=hours))
        house.forget_jobs()
        await house.sweep()
        if "escalate:CHG-1" in house.jobs:
            await house.escalate()
            await house.escalate()
        assert house.tags.count("change.break_glass.lapsed") == expected, hours
    assert isinstance(house.last.event, GlassLapsed)
    assert house.last.event.times == 2
    assert f"deliver:CHG-1:lapsed:{BOB}" in house.jobs
    await house.review_glass(BOB)
    assert isinstance(house.last.event, GlassReviewed)
    assert house.last.event.late
    house.clock.pass_by(timedelta(hours=30))
    house.forget_jobs()
    await house.sweep()
    await house.escalate()
    assert "escalate:CHG-1" not in house.jobs
    assert house.tags.count("change.break_glass.lapsed") == 2
    async with house.archive.reading() as look:
        assert await look.changes(ChangeQuery(unreviewed_before=house.clock.now())) == []


async def test_where_only_mapped_people_decide_no_other_breaks_the_glass_or_reviews_it() -> None:
    rules = {(each.environment, each.tier): replace(each, mapped_only=True) for each in (*RULES, GLASS)}
    oids = {user: f"oid-{user}" for user in (ANNA, BOB, DAN)}
    house = House(company(rules=rules, entra_oids=oids))
    await emergency(house)
    refused = await house.break_glass(CAROL)
    assert isinstance(refused, Refused)
    assert "no row in [[people]]" in refused.reason
    assert isinstance(await house.break_glass(DAN), Change)
    refused = await house.review_glass(CAROL)
    assert isinstance(refused, Refused)
    assert "only who has one reviews" in refused.reason
    assert isinstance(await house.review_glass(BOB), Change)
