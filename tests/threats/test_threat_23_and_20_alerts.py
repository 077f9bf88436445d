"""Threats 20 and 23: what must not stay unseen is a figure, and a rule of deploy/ watches it."""

import re
from datetime import timedelta

import pytest

from bot.domain.change import Change, ChangeState, Choice
from bot.domain.pairs import OFTEN, SINCE, Given, Pair, frequent_pairs
from handlers.commands.registry import run_command
from handlers.dependencies import Dependencies, TrailCheck
from handlers.shapes import Asked
from handlers.web.metrics import Now, new_metrics
from storage.figures import read_figures
from tests.contracts.fixtures_storage import NOW, opened_archives, stored_change, vote
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, BOB, CAROL, House
from tests.threats.alerting import fires, rules
from tests.unit.test_metrics import LABELS


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
def test_every_metric_an_alert_watches_is_one_that_is_exported() -> None:
    for alert, rule in rules().items():
        watched = set(re.findall(r"countersign_\w+", rule["expr"]))
        assert watched, alert
        assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in watched} <= set(LABELS), alert
        assert {"summary", "next_step"} <= set(rule["annotations"]), alert


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
async def test_the_alert_fires_when_a_review_is_a_day_and_an_hour_old_and_not_before(sqlite_url: str) -> None:
    async with opened_archives(sqlite_url) as archives:
        broken = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
        due = NOW + timedelta(hours=24)
        async with archives.opened.archive.transaction() as tx:
            assert await tx.mark(broken, broke_glass_by="U0BERT", review_due_at=due) is not None
        said = {}
        for hours in (23, 25):
            figures = await read_figures(archives.opened.database, NOW + timedelta(hours=hours))
            said[hours] = fires("CountersignGlassUnreviewed", new_metrics("1").text(Now(figures=figures)))
        async with archives.opened.archive.transaction() as tx:
            marked = await tx.mark(await tx.change(broken.number), reviewed_by="U0OLGA")
        assert marked is not None
        after = await read_figures(archives.opened.database, NOW + timedelta(hours=25))
    assert said == {23: False, 25: True}
    assert not fires("CountersignGlassUnreviewed", new_metrics("1").text(Now(figures=after)))


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize(
    ("given", "persons", "found"),
    [
        ([Given("A", "B", OFTEN)], {}, [Pair(("A", "B"), {"A": OFTEN}, OFTEN)]),
        ([Given("A", "B", OFTEN - 1)], {}, []),
        ([Given("B", "A", 4), Given("A", "B", 6)], {}, [Pair(("A", "B"), {"A": 6, "B": 4}, 10)]),
        ([Given("A", "B", 5), Given("A", "C", 5)], {}, []),
        ([Given("A", "B", 12), Given("A", "C", 5)], {}, [Pair(("A", "B"), {"A": 12}, 17)]),
        ([Given("A", "B", 5), Given("A", "C", 5)], {"B": "x", "C": "x"}, [Pair(("A", "B"), {"A": 10}, 10)]),
        (
            [Given("A", "B", 10), Given("C", "D", 11)],
            {},
            [Pair(("C", "D"), {"C": 11}, 11), Pair(("A", "B"), {"A": 10}, 10)],
        ),
    ],
    ids=["often", "seldom", "both ways", "two approvers", "the share", "one person twice", "most first"],
)
def test_who_often_approve_each_other_are_found_as_people_whoever_asked(
    given: list[Given], persons: dict[str, str], found: list[Pair]
) -> None:
    assert list(frequent_pairs(given, persons)) == found


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
async def test_the_alert_fires_when_two_have_approved_each_other_ten_times_in_a_month(
    database: str, request: pytest.FixtureRequest
) -> None:
    async with opened_archives(request.getfixturevalue(database)) as archives:
        changes = [await stored_change(archives.opened, account=f"a{each}") for each in range(OFTEN)]
        said = []
        for change in changes:
            async with archives.opened.archive.transaction() as tx:
                assert await tx.add_vote(vote(change, "U0BERT"))
                assert await tx.add_vote(vote(change, "U0OLGA", Choice.REJECT))
            figures = await read_figures(archives.opened.database, NOW)
            said.append(fires("CountersignSamePair", new_metrics("1").text(Now(figures=figures))))
        later = await read_figures(archives.opened.database, NOW + SINCE + timedelta(seconds=1))
        async with archives.opened.archive.reading() as look:
            given = await look.approvals_since(NOW)
    assert said == [False] * (OFTEN - 1) + [True]
    assert later.pairs == 0
    assert given == [Given(changes[0].request.requester, "U0BERT", OFTEN)]


async def approved(house: House, by: str) -> None:
    """Let somebody approve a change of Anna's, which she then takes back."""
    draft = await house.ask()
    assert isinstance(draft, Change)
    await house.precheck(draft.number)
    await house.say(Choice.APPROVE, by, house.change(draft.number))
    await house.withdraw(number=draft.number)


@pytest.mark.threat(20)
@pytest.mark.asvs("2.3.5")
async def test_whoever_asks_is_told_who_approves_whom() -> None:
    house = House()

    async def unasked() -> TrailCheck:
        raise AssertionError("the trail was not to be checked")

    deps = Dependencies(house.desk, None, house.readers, unasked, channels=Rooms())  # type: ignore[arg-type]
    asked = Asked(house.caller(ANNA), "C0OPS", "trigger")
    before = await run_command("admin pairs", asked, deps)
    for by in [*[BOB] * (OFTEN - 1), CAROL]:
        await approved(house, by)
    nine = await run_command("admin pairs", asked, deps)
    await approved(house, BOB)
    after = await run_command("admin pairs", asked, deps)
    assert before is not None
    assert nine is not None
    assert after is not None
    assert before.text == nine.text == "0 pairs approved each other 10 times or more in 30 days."
    shown = str(after.blocks)
    assert f"<@{ANNA}> and <@{BOB}>" in shown
    assert "10 of the 11 approvals the two got" in shown
