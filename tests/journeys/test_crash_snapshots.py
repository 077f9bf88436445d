"""The app is killed again and again while an incident's timer runs: no snapshot is lost, and none is taken twice."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.incident import ChannelState, Incident, Severity
from bot.domain.note import Signer
from handlers.cli.demo_company import ORIGIN
from storage.audit_reader import AuditReader, reading
from storage.open import open_archive
from tests.fakes.clock import FakeClock
from tests.journeys.crowd import Replica, Town, a_town, replicas
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE

EVERY = timedelta(minutes=5)
PATIENCE_SECONDS = 40.0
CHANNEL = "C0OPS"
KILLS = int(os.environ.get("COUNTERSIGN_TEST_KILLS", "0"))  # more by night


@pytest.mark.parametrize(
    ("database", "processes", "rounds"),
    [("sqlite", 1, KILLS or 3), ("postgresql", 2, KILLS or 1)],
    ids=["sqlite", "postgresql"],
)
async def test_killed_at_any_moment_each_snapshot_is_taken_once(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, processes: int, rounds: int
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    chance = Random(f"{database} snapshots")
    async with a_town(tmp_path, url) as town:
        await declared(town, await card(town))
        async with replicas(town, processes) as running:
            await until_taken(town, 1)
            for done in range(1, rounds + 1):
                await one_round(town, running, chance, pause=done % 3)
                await until_taken(town, done + 1)
            await asyncio.sleep(1.5)  # a sweep more, which must find nothing due
            await look_at_what_is_left(town, rounds + 1)


async def one_round(town: Town, running: Sequence[Replica], chance: Random, *, pause: int) -> None:
    """Let a snapshot fall due (after a pause several that one stands for), and kill a process about then."""
    victim = chance.choice(running)
    if pause == 0 and len(running) == 1:
        await victim.kill()
    await town.people.advance(EVERY.total_seconds() * (1 + pause))
    await asyncio.sleep(chance.uniform(0.0, 1.2))  # the moment is the point
    await victim.kill()
    await victim.start()
    await victim.ready()


async def card(town: Town) -> str:
    """Post the message whose thread the snapshots go to."""
    token, api = town.environment["SLACK_BOT_TOKEN"], town.environment["COUNTERSIGN_SLACK_API_URL"]
    body = {"channel": CHANNEL, "text": "the card"}
    headers = {"Authorization": f"Bearer {token}"}
    async with town.session.post(f"{api}chat.postMessage", json=body, headers=headers) as answer:
        return str((await answer.json())["ts"])


async def declared(town: Town, card_ts: str) -> None:
    """Keep an open incident with its first snapshot wanted, before any process runs."""
    clock = FakeClock(await town.people.now())
    signer = Signer.parse(town.environment["COUNTERSIGN_SIGNING_KEY"])
    opened = await open_archive(town.url, (signer,), ORIGIN, clock=clock, build="test", lock=True)
    now = clock.now()
    incident = Incident(
        0,
        "Tickets wait",
        Severity.SEV1,
        frozenset({"triage-prod"}),
        ALICE,
        now,
        now,
        channel=CHANNEL,
        channel_state=ChannelState.OPEN,
        card_ts=card_ts,
        next_snapshot_at=now + EVERY,
    )
    async with opened.archive.transaction() as tx:
        kept = await tx.add_incident(incident)
        await tx.want_snapshot(kept.number, "declare", now)
    await opened.close()


async def until_taken(town: Town, number: int) -> None:
    """Wait until so many snapshots are taken and shown, and none is wanted beside them."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = rows(town)
            assert len(found) <= number, found
            if len(found) == number and all(each["taken_at"] and each["ts"] for each in found):
                return
            await asyncio.sleep(0.2)


async def look_at_what_is_left(town: Town, number: int) -> None:
    """Each snapshot has one row, one kept document, one entry in the trail, and is shown."""
    found = rows(town)
    assert [each["n"] for each in found] == list(range(1, number + 1))
    assert len({each["occasion"] for each in found}) == len(found)
    kept = {each["sha256"] for each in found}
    assert len(kept) == len(found)
    with reading(town.url) as connection:
        reader = AuditReader(connection)
        bodies = [
            json.loads(body)
            for shard in reader.shards()
            for chunk in reader.entries(shard, columns=False)
            for _, body, _ in chunk
        ]
    taken = [each for each in bodies if each["type"] == "incident.snapshot"]
    assert Counter(each["data"]["n"] for each in taken) == Counter(range(1, number + 1))
    assert {each["evidence"][0]["sha256"] for each in taken} == kept
    said = " ".join(words_of(each) for each in await town.people.messages(ALICE))
    assert all(f"napshot {n}" in said for n in range(1, number + 1))


def rows(town: Town) -> list[Mapping[str, Any]]:
    """Return the snapshots as they are stored."""
    with reading(town.url) as connection:
        found = connection.execute(text("SELECT * FROM incident_snapshot ORDER BY n"))
        return [dict(row) for row in found.mappings()]
