"""Alerts and episodes in the archive: once whoever hears them, the same on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertCondition
from bot.domain.episode import Episode
from bot.domain.signs import Sign
from tests.contracts.fixtures_storage import NOW, Archives, opened_archives

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
