"""The shipped roles: all that the app can send needs every action in them, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.azure.connection import AzureConnection
from bot.azure.metrics import AGGREGATIONS
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Window
from bot.domain.json import Json
from bot.domain.operation import Operation
from bot.evidence.sections import SECTIONS
from bot.ports.azure import Executor
from bot.usecases.look import gather
from sandbox.azure.logs import WORKSPACE_ID
from sandbox.azure.roles import EXECUTOR_ROLE, READER_ROLE, Role
from sandbox.azure.server import STATE, azure_app, serving
from sandbox.azure.state import AzureState
from sandbox.azure.table import routes
from tests.architecture.house import ROOT
from tests.fakes.azure_server import ACCOUNT, WallClock, executing, reading

Entry = dict[str, Any]
READER, EXECUTOR = "sandbox-reader", "sandbox-executor"
PLACE = replace(ACCOUNT, log_workspace=WORKSPACE_ID)
LIVE = DeploymentRef(PLACE, "support-triage-ft")
NEW = DeploymentRef(PLACE, "support-triage-next")
QUERY = "Microsoft.OperationalInsights/workspaces/query/read"


@dataclass(frozen=True)
class Shipped:
    """A role as its file in deploy/roles defines it."""

    document: dict[str, Any]

    @property
    def role(self) -> Role:
        """Return what it allows."""
        return Role(tuple(self.document["Actions"]), tuple(self.document["DataActions"]))

    @property
    def allowed(self) -> set[str]:
        """Return every action it names."""
        return {*self.document["Actions"], *self.document["DataActions"]}


def _shipped(name: str) -> Shipped:
    return Shipped(json.loads((ROOT / "deploy" / "roles" / f"{name}.json").read_text(encoding="utf-8")))


def _actions(requests: Sequence[Entry]) -> set[str]:
    """Return every RBAC action that these requests need."""
    found = set()
    for each in requests:
        route = next(
            one for one in routes() if one.method == each["method"] and one.pattern.fullmatch(each["path"])
        )
        found |= {route.action, *route.also}
    return found


async def _read_everything(azure: AzureConnection) -> None:
    readers = azure.readers
    await azure.permissions.allowed(PLACE)
    now = WallClock().now()
    hour = Window(now - timedelta(hours=1), now)
    live = await readers.azure.deployment(LIVE)
    reads: list[Awaitable[object]] = [
        readers.azure.deployments(PLACE),
        readers.azure.skus(LIVE),
        readers.azure.quota(PLACE),
        readers.azure.models(PLACE),
        readers.azure.content_filter(PLACE, live.content_filter),
        readers.azure.content_filters(PLACE),
        readers.inventory.tenant(PLACE),
        readers.inventory.posture(PLACE),
        readers.inventory.diagnostics(PLACE),
        readers.inventory.health(PLACE),
        readers.inventory.lifecycles(PLACE),
        readers.inventory.activity(PLACE, hour.start, hour.end),
        readers.inventory.role_assignments(PLACE),
        readers.training.jobs(PLACE),
        readers.training.job_of(LIVE, live.model.name),
        readers.logs.figures(LIVE, hour),
        *(readers.metrics.series(LIVE, each, hour, interval=timedelta(minutes=5)) for each in AGGREGATIONS),
    ]
    await asyncio.gather(*reads)


async def _write_everything(executor: Executor) -> None:
    await executor.reader.skus(LIVE)
    await executor.reader.quota(PLACE)
    await executor.reader.models(PLACE)
    await executor.permissions.allowed(PLACE)
    live = await executor.reader.deployment(LIVE)
    await executor.reader.content_filter(PLACE, live.content_filter)
    now = WallClock().now()
    hour = Window(now - timedelta(hours=1), now)
    await executor.metrics.series(LIVE, "AzureOpenAIRequests", hour, interval=timedelta(minutes=5))
    body: dict[str, Json] = {**live.projection, "sku": {"name": live.sku.name, "capacity": 10}}
    await _send(executor, Operation("PUT", NEW.arm_id, body))
    await _send(executor, Operation("PATCH", NEW.arm_id, {"sku": {"name": live.sku.name, "capacity": 20}}))
    await _send(executor, Operation("POST", NEW.arm_id, {}, "pause"))
    await _send(executor, Operation("POST", NEW.arm_id, {}, "resume"))
    await _send(executor, Operation("DELETE", NEW.arm_id, {}))
    assert NEW.deployment not in {each.ref.deployment for each in await executor.reader.deployments(PLACE)}


async def _send(executor: Executor, operation: Operation) -> None:
    sent = await executor.writer.send(operation, change="CHG-1", correlation="ref-1")
    async with asyncio.timeout(20):
        running = sent.poll is not None
        while running and sent.poll is not None:
            progress = await executor.writer.poll(sent.poll)
            assert not progress.failed_code
            running = progress.running
            await asyncio.sleep(0.05 if running else 0)


@asynccontextmanager
async def _azure() -> AsyncIterator[tuple[str, AzureState]]:
    """Give a simulated Azure whose two identities hold the shipped roles and nothing else."""
    app = azure_app(WallClock())
    app[STATE].switches.operation_seconds = 0.2
    app[STATE].roles[READER] = _shipped("reader").role
    app[STATE].roles[EXECUTOR] = _shipped("executor").role
    async with serving(app) as url:
        yield url, app[STATE]


def _of(state: AzureState, identity: str) -> list[Entry]:
    found = [each for each in state.requests if each["identity"] == identity]
    assert found, f"{identity} sent nothing"
    assert {each["status"] for each in found} <= {200, 201, 202, 204}, "a role lacks an action"
    return found


async def test_everything_the_reader_can_ask_needs_each_action_of_its_role_and_no_other() -> None:
    async with _azure() as (url, state), reading(url) as azure:
        await _read_everything(azure)
        assert _actions(_of(state, READER)) == _shipped("reader").allowed


async def test_everything_the_executor_can_send_needs_each_action_of_its_role_and_no_other() -> None:
    async with _azure() as (url, state), executing(url) as executor:
        await _write_everything(executor)
        assert _actions(_of(state, EXECUTOR)) == _shipped("executor").allowed


async def test_every_section_of_evidence_looks_with_the_readers_role_alone() -> None:
    async with _azure() as (url, state), reading(url) as azure:
        seen = await gather(LIVE, "triage-prod", readers=azure.readers, now=WallClock().now())
        assert {each["identity"] for each in state.requests} == {READER}
        assert _actions(_of(state, READER)) <= _shipped("reader").allowed
    assert [f"{each.key}: {each.gap}" for each in seen.gaps] == []
    assert len(seen.sections) == len(SECTIONS)


async def test_the_reader_sends_nothing_but_reads_and_the_one_named_query() -> None:
    async with _azure() as (url, state), reading(url) as azure:
        await _read_everything(azure)
        asked = [each for each in _of(state, READER) if each["method"] not in ("GET", "HEAD")]
    assert {(each["method"], each["path"]) for each in asked} == {
        ("POST", f"/v1/workspaces/{WORKSPACE_ID}/query")
    }
    assert {each["action"] for each in asked} == {QUERY}


@pytest.mark.parametrize("name", ["reader", "executor"])
def test_a_role_names_its_actions_one_by_one_and_none_that_gives_keys_or_roles_away(name: str) -> None:
    allowed = _shipped(name).allowed
    assert not [each for each in allowed if "*" in each]
    assert not [each for each in allowed if "keys" in each.lower()]
    written = {each for each in allowed if not each.endswith("/read")}
    assert all(each.startswith("Microsoft.CognitiveServices/accounts/deployments/") for each in written)
    assert not written if name == "reader" else written


@pytest.mark.parametrize(("name", "pretended"), [("reader", READER_ROLE), ("executor", EXECUTOR_ROLE)])
def test_the_simulated_identity_may_do_what_the_shipped_role_allows(name: str, pretended: Role) -> None:
    document = _shipped(name).document
    assert set(document["Actions"]) == set(pretended.actions)
    assert set(document["DataActions"]) == set(pretended.data_actions)


@pytest.mark.parametrize("name", ["reader", "executor"])
def test_a_role_can_be_created_from_its_file_once_it_has_a_scope(name: str) -> None:
    document = _shipped(name).document
    assert document["IsCustom"] is True
    assert document["NotActions"] == document["NotDataActions"] == []
    assert document["AssignableScopes"] == ["/subscriptions/00000000-0000-0000-0000-000000000000"]
    told = (ROOT / "docs" / "azure-roles.md").read_text(encoding="utf-8")
    assert f"deploy/roles/{name}.json" in told
    assert f'"{document["Name"]}"' in told


def test_the_page_on_roles_explains_every_action_and_no_other() -> None:
    told = (ROOT / "docs" / "azure-roles.md").read_text(encoding="utf-8")
    reader, executor = told.split("**Executor**")
    for name, text in (("reader", reader), ("executor", executor)):
        rows = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
        assert rows == _shipped(name).allowed
