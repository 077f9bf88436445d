"""Who people are, how old that knowledge may be, and the questions people wait on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import AzureUnavailableError, RunAgain, SlackUnavailableError
from bot.domain.evidence import Window
from bot.domain.people import Standing
from bot.domain.policy import who_could
from bot.evidence.traffic import LATENCY, REQUESTS
from bot.usecases.ask_question import Asking, ask_question
from bot.usecases.compare_metrics import compare_metrics, row_values
from bot.usecases.find_people import FOR_AN_APPLY, find_people, in_groups
from bot.usecases.look import gather
from tests.fakes.azure_reads import THING
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, RULES, House, company


@pytest.fixture
def house() -> House:
    """Give a company on an ordinary day."""
    return House()


async def test_listed_people_and_user_groups_make_one_group(house: House) -> None:
    people = await house.people(EVE)
    assert set(people) == {ANNA, BOB, CAROL, DAN, EVE}
    assert people[ANNA].groups == people[CAROL].groups == {"approvers"}
    assert people[EVE].groups == frozenset()
    assert people[BOB].observed_at == house.clock.now()


async def test_an_observation_of_a_minute_is_good_and_of_more_is_read_again(house: House) -> None:
    await house.people(EVE)
    house.directory.asked.clear()
    house.clock.pass_by(timedelta(seconds=60))
    await house.people(EVE)
    assert house.directory.asked == []
    house.clock.pass_by(timedelta(seconds=1))
    await house.people(EVE)
    assert sorted(house.directory.asked) == ["S0AIOPS", ANNA, BOB, CAROL, DAN, EVE]


async def test_asked_to_look_afresh_everything_is_read_again(house: House) -> None:
    await house.people(EVE)
    house.directory.leave("S0AIOPS", CAROL)
    await house.look_at_people(EVE)
    assert (await house.people(CAROL))[CAROL].groups == frozenset()


async def test_when_slack_is_silent_nobody_decides(house: House) -> None:
    await house.pending()
    house.clock.pass_by(timedelta(minutes=2))
    house.directory.is_down = True
    with pytest.raises(SlackUnavailableError):
        await house.people(BOB)


async def test_the_executor_cannot_ask_slack_and_leaves_a_job_that_can(house: House) -> None:
    with pytest.raises(RunAgain) as again:
        await find_people({BOB, ANNA}, desk=house.executor_desk, max_age=FOR_AN_APPLY)
    assert again.value.at == house.clock.now() + timedelta(seconds=1)
    assert house.jobs == {f"directory:{ANNA},{BOB}"}


async def test_the_executor_takes_what_was_seen_five_minutes_ago(house: House) -> None:
    await house.people(BOB)
    house.clock.pass_by(timedelta(minutes=5))
    people = await find_people({BOB}, desk=house.executor_desk, max_age=FOR_AN_APPLY)
    assert people[BOB].groups == {"approvers"}
    house.clock.pass_by(timedelta(microseconds=1))
    with pytest.raises(RunAgain):
        await find_people({BOB}, desk=house.executor_desk, max_age=FOR_AN_APPLY)


async def test_the_configured_entra_object_wins_over_slacks(house: House) -> None:
    house.directory.known[BOB] = Standing(BOB, full_member=True, entra_oid="from-slack")
    assert (await house.people(BOB))[BOB].entra_oid == "from-slack"
    house.configuration = company(entra_oids={BOB: "from-file"})
    assert (await house.people(BOB))[BOB].entra_oid == "from-file"


async def test_who_could_leaves_out_the_requester_guests_and_other_groups(house: House) -> None:
    house.directory.bar(CAROL, "you are a guest")
    people = await house.people()
    assert who_could(RULES[0], ANNA, people) == (BOB,)
    assert who_could(RULES[1], EVE, people) == (ANNA, BOB, DAN)
    assert who_could(None, EVE, people) == ()
    assert [found.user for found in in_groups(("security",), people)] == [DAN]


async def test_a_question_is_stored_with_the_job_that_answers_it(house: House) -> None:
    asking = Asking("status", ("triage-prod",), "C0OPS", "https://hooks.slack.example/1", share=True)
    number = await ask_question(asking, caller=house.caller(EVE), desk=house.desk)
    question = house.archive.state.questions[number]
    assert (question.verb, question.words, question.user, question.team) == (
        "status",
        ("triage-prod",),
        EVE,
        "T0CONTOSO",
    )
    assert (question.channel, question.response_url, question.share, question.ref) == (
        "C0OPS",
        "https://hooks.slack.example/1",
        True,
        "ref-1",
    )
    assert house.jobs == {f"snapshot:Q-{number}"}
    assert house.tags == []


async def test_traffic_is_compared_with_the_mean_of_the_days_before(house: House) -> None:
    now = house.clock.now()
    for day, count in ((0, 120.0), (1, 60.0), (2, 100.0)):
        at = now - timedelta(days=day, minutes=30)
        house.metrics.add(REQUESTS, at, count - day, "200")
        house.metrics.add(REQUESTS, at, day, "429")
        house.metrics.add(LATENCY, at, 100 * (day + 1))
    window = Window(now - timedelta(hours=1), now)
    compared = await compare_metrics(THING, window, timedelta(days=2), readers=house.readers)
    assert (compared.days, compared.now.requests, compared.before.requests) == (2, 120, 80)
    assert [traffic.latency_ms for traffic in (compared.now, compared.before)] == [100, 250]
    rows = {label: (new, old) for label, new, old in row_values(compared)}
    assert list(rows["requests"]) == [120, 80]
    now_share, usual_share = rows["share of HTTP 429"]
    assert (now_share, usual_share) == (0, 1.875)


@pytest.mark.parametrize(("span", "days"), [(timedelta(hours=1), 1), (timedelta(days=90), 7)])
async def test_the_days_compared_with_are_one_at_least_and_seven_at_most(
    house: House, span: timedelta, days: int
) -> None:
    window = Window(house.clock.now() - timedelta(hours=1), house.clock.now())
    compared = await compare_metrics(THING, window, span, readers=house.readers)
    assert compared.days == days
    assert compared.before.latency_ms is None


async def test_evidence_of_the_same_moment_has_the_same_digest_and_a_gap_changes_it(house: House) -> None:
    now = house.clock.now()
    first = await gather(THING, "triage-prod", readers=house.readers, now=now)
    again = await gather(THING, "triage-prod", readers=house.readers, now=now)
    house.world.broken["quota"] = AzureUnavailableError("Azure did not answer.")
    with_gap = await gather(THING, "triage-prod", readers=house.readers, now=now)
    assert first.digest == again.digest == replace(first).digest
    assert with_gap.digest != first.digest
    gained = {gap.key for gap in with_gap.gaps} - {gap.key for gap in first.gaps}
    assert gained == {"quota"}
