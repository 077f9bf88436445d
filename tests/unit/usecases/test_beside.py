"""An emergency beside a validation: it passes what is only watched on another deployment, and both cards say so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.errors import ConflictError, RunAgain
from bot.domain.execution_events import ExecutionStarted
from bot.domain.policy import Refused
from bot.render.emergency_words import beside_lines
from tests.fakes.house import BOB, DAN, House

NEIGHBOUR = {"target": "classifier-prod", "capacity": "35"}


async def urgent(house: House) -> None:
    """Have an emergency on the neighbour approved and asked for."""
    await house.approved(by=(DAN,), type="emergency", **NEIGHBOUR)
    await house.ask_apply(BOB, 2)
    house.forget_jobs()


async def test_an_emergency_does_not_wait_for_a_validation_on_another_deployment() -> None:
    house = House()
    await house.applied()
    await urgent(house)
    await house.apply(2)
    assert (house.change(1).state, house.change(2).state) == (S.VERIFYING, S.EXECUTING)
    event = next(
        e.event
        for e in house.archive.state.entries
        if isinstance(e.event, ExecutionStarted) and e.event.change == "CHG-2"
    )
    assert isinstance(event, ExecutionStarted)
    assert event.beside == ("CHG-1",)
    assert {"deliver:CHG-1:card", "deliver:CHG-2:card"} <= house.jobs
    (mine,), (theirs,) = beside_lines(house.change(2)), beside_lines(house.change(1))
    assert "did not wait for the validation of CHG-1" in mine
    assert "CHG-2, an emergency, ran beside this validation" in theirs


async def test_both_are_validated_and_each_ends_as_usual() -> None:
    house = House()
    change = await house.applied()
    await urgent(house)
    assert change.window_ends_at is not None
    await house.finish(2)
    assert house.change(2).state is S.VERIFYING
    house.clock.reach(change.window_ends_at)
    await house.validate(1)
    assert (house.change(1).state, "ran_beside" in house.change(1).outcome) == (S.AWAITING_ATTESTATION, True)


@pytest.mark.parametrize("state", [S.EXECUTING, S.ROLLING_BACK])
async def test_an_emergency_waits_for_what_runs(state: S) -> None:
    house = House()
    await house.applied()
    await urgent(house)
    house.archive.state.changes[1] = replace(house.change(1), state=state)
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.change(2).state is S.APPROVED


async def test_an_emergency_waits_for_a_validation_on_its_own_deployment() -> None:
    house = House()
    await house.applied()
    await urgent(house)
    house.archive.state.changes[1] = replace(house.change(1), arm_id=house.change(2).arm_id)
    with pytest.raises(RunAgain):
        await house.apply(2)
    async with house.archive.transaction() as tx:
        with pytest.raises(ConflictError):
            await tx.move(house.change(2), S.EXECUTING)


async def test_it_passes_those_who_wait_in_line_and_they_wait_for_both() -> None:
    house = House()
    await house.applied()
    await house.approved(**NEIGHBOUR)
    await house.ask_apply(BOB, 2)
    with pytest.raises(RunAgain):
        await house.apply(2)
    third = house.change(2)
    elsewhere = f"{third.arm_id}-b"
    house.archive.state.changes[3] = replace(
        third, number=3, arm_id=elsewhere, broke_glass_by=DAN, note="", outcome={}
    )
    house.clock.pass_by(timedelta(seconds=1))
    async with house.archive.transaction() as tx:
        await tx.move(house.change(3), S.EXECUTING)
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert house.change(2).note.startswith("1st in line: CHG-3 holds the account")


async def test_who_waits_reads_until_when_and_pressing_again_says_the_same() -> None:
    house = House()
    change = await house.applied()
    await house.approved(**NEIGHBOUR)
    await house.ask_apply(BOB, 2)
    with pytest.raises(RunAgain):
        await house.apply(2)
    assert change.window_ends_at is not None
    until = f"until {change.window_ends_at:%H:%M} UTC at the latest"
    assert until in house.change(2).note
    again = await house.ask_apply(BOB, 2)
    assert isinstance(again, Refused)
    assert until in again.reason
    assert "applied already" not in again.reason
