"""Azure is asked little, however often people ask: what is the same is asked once, and its limits are kept."""

import asyncio
from collections import Counter

import pytest

from bot.domain.evidence import Evidence
from bot.evidence.sections import STATUS_SECTIONS
from bot.usecases.look import gather
from sandbox.azure.server import STATE, azure_app, serving
from sandbox.azure.state import Fault
from tests.fakes.azure_server import REF, WallClock, reading

pytestmark = pytest.mark.alone

MANY = 200
MOST_CALLS = 40
WORKERS = 8  # as many jobs of the queue run at once


async def _asked_many_times(app: object, at_once: int) -> list[Evidence]:
    """Answer `status` for one deployment many times, all asked within one second."""
    places = asyncio.Semaphore(at_once)
    async with serving(app) as url, reading(url) as azure:  # type: ignore[arg-type]

        async def status(number: int) -> Evidence:
            await asyncio.sleep(number / MANY)
            async with places:
                now = WallClock().now()
                return await gather(
                    REF, "", readers=azure.readers.metered(), now=now, sections=STATUS_SECTIONS
                )

        return await asyncio.gather(*map(status, range(MANY)))


@pytest.mark.threat(26)
@pytest.mark.asvs("2.4.1")
async def test_two_hundred_identical_questions_in_a_second_are_few_calls_and_each_is_answered() -> None:
    app = azure_app(WallClock())
    seen = await _asked_many_times(app, WORKERS)
    asked = Counter(each["path"] for each in app[STATE].requests)
    assert len(STATUS_SECTIONS) < asked.total() <= MOST_CALLS, asked
    assert {gap.gap for each in seen for gap in each.gaps} == set()


async def test_even_without_a_queue_two_hundred_at_once_are_few_calls() -> None:
    app = azure_app(WallClock())
    await _asked_many_times(app, MANY)
    assert 0 < len(app[STATE].requests) <= MOST_CALLS


@pytest.mark.parametrize("kind", ["429", "503"])
async def test_a_throttled_azure_is_not_asked_more_than_three_times_for_the_same(kind: str) -> None:
    app = azure_app(WallClock())
    app[STATE].faults.append(Fault("GET", "usages", kind, None, 1, 0.0))
    async with serving(app) as url, reading(url) as azure:
        found = await asyncio.gather(
            *(azure.readers.azure.quota(REF.account) for _ in range(MANY)), return_exceptions=True
        )
    assert all(isinstance(each, Exception) for each in found)
    assert 1 <= len(app[STATE].requests) <= 3
