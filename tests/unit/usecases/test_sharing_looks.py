"""Looks that several incidents share: one answer for all who want it at once, never an older one than is wanted."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import AzureUnavailableError
from bot.usecases.share_looks import FRESH, SharedLooks

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Window:
    """Something to look at: how often somebody did, and whether it is open."""

    seen: int = 0
    broken: bool = False
    looks: SharedLooks = field(default_factory=SharedLooks)

    async def look(self) -> int:
        """Look once."""
        self.seen += 1
        await asyncio.sleep(0)
        if self.broken:
            raise AzureUnavailableError("Azure did not answer.")
        return self.seen

    async def get(self, since: datetime, now: datetime = NOON, name: str = "target:triage-prod") -> int:
        """Look, or share a look."""
        return await self.looks.get(name, self.look, since=since, now=now)


async def test_who_wants_the_same_at_once_shares_one_look() -> None:
    window = Window()
    assert await asyncio.gather(*(window.get(NOON - SECOND) for _ in range(50))) == [1] * 50
    assert await window.get(NOON - SECOND, NOON + 30 * SECOND) == 1
    assert await window.get(NOON - SECOND, name="target:email-prod") == 2


async def test_what_was_wanted_after_the_look_began_is_looked_at_again() -> None:
    window = Window()
    assert await window.get(NOON - SECOND) == 1
    assert await window.get(NOON, NOON + SECOND) == 2, "what happened at that moment may not be in it"
    assert await window.get(NOON - SECOND, NOON + 2 * SECOND) == 2


async def test_a_look_is_never_older_than_a_minute_and_is_not_kept_longer() -> None:
    window = Window()
    await window.get(NOON - SECOND)
    await window.get(NOON - SECOND, NOON, name="course")
    assert await window.get(NOON - SECOND, NOON + FRESH + SECOND) == 3
    assert len(window.looks._looks) == 1


async def test_a_failure_is_shared_by_those_who_wait_and_not_kept() -> None:
    window = Window(broken=True)
    waiting = (window.get(NOON - SECOND) for _ in range(3))
    assert {type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)} == {
        AzureUnavailableError
    }
    assert window.seen == 1
    window.broken = False
    assert await window.get(NOON - SECOND) == 2


async def test_who_stops_waiting_takes_the_answer_from_nobody() -> None:
    window = Window()
    first = asyncio.ensure_future(window.get(NOON - SECOND))
    second = asyncio.ensure_future(window.get(NOON - SECOND))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first
