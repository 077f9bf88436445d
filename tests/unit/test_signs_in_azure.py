"""Troubles of the simulated Azure, seen by the reader: each is found by its rule, in a bounded number of reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import aiohttp
import pytest

from bot.domain.deployment import DeploymentRef, Target
from bot.domain.sign_rules import findings
from bot.domain.signs import Finding, Level, Sign
from bot.ports.registry import Readers
from bot.usecases.read_signs import read_signs
from bot.usecases.watch_targets import watch_account
from sandbox.azure.server import STATE, azure_app, serving
from sandbox.azure.state import AzureState
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.azure_server import WallClock, reading
from tests.fakes.house import House, company


@dataclass
class Sky:
    """The simulated Azure, the reader connected to it, and a house that looks."""

    url: str
    state: AzureState
    readers: Readers
    house: House

    async def trouble(self, kind: str, **more: Any) -> None:
        """Make a trouble on the deployment."""
        body = {"kind": kind, "deployment": THING.deployment} | more
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/control/troubles", json=body) as answer,
        ):
            assert answer.status == 200

    async def look(self) -> dict[Sign, Finding]:
        """Return what every rule finds."""
        target = self.house.configuration.target("triage-prod")
        signs = await read_signs(target, readers=self.readers, desk=self.house.desk)
        return {each.sign: each for each in findings(signs)}


@asynccontextmanager
async def _sky(*targets: Target) -> AsyncIterator[Sky]:
    clock = WallClock()
    house = House(company(targets=targets) if targets else company(), clock=cast(Any, clock))
    app = azure_app(clock)
    async with serving(app) as url, reading(url) as azure:
        readers = replace(azure.readers, declared=house.readers.declared, journal=house.readers.journal)
        yield Sky(url, app[STATE], readers, house)


@pytest.fixture
async def sky() -> AsyncIterator[Sky]:
    """Give a calm sky."""
    async with _sky() as found:
        yield found


async def test_a_calm_sky_has_nothing_critical_and_nothing_unknown(sky: Sky) -> None:
    found = await sky.look()
    assert {each.level for each in found.values()} <= {Level.HEALTHY, Level.WATCH}, found


FOUND = {
    "429_storm": (Sign.CAPACITY_PRESSURE, "calls were refused with HTTP 429."),
    "content_filter_spike": (Sign.CONTENT_FILTER_SPIKE, "The content filter stops 3"),
    "latency": (Sign.ABNORMAL_LATENCY, "times the usual"),
    "query_errors": (Sign.QUERY_ERRORS, "calls failed with HTTP 5xx."),
    "deployment_deleted": (Sign.DEPLOYMENT_FAILURES, "The deployment does not exist: deleted "),
    "quota_exhausted": (Sign.QUOTA_EXHAUSTION, "The quota is exhausted: 240 of 240 units"),
    "failed_deployment": (Sign.DEPLOYMENT_FAILURES, "The deployment is in the state Failed."),
}


@pytest.mark.parametrize("kind", FOUND)
async def test_r45_each_trouble_is_found_by_the_rule_that_is_for_it(sky: Sky, kind: str) -> None:
    ago = {"ago": 12} if kind in ("429_storm", "content_filter_spike", "latency", "query_errors") else {}
    await sky.trouble(kind, **ago)
    sign, words = FOUND[kind]
    found = (await sky.look())[sign]
    assert (found.level, words in found.words) == (Level.CRITICAL, True), found.words


async def test_a_deletion_by_hand_is_found_with_the_identity_that_did_it(sky: Sky) -> None:
    await sky.trouble("deployment_deleted")
    gone = (await sky.look())[Sign.DEPLOYMENT_FAILURES]
    assert gone.words.endswith("by 0038d4ec-736c-209b-c716-fc79c71190e3.")
    assert gone.is_certain


async def test_a_look_at_an_account_takes_six_reads_of_each_target_and_four_of_the_account() -> None:
    names = ("support-triage-ft", "contract-extract-ft", "email-draft-ft")
    targets = [Target(name, DeploymentRef(PLACE, name), "U0OTTO", "C0OPS") for name in names]
    async with _sky(*targets) as sky:
        await watch_account(PLACE, readers=sky.readers, desk=sky.house.desk, cause=sky.house.cause)
        assert len(sky.state.requests) == 6 * len(names) + 4
        assert {each["method"] for each in sky.state.requests} == {"GET"}
