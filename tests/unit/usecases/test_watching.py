"""Time: what expires, what is validated, and the honest verdict."""

from datetime import datetime, timedelta

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.change import Choice
from bot.domain.course import course_chart
from bot.domain.errors import AuditRefusedError, AzureUnavailableError
from bot.domain.execution_events import ChangeValidated
from bot.domain.request_events import ChangeExpired
from bot.evidence.traffic import LATENCY, REQUESTS
from tests.fakes.house import BOB, DAN, House

DAY = timedelta(hours=24)


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


def _traffic(house: House, start: datetime, minutes: int, each: float, refused: float) -> None:
    for minute in range(minutes):
        at = start + timedelta(minutes=minute, seconds=1)
        house.metrics.add(REQUESTS, at, each - refused, "200")
        house.metrics.add(REQUESTS, at, refused, "429")
        house.metrics.add(LATENCY, at, 400)


async def _verdict(house: House, before: tuple[float, float], after: tuple[float, float]) -> str:
    change = await house.applied()
    started, ends = change.executed_at, change.window_ends_at
    assert started is not None
    assert ends is not None
    _traffic(house, started - timedelta(minutes=30), 30, *before)
    _traffic(house, started, 30, *after)
    house.clock.reach(ends)
    await house.validate()
    event = house.last.event
    assert isinstance(event, ChangeValidated)
    assert event.verdict == house.change().outcome["verdict"]
    assert event.signal == "share of HTTP 429"
    return event.verdict


@pytest.mark.parametrize(("refused", "missed"), [(4, "1.00 %"), (0, "")])
async def test_a_threshold_that_does_not_hold_is_kept_beside_the_verdict(
    house: House, refused: float, missed: str
) -> None:
    assert await _verdict(house, (100, 20), (100, refused)) == "better"
    assert house.change().outcome["missed"] == missed


async def test_the_course_around_the_apply_is_kept_with_the_change(house: House) -> None:
    await _verdict(house, (100, 5), (100, 0))
    chart = course_chart(house.change().outcome["course"], "applied")
    assert chart is not None
    assert chart.marks[0].at == house.change().executed_at
    assert (chart.step, len(chart.times)) == (timedelta(minutes=5), 12)
    values = chart.lines[0].known
    assert (values[0], values[-1]) == (5, 0)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((10, 5), (10, 0), "better"),
        ((10, 0), (10, 5), "worse"),
        ((10, 5), (10, 5), "same"),
        ((0.5, 0.2), (10, 5), "not enough traffic"),
        ((10, 5), (0.5, 0.2), "not enough traffic"),
    ],
)
async def test_the_verdict_compares_the_window_with_the_same_span_before(
    house: House, before: tuple[float, float], after: tuple[float, float], verdict: str
) -> None:
    assert await _verdict(house, before, after) == verdict
    assert house.change().state is S.AWAITING_ATTESTATION
    assert {"deliver:CHG-1:card", "deliver:CHG-1:owner"} <= house.jobs


async def test_the_card_can_show_before_and_after_in_words(house: House) -> None:
    await _verdict(house, (10, 5), (10, 0))
    outcome = house.change().outcome
    assert (outcome["before"], outcome["after"]) == ("50.00 %", "0.00 %")
    assert "The threshold of 1.00 % holds." in str(outcome["explanation"])


async def test_nothing_is_validated_before_the_window_ends(house: House) -> None:
    await house.applied()
    house.clock.pass_by(timedelta(minutes=29, seconds=59))
    await house.validate()
    assert house.change().state is S.VERIFYING


async def test_validating_twice_is_validating_once(house: House) -> None:
    await house.validated()
    entries = len(house.tags)
    await house.validate()
    assert len(house.tags) == entries


async def test_metrics_that_cannot_be_read_leave_the_change_verifying(house: House) -> None:
    change = await house.applied()
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    house.metrics.broken = AzureUnavailableError("Azure did not answer.")
    with pytest.raises(AzureUnavailableError):
        await house.validate()
    assert house.change().state is S.VERIFYING


async def test_a_verdict_the_trail_refuses_is_no_verdict(house: House) -> None:
    change = await house.applied()
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    house.archive.refused_tags = {"change.validated"}
    with pytest.raises(AuditRefusedError):
        await house.validate()
    assert house.change().state is S.VERIFYING


@pytest.mark.parametrize("state", [S.PENDING_APPROVAL, S.CHANGES_REQUESTED, S.APPROVED])
async def test_what_waits_expires_on_time_and_not_before(house: House, state: S) -> None:
    await house.pending()
    if state is S.CHANGES_REQUESTED:
        await house.say(Choice.REQUEST_CHANGES, reason="smaller")
    if state is S.APPROVED:
        await house.say(Choice.APPROVE)
    due = house.change().expires_at
    assert due is not None
    house.clock.reach(due - timedelta(seconds=1))
    await house.expire()
    assert house.change().state is state
    house.clock.reach(due)
    house.forget_jobs()
    await house.expire()
    assert house.change().state is S.EXPIRED
    event = house.last.event
    assert isinstance(event, ChangeExpired)
    assert event.expired_at == due.isoformat()
    assert (house.last.by.kind, house.last.by.id) == ("system", "timer")
    assert house.jobs == {"deliver:CHG-1:card"}


async def test_an_approval_moves_the_day_of_expiry(house: House) -> None:
    await house.approved()
    house.clock.pass_by(timedelta(hours=4))
    await house.expire()
    assert house.change().state is S.EXPIRED


async def test_what_is_running_or_over_does_not_expire(house: House) -> None:
    await house.applied()
    house.clock.pass_by(2 * DAY)
    await house.expire()
    assert house.change().state is S.VERIFYING


async def test_a_draft_does_not_expire(house: House) -> None:
    await house.ask()
    house.clock.pass_by(2 * DAY)
    await house.expire()
    assert house.change().state is S.DRAFT


async def test_the_sweep_finds_what_is_due_and_nothing_else(house: House) -> None:
    await house.applied()
    await house.pending(target="triage-stage", capacity="200")
    house.forget_jobs()
    await house.sweep()
    assert house.jobs == set()
    house.clock.pass_by(timedelta(minutes=30))
    await house.sweep()
    assert house.jobs == {"verify:CHG-1"}
    house.clock.pass_by(DAY)
    house.forget_jobs()
    await house.sweep()
    assert house.jobs == {"verify:CHG-1", "expire:CHG-2"}


async def test_what_is_over_never_comes_back_in_a_sweep(house: House) -> None:
    """Otherwise a hundred closed changes would hide the one that is due."""
    await house.validated()
    await house.attest()
    await house.pending(by=DAN, capacity="170")
    await house.say(Choice.REJECT, BOB, house.change(2), "no")
    house.clock.pass_by(2 * DAY)
    house.forget_jobs()
    await house.sweep()
    assert house.jobs == set()
