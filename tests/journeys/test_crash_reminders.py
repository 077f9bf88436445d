"""The app is killed again and again while a status update is overdue: nobody is reminded more often than the cap."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from bot.domain.incident import ChannelState, Incident, IncidentSource, Severity
from bot.domain.note import Signer
from handlers.cli.demo_company import ORIGIN
from storage.audit_reader import reading
from storage.open import open_archive
from tests.fakes.clock import FakeClock
from tests.journeys.crowd import Replica, Town, a_town, replicas
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE

EVERY, CAP = timedelta(minutes=15), 3
PATIENCE_SECONDS = 40.0
CHANNEL = "C0OPS"


@pytest.mark.parametrize(("database", "processes"), [("sqlite", 1), ("postgresql", 2)])
async def test_killed_at_any_moment_reminders_never_exceed_their_cap(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, processes: int
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    chance = Random(f"{database} reminders")
    async with a_town(tmp_path, url) as town:
        await declared(town)
        async with replicas(town, processes) as running:
            for done in range(1, CAP + 1):
                await one_round(town, running, chance)
                await until_counted(town, done)
            await town.people.advance(10 * EVERY.total_seconds())
            await asyncio.sleep(2.5)  # sweeps more, which must find nobody to remind
            assert counted(town) == CAP
            said = await reminders(town)
            assert 1 <= len(said) <= CAP, (
                "one that was counted when its process died may be lost, none comes twice"
            )


async def one_round(town: Town, running: Sequence[Replica], chance: Random) -> None:
    """Let a reminder fall due, and kill a process about then."""
    victim = chance.choice(running)
    await town.people.advance(EVERY.total_seconds() + 1)
    await asyncio.sleep(chance.uniform(0.0, 1.2))  # the moment is the point
    await victim.kill()
    await victim.start()
    await victim.ready()


async def declared(town: Town) -> None:
    """Keep an open incident that nobody declared or leads, so that its channel is reminded at any hour."""
    clock = FakeClock(await town.people.now())
    signer = Signer.parse(town.environment["COUNTERSIGN_SIGNING_KEY"])
    opened = await open_archive(town.url, (signer,), ORIGIN, clock=clock, build="test", lock=True)
    now = clock.now()
    incident = Incident(
        0,
        "Tickets wait",
        Severity.SEV1,
        frozenset(),
        "alerts",
        now,
        now,
        source=IncidentSource.ALERT,
        channel=CHANNEL,
        channel_state=ChannelState.OPEN,
        next_update_at=now + EVERY,
    )
    async with opened.archive.transaction() as tx:
        await tx.add_incident(incident)
    await opened.close()


async def until_counted(town: Town, number: int) -> None:
    """Wait until so many reminders are counted, and never more."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while counted(town) < number:  # noqa: ASYNC110  (what is waited for is in another process)
            await asyncio.sleep(0.2)
    assert counted(town) == number


def counted(town: Town) -> int:
    """Return the reminders as they are stored."""
    with reading(town.url) as connection:
        return int(connection.execute(text("SELECT nudges FROM incident")).scalar_one())


async def reminders(town: Town) -> list[str]:
    """Return the reminders that were said."""
    return [words_of(each) for each in await town.people.messages(ALICE) if "update is due" in words_of(each)]
