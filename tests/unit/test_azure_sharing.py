"""Sharing and pace: many who ask the same are one call, memories are short, and Azure's limits are kept."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.azure.connection import connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.limits import AT_ONCE, SPACE_SECONDS, Limits
from bot.azure.sharing import CROWD, CROWD_SECONDS, MOST_KEPT, Sharing
from bot.domain.errors import AzureUnavailableError
from bot.domain.meter import FEW_READS
from bot.ports.azure import Executor
from tests.fakes.azure_server import ACCOUNT, REF, Arrival, Reply, executing, raw_deployment, scripted

KEEP = timedelta(seconds=60)
SUBSCRIPTION = f"https://x/subscriptions/{ACCOUNT.subscription}/a"


@dataclass
class HandClock:
    """A clock that a test moves."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at


@dataclass
class Source:
    """Counts how often it is asked; `after` seconds pass until it answers."""

    after: float = 0.01
    asked: int = 0
    broken: bool = False

    async def __call__(self) -> int:
        self.asked += 1
        mine = self.asked
        await asyncio.sleep(self.after)
        if self.broken:
            raise AzureUnavailableError("no")
        return mine


async def test_those_who_ask_while_a_call_runs_share_its_answer_and_the_next_asks_anew() -> None:
    sharing, source = Sharing(HandClock()), Source()
    nothing = timedelta(0)
    found = await asyncio.gather(*(sharing.get("k", nothing, source) for _ in range(CROWD)))
    assert found == [1] * CROWD
    assert await sharing.get("k", nothing, source) == 2


async def test_an_answer_is_remembered_for_its_time_and_not_a_second_longer() -> None:
    clock, source = HandClock(), Source()
    sharing = Sharing(clock)
    assert await sharing.get("k", KEEP, source) == 1
    clock.at += timedelta(seconds=59)
    assert await sharing.get("k", KEEP, source) == 1
    clock.at += timedelta(seconds=1)
    assert await sharing.get("k", KEEP, source) == 2
    clock.at -= timedelta(seconds=5)
    assert await sharing.get("k", KEEP, source) == 3


async def test_another_key_is_another_call() -> None:
    sharing, source = Sharing(HandClock()), Source()
    assert {await sharing.get(key, KEEP, source) for key in "abc"} == {1, 2, 3}


