"""After the call: polling, doubt, and reading back; one accepted call per step, whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.effect import Phase
from bot.domain.errors import RunAgain
from bot.domain.event import AuditEvent
from bot.domain.execution_events import (
    ChangeReconciled,
    ExecutionFailed,
    ExecutionFinished,
    RollbackFailed,
)
from bot.domain.policy import Refused
from bot.usecases.execute_change import send_step
from bot.usecases.steer_change import Done
from bot.usecases.step import step_of
from tests.fakes.azure_world import Fate
from tests.fakes.house import ANNA, BOB, House

E = TypeVar("E", bound=AuditEvent)
GRACE = timedelta(seconds=90)


class CrashError(Exception):
    """The process dies here."""


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


async def _sent(house: House, *fates: Fate, **values: Any) -> None:
    change = await house.approved(**values)
    await house.ask_apply(number=change.number)
    house.writer.fates = list(fates)
    house.forget_jobs()
    await house.apply(change.number)


def _event(house: House, kind: type[E]) -> E:
    return next(e.event for e in reversed(house.archive.state.entries) if isinstance(e.event, kind))


async def test_a_call_that_is_done_at_once_is_read_back_and_verifying_begins(house: House) -> None:
    await _sent(house)
    await house.poll()
    change = house.change()
    assert (change.state, change.executed_at) == (S.VERIFYING, house.clock.now())
    assert change.window_ends_at == house.clock.now() + timedelta(minutes=30)
    assert house.effect().phase is Phase.DONE
    assert _event(house, ExecutionFinished).operation_id == "op-1"
    assert _event(house, ExecutionFinished).untouched == 2


async def test_polling_a_running_operation_runs_again_when_azure_says(house: House) -> None:
    await _sent(house, Fate.LONG)
    house.writer.polls_left = 2
    for _ in range(2):
        with pytest.raises(RunAgain, match="running") as again:
            await house.poll()
        assert again.value.at == house.clock.now() + timedelta(seconds=3)
        assert house.change().state is S.EXECUTING
    await house.poll()
    assert house.change().state is S.VERIFYING
    assert house.world.capacity == 150


async def test_a_deployment_still_at_work_after_the_operation_is_looked_at_again(house: House) -> None:
    await _sent(house)
    house.world.live = replace(house.world.live, provisioning_state="Accepted")
    with pytest.raises(RunAgain, match="Accepted"):
        await house.poll()
    assert house.change().state is S.EXECUTING


@pytest.mark.parametrize(("fate", "written"), [(Fate.FAILS, False), (Fate.FAILS_HALF, True)])
async def test_a_failed_operation_says_whether_anything_was_written(
    house: House, fate: Fate, written: bool
) -> None:
    await _sent(house, fate)
    await house.poll()
    assert (house.change().state, house.change().outcome["written"]) == (S.FAILED, written)
    event = _event(house, ExecutionFailed)
    assert (event.code, event.written) == ("InternalServerError", written)
    assert isinstance(await house.ask_rollback(), Done if written else Refused)


async def test_what_azure_shows_is_not_what_was_approved(house: House) -> None:
    await _sent(house)
    house.world.portal(155)
    await house.poll()
    assert (house.change().state, house.change().outcome["written"]) == (S.FAILED, True)
    assert _event(house, ExecutionFailed).code == "ReadBackDiffers"
    assert "sku.capacity" in _event(house, ExecutionFailed).why


async def test_a_deployment_that_is_gone_after_the_call_is_a_failure(house: House) -> None:
    await _sent(house)
    house.world.remove()
    await house.poll()
    assert house.change().state is S.FAILED
    assert "the deployment itself" in _event(house, ExecutionFailed).why


async def test_a_failed_operation_on_a_deployment_that_is_gone_is_a_failure(house: House) -> None:
    await _sent(house, Fate.FAILS)
    house.world.remove()
    await house.poll()
    assert house.change().state is S.FAILED
    assert house.change().outcome["written"] is True


@pytest.mark.parametrize("fate", [Fate.BUSY, Fate.LOST])
async def test_a_deployment_that_is_gone_while_nobody_knew_ends_the_step(house: House, fate: Fate) -> None:
    await _sent(house, fate)
    house.world.remove()
    house.clock.pass_by(GRACE)
    await house.read_back()
    assert house.change().state is S.FAILED
    assert "the deployment is gone" in _event(house, ExecutionFailed).why
    assert len(house.writer.calls) == 1


async def test_another_deployment_that_moved_meanwhile_is_written_down(house: House) -> None:
    await _sent(house, Fate.LONG)
    key = next(key for key in house.world.others if key.endswith("classifier-ft"))
    house.world.portal(31, key)
    await house.poll()
    assert house.change().state is S.VERIFYING
    assert house.change().outcome["strangers"] == ["classifier-ft"]
    assert _event(house, ExecutionFinished).untouched == 1


async def test_polling_twice_ends_the_step_once(house: House) -> None:
    await _sent(house)
    await house.poll()
    entries = len(house.tags)
    await house.poll()
    await house.read_back()
    assert len(house.tags) == entries


async def test_a_busy_account_waits_and_is_sent_to_once_it_is_free(house: House) -> None:
    await _sent(house, Fate.BUSY, Fate.BUSY)
    assert house.change().state is S.EXECUTING
    assert house.archive.state.jobs["read-back", "read-back:CHG-1"] == house.clock.now() + timedelta(
        seconds=5
    )
    for tries in (2, 3):
        house.clock.pass_by(timedelta(seconds=5))
        await house.read_back()
        assert len(house.writer.calls) == tries
    assert len(house.writer.accepted) == 1
    assert house.effect().phase is Phase.ACCEPTED
    assert house.effect().why == ""
    await house.read_back()
    await house.poll()
    assert house.change().state is S.VERIFYING
    assert len(house.writer.calls) == 3


async def test_an_account_that_stays_busy_does_not_make_the_fence_go_down(house: House) -> None:
    await _sent(house, Fate.BUSY, Fate.BUSY, Fate.BUSY)
    fences = [house.effect().fence]
    for _ in range(2):
        await house.read_back()
        fences.append(house.effect().fence)
    assert fences == sorted(set(fences))


@pytest.mark.threat(18)
@pytest.mark.asvs("15.4.2")
async def test_what_moved_while_the_account_was_busy_is_not_overwritten(house: House) -> None:
    """The account was busy because somebody changed this deployment: that is not the state that was approved."""
    await _sent(house, Fate.BUSY)
    house.world.portal(180)
    await house.read_back()
    assert len(house.writer.calls) == 1
    assert (house.change().state, house.change().outcome["written"]) == (S.FAILED, False)
    assert "sku.capacity moved" in _event(house, ExecutionFailed).why
    assert house.world.capacity == 180


async def test_doubt_is_said_and_nothing_is_sent_until_azure_was_read(house: House) -> None:
    await _sent(house, Fate.LOST)
    assert (house.change().state, house.change().note) == (S.EXECUTING, "checking what happened")
    assert house.last.tag == "change.execution.unknown"
    assert house.archive.state.jobs["read-back", "read-back:CHG-1"] == house.clock.now() + GRACE
    assert "deliver:CHG-1:card" in house.jobs
    house.clock.pass_by(GRACE - timedelta(seconds=1))
    with pytest.raises(RunAgain) as again:
        await house.read_back()
    assert again.value.at == house.clock.now() + timedelta(seconds=1)
    for job in (house.apply, house.poll):
        await job()
    assert len(house.writer.calls) == 1


async def test_after_doubt_what_was_applied_is_finished(house: House) -> None:
    await _sent(house, Fate.ANSWER_LOST)
    house.clock.pass_by(GRACE)
    await house.read_back()
    assert house.change().state is S.VERIFYING
    assert house.tags[-2:] == ["change.reconciled", "change.execution.finished"]
    assert _event(house, ChangeReconciled).applied is True
    assert "doubt" not in house.change().outcome
    assert len(house.writer.calls) == 1


async def test_after_doubt_what_was_not_applied_failed_and_is_never_sent_again(house: House) -> None:
    await _sent(house, Fate.LOST)
    house.clock.pass_by(GRACE)
    await house.read_back()
    assert (house.change().state, house.change().outcome["written"]) == (S.FAILED, False)
    assert house.tags[-2:] == ["change.reconciled", "change.execution.failed"]
    assert _event(house, ChangeReconciled).applied is False
    for job in (house.apply, house.read_back, house.poll):
        await job()
    assert len(house.writer.calls) == 1


async def test_after_doubt_what_is_neither_old_nor_new_is_said_so_and_may_be_rolled_back(
    house: House,
) -> None:
    await _sent(house, Fate.ANSWER_LOST)
    house.world.portal(155)
    house.clock.pass_by(GRACE)
    await house.read_back()
    assert (house.change().state, house.change().outcome["written"]) == (S.FAILED, True)
    assert "neither what was approved nor what was before" in _event(house, ExecutionFailed).why


async def test_doubt_waits_as_long_as_azure_is_at_work(house: House) -> None:
    await _sent(house, Fate.LOST)
    house.clock.pass_by(GRACE)
    house.world.live = replace(house.world.live, provisioning_state="Accepted")
    with pytest.raises(RunAgain, match="Accepted"):
        await house.read_back()
    assert house.change().state is S.EXECUTING


def _crash() -> None:
    raise CrashError


async def test_a_crash_after_the_intent_is_read_back_and_sent_once_under_a_higher_fence(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    house.writer.before_send = _crash
    with pytest.raises(CrashError):
        await house.apply()
    house.writer.before_send = None
    assert (house.effect().phase, house.effect().fence, house.writer.calls) == (Phase.INTENDED, 1, [])
    house.forget_jobs()
    await house.apply()
    assert house.jobs == {"read-back:CHG-1"}
    assert house.writer.calls == []
    with pytest.raises(RunAgain):
        await house.read_back()
    house.clock.pass_by(GRACE)
    await house.read_back()
    assert (house.effect().phase, house.effect().fence) == (Phase.ACCEPTED, 2)
    await house.read_back()
    await house.poll()
    assert house.change().state is S.VERIFYING
    assert len(house.writer.calls) == 1


async def test_a_crash_after_the_call_is_read_back_and_not_sent_again(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    plan = house.change().plan
    assert plan is not None

    def applied_and_crashed() -> None:
        house.world.perform(plan.forward[0])
        raise CrashError

    house.writer.before_send = applied_and_crashed
    with pytest.raises(CrashError):
        await house.apply()
    house.writer.before_send = None
    house.clock.pass_by(GRACE)
    await house.read_back()
    assert house.change().state is S.VERIFYING
    assert house.writer.calls == []


async def _at_once(*jobs: Awaitable[None]) -> None:
    for answer in await asyncio.gather(*jobs, return_exceptions=True):
        assert answer is None or isinstance(answer, RunAgain), answer


@pytest.mark.threat(3)
@pytest.mark.asvs("2.3.4")
async def test_of_executors_that_apply_at_once_one_sends(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    await _at_once(*(house.apply() for _ in range(4)))
    assert len(house.writer.calls) == 1
    assert house.tags.count("change.execution.started") == 1


async def test_of_runners_that_take_over_at_once_one_sends(house: House) -> None:
    await house.approved()
    await house.ask_apply()
    house.writer.before_send = _crash
    with pytest.raises(CrashError):
        await house.apply()
    house.writer.before_send = None
    house.clock.pass_by(GRACE)
    await _at_once(*(house.read_back() for _ in range(4)))
    assert len(house.writer.calls) == 1
    await _at_once(*(house.poll() for _ in range(4)))
    assert house.tags.count("change.execution.finished") == 1


async def test_a_runner_that_was_taken_over_from_does_not_send(house: House) -> None:
    """It slept between its intent and its call; meanwhile another read Azure back and sent."""
    await house.approved()
    await house.ask_apply()
    house.writer.before_send = _crash
    with pytest.raises(CrashError):
        await house.apply()
    house.writer.before_send = None
    slow = house.effect()
    house.clock.pass_by(GRACE)
    await house.read_back()
    step = step_of(house.change(), house.executor_desk, house.cause)
    assert step is not None
    await send_step(step, slow, executor=house.executor, desk=house.executor_desk)
    assert len(house.writer.calls) == 1


async def _rolling_back(house: House, *fates: Fate) -> None:
    await house.applied()
    house.writer.fates = list(fates)
    assert isinstance(await house.ask_rollback(), Done)
    assert house.change().state is S.ROLLING_BACK


async def test_the_rollback_that_was_approved_is_what_runs(house: House) -> None:
    await _rolling_back(house)
    plan = house.change().plan
    await house.apply()
    await house.poll()
    assert plan is not None
    assert house.writer.calls[-1][1] == plan.rollback[0]
    assert house.world.capacity == 120
    assert house.change().state is S.ROLLED_BACK
    assert house.tags[-3:] == ["rollback.started", "baseline.recorded", "rollback.finished"]
    assert house.effect("rollback").phase is Phase.DONE


def _other_field(house: House) -> None:
    live = house.world.live
    house.world.live = replace(live, projection={**live.projection, "tags": {"team": "somebody else"}})


async def test_a_rollback_that_would_overwrite_somebody_elses_change_is_not_sent(house: House) -> None:
    await _rolling_back(house)
    _other_field(house)
    await house.apply()
    assert len(house.writer.calls) == 1
    assert house.change().state is S.FAILED
    assert "tags.team moved since" in _event(house, RollbackFailed).why
    assert house.change().outcome["written"] is True


async def test_a_rollback_of_a_deployment_that_is_gone_is_not_sent_and_frees_the_account(
    house: House,
) -> None:
    await _rolling_back(house)
    house.world.remove()
    await house.apply()
    assert len(house.writer.calls) == 1
    assert house.change().state is S.FAILED
    assert "gone" in _event(house, RollbackFailed).why


async def test_a_rollback_that_met_a_busy_account_checks_again_before_it_sends(house: House) -> None:
    await _rolling_back(house, Fate.BUSY)
    await house.apply()
    _other_field(house)
    await house.read_back()
    assert [fate for _, _, fate in house.writer.calls] == [Fate.DONE, Fate.BUSY]
    assert house.change().state is S.FAILED


async def test_a_rollback_that_met_a_busy_account_is_sent_later(house: House) -> None:
    await _rolling_back(house, Fate.BUSY)
    await house.apply()
    await house.read_back()
    await house.poll()
    assert house.change().state is S.ROLLED_BACK
    assert house.world.capacity == 120


@pytest.mark.parametrize(
    ("fate", "state"),
    [
        (Fate.ANSWER_LOST, S.ROLLED_BACK),
        (Fate.LOST, S.FAILED),
        (Fate.REFUSED, S.FAILED),
        (Fate.FAILS, S.FAILED),
        (Fate.FAILS_HALF, S.FAILED),
    ],
)
async def test_every_end_of_a_rollback_is_written_down_once(house: House, fate: Fate, state: S) -> None:
    await _rolling_back(house, fate)
    await house.finish()
    assert house.change().state is state
    assert len(house.writer.calls) == 2
    ends = [tag for tag in house.tags if tag in ("rollback.finished", "rollback.failed")]
    assert ends == ["rollback.finished" if state is S.ROLLED_BACK else "rollback.failed"]


async def test_what_failed_half_written_can_be_rolled_back(house: House) -> None:
    await _sent(house, Fate.FAILS_HALF)
    await house.poll()
    assert isinstance(await house.ask_rollback(ANNA), Done)
    await house.finish()
    assert house.change().state is S.ROLLED_BACK
    assert house.world.capacity == 120


@pytest.mark.parametrize("job", [House.poll, House.read_back])
async def test_there_is_nothing_to_follow_where_nothing_was_sent(
    house: House, job: Callable[[House], Awaitable[None]]
) -> None:
    await house.approved()
    before = house.archive.state.copy()
    await job(house)
    assert house.archive.state == before


async def test_a_second_request_runs_on_what_the_first_left(house: House) -> None:
    await house.validated()
    await house.attest()
    await house.look_at_people(BOB)
    await _sent(house, capacity="160")
    await house.poll(2)
    assert house.world.capacity == 160
    assert house.change(2).state is S.VERIFYING
