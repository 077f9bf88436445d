"""A change in a house that commits to ids of people and seals their words: everything works, and nobody is named."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.domain.proof_check import check_pack
from bot.domain.public_key import PublicKey
from handlers.cli.demo import Plan, demo_world
from handlers.privacy import configured_privacy
from storage.audit_verify import verify_log
from tests.contracts.privacy_house import KEYS
from tests.fakes.logs import logged_to
from tests.journeys.conftest import UNOBSERVED, House
from tests.journeys.people import People, words_of
from tests.journeys.ways import ALICE, BOB, OWNER, applied, attested

ERIN = "U0ERIN"
PRIVACY = '\n[privacy]\ncommit_actor_ids = true\nshred_backups = true\nkeys = "data-keys"\n'


@pytest.fixture
async def house(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Give a running house that keeps as little of people as it can."""
    monkeypatch.setenv("COUNTERSIGN_PRIVACY_KEY", KEYS[0])
    log, more = tmp_path / "countersign.log", UNOBSERVED + PRIVACY
    with logged_to(log):
        plan = Plan(tmp_path, database_url=sqlite_url, rate_limits="off", more_toml=more)
        async with demo_world(plan) as world, ClientSession() as session:
            yield House(world, People(session, world.slack, world.azure), log, "sqlite", "http")


async def test_a_change_is_approved_applied_attested_and_proved_and_no_body_names_anybody(
    house: House,
) -> None:
    await applied(house)
    await attested(house)
    await house.people.say(ERIN, f"/cs audit search actor:<@{BOB}> type:change.approved")
    found = await house.people.message(ERIN, lambda item: "Audit trail" in item["text"])
    assert f"<@{BOB}>" in words_of(found)
    assert "approved CHG-1" in words_of(found)
    await house.people.say(ALICE, "/cs audit proof CHG-1")
    shared = await house.people.message(ALICE, lambda item: len(item["files"]) == 1, seconds=40)
    pack = await house.people.download(shared["files"][0]["url_private"])
    verdict = check_pack(pack, [PublicKey.parse(house.world.vkey)])
    assert (verdict.exit, verdict.ended) == (0, "change.closed")
    assert any(f"by {BOB}, none of them the requester" in each for each in verdict.proved)
    url = house.world.settings.database_url
    report = await asyncio.to_thread(
        verify_log, url, [house.world.vkey], deep=True, privacy=configured_privacy(house.world.settings)
    )
    assert (report.findings, report.withheld, report.sealed) == ((), 0, 0)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        kept = database.execute("SELECT body FROM audit_entry").fetchall()
        kept += database.execute("SELECT disclosure FROM audit_disclosure").fetchall()
    database.close()
    for person in (ALICE, BOB, OWNER):
        assert [each for (each,) in kept if f'"{person}"' in each] == []
