"""People are asked once, reminded rarely and in their hours, escalated once, and left alone when it is decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.domain.change import Change, Choice, Tier
from bot.domain.change import ChangeState as S
from bot.domain.notice import ASK, ATTEST, ESCALATE, EXPIRING, HANDLED, OUTCOME, REMIND, SAID, VOTED, Notice
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.request_events import ChangeWithdrawn
from bot.render.change_view import ChangeView
from bot.render.direct import render_direct
from bot.usecases.comment_change import comment_change
from bot.usecases.remind_people import Nudged, keep_draft_for_a_week, nudge_people, remind_people
from bot.usecases.tell_people import stage_of, tell_people, told_of
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company, rule

HOUR = timedelta(hours=1)
SLOW = rule("production", Tier.NORMAL, 1, "approvers", request_expires=timedelta(days=14))


def patient(**more: object) -> House:
    """Give a company where a request waits for two weeks."""
    patient_rule = replace(SLOW, **more)  # type: ignore[arg-type]
    usual = company()
    rules = {**usual.rules, ("production", Tier.NORMAL): patient_rule}
    return House(replace(usual, rules=rules))


def told(house: House, *words: str) -> list[Notice]:
    """Return what people were told, of these words, in the order it was decided."""
    found = sorted(house.archive.state.notices.values(), key=lambda each: (each.last_at, each.person))
    return [each for each in found if each.word in words]


async def tell(house: House, number: int = 1) -> None:
    """Run the job that tells people."""
    await tell_people(number, desk=house.desk)


async def pass_hours(house: House, hours: int, number: int = 1) -> None:
    """Let hours pass, with the timers and their jobs running every half hour."""
    for _ in range(hours * 2):
        house.clock.pass_by(HOUR / 2)
        await house.sweep()
        if ("remind", f"remind:CHG-{number}") in house.archive.state.jobs:
            house.forget_jobs()
            await remind_people(number, desk=house.desk, cause=house.cause)


async def waiting(house: House) -> Change:
    """Return a change whose approvers were asked."""
    change = await house.pending()
    await tell(house)
    return change


async def test_whoever_may_decide_is_asked_once_and_the_requester_never() -> None:
    house = patient()
    await waiting(house)
    asked = told(house, ASK)
    assert [each.person for each in asked] == [BOB, CAROL]
    assert f"deliver:CHG-1:dm:{BOB}:ask:1" in house.jobs
    house.clock.pass_by(HOUR)
    await tell(house)
    assert told(house, ASK) == asked


async def test_reminders_keep_their_distance_their_hours_and_their_number_and_escalate_once() -> None:
    house = patient()
    house.directory.known[CAROL] = Standing(CAROL, True, tz="America/New_York")
    await waiting(house)
    await pass_hours(house, 24 * 4)
    for person, zone in ((BOB, UTC), (CAROL, ZoneInfo("America/New_York"))):
        mine = [each for each in told(house, ASK, REMIND, ESCALATE) if each.person == person]
        assert [each.word for each in mine] == [ASK, REMIND, REMIND]
        gaps = [later.last_at - each.last_at for each, later in pairwise(mine)]
        assert all(gap >= 4 * HOUR for gap in gaps)
        local = [each.last_at.astimezone(zone) for each in mine[1:]]
        assert all(at.weekday() < 5 and 9 <= at.hour < 17 for at in local)
    assert [each.person for each in told(house, ESCALATE)] == ["C0OPS"]
    assert house.archive.state.dues == {}, "nothing is left to be done, so nobody looks again"


async def test_a_clock_that_jumps_brings_one_reminder_and_not_those_that_were_missed() -> None:
    house = patient()
    await waiting(house)
    house.clock.reach(datetime(2026, 11, 27, 16, 0, tzinfo=UTC))
    await remind_people(1, desk=house.desk, cause=house.cause)
    await remind_people(1, desk=house.desk, cause=house.cause)
    assert [(each.person, each.detail) for each in told(house, REMIND)] == [(BOB, "1"), (CAROL, "1")]


async def test_nobody_is_reminded_after_the_decision_nor_whoever_has_voted() -> None:
    house = patient(quorum=2, approval_expires=timedelta(days=3))
    change = await waiting(house)
    await house.say(Choice.APPROVE, BOB, change)
    await pass_hours(house, 5)
    assert [each.person for each in told(house, REMIND)] == [CAROL]
    await house.say(Choice.APPROVE, CAROL, change)
    assert house.change().state is S.APPROVED
    await tell(house)
    await pass_hours(house, 24)
    assert [each.person for each in told(house, REMIND, ESCALATE)] == [CAROL]


async def test_who_joined_later_hears_of_it_by_escalation_only_in_their_hours() -> None:
    house = patient()
    await waiting(house)
    await pass_hours(house, 20)
    house.directory.usergroups["S0AIOPS"] |= {EVE}
    await pass_hours(house, 24 * 3)
    assert [each.person for each in told(house, ESCALATE)] == ["C0OPS", EVE]
    assert [each.person for each in told(house, REMIND)].count(EVE) == 0


async def test_one_warning_before_the_end_to_the_requester_and_those_who_have_not_decided() -> None:
    house = patient(request_expires=timedelta(hours=6), expires_warning=HOUR)
    await waiting(house)
    await pass_hours(house, 4)
    assert told(house, EXPIRING) == []
    await pass_hours(house, 1)
    await remind_people(1, desk=house.desk, cause=house.cause)
    assert [each.person for each in told(house, EXPIRING)] == [ANNA, BOB, CAROL]


async def test_a_nudge_keeps_the_cap_and_is_for_requester_and_owner() -> None:
    house = patient()
    await waiting(house)

    async def nudge(user: str) -> Nudged | Refused:
        people = await house.people(user)
        return await nudge_people(1, caller=house.caller(user), standing=people[user], desk=house.desk)

    soon = await nudge(ANNA)
    assert isinstance(soon, Nudged)
    assert (soon.reminded, [user for user, _ in soon.later]) == ((), [BOB, CAROL])
    house.clock.pass_by(4 * HOUR)
    due = await nudge(OTTO)
    assert isinstance(due, Nudged)
    assert due.reminded == (BOB, CAROL)
    again = await nudge(ANNA)
    assert isinstance(again, Nudged)
    assert again.reminded == ()
    refused = await nudge(DAN)
    assert isinstance(refused, Refused)
    assert house.last.tag == "change.refused"
    await house.say(Choice.REJECT, BOB, reason="no")
    assert isinstance(await nudge(ANNA), Refused)


async def test_a_message_says_who_handled_it_once_it_is_decided() -> None:
    house = patient(quorum=2)
    change = await waiting(house)
    mine = next(each for each in told(house, ASK) if each.person == BOB)

    async def stage() -> int:
        async with house.archive.transaction() as tx:
            return stage_of(mine, await told_of(1, tx))

    assert await stage() == SAID
    await house.say(Choice.APPROVE, BOB, change)
    assert await stage() == VOTED
    await house.say(Choice.REJECT, CAROL, change, "The quota is needed elsewhere.")
    assert await stage() == HANDLED
    house.forget_jobs()
    await tell(house)
    assert {f"deliver:CHG-1:dm:{user}:ask:1" for user in (BOB, CAROL)} <= house.jobs


@pytest.mark.parametrize(
    ("choice", "kind"), [(Choice.REJECT, "rejected"), (Choice.REQUEST_CHANGES, "changes_requested")]
)
async def test_the_requester_hears_what_was_decided(choice: Choice, kind: str) -> None:
    house = patient()
    await waiting(house)
    await house.say(choice, BOB, reason="Say who owns the queue.")
    await tell(house)
    assert [(each.person, each.detail) for each in told(house, OUTCOME)] == [(ANNA, kind)]


async def test_nobody_is_told_what_they_did_themselves() -> None:
    house = patient()
    await waiting(house)
    await house.withdraw(ANNA)
    await tell(house)
    assert told(house, OUTCOME) == []


async def test_an_owner_who_withdraws_tells_the_requester() -> None:
    house = patient()
    await waiting(house)
    await house.withdraw(OTTO)
    await tell(house)
    assert [(each.person, each.detail) for each in told(house, OUTCOME)] == [(ANNA, "withdrawn")]


async def test_applied_validated_and_the_owner_are_told_in_turn() -> None:
    house = House()
    change = await house.applied()
    await tell(house)
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    await house.validate()
    await tell(house)
    found = [(each.person, each.word, each.detail) for each in told(house, OUTCOME, "attest")]
    assert found == [
        (ANNA, OUTCOME, "applied"),
        (ANNA, OUTCOME, "validated"),
        (OTTO, "attest", "awaiting_attestation"),
    ]


async def test_the_owners_question_follows_the_rollback_that_answered_it_to_its_end() -> None:
    house = House()
    await house.validated()
    await tell(house)
    (mine,) = told(house, ATTEST)

    async def says(**columns: object) -> tuple[int, str]:
        house.archive.state.changes[1] = replace(house.change(), **columns)  # type: ignore[arg-type]
        async with house.archive.transaction() as tx:
            stage = stage_of(mine, await told_of(1, tx))
        view = ChangeView(house.change(), tuple(house.archive.state.votes.values()))
        return stage, render_direct(mine, view, stage, link="", now=house.clock.now(), ref="r").text

    await house.ask_rollback(OTTO)
    stage, words = await says()
    assert words.startswith(f"Handled by <@{OTTO}> · CHG-1 is rolling back.")
    later, words = await says(state=S.ROLLED_BACK)
    assert later > stage == HANDLED
    assert words.startswith(f"Handled by <@{OTTO}> · CHG-1 is rolled back.")
    stopped, words = await says(state=S.FAILED)
    assert stage < stopped < later
    assert BOB not in words
    _, words = await says(state=S.CLOSED, outcome={"waived": DAN})
    assert words.startswith(f"Handled by <@{DAN}> · CHG-1 is closed.")


async def test_an_approvers_question_names_who_approved_whatever_came_after() -> None:
    house = House()
    await waiting(house)
    (mine, *_) = told(house, ASK)
    await house.say(Choice.APPROVE, CAROL)
    house.archive.state.changes[1] = replace(house.change(), state=S.ROLLING_BACK, rollback_asked_by=BOB)
    view = ChangeView(house.change(), tuple(house.archive.state.votes.values()))
    message = render_direct(mine, view, HANDLED, link="", now=house.clock.now(), ref="r")
    assert message.text.startswith(f"Handled by <@{CAROL}> · CHG-1 was approved.")


async def test_an_edited_change_asks_anew_and_its_old_votes_do_not_count() -> None:
    house = patient(quorum=2)
    change = await waiting(house)
    await house.say(Choice.APPROVE, BOB, change)
    await house.say(Choice.REQUEST_CHANGES, CAROL, change, "Less, please.")
    await house.ask(number=1, capacity="140")
    edited = house.change()
    assert (edited.state, edited.revision, edited.expires_at) == (S.CHANGES_REQUESTED, 2, change.expires_at)
    await house.precheck()
    await tell(house)
    assert [each.revision for each in told(house, ASK) if each.person == BOB] == [1, 2]
    async with house.archive.transaction() as tx:
        assert await tx.votes(house.change()) == []
    assert house.archive.state.revisions[1, 1].plan != house.archive.state.revisions[1, 2].plan


async def test_a_plan_that_is_made_again_and_is_the_same_keeps_its_approvals() -> None:
    house = House()
    change = await house.approved()
    assert change.plan is not None
    await house.ask_apply()
    await house.apply()
    assert house.change().state is S.EXECUTING
    async with house.archive.transaction() as tx:
        (vote,) = await tx.votes(house.change())
    assert (vote.person, vote.plan_digest) == (BOB, change.plan.digest)


async def test_an_edited_change_that_stays_red_expires_all_the_same() -> None:
    house = House()
    await house.pending()
    await house.say(Choice.REQUEST_CHANGES, BOB, reason="Less.")
    await house.ask(number=1, capacity="140")
    ends = house.change().expires_at
    assert ends is not None
    house.clock.reach(ends)
    house.forget_jobs()
    await house.sweep()
    assert "expire:CHG-1" in house.jobs
    await house.expire()
    assert house.change().state is S.EXPIRED


async def test_a_draft_that_stays_red_is_given_up_after_a_week() -> None:
    house = House()
    draft = await house.ask()
    assert isinstance(draft, Change)
    await keep_draft_for_a_week(draft, desk=house.desk)
    house.clock.pass_by(timedelta(days=7) - HOUR)
    await pass_hours(house, 0)
    assert house.change().state is S.DRAFT
    await pass_hours(house, 2)
    assert house.change().state is S.WITHDRAWN
    assert isinstance(house.last.event, ChangeWithdrawn)
    await tell(house)
    assert [(each.person, each.detail) for each in told(house, OUTCOME)] == [(ANNA, "withdrawn")]


async def test_a_comment_is_kept_recorded_and_posted_once_in_the_thread() -> None:
    house = House()
    await house.pending()
    house.forget_jobs()
    async with house.archive.transaction() as tx:
        await comment_change(1, "Is it enough?", caller=house.caller(EVE), desk=house.desk, tx=tx)
    (comment,) = house.archive.state.comments
    assert (comment.person, comment.words, comment.revision) == (EVE, "Is it enough?", 1)
    assert house.last.event.private() == {"words": "Is it enough?"}
    assert "enough" not in str(house.last.event.data())
    assert house.jobs == {"deliver:CHG-1:dm:thread:thread:1:1"}
