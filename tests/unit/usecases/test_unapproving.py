"""Taking an approval back: until the change runs, by who gave it, and what rested on it waits again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import Change, Choice, Tier
from bot.domain.change import ChangeState as S
from bot.domain.deployment import Account, Deployment
from bot.domain.errors import RunAgain
from bot.domain.notice import ASK, HANDLED, OUTCOME
from bot.domain.policy import Refused
from bot.domain.request_events import ApprovalWithdrawn
from bot.domain.rounds import taken_back
from bot.usecases.decide_change import Decided, Recorded
from bot.usecases.tell_people import stage_of, tell_people, told_of
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company, rule


def two(**more: Any) -> House:
    """Give a company where two decide."""
    quorum = rule("production", Tier.NORMAL, 2, "approvers", "security")
    return House(configuration=company(rules={("production", Tier.NORMAL): quorum}, **more))


async def test_an_approval_that_is_taken_back_while_it_waits_does_not_count_and_can_be_given_again() -> None:
    house = two()
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    assert isinstance(await house.unapprove(BOB), Change)
    assert house.change().state is S.PENDING_APPROVAL
    assert house.archive.state.votes == {}
    event = house.last.event
    assert isinstance(event, ApprovalWithdrawn)
    assert (event.approver, event.counted, event.reopened, house.last.by.id) == (BOB, 0, False, BOB)
    assert event.private() == {"reason": "I saw more."}
    assert isinstance(await house.say(Choice.APPROVE, DAN), Recorded), "one of two: the first does not count"
    assert isinstance(await house.say(Choice.APPROVE, BOB), Decided)
    assert [each.by for each in taken_back(house.change())] == [BOB]


async def test_it_may_be_a_rejection_that_comes_instead() -> None:
    house = two()
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    refused = await house.say(Choice.REJECT, BOB, reason="no")
    assert isinstance(refused, Refused)
    assert "change unapprove CHG-1" in refused.reason
    await house.unapprove(BOB)
    assert isinstance(await house.say(Choice.REJECT, BOB, reason="no"), Decided)
    assert house.change().state is S.REJECTED


async def test_an_approved_change_waits_again_with_the_votes_of_the_others_and_nobody_asking_for_it() -> None:
    house = two()
    change = await house.approved(by=(BOB, DAN))
    await house.ask_apply()
    house.forget_jobs()
    after = await house.unapprove(DAN)
    assert isinstance(after, Change)
    assert (after.state, after.apply_asked_by, after.decided_by) == (S.PENDING_APPROVAL, "", "")
    assert [vote.person for vote in house.archive.state.votes.values()] == [BOB]
    assert house.jobs == {"deliver:CHG-1:card"}
    assert change.submitted_at is not None
    assert after.expires_at == change.submitted_at + timedelta(hours=24), "it gained no time"
    await house.apply()
    assert house.writer.calls == []


async def test_a_scheduled_change_waits_again_too() -> None:
    house = House()
    start = house.clock.now() + timedelta(hours=2)
    await house.approved(start_at=start.isoformat())
    await house.ask_apply()
    assert house.change().state is S.SCHEDULED
    await house.unapprove(BOB)
    house.clock.pass_by(timedelta(hours=3))
    await house.sweep()
    assert (house.change().state, "apply:CHG-1" in house.jobs) == (S.PENDING_APPROVAL, False)


async def test_what_is_still_approved_by_enough_others_stays_approved() -> None:
    house = House(
        configuration=company(
            rules={
                ("production", Tier.NORMAL): rule(
                    "production", Tier.NORMAL, 1, "approvers", "security", required_groups=("security",)
                )
            }
        )
    )
    await house.approved(by=(BOB, DAN))
    after = await house.unapprove(BOB)
    assert isinstance(after, Change)
    assert after.state is S.APPROVED


async def test_an_apply_that_was_asked_for_before_does_not_start_what_was_approved_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    await house.approved()
    await house.ask_apply()
    look = house.world.deployments

    async def meanwhile(account: Account) -> Sequence[Deployment]:
        if any(vote.person == BOB for vote in house.archive.state.votes.values()):
            await house.unapprove(BOB)
            await house.say(Choice.APPROVE, CAROL)
        return await look(account)

    monkeypatch.setattr(house.world, "deployments", meanwhile)
    with pytest.raises(RunAgain):
        await house.apply()
    assert (house.change().state, house.writer.calls) == (S.APPROVED, [])


@pytest.mark.parametrize("who", [ANNA, OTTO, CAROL, EVE])
async def test_who_gave_none_takes_none_back_and_reads_who_can_withdraw(who: str) -> None:
    house = House()
    await house.approved()
    refused = await house.unapprove(who)
    assert isinstance(refused, Refused)
    assert "change withdraw CHG-1" in refused.reason
    assert (house.change().state, house.last.tag, house.last.by.id) == (S.APPROVED, "change.refused", who)


async def test_what_runs_or_is_over_keeps_its_approvals() -> None:
    house = House()
    await house.applied()
    refused = await house.unapprove(BOB)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("Too late")
    assert len(house.archive.state.votes) == 1


async def test_a_broken_glass_does_not_rest_on_an_approval_and_says_who_can_withdraw() -> None:
    house = two()
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    house.archive.state.changes[1] = replace(house.change(), state=S.APPROVED, broke_glass_by=DAN)
    refused = await house.unapprove(BOB)
    assert isinstance(refused, Refused)
    assert refused.could == (ANNA, OTTO)


async def test_without_a_reason_nothing_is_taken_back() -> None:
    house = House()
    await house.approved()
    assert isinstance(await house.unapprove(BOB, why=""), Refused)
    assert house.change().state is S.APPROVED


async def test_the_other_account_of_who_approved_takes_it_back() -> None:
    house = two(entra_oids={BOB: "one", EVE: "one"})
    await house.pending()
    await house.say(Choice.APPROVE, BOB)
    assert isinstance(await house.unapprove(EVE), Change)
    assert house.archive.state.votes == {}


async def test_the_requester_hears_of_it_each_time_and_the_others_are_asked_anew() -> None:
    house = House()
    await house.pending()
    await tell_people(1, desk=house.desk)
    await house.say(Choice.APPROVE, BOB)
    await tell_people(1, desk=house.desk)
    await house.unapprove(BOB)
    await tell_people(1, desk=house.desk)
    notices = house.archive.state.notices.values()
    assert {(each.person, each.kind) for each in notices} == {
        *((user, f"{ASK}:1") for user in (BOB, CAROL)),
        (ANNA, f"{OUTCOME}:1:approved"),
        (ANNA, f"{OUTCOME}:1:unapproved:again1"),
        (CAROL, f"{ASK}:1:again1"),
    }
    async with house.archive.reading() as look:
        told = await told_of(1, look)
    stages = {each.kind: stage_of(each, told) for each in told.notices if each.person == CAROL}
    assert stages == {f"{ASK}:1": HANDLED, f"{ASK}:1:again1": 1}
    await house.say(Choice.APPROVE, CAROL)
    await tell_people(1, desk=house.desk)
    notices = house.archive.state.notices.values()
    assert (ANNA, f"{OUTCOME}:1:approved:again1") in {(each.person, each.kind) for each in notices}
