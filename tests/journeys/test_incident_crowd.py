"""Fifty incidents at once: what is due is taken once and shown, and nobody outside is asked too much."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import Json
from tests.journeys.ways import ALICE, Azure, a_house, calls, entries, trail

MANY = 50
TARGETS = ("triage-prod", "extract-prod", "email-prod", "triage-test", "router-test", "summary-test")
PERIODS = 2
PERIOD_SECONDS = 30 * 60.0  # of SEV3
MINUTE = 60.0
LOOK_SECONDS = 0.3
MOST_ASKED = 350  # of Azure in a period, the watch included; a look of each incident's own would be 1,250
MOST_LIMITED = 0.1  # of the calls of Slack while fifty channels are made at once: it makes twenty a minute
MOST_LIMITED_LATER = 10  # HTTP 429 answers in a period


async def made(house: House) -> None:
    """Declare them all, four at once, on every target in turn; who is told to press again does so."""
    numbers = iter(range(2 * MANY))

    async def declare(number: int) -> None:
        target = TARGETS[number % len(TARGETS)]
        words = f"/cs incident declare Trouble {number} --sev 3 --anyway --target {target}"
        assert (await house.people.say(ALICE, words))["ok"]

    while missing := MANY - sum(each.type == "incident.opened" for each in entries(house)):
        await asyncio.gather(*map(declare, islice(numbers, min(4, missing))))


async def settled(house: House, holds: Callable[[], Awaitable[bool]], minutes: int, seconds: float) -> None:
    """Let minutes pass until something holds, each after so many seconds of ours."""
    for _ in range(minutes):
        for _ in range(int(seconds / LOOK_SECONDS)):
            if await holds():
                return
            await asyncio.sleep(LOOK_SECONDS)
        await house.people.advance(MINUTE)
    assert await holds(), str(await numbers(house))


async def shown(house: House) -> Counter[tuple[str, int]]:
    """Return how often each snapshot was posted."""
    posted = await calls(house, "chat.postMessage")
    told_of = [each["args"].get("metadata") or {} for each in posted if each["ok"]]
    payloads = [
        each["event_payload"] for each in told_of if each.get("event_type") == "countersign.incident_snapshot"
    ]
    return Counter((each["id"], each["n"]) for each in payloads)


async def numbers(house: House) -> Json:
    """Return what was asked of Azure and Slack so far, and what Slack refused."""
    slack = await calls(house)
    return {
        "azure": len(await Azure(house).requests()),
        "slack": Counter(each["method"] for each in slack),
        "limited": Counter(each["method"] for each in slack if each["error"] == "ratelimited"),
        "refused": Counter(each["error"] for each in slack if each["error"] not in (None, "ratelimited")),
        "shown": (await shown(house)).total(),
    }


@pytest.mark.alone
async def test_fifty_incidents_have_each_snapshot_once_and_ask_little(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'countersign.db'}"
    async with a_house(tmp_path, url, rate_limits="strict") as house:

        async def is_furnished() -> bool:
            found = Counter(each["method"] for each in await calls(house) if each["error"] != "ratelimited")
            return (await shown(house)).total() == MANY and found["conversations.setTopic"] >= MANY

        await made(house)
        await settled(house, is_furnished, minutes=20, seconds=1.5)
        before = await numbers(house)
        print("furnished", before)
        assert before["limited"].total() <= MOST_LIMITED * before["slack"].total()
        for period in range(1, PERIODS + 1):

            async def is_shown(wanted: int = MANY * (period + 1)) -> bool:
                return (await shown(house)).total() >= wanted

            await house.people.advance(PERIOD_SECONDS)
            await settled(house, is_shown, minutes=5, seconds=12.0)
            after = await numbers(house)
            print("period", period, after)
            assert after["azure"] - before["azure"] <= MOST_ASKED
            assert after["limited"].total() - before["limited"].total() <= MOST_LIMITED_LATER
            before = after
        taken = Counter(
            (each.data["incident"], each.data["occasion"].partition(":")[0])
            for each in entries(house)
            if each.type == "incident.snapshot"
        )
        incidents = [f"INC-{number}" for number in range(1, MANY + 1)]
        assert taken == Counter({(each, "declare"): 1 for each in incidents}) + Counter(
            {(each, "timer"): PERIODS for each in incidents}
        )
        assert set((await shown(house)).values()) == {1}
        assert not [line for line in house.log_lines() if '"error"' in line], "the app logged errors"
        report = trail(house)
        assert report.ok, report.findings
