"""Truth: every fact the card shares with Azure's own command line is equal, by the very command it names."""

import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from bot.azure.connection import connect_reader
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import Account, Deployment, DeploymentRef
from bot.ports.clock import Clock
from bot.ports.registry import Readers
from bot.usecases.look import gather
from sandbox.azure.server import azure_app
from sandbox.clock import SandboxClock
from tests.fakes.azure_server import ACCOUNT
from tests.peers.azure_cli import Az, make_authority, serving_both, sign_in
from tests.peers.truths import LIST, SHOW, SOMETIMES, TRUTHS, USAGE, shared

TEST = replace(
    ACCOUNT,
    name="test-swc",
    environment="test",
    resource_group="rg-ai-test",
    account="aoai-contoso-test-swc",
    location="swedencentral",
)
REFS = tuple(
    DeploymentRef(account, name)
    for account, name in (
        (ACCOUNT, "support-triage-ft"),
        (ACCOUNT, "contract-extract-ft"),
        (TEST, "support-triage-ft-test"),
        (TEST, "intent-router-ft"),
    )
)


@dataclass
class World:
    """Both at one server: the bot's readers and the command line, whose answers are asked for once."""

    az: Az
    readers: Readers
    url: str
    clock: Clock
    said: dict[str, Any] = field(default_factory=dict)

    async def ask(self, command: str) -> Any:
        """Return what a command says, as a card writes it."""
        if command not in self.said:
            first, *words = shlex.split(command)
            assert first == "az"
            self.said[command] = await self.az.run(*words)
        return self.said[command]


@asynccontextmanager
async def _world(python: Path, folder: Path) -> AsyncIterator[World]:
    clock = SandboxClock()
    authority, context = make_authority(folder)
    async with serving_both(azure_app(clock), context) as (url, covered):
        az = await sign_in(python, covered, authority, folder)
        azure = connect_reader(Endpoints(url, url, url), Identity("sandbox"), clock)
        try:
            yield World(az, azure.readers, url, clock)
        finally:
            await azure.close()


async def test_every_fact_the_card_shares_with_az_is_equal(az_python: Path, tmp_path: Path) -> None:
    async with _world(az_python, tmp_path) as world:
        for ref in REFS:
            compared = set()
            seen = await gather(ref, "any", readers=world.readers, now=world.clock.now())
            for key, fact in shared(seen):
                truth = TRUTHS.get((key, fact.name))
                assert truth is not None, f"nobody compares {key}: {fact.name} with {fact.az}"
                assert fact.value == truth(await world.ask(fact.az), ref), (ref.deployment, key, fact.name)
                compared.add((key, fact.name))
            assert compared >= TRUTHS.keys() - SOMETIMES, "the card lacks what it is known to share"


async def test_every_deployment_and_every_quota_line_is_equal(az_python: Path, tmp_path: Path) -> None:
    async with _world(az_python, tmp_path) as world:
        for account in (ACCOUNT, TEST):
            ours = await world.readers.azure.deployments(account)
            theirs = await world.ask(f"az {LIST} -g {account.resource_group} -n {account.account}")
            assert [_ours(each) for each in ours] == sorted(map(_theirs, theirs), key=lambda one: one["name"])
            await _assert_same_quota(world, account)


async def test_after_a_change_behind_the_bot_both_say_the_new_capacity(
    az_python: Path, tmp_path: Path
) -> None:
    async with _world(az_python, tmp_path) as world:
        ref = REFS[0]
        before = await world.readers.azure.deployment(ref)
        async with ClientSession() as session:
            control = f"{world.url}/control/deployments/{ref.account.account}/{ref.deployment}"
            (await session.post(control, json={"sku": {"capacity": 77}})).raise_for_status()
        after = await world.readers.azure.deployment(ref)
        show = f"az {SHOW} -g {ref.account.resource_group} -n {ref.account.account}"
        theirs = await world.ask(f"{show} --deployment-name {ref.deployment}")
        assert (before.sku.capacity, after.sku.capacity, theirs["sku"]["capacity"]) == (120, 77, 77)


async def _assert_same_quota(world: World, account: Account) -> None:
    ours = {
        each.name: (each.label, each.current, each.limit) for each in await world.readers.azure.quota(account)
    }
    theirs = await world.ask(f"az {USAGE} -l {account.location}")
    assert ours == {
        each["name"]["value"]: (each["name"]["localizedValue"], each["currentValue"], each["limit"])
        for each in theirs
    }


def _ours(live: Deployment) -> Mapping[str, Any]:
    return {
        "name": live.ref.deployment,
        "sku": (live.sku.name, live.sku.capacity),
        "model": (live.model.format, live.model.name, live.model.version),
        "states": (live.provisioning_state, live.running_state),
        "filter": live.content_filter,
        "upgrade": live.upgrade_option,
        "tags": dict(live.tags),
        "limits": {each.key: (each.count, each.period_seconds) for each in live.rate_limits},
    }


def _theirs(raw: Any) -> Mapping[str, Any]:
    properties, sku = raw["properties"], raw["sku"]
    model = properties["model"]
    return {
        "name": raw["name"],
        "sku": (sku["name"], sku["capacity"]),
        "model": (model["format"], model["name"], model["version"]),
        "states": (properties["provisioningState"], properties["deploymentState"]),
        "filter": properties["raiPolicyName"],
        "upgrade": properties["versionUpgradeOption"] or "OnceCurrentVersionExpired",
        "tags": raw["tags"],
        "limits": {each["key"]: (each["count"], each["renewalPeriod"]) for each in properties["rateLimits"]},
    }
