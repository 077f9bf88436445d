"""Alerts and episodes in the archive: once whoever hears them, the same on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.alert import Alert, AlertCondition
from bot.domain.episode import Episode
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.signs import Sign
from bot.ports.incidents import IncidentQuery
from bot.usecases.desk import Desk
from bot.usecases.receive_alert import receive_alert
from bot.usecases.watch_targets import watch_account
from tests.contracts.fixtures_storage import NOW, Archives, opened_archives
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.house import House, company

ALERT = Alert(
    "/subscriptions/s/alerts/a-1",
    AlertCondition.FIRED,
    "http-429",
    "Sev2",
    NOW,
    ("/accounts/a", "/accounts/b"),
    deployment="triage",
    targets=frozenset({"triage-prod"}),
)
LATER = NOW + timedelta(minutes=1)
EPISODE = Episode(
    Sign.CAPACITY_PRESSURE, "triage-prod", NOW, NOW, "62 % of 900 calls were refused.", {"HTTP 429": "62 %"}
)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def test_an_alert_is_kept_once_as_fired_and_once_as_resolved(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = await tx.add_alert(ALERT)
        assert kept == replace(ALERT, number=1)
        assert await tx.add_alert(ALERT) is None
        assert await tx.add_alert(replace(ALERT, condition=AlertCondition.RESOLVED)) is not None
        await tx.join_alert(kept, 7)
    async with archives.opened.archive.reading() as look:
        assert await look.alert_of(ALERT.alert_id, AlertCondition.FIRED) == replace(kept, incident=7)
        assert await look.alert(1) == replace(kept, incident=7)
        assert await look.alert(9) is None
        assert await look.alert_of("another", AlertCondition.FIRED) is None


async def test_of_a_rule_and_a_target_one_episode_lasts_at_a_time(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = await tx.add_episode(EPISODE)
        assert kept == replace(EPISODE, number=1)
        assert await tx.add_episode(EPISODE) is None
        other = await tx.add_episode(replace(EPISODE, sign=Sign.QUERY_ERRORS))
        ended = await tx.change_episode(kept, ended_at=LATER, seen_at=LATER)
        assert ended == replace(kept, ended_at=LATER, seen_at=LATER)
        assert await tx.change_episode(ended, looks=3) is None
        again = await tx.add_episode(EPISODE)
        assert await tx.lasting("triage-prod") == [other, again]


async def test_of_two_who_look_at_an_episode_one_writes_down_what_it_saw(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        kept = await tx.add_episode(EPISODE)
        assert kept is not None
        assert await tx.change_episode(kept, seen_at=LATER, looks=2) is not None
        assert await tx.change_episode(kept, seen_at=LATER, looks=2) is None
        await tx.show_episode(kept, "C0OPS", "1.2")
        assert await tx.episode(kept.number) == replace(
            kept, seen_at=LATER, looks=2, channel="C0OPS", ts="1.2"
        )
        assert await tx.episode(9) is None


async def test_of_two_replicas_that_watch_at_once_one_tells_and_a_restart_does_not_tell_again(
    archives: Archives,
) -> None:
    house = House(company(incidents=IncidentPolicy(declare_on=(Sign.CAPACITY_PRESSURE.value,))))
    now = house.clock.now()
    for back in range(1, 11):
        house.metrics.add("AzureOpenAIRequests", now - timedelta(minutes=back), 10, "200")
        house.metrics.add("AzureOpenAIRequests", now - timedelta(minutes=back), 90, "429")

    async def look(opened: Any) -> None:
        desk = Desk(house.configuration, opened.archive, house.clock, None)
        await watch_account(PLACE, readers=house.readers, desk=desk, cause=house.cause)

    async with archives.another() as other:
        await asyncio.gather(look(archives.opened), look(other))
    async with archives.another() as restarted:
        house.clock.pass_by(timedelta(seconds=30))
        await look(restarted)
        async with restarted.archive.reading() as look_in:
            incidents = await look_in.incidents(IncidentQuery(target="triage-prod"))
            episodes = [each for each in await look_in.lasting("triage-prod") if each.fired_at]
            (timeline,) = [
                [each.words for each in await look_in.timeline(incident.number) if each.kind == "alert"]
                for incident in incidents
            ]
    pressure = [each for each in episodes if each.sign is Sign.CAPACITY_PRESSURE]
    assert [(each.incident, each.looks) for each in pressure] == [(incidents[0].number, 2)]
    assert len([each for each in timeline if each.startswith("Capacity pressure")]) == 1


@pytest.mark.parametrize(
    ("second", "outcomes"), [("a-1", ["declared", "known"]), ("a-2", ["declared", "joined"])]
)
async def test_of_two_alerts_at_once_on_a_target_one_declares(
    archives: Archives, second: str, outcomes: list[str]
) -> None:
    house = House()

    async def receive(opened: Any, name: str) -> str:
        alert = replace(ALERT, alert_id=f"/alerts/{name}", resources=(THING.key,), deployment="")
        async with opened.archive.transaction() as tx:
            received = await receive_alert(
                alert, tx=tx, configuration=house.configuration, clock=house.clock, cause=house.cause
            )
        return received.outcome

    async with archives.another() as other:
        both = await asyncio.gather(receive(archives.opened, "a-1"), receive(other, second))
    assert sorted(both) == outcomes
