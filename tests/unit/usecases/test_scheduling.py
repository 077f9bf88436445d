"""A start to come, and a line for the account: both seen by people, both swept, both checked again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.change import Change
from bot.domain.change import ChangeState as S
from bot.domain.errors import RunAgain
from bot.domain.policy import Refused
from bot.usecases.check_change import Red
from bot.usecases.queue_change import line_words
from bot.usecases.request_change import FieldProblems
from bot.usecases.steer_change import Done
from tests.fakes.house import BOB, House, company


@pytest.fixture
def house() -> House:
    """Give a company whose security may freeze."""
    return House(company(freeze_groups=("security",)))


def at(house: House, **later: float) -> str:
    """A start as Slack's picker gives it."""
    return str(int((house.clock.now() + timedelta(**later)).timestamp()))


def start_of(house: House) -> datetime:
    """The start that is stored."""
    start = house.change().request.start_at
    assert start is not None
    return start


async def scheduled(house: House) -> Change:
    """An approved change that waits for its start, two hours away."""
    await house.approved(start_at=at(house, hours=2))
    assert isinstance(await house.ask_apply(BOB), Done)
    return house.change()


async def test_an_apply_before_the_start_schedules_and_sends_nothing(house: House) -> None:
    house.forget_jobs()
    change = await scheduled(house)
    assert (change.state, change.apply_asked_by) == (S.SCHEDULED, BOB)
    assert house.last.tag == "change.scheduled"
    assert "apply:CHG-1" not in house.jobs
    await house.sweep()
    assert "apply:CHG-1" not in house.jobs


async def test_when_the_time_has_come_one_sweep_hands_it_over_and_every_check_runs(house: House) -> None:
    await scheduled(house)
    house.clock.reach(start_of(house))
    house.forget_jobs()
    await house.sweep()
    assert "apply:CHG-1" in house.jobs
    house.forget_jobs()
    await house.sweep()
    assert "apply:CHG-1" not in house.jobs
    await house.look_at_people(BOB)
    await house.apply()
    assert house.change().state is S.EXECUTING


async def test_a_job_that_comes_too_early_waits_for_the_start(house: House) -> None:
    await scheduled(house)
    with pytest.raises(RunAgain) as again:
        await house.apply()
    assert again.value.at == start_of(house)
    assert house.writer.calls == []


async def test_it_can_be_withdrawn_until_it_starts(house: House) -> None:
    await scheduled(house)
    assert isinstance(await house.withdraw(), Done)
    house.clock.reach(start_of(house))
    house.forget_jobs()
    await house.sweep()
    assert "apply:CHG-1" not in house.jobs


async def test_a_freeze_meanwhile_holds_it_and_it_can_be_asked_for_again(house: House) -> None:
    await scheduled(house)
    await house.freeze(3)
    house.clock.reach(start_of(house))
    await house.sweep()
    await house.look_at_people(BOB)
    await house.apply()
    change = house.change()
    assert (change.state, change.apply_asked_by, house.writer.calls) == (S.SCHEDULED, "", [])
    assert "Not applied: The freeze FRZ-1" in change.note
    await house.lift()
    assert isinstance(await house.ask_apply(BOB), Done)
    await house.look_at_people(BOB)
    await house.apply()
    assert house.change().state is S.EXECUTING


async def test_live_state_that_moved_before_the_start_stops_it(house: House) -> None:
    await scheduled(house)
    house.world.portal(130)
    house.clock.reach(start_of(house))
    await house.sweep()
    await house.apply()
    assert (house.change().state, house.writer.calls) == (S.SUPERSEDED, [])


async def test_a_clock_that_jumps_over_start_and_expiry_lets_it_expire(house: House) -> None:
    await scheduled(house)
    house.clock.pass_by(timedelta(hours=30))
    house.forget_jobs()
    await house.sweep()
    assert {"apply:CHG-1", "expire:CHG-1"} <= house.jobs
    await house.apply()
    assert (house.change().state, house.writer.calls) == (S.EXPIRED, [])


async def test_it_is_scheduled_once(house: House) -> None:
    await scheduled(house)
    again = await house.ask_apply(BOB)
    assert isinstance(again, Refused)
    assert "scheduled already" in again.reason


@pytest.mark.parametrize("text", ["1", "soon", "2026-13-01"])
async def test_a_start_that_has_passed_or_is_none_is_said_beside_its_field(house: House, text: str) -> None:
    problems = await house.ask(start_at=text if text != "1" else at(house, hours=-1))
    assert isinstance(problems, FieldProblems)
    assert set(problems.by_block) == {"start_at"}


async def test_a_start_after_the_approval_could_expire_is_refused_with_the_latest(house: House) -> None:
    await house.ask(start_at=at(house, hours=4))
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any("Name one before" in problem for problem in red.problems)


async def test_a_start_in_a_freeze_is_refused_and_one_after_it_is_not(house: House) -> None:
    await house.freeze(1, 2)
    await house.ask(start_at=at(house, hours=2.5))
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any("It would start in a freeze. The freeze FRZ-1" in problem for problem in red.problems)
    await house.ask(start_at=at(house, hours=3), target="classifier-prod", capacity="35")
    assert not isinstance(await house.precheck(2), Red)


async def test_a_start_that_passes_while_the_draft_waits_is_said_at_submit(house: House) -> None:
    await house.ask(start_at=at(house, minutes=1))
    house.clock.pass_by(timedelta(minutes=2))
    red = await house.precheck()
    assert isinstance(red, Red)
    assert any("The start has passed" in problem for problem in red.problems)


async def test_who_waits_for_the_account_stands_in_a_line_that_people_see(house: House) -> None:
    await house.applied()
    await house.approved(target="classifier-prod", capacity="35")
    await house.ask_apply(BOB, 2)
    house.forget_jobs()
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.change(2).note.startswith("1st in line: CHG-1 holds the account")
    assert "deliver:CHG-2:card" in house.jobs
    house.forget_jobs()
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.jobs == set()


async def test_the_line_is_first_come_first_served_and_moves_where_people_see_it(house: House) -> None:
    await house.applied()
    await house.approved(target="classifier-prod", capacity="35")
    await house.pending(target="triage-stage", capacity="35")
    third = replace(house.change(3), state=S.APPROVED, account=house.change(1).account)
    house.archive.state.changes[3] = replace(third, apply_asked_by=BOB)
    await house.ask_apply(BOB, 2)
    with pytest.raises(RunAgain):
        await house.apply(3)
    house.clock.pass_by(timedelta(seconds=1))
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.change(2).note.startswith("2nd in line behind CHG-3: CHG-1 holds the account")
    with pytest.raises(RunAgain):
        await house.apply(3)
    assert house.change(3).note.startswith("1st in line: CHG-1 holds")
    house.archive.state.changes[1] = replace(house.change(1), state=S.CLOSED)
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.change(2).note == "2nd in line behind CHG-3: CHG-3 is next."
    house.archive.state.changes[3] = replace(house.change(3), apply_asked_by="")
    await house.look_at_people(BOB)
    await house.apply(2)
    assert house.change(2).state is S.EXECUTING
    assert "queued_at" not in house.change(2).outcome


@pytest.mark.parametrize(
    ("ahead", "words"), [(0, "1st"), (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (20, "21st")]
)
async def test_a_place_is_said_as_people_say_it(house: House, ahead: int, words: str) -> None:
    change = await house.pending()
    others = [replace(change, number=number) for number in range(2, 2 + ahead)]
    assert line_words(change, [change], others, timedelta(minutes=30)).startswith(f"{words} in line")
