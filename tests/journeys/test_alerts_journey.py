"""From a trouble in the simulated Azure to an incident: its Monitor sends alerts, and the app keeps each once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import Json, words_of
from tests.journeys.ways import ALICE, TRIAGE, Azure, Entry, a_house, entries, press, trail

MINUTE = 60.0


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Give a house whose Azure watches and sends alerts."""
    async with a_house(tmp_path, f"sqlite:///{tmp_path / 'countersign.db'}", alerts=True) as found:
        yield found


async def _received(house: House, count: int) -> list[Entry]:
    """Return the entries of alerts, once there are so many."""
    found: list[Entry] = []
    for _ in range(150):
        found = [each for each in entries(house) if each.type == "alert.received"]
        if len(found) >= count:
            break
        await asyncio.sleep(0.1)
    return found


async def _sent(house: House) -> list[Json]:
    found: list[Json] = (await Azure(house).get("/control/alerts"))["alerts"]
    return found


async def test_a_deployment_deleted_by_hand_declares_an_incident_within_seconds(house: House) -> None:
    await Azure(house).post("/control/troubles", {"kind": "deployment_deleted", "deployment": TRIAGE})
    (alert,) = await _received(house, 1)
    assert (alert.data["outcome"], alert.data["targets"]) == ("declared", ["triage-prod"])
    (opened,) = [each for each in entries(house) if each.type == "incident.opened"]
    assert (opened.actor, opened.data["source"], opened.data["severity"]) == (
        "azure-monitor",
        "alert",
        "SEV2",
    )
    await Azure(house).post("/control/alerts", {"index": 0})
    await asyncio.sleep(1)
    assert [each["answers"] for each in await _sent(house)] == [[202], [200]]
    assert len(await _received(house, 1)) == 1
    report = trail(house)
    assert report.ok, report.findings


async def test_a_storm_and_its_end_are_one_incident_that_stays_open(house: House) -> None:
    azure = Azure(house)
    await azure.post("/control/troubles", {"kind": "429_storm", "deployment": TRIAGE, "ago": 6, "minutes": 5})
    await house.people.advance(MINUTE)
    (fired,) = await _received(house, 1)
    assert fired.data["rule"] == "countersign-http-429"
    for _ in range(5):
        await house.people.advance(5 * MINUTE)
        await asyncio.sleep(0.5)
    _, resolved = await _received(house, 2)
    assert (resolved.data["condition"], resolved.data["outcome"]) == ("Resolved", "joined")
    assert [each.type for each in entries(house)].count("incident.opened") == 1
    assert "incident.closed" not in [each.type for each in entries(house)]


async def test_what_the_watch_finds_is_offered_in_the_targets_channel_and_one_press_declares_it(
    house: House,
) -> None:
    people = house.people
    await Azure(house).post("/control/troubles", {"kind": "quota_exhausted", "deployment": TRIAGE})
    for _ in range(3):
        await people.advance(2 * MINUTE)
        await asyncio.sleep(1)
    offered = await people.message(ALICE, "The quota is exhausted")
    assert "240 of 240 units" in words_of(offered)
    assert (await press(house, ALICE, offered, "incident.offer"))["ok"]
    for _ in range(100):
        opened = [each for each in entries(house) if each.type == "incident.opened"]
        if opened:
            break
        await asyncio.sleep(0.1)
    (incident,) = opened
    assert (incident.actor, incident.data["targets"]) == (ALICE, ["triage-prod"])
    await people.advance(2 * MINUTE)
    assert "INC-1 is open on it" in words_of(await people.message(ALICE, "INC-1 is open on it"))