async def test_a_failure_is_shared_by_those_who_wait_and_never_remembered() -> None:
    sharing, source = Sharing(HandClock()), Source(broken=True)
    found = await asyncio.gather(*(sharing.get("k", KEEP, source) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [AzureUnavailableError] * 3
    source.broken = False
    assert await sharing.get("k", KEEP, source) == 2


async def test_one_who_stops_waiting_does_not_end_the_call_for_the_others() -> None:
    sharing, source = Sharing(HandClock()), Source(after=0.05)
    first = asyncio.create_task(sharing.get("k", KEEP, source))
    await asyncio.sleep(0)
    second = asyncio.create_task(sharing.get("k", KEEP, source))
    await asyncio.sleep(0.01)
    first.cancel()
    assert await second == 1
    assert source.asked == 1


async def test_after_a_crowd_the_next_call_waits_so_that_more_can_share_it() -> None:
    sharing, source = Sharing(HandClock()), Source()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(2):
        await asyncio.gather(*(sharing.get("k", timedelta(0), source) for _ in range(CROWD + 1)))
    assert loop.time() - began >= CROWD_SECONDS
    assert source.asked == 2


async def test_memories_do_not_grow_without_end() -> None:
    sharing, source = Sharing(HandClock()), Source(after=0)
    for number in range(MOST_KEPT + 1):
        await sharing.get(str(number), KEEP, source)
    assert await sharing.get(str(MOST_KEPT), KEEP, source) == MOST_KEPT + 1
    assert await sharing.get("0", KEEP, source) == MOST_KEPT + 2


async def test_closing_ends_calls_that_run() -> None:
    sharing, source = Sharing(HandClock()), Source(after=60)
    waiting = asyncio.create_task(sharing.get("k", KEEP, source))
    await asyncio.sleep(0.01)
    await sharing.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_at_most_eight_calls_run_at_once_per_subscription_and_others_do_not_wait_for_them() -> None:
    limits, running, most = Limits(), 0, 0

    async def call(url: str) -> None:
        nonlocal running, most
        async with limits.turn(url):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.01)
            running -= 1

    await asyncio.gather(*(call(SUBSCRIPTION) for _ in range(30)))
    assert most == AT_ONCE
    other = "https://x/subscriptions/00000000-0000-0000-0000-000000000002/a"
    await asyncio.gather(*(call(url) for url in (SUBSCRIPTION, other, "https://y/openai") for _ in range(30)))
    assert most == 3 * AT_ONCE


@pytest.mark.parametrize(("left", "is_spaced"), [(FEW_READS - 1, True), (FEW_READS, False)])
async def test_reads_are_spaced_when_azure_says_that_few_are_left(left: int, is_spaced: bool) -> None:
    limits, loop = Limits(), asyncio.get_running_loop()
    limits.heard(SUBSCRIPTION, {"x-ms-ratelimit-remaining-subscription-reads": str(left)})
    began = loop.time()
    for _ in range(3):
        async with limits.turn(SUBSCRIPTION):
            pass
    assert (loop.time() - began >= 2 * SPACE_SECONDS) is is_spaced


async def test_a_header_that_is_no_number_says_nothing() -> None:
    limits = Limits()
    for text in ("", "many", "-3", "1.5"):
        limits.heard(SUBSCRIPTION, {"x-ms-ratelimit-remaining-subscription-reads": text})
    assert limits.remaining(SUBSCRIPTION) is None


def _answering(headers: dict[str, str]) -> Any:
    def script(arrival: Arrival) -> Reply:
        body = {"value": []} if arrival.path.endswith("usages") else raw_deployment()
        return Reply(200, body, headers, after=0.02)

    return script


async def test_the_look_that_was_told_of_few_reads_says_so() -> None:
    script = _answering({"x-ms-ratelimit-remaining-subscription-reads": "12"})
    async with scripted(script) as server:
        azure = connect_reader(Endpoints(server.url), Identity("sandbox"), HandClock())
        look, other = azure.readers.metered(), azure.readers.metered()
        await look.azure.deployment(REF)
        await azure.close()
    assert "12 more reads" in look.meter.strain
    assert other.meter.strain == ""


async def test_a_quota_is_remembered_and_a_deployment_never_is() -> None:
    async with scripted(_answering({})) as server:
        azure = connect_reader(Endpoints(server.url), Identity("sandbox"), HandClock())
        for _ in range(3):
            await azure.readers.azure.quota(ACCOUNT)
            await azure.readers.azure.deployment(REF)
        await azure.close()
    paths = [arrival.path.rpartition("/")[2] for arrival in server.seen]
    assert (paths.count("usages"), paths.count(REF.deployment)) == (1, 3)


async def test_a_glance_shows_a_deployment_as_it_was_at_most_five_seconds_ago() -> None:
    clock = HandClock()
    async with scripted(_answering({})) as server:
        azure = connect_reader(Endpoints(server.url), Identity("sandbox"), clock)
        for seconds in (0, 4, 1):
            clock.at += timedelta(seconds=seconds)
            await azure.readers.glancing().metered().azure.deployment(REF)
        await azure.close()
    assert len(server.seen) == 2


async def test_who_acts_on_what_is_read_is_never_shown_what_a_glance_remembers() -> None:
    async with scripted(_answering({})) as server, executing(server.url) as executor:
        azure = connect_reader(Endpoints(server.url), Identity("sandbox"), HandClock())
        await azure.readers.glancing().azure.deployment(REF)
        for live in (azure.readers, azure.readers.metered(), executor):
            reader = live.reader if isinstance(live, Executor) else live.azure
            await reader.deployment(REF)
        await azure.close()
    assert len(server.seen) == 4


def test_only_the_answer_to_a_question_glances() -> None:
    house = Path(__file__).parents[2]
    files = [path for room in ("bot", "handlers", "storage") for path in (house / room).rglob("*.py")]
    glancing = {str(path.relative_to(house)) for path in files if ".glancing()" in path.read_text("utf-8")}
    assert glancing == {"handlers/answers.py", "handlers/answers_metrics.py"}


async def test_the_executor_shares_and_remembers_nothing() -> None:
    async with scripted(_answering({})) as server, executing(server.url) as executor:
        await asyncio.gather(*(executor.reader.quota(ACCOUNT) for _ in range(3)))
        await executor.reader.quota(ACCOUNT)
    assert len(server.seen) == 4
