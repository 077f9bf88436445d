"""What the bot sends, and what the simulated Azure answers, against Azure's description as prism reads it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.azure.connection import connect_executor
from bot.azure.endpoints import Endpoints, Identity
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Window
from bot.domain.json import Json
from bot.domain.operation import Operation
from bot.ports.registry import Readers
from sandbox.azure.server import azure_app, serving
from sandbox.clock import SandboxClock
from tests.contracts.azure_spec import azure_spec
from tests.fakes.azure_server import ACCOUNT, REF, WallClock, reading
from tests.peers.prism import Passed, Prism, Witness, running

COGNITIVE, INSIGHTS = "openapi-cognitive-2025-12-01.examples.json", "openapi-insights-2024-02-01.json"
CORRELATION = "11111111-1111-4111-8111-111111111111"
BUCKET = timedelta(minutes=5)
SCALE = Operation("PATCH", REF.arm_id, {"sku": {"name": "Standard", "capacity": 150}})
ACCOUNT_TEMPLATE = (
    "subscriptions/{subscriptionId}/resourceGroups/{group}"
    "/providers/Microsoft.CognitiveServices/accounts/{account}"
)


async def test_what_the_bot_reads_is_asked_as_azure_describes_it(
    prism_program: Prism, tmp_path: Path
) -> None:
    async with running(prism_program, _document(COGNITIVE, tmp_path), tmp_path) as azure:
        await _read(azure)
        assert azure.violations == []
        assert len(azure.passed) == 7
        assert {each.status for each in azure.passed} == {200}


async def test_what_the_bot_sends_is_as_azure_describes_it(prism_program: Prism, tmp_path: Path) -> None:
    async with running(prism_program, _document(COGNITIVE, tmp_path), tmp_path) as azure:
        for operation in (SCALE, *_other_writes()):
            await _write(azure, operation)
        assert azure.violations == []
        sent = [each.method for each in azure.passed if each.method != "GET"]
        assert sent == ["PATCH", "PUT", "POST", "POST", "DELETE"]


async def test_the_metrics_the_bot_reads_are_asked_and_answered_as_azure_describes_them(
    prism_program: Prism, tmp_path: Path
) -> None:
    document = _document(INSIGHTS, tmp_path)
    async with (
        serving(azure_app(SandboxClock())) as simulated,
        running(prism_program, document, tmp_path, simulated) as azure,
        reading(azure.url) as connection,
    ):
        await _read_metrics(connection.readers)
        assert azure.violations == []
        assert [each.status for each in azure.passed] == [200, 200, 200]


async def test_what_the_simulated_azure_answers_is_as_azure_describes_it(
    prism_program: Prism, tmp_path: Path
) -> None:
    async with (
        serving(azure_app(SandboxClock())) as simulated,
        running(prism_program, _document(COGNITIVE, tmp_path), tmp_path, simulated) as azure,
    ):
        await _read(azure)
        await _write(azure, SCALE)
        assert azure.violations == []
        assert [_outcome(each) for each in azure.passed[-2:]] == [("GET", 200), ("PATCH", 202)]


async def test_prism_holds_a_missing_version_a_missing_token_and_a_wrong_body_against_us(
    prism_program: Prism, tmp_path: Path
) -> None:
    async with running(prism_program, _document(COGNITIVE, tmp_path), tmp_path) as azure:
        path, signed = azure.url + REF.arm_id, {"Authorization": "Bearer sandbox-reader"}
        version = {"api-version": "2025-12-01"}
        async with ClientSession() as session:
            await session.get(path, headers=signed)
            await session.get(path, params=version)
            wrong = {"sku": {"capacity": "many"}}
            await session.patch(path, params=version, headers=signed, json=wrong)
        assert [each.status for each in azure.violations] == [422, 401, 422]


@pytest.mark.parametrize("answer", [{"value": [{"sku": {"name": 7}}]}, {"value": "none"}, ["none"]])
async def test_prism_holds_a_wrong_answer_against_the_simulated_azure(
    answer: Json, prism_program: Prism, tmp_path: Path
) -> None:
    async with (
        serving(_answering(answer)) as simulated,
        running(prism_program, _document(COGNITIVE, tmp_path), tmp_path, simulated) as azure,
        reading(azure.url) as connection,
    ):
        with pytest.raises(CountersignError):
            await connection.readers.azure.deployments(ACCOUNT)
        assert azure.violations
        assert {each.status for each in azure.violations} == {500}


async def _read(azure: Witness) -> None:
    """Read everything that the bot reads of Microsoft.CognitiveServices."""
    async with reading(azure.url) as connection:
        readers = connection.readers
        await readers.azure.deployments(ACCOUNT)
        await readers.azure.deployment(REF)
        await readers.azure.skus(REF)
        await readers.azure.quota(ACCOUNT)
        await readers.azure.models(ACCOUNT)
        await readers.azure.content_filter(ACCOUNT, "strict-support-v3")
        await readers.inventory.posture(ACCOUNT)


async def _read_metrics(readers: Readers) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    window, series = Window(now - timedelta(hours=1), now), readers.metrics.series
    await series(REF, "TokenTransaction", window, interval=BUCKET)
    await series(REF, "AzureOpenAIRequests", window, interval=BUCKET, split_by="StatusCode")
    await series(DeploymentRef(ACCOUNT, "contract-extract-ft"), "GeneratedTokens", window, interval=BUCKET)


async def _write(azure: Witness, operation: Operation) -> None:
    identity = Identity("sandbox", role="executor")
    executor, close = connect_executor(Endpoints(azure.url, azure.url, azure.url), identity, WallClock())
    try:
        await executor.writer.send(operation, change="CHG-1", correlation=CORRELATION)
    finally:
        await close()


def _other_writes() -> Iterator[Operation]:
    model = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
    properties: dict[str, Json] = {
        "model": model,
        "raiPolicyName": "Microsoft.DefaultV2",
        "versionUpgradeOption": "NoAutoUpgrade",
        "deploymentState": "Running",
        "serviceTier": "Default",
    }
    sku: Json = {"name": "Standard", "capacity": 10}
    yield Operation("PUT", REF.arm_id, {"sku": sku, "tags": {"owner": "ml"}, "properties": properties})
    yield Operation("POST", REF.arm_id, {}, "pause")
    yield Operation("POST", REF.arm_id, {}, "resume")
    yield Operation("DELETE", REF.arm_id, {})


def _document(name: str, folder: Path) -> Path:
    """Write the description for prism: a scope with slashes in it is no path that it could match."""
    described = azure_spec(name)
    paths = described["paths"]
    described["paths"] = {path.replace("{scope}", ACCOUNT_TEMPLATE): each for path, each in paths.items()}
    for path, operations in described["paths"].items():
        if ACCOUNT_TEMPLATE in path:
            _name_the_parts(operations)
    written = folder / name
    written.write_text(json.dumps(described))
    return written


def _name_the_parts(operations: Any) -> None:
    names = ("subscriptionId", "group", "account")
    parts = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    for operation in operations.values():
        kept = [each for each in operation["parameters"] if each["name"] != "scope"]
        operation["parameters"] = [*parts, *kept]


def _answering(answer: Json) -> web.Application:
    async def always(_request: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/{path:.*}", always)
    return app


def _outcome(passed: Passed) -> tuple[str, int]:
    return passed.method, passed.status
