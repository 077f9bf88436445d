"""Deployments change as on Azure: operations, one at a time, within bounds and quota."""

from typing import Any

import pytest

from tests.unit.sandbox_azure.cloud import LOG, PROD, TEST, TRIAGE, WEST, Cloud

BIGGER = {"sku": {"name": "Standard", "capacity": 180}}
MINI = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}


def new(capacity: int = 10, **properties: Any) -> dict[str, Any]:
    return {"sku": {"name": "Standard", "capacity": capacity}, "properties": {"model": MINI} | properties}


async def test_scaling_is_accepted_then_runs_then_succeeds(azure: Cloud) -> None:
    azure.state.operation_seconds = 60
    before = (await azure.get(TRIAGE)).body
    reply = await azure.write("PATCH", TRIAGE, BIGGER)
    assert reply.status == 202
    running = await azure.get(reply.headers["Azure-AsyncOperation"], token="sandbox-executor")
    assert running.body["status"] == "InProgress"
    assert running.headers["Retry-After"] == "0"
    assert (await azure.get(reply.headers["Location"])).status == 202
    assert (await azure.get(TRIAGE)).body["properties"]["provisioningState"] == "Accepted"
    for operation in azure.state.operations.values():
        operation.deadline = 0.0
    done = await azure.get(reply.headers["Azure-AsyncOperation"])
    after = (await azure.get(reply.headers["Location"])).body
    assert done.body["status"] == "Succeeded"
    assert after["properties"]["provisioningState"] == "Succeeded"
    assert after["sku"]["capacity"] == 180
    assert after["etag"] != before["etag"]
    assert after["systemData"]["lastModifiedAt"] > before["systemData"]["lastModifiedAt"]
    assert after["properties"]["rateLimits"][1] == {"key": "token", "renewalPeriod": 60, "count": 180_000}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{PROD}/deployments/email-draft-ft", {"tags": {}}),
        ("PUT", f"{PROD}/deployments/fresh", new()),
        ("DELETE", f"{PROD}/deployments/email-draft-ft", None),
        ("POST", f"{PROD}/deployments/email-draft-ft/pause", None),
    ],
)
async def test_one_operation_at_a_time_for_each_account(
    azure: Cloud, method: str, path: str, body: Any
) -> None:
    azure.state.operation_seconds = 60
    await azure.write("PATCH", TRIAGE, BIGGER)
    reply = await azure.write(method, path, body)
    assert (reply.status, reply.code) == (409, "RequestConflict")
    assert "Another operation is being performed on the parent resource" in reply.body["error"]["message"]
    assert (await azure.write("PATCH", f"{TEST}/deployments/summary-ft", {"tags": {}})).status == 200
    assert len(azure.state.writes) == 2


async def test_quota_is_counted_from_what_is_live_and_enforced(azure: Cloud) -> None:
    async def used() -> float:
        usages = (await azure.get(f"{WEST}/usages")).body["value"]
        (mini,) = [one for one in usages if one["name"]["value"] == "OpenAI.Standard.gpt-4.1-mini"]
        assert mini["limit"] == 240
        return float(mini["currentValue"])

    assert await used() == 150
    refused = await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": 211}})
    assert (refused.status, refused.code) == (400, "InsufficientQuota")
    await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": 210}})
    assert await used() == 240
    assert (await azure.write("PUT", f"{PROD}/deployments/fresh", new(1))).code == "InsufficientQuota"


@pytest.mark.parametrize(("capacity", "code"), [(0, "InvalidCapacity"), (301, "InvalidCapacity")])
async def test_capacity_must_lie_within_the_bounds_of_the_sku(azure: Cloud, capacity: int, code: str) -> None:
    reply = await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": capacity}})
    assert (reply.status, reply.code) == (400, code)


async def test_a_sku_with_allowed_values_takes_only_those(azure: Cloud) -> None:
    path = f"{TEST}/deployments/support-triage-ft-test"
    skus = (await azure.get(f"{path}/skus")).body["value"]
    assert skus[0]["sku"] == {"name": "DeveloperTier", "capacity": 20}
    assert skus[0]["capacity"]["allowedValues"] == [10, 20, 50, 100, 250]
    assert (
        await azure.write("PATCH", path, {"sku": {"name": "DeveloperTier", "capacity": 30}})
    ).status == 400
    assert (
        await azure.write("PATCH", path, {"sku": {"name": "DeveloperTier", "capacity": 50}})
    ).status == 202


