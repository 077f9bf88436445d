"""A write behind the app's back: reported once with who and when, whatever is restarted; our own are not."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from storage.audit_reader import AuditReader, reading
from tests.journeys.conftest import House
from tests.journeys.crowd import Town, a_town, replicas
from tests.journeys.people import Json, People, has_block, words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    PROD,
    TRIAGE,
    Azure,
    applied,
    entries,
    on_azure,
    press,
    tags,
    trail,
)

ROUND_SECONDS = 6 * 60.0
CLAIMED = "dan.okafor@contoso.example"
SAID = "No change explains this write"
ONE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)


async def rounds(people: People) -> int:
    """Return how often the production account's log was read for writes of the last hours."""
    found: list[Json] = (await on_azure(people, "GET", "/control/requests", None))["requests"]
    return sum("eventtypes/management" in each["path"] for each in found)


async def next_round(people: People) -> None:
    """Let the time of a round pass, and wait until both accounts were looked at."""
    before = await rounds(people)
    await people.advance(ROUND_SECONDS)
    await until(lambda: _more(people, before + 2))


async def _more(people: People, wanted: int) -> bool:
    return await rounds(people) >= wanted


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110  (what is waited for is in another process)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # a look is over a moment after its last read


async def reports(people: People) -> list[Json]:
    """Return every report in the channels."""
    return [item for item in await people.messages(BOB) if SAID in words_of(item)]


def unexplained(town: Town) -> int:
    """Return how many writes the trail says nothing explains."""
    with reading(town.url) as connection:
        reader = AuditReader(connection)
        bodies = [
            body
            for shard in reader.shards()
            for chunk in reader.entries(shard, columns=False)
            for _, body, _ in chunk
        ]
    return sum(json.loads(body)["type"] == "write.unexplained" for body in bodies)


@pytest.mark.parametrize(("database", "processes"), [("sqlite", 1), ("postgresql", 2)])
async def test_r07_a_write_is_reported_once_over_restarts_and_replicas(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, processes: int
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    async with a_town(tmp_path, url) as town, replicas(town, processes) as running:
        people = town.people
        await until(lambda: _more(people, 2))
        assert await reports(people) == []
        behind = {"sku": {"capacity": 140}, "caller": CLAIMED}
        await on_azure(people, "POST", f"/control/deployments/{PROD}/{TRIAGE}", behind)
        await next_round(people)
        await people.message(BOB, SAID)
        for replica in running:
            await replica.kill()
            await replica.start()
            await replica.ready()
        for _ in range(2):
            await next_round(people)
        assert len(await reports(people)) == 1
        assert unexplained(town) == 1


@ONE
async def test_r07_the_report_says_who_when_what_and_opens_the_way_back(house: House) -> None:
    people = house.people
    await until(lambda: _more(people, 2))
    await people.advance(60)
    await Azure(house).behind(sku={"capacity": 140}, caller=CLAIMED)
    await next_round(people)
    shown = await people.message(BOB, SAID)
    for words in (f"<@{DAN}>", "`120` → `140`", "deployments/write", "No freeze held", "Owner <@"):
        assert words in words_of(shown)
    (entry,) = [each for each in entries(house) if each.type == "write.unexplained"]
    assert (entry.actor, entry.data["fields"]) == ("watch", ["sku.capacity"])
    assert entry.data["correlation"] in words_of(shown)
    await press(house, CAROL, shown, "drift.revert")
    form = await people.view(CAROL, lambda view: has_block(view, "capacity") and "Live now" in words_of(view))
    (capacity,) = [each for each in form["blocks"] if str(each.get("block_id", "")).startswith("capacity")]
    assert capacity["element"]["initial_value"] == "120"
    assert "Put back what was written without a change" in words_of(form)
    assert trail(house).ok


@ONE
async def test_our_own_applied_change_is_explained_and_drift_looks_at_once(house: House) -> None:
    people = house.people
    await until(lambda: _more(people, 2))
    await applied(house)
    await next_round(people)
    assert "write.unexplained" not in tags(house, "")
    await Azure(house).behind(sku={"capacity": 140}, caller=CLAIMED)
    assert (await people.say(ALICE, "/cs drift triage-prod"))["ok"]
    await people.message(BOB, SAID)
