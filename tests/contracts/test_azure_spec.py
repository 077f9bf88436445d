"""The bot against what Microsoft published: it reads every example, and asks only what is described."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bot.azure import parse
from bot.azure.errors import AzureRefusedError
from bot.azure.metrics import AGGREGATIONS, DIMENSIONS, read_series
from bot.domain.deployment import Account, DeploymentRef
from bot.domain.evidence import Window
from bot.domain.operation import Operation
from bot.ports.azure import Executor
from bot.usecases.look import gather
from sandbox.azure.server import STATE, azure_app, serving
from tests.contracts.azure_spec import Asked, azure_spec, example, problems, read_only_fields
from tests.fakes.azure_server import (
    ACCOUNT,
    REF,
    Arrival,
    Reply,
    ScriptedAzure,
    WallClock,
    executing,
    raw_deployment,
    reading,
    scripted,
)

ADA = DeploymentRef(ACCOUNT, "deploymentName")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = Window(NOW - timedelta(hours=1), NOW)


async def _read(body: Any, call: str, *words: Any) -> Any:
    async with scripted(lambda _: Reply(body=body)) as server, reading(server.url) as azure:
        return await getattr(azure.readers.azure, call)(*words)


@pytest.mark.parametrize("name", ["2025-10-01-preview-GetDeployment", "2025-10-01-preview-PutDeployment"])
async def test_the_example_deployment_is_read(name: str) -> None:
    live = await _read(example(name), "deployment", ADA)
    assert (live.ref, live.sku.name, live.sku.capacity) == (ADA, "Standard", 1)
    assert (live.model.name, live.model.version, live.model.format) == ("ada", "1", "OpenAI")
    assert (live.running_state, live.provisioning_state) == ("Running", "Succeeded")
    assert live.projection["properties"]["serviceTier"] in ("Default", "Priority")


async def test_the_example_list_of_deployments_is_read() -> None:
    (live,) = await _read(example("2025-09-01-ListDeployments"), "deployments", ACCOUNT)
    assert (live.ref, live.upgrade_option) == (ADA, "OnceCurrentVersionExpired")


async def test_the_example_skus_are_read() -> None:
    (bounds,) = await _read(example("2024-10-01-ListDeploymentSkus"), "skus", ADA)
    assert (bounds.name, bounds.minimum, bounds.maximum, bounds.step) == ("Standard", 100, 1000, 100)
    assert bounds.allowed == (100, 200)


@pytest.mark.parametrize(
    ("name", "usage", "limit"),
    [
        ("2025-10-01-preview-ListUsages", "AccountCount", 200),
        ("2025-09-01-GetUsages", "Face.Transactions", 30000),
    ],
)
async def test_the_example_usages_are_read(name: str, usage: str, limit: int) -> None:
    (line,) = await _read(example(name), "quota", ACCOUNT)
    assert (line.name, line.current, line.limit, line.left) == (usage, 3, limit, limit - 3)
    assert line.label


def test_the_example_model_is_read() -> None:
    (item,) = example("2024-10-01-ListLocationModels")["value"]
    model = parse.available_model(item["model"])
    assert (model.name, model.version, model.lifecycle) == ("ada", "1", "Preview")
    assert model.inference_ends == datetime(2024, 1, 1, tzinfo=UTC)
    assert model.usage_names == {"provisioned": "OpenAI.Provisioned.Class1"}


async def test_the_example_content_filter_is_read() -> None:
    policy = await _read(example("2025-09-01-GetRaiPolicy"), "content_filter", ACCOUNT, "raiPolicyName")
    assert (policy.name, policy.mode) == ("raiPolicyName", "Asynchronous_filter")
    assert len(policy.rules) == 12
    assert {
        "Hate, prompt: off",
        "Hate, completion: blocked from Medium",
        "Jailbreak, prompt: blocked",
    } <= {rule.words for rule in policy.rules}


def test_the_example_metrics_are_read_per_dimension() -> None:
    body = azure_spec("monitor/GetMetric.json")["responses"]["200"]["body"]
    block, page = read_series(body, "BlobCapacity", "Average", "BlobType")
    assert (block.dimension, page.dimension) == ("BlockBlob", "PageBlob")
    assert [point.value for point in block.points] == [None, None, None, 245.0]
    assert block.points[0].at == datetime(2017, 4, 14, 2, 20, tzinfo=UTC)


def test_the_example_of_a_metric_error_is_refused_and_its_neighbour_is_read() -> None:
    body = azure_spec("monitor/GetMetricError.json")["responses"]["200"]["body"]
    with pytest.raises(AzureRefusedError, match="InvalidSamplingType") as caught:
        read_series(body, "MongoRequestsCount", "Average", "")
    assert "Sampling type" not in str(caught.value)
    (series,) = read_series(body, "MongoRequests", "Average", "")
    assert series.mean == 0.0


@pytest.mark.parametrize(
    ("name", "status", "operation", "is_over"),
    [
        ("2025-10-01-preview-PutDeployment", 200, Operation("PUT", ADA.arm_id, {}), True),
        ("2025-10-01-preview-PutDeployment", 201, Operation("PUT", ADA.arm_id, {}), False),
        ("2024-10-01-UpdateDeployment", 200, Operation("PATCH", ADA.arm_id, {"tags": {}}), True),
        ("2024-10-01-UpdateDeployment", 202, Operation("PATCH", ADA.arm_id, {"tags": {}}), False),
        ("2025-06-01-DeleteDeployment", 202, Operation("DELETE", ADA.arm_id, {}), False),
        ("2025-06-01-DeleteDeployment", 204, Operation("DELETE", ADA.arm_id, {}), True),
        ("2025-10-01-preview-PauseDeployment", 200, Operation("POST", ADA.arm_id, {}, "pause"), True),
    ],
)
async def test_the_example_answers_to_writes_are_understood(
    name: str, status: int, operation: Operation, is_over: bool
) -> None:
    answer = azure_spec(f"transcribed-azure-rest-api-specs/{name}.json")["responses"][str(status)]
    reply = Reply(status, answer.get("body"), answer.get("headers", {}))
    async with scripted(lambda _: reply) as server, executing(server.url) as executor:
        sent = await executor.writer.send(operation, change="CHG-7", correlation="ref-7")
    assert (sent.poll is None) is is_over
    assert sent.poll is None or str(sent.poll["url"]).startswith(server.url)


def _asked(server: ScriptedAzure) -> list[Asked]:
    return [_of(arrival) for arrival in server.seen]


def _of(arrival: Arrival) -> Asked:
    body = json.loads(arrival.body) if arrival.body else None
    return Asked(arrival.method, arrival.path, dict(parse_qsl(arrival.query)), body)


async def test_every_read_is_a_described_request() -> None:
    def script(arrival: Arrival) -> Reply:
        last = arrival.path.rpartition("/")[2]
        one = {"support-triage-ft": raw_deployment(), "strict": {"name": "strict", "properties": {}}}
        return Reply(body=one.get(last, {"value": []}))

    async with scripted(script) as server, reading(server.url) as azure:
        reader = azure.readers.azure
        await asyncio.gather(
            reader.deployments(ACCOUNT),
            reader.deployment(REF),
            reader.skus(REF),
            reader.quota(ACCOUNT),
            reader.models(ACCOUNT),
            reader.content_filter(ACCOUNT, "strict"),
        )
        for metric in AGGREGATIONS:
            for split in ("", *sorted(DIMENSIONS)):
                minute = timedelta(minutes=1)
                await azure.readers.metrics.series(REF, metric, HOUR, interval=minute, split_by=split)
    assert len(server.seen) == 6 + len(AGGREGATIONS) * (1 + len(DIMENSIONS))
    assert {asked.path: problems(asked) for asked in _asked(server) if problems(asked)} == {}
    metrics = [asked for asked in _asked(server) if asked.path.endswith("/metrics")]
    assert {asked.query["top"] for asked in metrics} == {"1000"}


async def test_every_write_is_a_described_request_with_a_body_of_writable_fields_only() -> None:
    live = raw_deployment(
        rateLimits=[{"key": "token", "count": 120, "renewalPeriod": 60}],
        capabilities={"chatCompletion": "true"},
        currentCapacity=120,
        versionUpgradeOption="NoAutoUpgrade",
        deploymentState="Running",
    )
    async with scripted(lambda _: Reply(200, live)) as server, executing(server.url) as executor:
        projection = (await executor.reader.deployment(REF)).projection
        await _send(executor, Operation("PATCH", REF.key, {"sku": {"name": "Standard", "capacity": 130}}))
        await _send(executor, Operation("PUT", REF.arm_id, projection))
        await _send(executor, Operation("DELETE", REF.arm_id, {}))
        await _send(executor, Operation("POST", REF.key, {}, "pause"))
        await _send(executor, Operation("POST", REF.key, {}, "resume"))
    asked = _asked(server)
    assert [each.method for each in asked] == ["GET", "GET", "PATCH", "PUT", "DELETE", "POST", "POST"]
    assert {each.path: problems(each) for each in asked if problems(each)} == {}
    put = next(each for each in asked if each.method == "PUT")
    assert read_only_fields(put.body) == []
    assert put.body["properties"]["deploymentState"] == "Running"


async def _send(executor: Executor, operation: Operation) -> None:
    await executor.writer.send(operation, change="CHG-7", correlation="ref-7")


def test_the_check_of_requests_sees_what_is_wrong() -> None:
    path, version = REF.arm_id, {"api-version": "2025-12-01"}
    assert problems(Asked("GET", path, version)) == []
    assert problems(Asked("GET", path, {})) == ["api-version is missing"]
    assert problems(Asked("GET", path, {"api-version": "2020-01-01"}))
    assert problems(Asked("GET", path, {**version, "x": "1"})) == ["unknown parameter x"]
    assert problems(Asked("GET", path.lower(), version))
    assert problems(Asked("PATCH", path, version, {"properties": {}}))
    assert problems(Asked("PUT", path, version, {"sku": {"capacity": "1"}}))
    assert problems(Asked("POST", path, version))
    assert read_only_fields({"etag": "x", "properties": {"rateLimits": []}, "sku": {"name": "S"}}) == [
        "etag",
        "properties.rateLimits",
    ]


async def test_the_evidence_of_a_whole_account_asks_only_what_is_described() -> None:
    account = Account(
        "test", "test", ACCOUNT.subscription, "rg-ai-test", "aoai-contoso-test-swc", "swedencentral"
    )
    app = azure_app(WallClock())
    async with serving(app) as url, reading(url) as azure:
        live = await azure.readers.azure.deployments(account)
        for each in live:
            evidence = await gather(each.ref, "", readers=azure.readers, now=WallClock().now())
            assert [gap.key for gap in evidence.gaps] == ["logs"], "test has no workspace; the rest is seen"
    entries = app[STATE].requests
    described = [
        each for each in entries if not each["path"].startswith("/dataplane/") and _is_published(each)
    ]
    assert len(described) > 10 * len(live) > 10
    for entry in described:
        assert problems(Asked(entry["method"], entry["path"], entry["query"])) == []
    assert {each["method"] for each in entries} == {"GET"}


def _is_published(entry: dict[str, Any]) -> bool:
    """Return whether a description of what is asked is at hand; test_azure_spec_around has the rest."""
    others = (
        "/Microsoft.Authorization/",
        "/Microsoft.ResourceHealth/",
        "/diagnosticSettings",
        "/eventtypes/",
    )
    return "/providers/" in entry["path"] and not any(each in entry["path"] for each in others)
