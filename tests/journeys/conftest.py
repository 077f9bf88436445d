"""A whole house for each journey: simulators, the real app, and people, on both databases and transports."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from aiohttp import ClientSession

from handlers.cli.demo import Plan, World, demo_world
from tests.contracts.conftest import postgres_server, postgres_url, sqlite_url
from tests.fakes.logs import logged_to
from tests.journeys.people import People

__all__ = ["logged_to", "postgres_server", "postgres_url", "sqlite_url"]

# so that one change may follow another at once, and that nobody but the test looks at Azure
UNOBSERVED = (
    '\n[timing]\nobservation_window = "0s"\n[incidents]\nwatch_every = "0s"\ninvite = ["approvers"]\n'
)
EVERY_HOUSE = [
    pytest.param((database, transport), id=f"{database}-{transport}")
    for database in ("sqlite", "postgresql")
    for transport in ("http", "socket")
]


@dataclass(frozen=True)
class House:
    """A running world, the people in it, where its log is, and how it was built."""

    world: World
    people: People
    log: Path
    database: str
    transport: Literal["http", "socket"]

    def log_lines(self) -> list[str]:
        """Return what the app has logged so far."""
        return self.log.read_text(encoding="utf-8").splitlines()


@pytest.fixture(params=EVERY_HOUSE)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Give a running house; `parametrize("house", [("sqlite", "http")], indirect=True)` picks one."""
    database, transport, *more = request.param
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    log = tmp_path / "countersign.log"
    with logged_to(log):
        plan = Plan(
            tmp_path,
            transport=transport,
            database_url=url,
            rate_limits="off",
            more_toml=UNOBSERVED,
            alerts="alerts" in more,
        )
        async with demo_world(plan) as world, ClientSession() as session:
            yield House(world, People(session, world.slack, world.azure), log, database, transport)
