"""What is read around a deployment, against what Microsoft published: examples are read, requests are described."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Window
from sandbox.azure.logs import WORKSPACE_ID
from tests.contracts.azure_spec import Asked, azure_spec, example, problems
from tests.fakes.azure_inventory import TENANT
from tests.fakes.azure_server import ACCOUNT, REF, Arrival, Reply, reading, scripted

EXAMPLE_AT = datetime(2015, 1, 21, 22, 14, 26, 979277, tzinfo=UTC)
DAY = timedelta(days=1)
JOBS = f"/dataplane/{ACCOUNT.account}/openai/v1/fine_tuning/jobs"


async def _read(body: Any, call: str, *words: Any) -> Any:
    async with scripted(lambda _: Reply(body=body)) as server, reading(server.url) as azure:
        return await getattr(azure.readers.inventory, call)(ACCOUNT, *words)


async def test_the_example_account_is_read() -> None:
    found = await _read(example("2025-10-01-preview-GetAccount"), "posture")
    assert (found.kind, found.sku, found.location, found.provisioning_state) == (
        "Emotion",
        "F0",
        "westus",
        "Succeeded",
    )
    assert found.tags["Owner"] == "felixwa"
    assert found.local_auth is None
    assert "cognitive.microsoft.com" not in str(found)


async def test_the_example_models_of_a_region_are_read() -> None:
    (life,) = await _read(example("2024-10-01-ListLocationModels"), "lifecycles")
    assert (life.model, life.version, life.status) == ("ada", "1", "Preview")
    assert life.inference_ends == life.fine_tune_ends == datetime(2024, 1, 1, tzinfo=UTC)


async def test_the_example_activity_log_is_read_without_any_of_its_people() -> None:
    published = azure_spec("monitor/GetActivityLogsFiltered.json")["responses"]["200"]["body"]
    body = {"value": published["value"]}  # its nextLink leads to Azure, where no test goes
    assert "John Smith" in str(body)
    mine = {"value": [{**each, "resourceId": REF.arm_id} for each in body["value"]]}
    (entry,) = await _read(mine, "activity", EXAMPLE_AT - DAY, EXAMPLE_AT + DAY)
    assert (entry.at, entry.status) == (EXAMPLE_AT, "Succeeded")
    assert entry.operation == "microsoft.support/supporttickets/write"
    assert entry.correlation == body["value"][0]["correlationId"]
    assert not any(word in str(entry) for word in ("John", "Smith", "admin@contoso.com", "192.168.35.115"))
    assert await _read(body, "activity", EXAMPLE_AT - DAY, EXAMPLE_AT + DAY) == []


def _script(arrival: Arrival) -> Reply:
    path = arrival.path
    if "/fine_tuning/jobs" in path:
        job = {"id": "ftjob-1", "model": "gpt-4.1", "status": "succeeded", "fine_tuned_model": "gpt-4.1.ft-1"}
        return Reply(body={"data": [] if path.endswith("checkpoints") else [job], "has_more": False})
    if path.endswith("current"):
        return Reply(body={"properties": {"availabilityState": "Available"}})
    return Reply(body={"tenantId": TENANT, "kind": "OpenAI", "properties": {}, "value": []})


async def test_every_read_around_a_deployment_is_a_described_request() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    async with scripted(_script) as server, reading(server.url) as azure:
        around = azure.readers.inventory
        assert await around.tenant(ACCOUNT) == TENANT
        await around.posture(ACCOUNT)
        await around.lifecycles(ACCOUNT)
        await around.diagnostics(ACCOUNT)
        await around.health(ACCOUNT)
        await around.role_assignments(ACCOUNT)
        await around.activity(ACCOUNT, now - DAY, now)
        await azure.readers.training.job_of(REF, "gpt-4.1.ft-1")
    asked = [Asked(each.method, each.path, dict(parse_qsl(each.query))) for each in server.seen]
    subscription, cognitive, models, diagnostics, health, roles, events, jobs, checkpoints = asked
    assert (subscription.path, subscription.query) == (
        f"/subscriptions/{ACCOUNT.subscription}",
        {"api-version": "2022-12-01"},
    )
    assert [problems(each) for each in (cognitive, models)] == [[], []]
    scope = ACCOUNT.arm_id
    assert {each.path: each.query for each in (diagnostics, health, roles)} == {
        f"{scope}/providers/Microsoft.Insights/diagnosticSettings": {"api-version": "2021-05-01-preview"},
        f"{scope}/providers/Microsoft.ResourceHealth/availabilityStatuses/current": {
            "api-version": "2022-10-01"
        },
        f"{scope}/providers/Microsoft.Authorization/roleAssignments": {"api-version": "2022-04-01"},
    }
    _is_described_event_query(events)
    assert (jobs.path, jobs.query) == (JOBS, {"limit": "100"})
    assert checkpoints.path == f"{JOBS}/ftjob-1/checkpoints"


def _is_described_event_query(asked: Asked) -> None:
    (template,) = [
        path for path in azure_spec("monitor/activityLogs_API.json")["paths"] if "management" in path
    ]
    assert asked.path == template.replace("{subscriptionId}", ACCOUNT.subscription)
    assert set(asked.query) == {"api-version", "$filter", "$select"}
    assert asked.query["api-version"] == "2015-04-01"
    # Only the documented patterns are allowed: times, and one of resourceGroupName, resourceUri and so on.
    assert asked.query["$filter"] == (
        "eventTimestamp ge '2026-11-23T12:00:00Z' and eventTimestamp le '2026-11-24T12:01:00Z'"
        f" and resourceGroupName eq '{ACCOUNT.resource_group}'"
    )


async def test_the_logs_are_asked_by_the_published_call() -> None:
    ref = DeploymentRef(replace(ACCOUNT, log_workspace=WORKSPACE_ID), REF.deployment)
    end = datetime(2026, 11, 24, 12, tzinfo=UTC)
    async with scripted(lambda _: Reply(body={"tables": []})) as server, reading(server.url) as azure:
        await azure.readers.logs.figures(ref, Window(end - DAY, end))
    assert {(each.method, each.path) for each in server.seen} == {
        ("POST", f"/v1/workspaces/{WORKSPACE_ID}/query")
    }
