"""Threat 30: a clock that is wrong is noticed by the answers of Slack and Azure, and decides nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession

from bot.azure.connection import connect_executor, connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.change import ChangeState
from bot.domain.errors import ClockWrongError, RunAgain
from bot.domain.skew import skew_of, wrong_words
from bot.slack.client import close_client, slack_client
from handlers.clock_watch import ClockWatch
from handlers.dependencies import Dependencies, ExecutorSide, TrailCheck
from handlers.jobs.execute import APPLY
from handlers.shapes import Asked, Submission
from handlers.views.break_glass import BREAK_GLASS_CONFIRM
from handlers.views.change_decide import CHANGE_DECIDE
from handlers.web.metrics import Now, new_metrics
from tests.fakes.azure_server import REF, Reply, raw_deployment, scripted
from tests.fakes.azure_server import WallClock as Wall
from tests.fakes.channels import Rooms
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.house import ANNA, BOB, DAN, House
from tests.fakes.logs import captured
from tests.fakes.slack_server import BOT_TOKEN, simulated
from tests.journeys.conftest import House as Running
from tests.journeys.conftest import house
from tests.unit.usecases.test_break_glass import emergency, with_glass

__all__ = ["house"]
AT_NOON = "Tue, 24 Nov 2026 12:00:00 GMT"


def watching(seconds: float) -> ClockWatch:
    """Return a watch beside the clock of a machine that is so many seconds ahead of the wall."""
    return ClockWatch(FakeClock(datetime.now(UTC) + timedelta(seconds=seconds)))


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
@pytest.mark.parametrize(
    ("date", "skew"),
    [
        (AT_NOON, 0.0),
        ("Tue, 24 Nov 2026 11:58:00 GMT", 120.0),
        ("Tue, 24 Nov 2026 12:10:00 GMT", -600.0),
        ("Tue, 24 Nov 2026 12:00:00 -0000", 0.0),
        ("", None),
        ("yesterday", None),
        ("Tue, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_the_distance_to_a_date_is_told_and_what_is_no_date_is_nothing(date: str, skew: float | None) -> None:
    assert skew_of(date, NOON) == skew


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
@pytest.mark.parametrize(
    ("skews", "words"),
    [
        ({}, ""),
        ({"slack": 120.0, "azure": -120.0}, ""),
        ({"slack": 1.0, "azure": 121.0}, "This machine's clock is 121 seconds ahead of Azure's."),
        ({"slack": -600.0, "azure": 1.0}, "This machine's clock is 600 seconds behind Slack's."),
    ],
)
def test_more_than_two_minutes_from_either_is_wrong(skews: dict[str, float], words: str) -> None:
    assert wrong_words(skews) == words


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
def test_the_last_answer_counts_so_that_a_clock_that_was_set_right_decides_again() -> None:
    watch = ClockWatch(FakeClock())
    with captured() as log:
        watch.hear("slack", "Tue, 24 Nov 2026 11:50:00 GMT")
        watch.hear("slack", "Tue, 24 Nov 2026 11:50:01 GMT")
        watch.hear("slack", "")
    assert watch.wrong()
    assert log.getvalue().count("clock.skewed") == 1
    text = new_metrics("1").text(Now(skews=watch.skews)).decode()
    assert 'countersign_clock_skew_seconds{source="slack"} 599.0' in text
    watch.hear("slack", AT_NOON)
    assert watch.wrong() == ""


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
@pytest.mark.parametrize("seconds", [-660.0, 0.0, 660.0])
async def test_every_answer_of_slack_and_azure_is_heard(seconds: float) -> None:
    slack, reader, executor = watching(seconds), watching(seconds), watching(seconds)
    async with simulated() as (peer, _):
        client = slack_client(BOT_TOKEN, f"{peer.url}/api/", slack.hear)
        await client.users_info(user="U0BOB")
        await close_client(client)
    async with scripted(lambda _: Reply(200, raw_deployment())) as server:
        ends = Endpoints(server.url)
        azure = connect_reader(ends, Identity("sandbox"), Wall(), hear=reader.hear)
        await azure.readers.azure.deployment(REF)
        await azure.close()
        hands, close = connect_executor(
            ends, Identity("sandbox", role="executor"), Wall(), hear=executor.hear
        )
        await hands.reader.deployment(REF)
        await close()
    for watch, source in ((slack, "slack"), (reader, "azure"), (executor, "azure")):
        assert set(watch.skews) == {source}
        assert abs(watch.skews[source] - seconds) < 20
        assert bool(watch.wrong()) is (seconds != 0)


async def unasked() -> TrailCheck:
    raise AssertionError("the trail was not to be checked")


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
async def test_no_vote_is_stored_by_a_clock_that_is_wrong() -> None:
    company = House()
    change = await company.pending()
    card = f'{{"v":1,"id":"{change.id}","rev":1,"pd":"{change.plan_digest[:12]}"}}'
    wrong = Dependencies(
        company.desk,
        None,  # type: ignore[arg-type]
        company.readers,
        unasked,
        clock_wrong=lambda: "Wrong.",
        channels=Rooms(),
    )
    vote = Submission(
        Asked(company.caller(BOB), "C0OPS"), "change.decide", "V1", {"decision": "approve"}, {}, {}, card
    )
    with pytest.raises(ClockWrongError, match="Wrong") as refused:
        await CHANGE_DECIDE.run(vote, wrong)
    assert "NTP" in refused.value.advice
    assert company.archive.state.votes == {}
    assert await CHANGE_DECIDE.run(vote, replace(wrong, clock_wrong=lambda: "")) is None
    assert company.change().state is ChangeState.APPROVED


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
async def test_no_glass_is_broken_by_a_clock_that_is_wrong() -> None:
    company = with_glass()
    change = await emergency(company)
    said = {"v": 1, "id": change.id, "rev": 1, "pd": change.plan_digest[:12]}
    said |= {"reason": "it burns", "incident": "INC-1", "deployment": change.deployment}
    wrong = Dependencies(
        company.desk,
        None,  # type: ignore[arg-type]
        company.readers,
        unasked,
        clock_wrong=lambda: "Wrong.",
        channels=Rooms(),
    )
    asked = Asked(company.caller(DAN), "C0OPS")
    second = Submission(asked, BREAK_GLASS_CONFIRM.callback_id, "V1", {}, {}, {}, json.dumps(said))
    with pytest.raises(ClockWrongError, match="Wrong"):
        await BREAK_GLASS_CONFIRM.run(second, wrong)
    assert company.change().state is ChangeState.PENDING_APPROVAL
    await BREAK_GLASS_CONFIRM.run(second, replace(wrong, clock_wrong=lambda: ""))
    assert company.change().broke_glass_by == DAN


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
async def test_nothing_is_sent_to_azure_by_a_clock_that_is_wrong_and_it_is_tried_again() -> None:
    company = House()
    await company.approved()
    await company.ask_apply(ANNA)
    await company.look_at_people()
    side = ExecutorSide(company.executor_desk, company.executor, lambda: "Wrong.")
    with pytest.raises(RunAgain) as later:
        await APPLY.run("apply:CHG-1", side)
    assert later.value.at == company.clock.now() + timedelta(minutes=1)
    assert company.writer.calls == []
    await APPLY.run("apply:CHG-1", replace(side, clock_wrong=lambda: ""))
    assert len(company.writer.calls) == 1


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
@pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
async def test_a_running_house_says_how_far_its_clock_is_from_both(house: Running) -> None:
    async with ClientSession() as session, session.get(f"{house.world.app}/metrics") as answer:
        text = await answer.text()
    told = [line.split() for line in text.splitlines() if line.startswith("countersign_clock_skew_seconds{")]
    assert {name.partition('"')[2].rstrip('"}') for name, _ in told} == {"slack", "azure"}
    assert all(abs(float(value)) < 30 for _, value in told)
