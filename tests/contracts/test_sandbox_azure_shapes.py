"""What the simulated Azure answers has the shapes of Microsoft's published specification."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.unit.sandbox_azure.cloud import (
    COGNITIVE,
    LOG,
    METRICS,
    PROD,
    SUBSCRIPTION,
    TEST,
    TRIAGE,
    WEST,
    cloud,
    span,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("COUNTERSIGN_SPEC_DATA", ROOT / ".." / "shared" / "data")) / "azure"
COGNITIVE_SPEC = "openapi-cognitive-2025-12-01.examples.json"
INSIGHTS_SPEC = "openapi-insights-2024-02-01.json"
GROUP_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}" + COGNITIVE + "/accounts"
ACCOUNT_PATH = GROUP_PATH + "/{accountName}"
REGION_PATH = "/subscriptions/{subscriptionId}" + COGNITIVE + "/locations/{locationName}"
MODEL = {"modelFormat": "OpenAI", "modelName": "gpt-4.1-mini", "modelVersion": "2025-04-14"}


@cache
def spec(name: str) -> dict[str, Any]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no specification data: {path} is absent (set COUNTERSIGN_SPEC_DATA)")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def check(document: dict[str, Any], schema: dict[str, Any], body: Any) -> None:
    """Validate, and refuse properties that the specification does not have."""
    closed = _closed(json.loads(json.dumps({"components": document["components"]} | schema)))
    jsonschema.Draft202012Validator(closed).validate(body)


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: _closed(value) for key, value in node.items()}
    if found.get("type") == "object" and isinstance(found.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


def response(document: dict[str, Any], path: str, status: str = "200", method: str = "get") -> dict[str, Any]:
    shape: dict[str, Any] = document["paths"][path][method]["responses"][status]["content"][
        "application/json"
    ]
    return dict(shape["schema"])


READS = [
    ("/subscriptions/{subscriptionId}" + COGNITIVE + "/accounts", f"{SUBSCRIPTION}{COGNITIVE}/accounts"),
    (GROUP_PATH, PROD.rpartition("/")[0]),
    (ACCOUNT_PATH, PROD),
    (ACCOUNT_PATH + "/models", f"{PROD}/models"),
    (ACCOUNT_PATH + "/usages", f"{PROD}/usages"),
    (ACCOUNT_PATH + "/raiPolicies", f"{PROD}/raiPolicies"),
    (ACCOUNT_PATH + "/raiPolicies/{raiPolicyName}", f"{PROD}/raiPolicies/strict-support-v3"),
    (ACCOUNT_PATH + "/deployments", f"{PROD}/deployments"),
    (ACCOUNT_PATH + "/deployments", f"{TEST}/deployments"),
    (ACCOUNT_PATH + "/deployments/{deploymentName}", TRIAGE),
    (ACCOUNT_PATH + "/deployments/{deploymentName}/skus", f"{TRIAGE}/skus"),
    (REGION_PATH + "/usages", f"{WEST}/usages"),
    (REGION_PATH + "/models", f"{WEST}/models"),
    (REGION_PATH + "/modelCapacities", f"{WEST}/modelCapacities"),
    (
        "/subscriptions/{subscriptionId}" + COGNITIVE + "/modelCapacities",
        f"{SUBSCRIPTION}{COGNITIVE}/modelCapacities",
    ),
]


@pytest.mark.parametrize(("shape", "path"), READS, ids=[path.removeprefix(SUBSCRIPTION) for _, path in READS])
async def test_a_read_answers_in_the_published_shape(shape: str, path: str) -> None:
    document = spec(COGNITIVE_SPEC)
    async with cloud() as azure:
        reply = await azure.get(path, **(MODEL if path.endswith("modelCapacities") else {}))
    assert reply.status == 200
    assert reply.body.get("value", True), "an empty list would prove nothing"
    check(document, response(document, shape), reply.body)


@pytest.mark.parametrize(("method", "tail"), [("PUT", ""), ("POST", "/pause"), ("POST", "/resume")])
async def test_a_write_answers_in_the_published_shape(method: str, tail: str) -> None:
    document = spec(COGNITIVE_SPEC)
    async with cloud() as azure:
        live = (await azure.get(TRIAGE)).body
        body = {"sku": live["sku"], "properties": {"model": live["properties"]["model"]}}
        reply = await azure.write(method, TRIAGE + tail, body if method == "PUT" else None)
    path = ACCOUNT_PATH + "/deployments/{deploymentName}" + tail
    check(document, response(document, path, str(reply.status), method.lower()), reply.body)


async def test_an_error_answers_in_the_published_shape() -> None:
    document = spec(COGNITIVE_SPEC)
    async with cloud() as azure:
        for reply in (
            await azure.get(f"{PROD}/deployments/none"),
            await azure.get(PROD, token=None),
            await azure.get(PROD, api_version="none"),
            await azure.call("DELETE", TRIAGE),
            await azure.write("PATCH", TRIAGE, {"properties": {}}),
        ):
            assert reply.status >= 400
            check(document, {"$ref": "#/components/schemas/CloudError"}, reply.body)


async def test_metrics_answer_in_the_published_shape() -> None:
    document = spec(INSIGHTS_SPEC)
    shape = response(document, "/{scope}/providers/Microsoft.Insights/metrics")
    async with cloud() as azure:
        for name in ("AzureOpenAIRequests", "AzureOpenAITimeToResponse", "TokenTransaction"):
            reply = await azure.get(
                PROD + METRICS,
                api_version="2024-02-01",
                metricnames=name,
                timespan=span(azure.clock, hours=2),
                interval="PT5M",
                aggregation="total,average,minimum,maximum,count",
                filter="ModelDeploymentName eq '*'",
                top="100",
            )
            assert len(reply.body["value"][0]["timeseries"]) == 3
            check(document, shape, reply.body)


async def test_metric_definitions_answer_in_the_published_shape() -> None:
    document = spec(INSIGHTS_SPEC)
    shape = response(document, "/{scope}/providers/Microsoft.Insights/metricDefinitions")
    async with cloud() as azure:
        reply = await azure.get(
            f"{PROD}/providers/Microsoft.Insights/metricDefinitions", api_version="2024-02-01"
        )
    check(document, shape, reply.body)


async def test_the_activity_log_has_the_published_properties() -> None:
    known = set(spec("monitor/activityLogs_API.json")["definitions"]["EventData"]["properties"])
    async with cloud() as azure:
        reply = await azure.get(
            LOG, api_version="2015-04-01", filter="eventTimestamp ge '2026-01-01T00:00:00Z'"
        )
    assert len(reply.body["value"]) >= 14
    for event in reply.body["value"]:
        assert set(event) <= known | {"channels"}


async def test_a_deployment_has_every_property_of_microsofts_own_example() -> None:
    example = spec("transcribed-azure-rest-api-specs/2025-10-01-preview-GetDeployment.json")
    async with cloud() as azure:
        live = (await azure.get(TRIAGE)).body
    shown = example["responses"]["200"]["body"]
    missing = {one for one in _paths(shown) if one not in set(_paths(live))}
    assert missing <= {"properties.serviceTier", "properties.spilloverDeploymentName"}


def _paths(node: Any, prefix: str = "") -> list[str]:
    if not isinstance(node, dict):
        return [prefix]
    return [path for key, value in node.items() for path in _paths(value, f"{prefix}.{key}".strip("."))]


async def test_only_writable_fields_of_a_put_are_taken_from_the_caller() -> None:
    flags = json.dumps(spec("deployment-writable.json"))
    assert "provisioningState" in flags
    async with cloud() as azure:
        live = (await azure.get(TRIAGE)).body
        live["properties"] |= {"provisioningState": "Failed", "currentCapacity": 7, "rateLimits": []}
        reply = await azure.write("PUT", TRIAGE, live | {"etag": "mine", "id": "/mine"})
        after = (await azure.get(TRIAGE)).body
    assert reply.status == 200
    assert after["id"] == TRIAGE
    assert after["etag"] != "mine"
    assert after["properties"]["provisioningState"] == "Succeeded"
    assert after["properties"]["currentCapacity"] == 120
    assert re.fullmatch(r'"[0-9a-f-]{36}"', after["etag"])