@pytest.mark.parametrize(
    "body",
    [{}, {"properties": {}}, {"sku": {"capacity": 3}}, {"sku": {"name": "Standard"}}, {"tags": {"a": 1}}, []],
)
async def test_a_patch_carries_only_a_whole_sku_and_text_tags(azure: Cloud, body: Any) -> None:
    assert (await azure.write("PATCH", TRIAGE, body)).status == 400
    assert azure.state.writes == []


async def test_a_put_creates_with_201_and_replaces_with_200(azure: Cloud) -> None:
    path = f"{PROD}/deployments/fresh"
    made = await azure.write("PUT", path, new(versionUpgradeOption="NoAutoUpgrade"))
    assert (made.status, made.body["properties"]["provisioningState"]) == (201, "Accepted")
    assert (await azure.get(made.headers["Azure-AsyncOperation"])).body["status"] == "Succeeded"
    replaced = await azure.write("PUT", path, new(12))
    assert replaced.status == 200
    assert "versionUpgradeOption" not in replaced.body["properties"]
    assert replaced.body["properties"]["raiPolicyName"] == "Microsoft.DefaultV2"


async def test_a_put_that_forgets_the_pause_wakes_the_deployment(azure: Cloud) -> None:
    await azure.write("POST", f"{TRIAGE}/pause")
    live = (await azure.get(TRIAGE)).body
    assert live["properties"]["deploymentState"] == "Paused"
    body = {"sku": live["sku"], "properties": {"model": live["properties"]["model"]}}
    assert (await azure.write("PUT", TRIAGE, body)).body["properties"]["deploymentState"] == "Running"


@pytest.mark.parametrize(
    "properties",
    [
        {"model": MINI | {"version": "1999-01-01"}},
        {"model": {"format": "OpenAI", "name": "gpt-4.1-mini-2025-04-14.ft-none-x", "version": "1"}},
        {"raiPolicyName": "none"},
        {"versionUpgradeOption": "Sometimes"},
    ],
)
async def test_a_put_names_things_that_exist(azure: Cloud, properties: dict[str, Any]) -> None:
    assert (await azure.write("PUT", f"{PROD}/deployments/fresh", new(**properties))).status == 400


async def test_a_trained_model_and_its_checkpoint_can_be_deployed(azure: Cloud) -> None:
    jobs = (await azure.get("/dataplane/aoai-contoso-weu/openai/v1/fine_tuning/jobs")).body["data"]
    second = next(one for one in jobs if str(one["fine_tuned_model"]).endswith("support-triage-v2"))
    path = f"/dataplane/aoai-contoso-weu/openai/v1/fine_tuning/jobs/{second['id']}/checkpoints"
    points = (await azure.get(path)).body["data"]
    for index, point in enumerate(points):
        model = {"format": "OpenAI", "name": point["fine_tuned_model_checkpoint"], "version": "1"}
        reply = await azure.write("PUT", f"{PROD}/deployments/try-{index}", new(1, model=model))
        assert reply.status == 201, reply.body


async def test_delete_runs_then_the_deployment_is_gone_and_again_is_204(azure: Cloud) -> None:
    azure.state.operation_seconds = 60
    path = f"{PROD}/deployments/email-draft-ft"
    reply = await azure.write("DELETE", path)
    assert reply.status == 202
    assert (await azure.get(path)).body["properties"]["provisioningState"] == "Deleting"
    for operation in azure.state.operations.values():
        operation.deadline = 0.0
    assert (await azure.get(path)).status == 404
    assert (await azure.get(reply.headers["Azure-AsyncOperation"])).body["status"] == "Succeeded"
    assert (await azure.write("DELETE", path)).status == 204
    assert len(azure.state.writes) == 1


async def test_pause_and_resume_are_each_others_inverse_and_need_a_newer_version(azure: Cloud) -> None:
    assert (await azure.write("POST", f"{TRIAGE}/pause", api_version="2025-09-01")).status == 400
    assert (await azure.write("POST", f"{TRIAGE}/pause")).body["properties"]["deploymentState"] == "Paused"
    older = await azure.get(TRIAGE, api_version="2025-09-01")
    assert "deploymentState" not in older.body["properties"]
    assert (await azure.write("POST", f"{TRIAGE}/resume")).body["properties"]["deploymentState"] == "Running"
    developer = f"{TEST}/deployments/support-triage-ft-test/pause"
    assert (await azure.write("POST", developer)).status == 400


