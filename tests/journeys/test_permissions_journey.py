"""What the two identities may do: seen at the start, before people are asked, and named with the fix."""

import asyncio
from pathlib import Path

import pytest

from tests.journeys.conftest import House
from tests.journeys.crowd import Replica, a_town
from tests.journeys.people import words_of
from tests.journeys.ways import ALICE, Azure, ask, on_azure, tags

ACCOUNTS = "Microsoft.CognitiveServices/accounts"
WRITE = f"{ACCOUNTS}/deployments/write"
READS = [f"{ACCOUNTS}/read", f"{ACCOUNTS}/deployments/read", "Microsoft.Authorization/permissions/read"]


@pytest.mark.parametrize(
    ("identity", "role", "action"),
    [("sandbox-reader", "reader", WRITE), ("sandbox-executor", "executor", f"{ACCOUNTS}/listKeys/action")],
)
async def test_an_identity_that_may_do_what_it_must_not_does_not_start(
    tmp_path: Path, sqlite_url: str, identity: str, role: str, action: str
) -> None:
    async with a_town(tmp_path, sqlite_url) as town:
        await on_azure(
            town.people, "POST", "/control/roles", {"identity": identity, "actions": [*READS, action]}
        )
        replica = Replica(town)
        await replica.start()
        with pytest.raises(AssertionError, match="ended by itself"):
            await replica.ready()
        log = (tmp_path / f"serve-{replica.port}.log").read_text(encoding="utf-8")
    assert f"The {role}'s identity may do what it must not on prod-weu: {action}." in log
    assert f"deploy/roles/{role}.json" in log


@pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
async def test_a_request_that_the_executor_could_not_carry_out_asks_nobody(house: House) -> None:
    roles = {"identity": "sandbox-executor", "actions": READS}
    await on_azure(house.people, "POST", "/control/roles", roles)
    before = await asked(house)
    await house.people.advance(11 * 60)
    async with asyncio.timeout(20):
        while await asked(house) <= before:  # noqa: ASYNC110  (what is waited for is in another process)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)  # what was read is written down a moment later
    assert (await ask(house))["ok"]
    form = await house.people.view(ALICE, lambda view: "it lacks" in words_of(view))
    assert WRITE in words_of(form)
    assert "deploy/roles/executor.json" in words_of(form)
    assert tags(house) == []


async def asked(house: House) -> int:
    """Return how often the executor has asked what it may do."""
    found = await Azure(house).requests("GET")
    mine = [each for each in found if each["identity"] == "sandbox-executor"]
    return sum(each["path"].endswith("/permissions") for each in mine)