async def test_an_operation_that_fails_leaves_what_was_before(azure: Cloud) -> None:
    await azure.control("faults", {"method": "PATCH", "path": "support-triage", "kind": "lro_failed"})
    reply = await azure.write("PATCH", TRIAGE, BIGGER)
    done = await azure.get(reply.headers["Azure-AsyncOperation"])
    assert (done.body["status"], done.body["error"]["code"]) == ("Failed", "InternalServerError")
    live = (await azure.get(TRIAGE)).body
    assert (live["sku"]["capacity"], live["properties"]["provisioningState"]) == (120, "Failed")


async def test_every_write_is_in_the_activity_log_with_its_caller_and_request(azure: Cloud) -> None:
    await azure.write("PATCH", TRIAGE, BIGGER, headers={"x-ms-client-request-id": "chg-12"})
    await azure.get(TRIAGE)
    when = f"eventTimestamp ge '2026-11-24T00:00:00Z' and resourceUri eq '{TRIAGE}'"
    events = (await azure.get(LOG, api_version="2015-04-01", filter=when)).body["value"]
    assert sorted(one["status"]["value"] for one in events) == ["Accepted", "Succeeded"]
    assert {one["httpRequest"]["clientRequestId"] for one in events} == {"chg-12"}
    assert {one["operationName"]["value"] for one in events} == {
        "Microsoft.CognitiveServices/accounts/deployments/write"
    }
    assert len({one["correlationId"] for one in events}) == 1
    assert {one["caller"] for one in events} == {"00000000-0000-0000-0000-00000000e0ec"}


async def test_the_log_wants_a_start_time_and_shows_only_what_is_selected(azure: Cloud) -> None:
    refused = await azure.get(LOG, api_version="2015-04-01", filter="caller eq 'x'")
    assert refused.status == 400
    chosen = await azure.get(
        LOG, api_version="2015-04-01", filter="eventTimestamp ge '2026-01-01'", select="caller,status"
    )
    assert set(chosen.body["value"][0]) == {"caller", "status"}


async def test_somebody_else_can_change_a_deployment_behind_the_app(azure: Cloud) -> None:
    before = (await azure.get(TRIAGE)).body
    changes = {"caller": "gus@contoso.example", "sku": {"capacity": 90}, "tags": {"ticket": None}}
    await azure.control("deployments/aoai-contoso-weu/support-triage-ft", changes)
    live = (await azure.get(TRIAGE)).body
    assert (live["sku"], "ticket" in live["tags"]) == ({"name": "Standard", "capacity": 90}, False)
    assert live["etag"] != before["etag"]
    when = "eventTimestamp ge '2026-11-24T00:00:00Z' and caller eq 'gus@contoso.example'"
    (event,) = (await azure.get(LOG, api_version="2015-04-01", filter=when)).body["value"]
    assert event["resourceId"] == TRIAGE
    assert azure.state.writes == []


async def test_a_list_comes_in_pages_that_lead_to_each_other(azure: Cloud) -> None:
    names: list[str] = []
    reply = await azure.get(f"{PROD}/deployments", page="2")
    while True:
        names += [one["name"] for one in reply.body["value"]]
        if "nextLink" not in reply.body:
            break
        reply = await azure.get(reply.body["nextLink"])
    assert names == ["contract-extract-ft", "email-draft-ft", "support-triage-ft"]


async def test_azure_removes_what_its_rules_remove(azure: Cloud) -> None:
    developer, idle = (
        f"{TEST}/deployments/{name}" for name in ("support-triage-ft-test", "intent-router-ft")
    )
    azure.clock.move(hours=10)
    assert (await azure.get(developer)).status == 200
    azure.clock.move(hours=6)
    assert (await azure.get(developer)).status == 404
    assert (await azure.get(idle)).status == 200
    azure.clock.move(days=1.5)
    assert (await azure.get(idle)).status == 404
    assert (await azure.get(f"{TEST}/deployments/summary-ft")).status == 200


async def test_azures_own_removals_can_be_switched_off(azure: Cloud) -> None:
    await azure.control("settings", {"auto_delete": False})
    azure.clock.move(days=30)
    assert (await azure.get(f"{TEST}/deployments/support-triage-ft-test")).status == 200
