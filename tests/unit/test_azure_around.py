"""What is around a deployment, read: only what is allowed comes through, whatever Azure answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from azure.core.rest import HttpRequest

from bot.azure import access
from bot.azure.credentials import async_credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.errors import AzureRefusedError
from bot.azure.observing import operation_of
from bot.azure.pipeline import data_client
from bot.azure.training import endpoint_of
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import AzureUnavailableError, InvalidInputError, NotFoundError
from bot.domain.evidence import Window
from bot.domain.inventory import LogFigures
from sandbox.azure.logs import WORKSPACE_ID
from sandbox.azure.server import STATE, azure_app, serving
from tests.fakes.azure_server import ACCOUNT, REF, Arrival, Reply, WallClock, reading, scripted

NOW = datetime(2026, 11, 24, 12, 3, 20, tzinfo=UTC)
LOGGED = DeploymentRef(replace(ACCOUNT, log_workspace=WORKSPACE_ID), REF.deployment)
WINDOW = Window(NOW - timedelta(hours=1), NOW)
GUID = "0038d4ec-736c-209b-c716-fc79c71190e3"
SECRET = "CANARY jane@contoso.example"
WRITE, DELETE, KEYS = access.WRITE[0], access.DELETE[0], access.LIST_KEYS[0]


async def _seen(body: Any, call: str, *words: Any) -> Any:
    async with scripted(lambda _: Reply(body=body)) as server, reading(server.url) as azure:
        return await getattr(azure.readers.inventory, call)(ACCOUNT, *words)


@pytest.mark.parametrize(
    ("actions", "not_actions", "allowed"),
    [
        (["*"], [], {WRITE, DELETE, KEYS}),
        (["*/read"], [], set()),
        (["Microsoft.CognitiveServices/*"], [], {WRITE, DELETE, KEYS}),
        (
            ["microsoft.cognitiveservices/*"],
            ["Microsoft.CognitiveServices/accounts/listkeys/action"],
            {WRITE, DELETE},
        ),
        (["*"], ["*/write"], {DELETE, KEYS}),
        (["Microsoft.CognitiveServices/accounts/deployments/write"], [], {WRITE}),
        (["Microsoft.CognitiveServices/accounts/*/delete"], [], {DELETE}),
        (["Microsoft.CognitiveServices/accounts/deployment"], [], set()),
        ([7, None], [], set()),
        ("*", [], set()),
    ],
)
def test_actions_allow_what_their_wildcards_cover_and_their_exceptions_do_not(
    actions: Any, not_actions: list[str], allowed: set[str]
) -> None:
    permissions: list[Any] = [{"actions": actions, "notActions": not_actions}]
    assert {each for each in (WRITE, DELETE, KEYS) if access.allows(permissions, each)} == allowed


def test_an_exception_takes_from_its_own_permission_only() -> None:
    permissions: list[Any] = [{"actions": ["*"], "notActions": ["*/write"]}, {"actions": [WRITE]}]
    assert access.allows(permissions, WRITE)


async def test_of_a_role_that_cannot_be_read_the_worst_is_assumed() -> None:
    def script(arrival: Arrival) -> Reply:
        if "roleDefinitions" in arrival.path:
            return Reply(404, {"error": {"code": "RoleDefinitionDoesNotExist"}})
        properties = {
            "principalId": GUID,
            "principalType": "User",
            "roleDefinitionId": f"/x/{GUID}",
            "scope": "/",
        }
        return Reply(body={"value": [{"properties": properties | {"principalName": SECRET}}]})

    async with scripted(script) as server, reading(server.url) as azure:
        (found,) = await azure.readers.inventory.role_assignments(ACCOUNT)
    assert (found.role, found.may_write, found.may_delete, found.may_list_keys) == (
        "unknown role",
        True,
        True,
        True,
    )
    assert "CANARY" not in str(found)


async def test_a_role_is_looked_up_once_for_all_who_hold_it() -> None:
    async with serving(app := azure_app(WallClock())) as url, reading(url) as azure:
        found = await azure.readers.inventory.role_assignments(ACCOUNT)
    looked_up = [each["path"] for each in app[STATE].requests if "roleDefinitions" in each["path"]]
    assert len(looked_up) == len(set(looked_up)) > 1
    rights = {each.role: (each.may_write, each.may_delete, each.may_list_keys) for each in found}
    assert rights["Contributor"] == (True, True, True)
    assert rights["Countersign Evidence Reader"] == (False, False, False)
    assert rights["Contoso Model Deployer"] == (True, False, False)


async def test_addresses_of_an_account_are_counted_and_not_kept() -> None:
    rules = {
        "ipRules": [{"value": "10.9.8.7"}],
        "virtualNetworkRules": [{"id": "/x"}],
        "defaultAction": "Deny",
    }
    link = {"privateLinkServiceConnectionState": {"status": "Pending", "description": SECRET}}
    properties = {
        "networkAcls": rules,
        "privateEndpointConnections": [{"properties": link}],
        "endpoint": SECRET,
    }
    found = await _seen({"kind": "OpenAI", "properties": properties}, "posture")
    assert (found.network_rules, found.private_endpoints, found.network_default) == (
        2,
        {"Pending": 1},
        "Deny",
    )
    assert (found.local_auth, found.encryption, found.identity) == (
        None,
        "Microsoft.CognitiveServices",
        "None",
    )
    assert found.endpoint_kind == "endpoint of the region"
    named = {"kind": "OpenAI", "properties": {"customSubDomainName": SECRET, "endpoint": SECRET}}
    own_name = await _seen(named, "posture")
    assert own_name.endpoint_kind == "custom subdomain"
    assert "CANARY" not in str(own_name)
    assert "10.9.8.7" not in str(found)
    assert "CANARY" not in str(found)


async def test_a_diagnostic_setting_says_what_is_on_and_where_it_goes_and_no_address() -> None:
    logs = [{"category": "Audit", "enabled": True}, {"categoryGroup": "allLogs", "enabled": False}]
    properties = {"logs": logs, "workspaceId": f"/{SECRET}", "storageAccountId": None}
    (found,) = await _seen({"value": [{"name": "to-logs", "properties": properties}]}, "diagnostics")
    assert (found.name, found.categories, found.destinations) == ("to-logs", ("Audit",), ("Log Analytics",))


async def test_health_gives_the_state_and_none_of_the_text() -> None:
    properties = {
        "availabilityState": "Unavailable",
        "reasonType": "Unplanned",
        "summary": SECRET,
        "title": SECRET,
    }
    found = await _seen({"properties": {**properties, "occuredTime": "2026-11-24T10:00:00Z"}}, "health")
    assert (found.state, found.reason, found.since) == (
        "Unavailable",
        "Unplanned",
        NOW.replace(hour=10, minute=0, second=0),
    )


def _event(
    at: str, *, status: str = "Succeeded", caller: str = GUID, resource: str = REF.arm_id, **more: Any
) -> Any:
    return {
        "eventTimestamp": at,
        "operationName": {"value": "Microsoft.CognitiveServices/accounts/deployments/write"},
        "status": {"value": status},
        "caller": caller,
        "correlationId": "c-1",
        "resourceId": resource,
        **more,
    }


async def _activity(*events: Any) -> Any:
    return await _seen({"value": list(events)}, "activity", NOW - timedelta(days=1), NOW)


async def test_the_activity_log_gives_ended_writes_on_the_account_newest_first() -> None:
    read = {
        **_event("2026-11-24T11:00:00Z"),
        "operationName": {"value": "Microsoft.CognitiveServices/accounts/read"},
    }
    found = await _activity(
        _event("2026-11-24T09:00:00Z"),
        _event("2026-11-24T10:00:00Z", resource=REF.arm_id.upper()),
        _event("2026-11-24T10:30:00Z", status="Accepted"),
        _event("2026-11-24T10:40:00Z", resource=f"{ACCOUNT.arm_id}-other"),
        _event("2026-11-22T10:00:00Z"),
        _event("2026-11-24T12:03:50Z"),
        read,
    )
    assert [each.at.hour for each in found] == [10, 9]


async def test_a_caller_is_an_object_id_or_a_name_that_only_says_who_is_the_same() -> None:
    claims = {"http://schemas.microsoft.com/identity/claims/objectidentifier": GUID.upper()}
    found = await _activity(
        _event("2026-11-24T11:00:00Z", caller=SECRET),
        _event("2026-11-24T10:00:00Z", caller=SECRET.upper()),
        _event("2026-11-24T09:00:00Z", caller="someone@contoso.example"),
        _event("2026-11-24T08:00:00Z", caller=SECRET, claims=claims),
        _event("2026-11-24T07:00:00Z", caller=""),
    )
    one, same, other, known, nobody = [each.caller for each in found]
    assert one == same != other
    assert one.startswith("person-")
    assert (known, nobody) == (GUID, "unknown")
    assert "@" not in str(found)


async def test_a_refusal_names_the_action_that_is_missing() -> None:
    words = f"The client '{SECRET}' does not have authorization to perform action 'Microsoft.Insights/metrics/read'."
    refused = Reply(403, {"error": {"code": "AuthorizationFailed", "message": words}})
    async with scripted(lambda _: refused) as server, reading(server.url) as azure:
        with pytest.raises(AzureRefusedError) as caught:
            await azure.readers.inventory.health(ACCOUNT)
    assert caught.value.advice == "Give it a role with the action Microsoft.Insights/metrics/read."
    assert "CANARY" not in f"{caught.value}{caught.value.__dict__}"


async def test_the_job_that_made_a_model_is_found_with_its_checkpoints() -> None:
    async with serving(azure_app(WallClock())) as url, reading(url) as azure:
        live = await azure.readers.azure.deployment(REF)
        job = await azure.readers.training.job_of(REF, live.model.name)
        assert (job.result_model, job.files, job.method) == (live.model.name, 3, "supervised")
        assert [each.step for each in job.checkpoints] == sorted(each.step for each in job.checkpoints) != []
        first = job.checkpoints[0].model
        assert first.startswith(f"{live.model.name}:ckpt-step-")
        assert await azure.readers.training.job_of(REF, first) == job
        with pytest.raises(NotFoundError, match="No training job"):
            await azure.readers.training.job_of(REF, "gpt-4.1-mini")


async def test_a_model_that_is_named_by_its_checkpoint_is_found() -> None:
    async with serving(azure_app(WallClock())) as url, reading(url) as azure:
        live = await azure.readers.azure.deployment(REF)
        job = await azure.readers.training.job_of(REF, live.model.name)
        assert (await azure.readers.training.job_of(REF, job.checkpoints[1].id)).id == job.id


async def test_training_jobs_are_paged_by_cursor_to_the_end() -> None:
    def script(arrival: Arrival) -> Reply:
        after = parse_qs(arrival.query).get("after", ["0"])[0].removeprefix("j")
        jobs = [{"id": f"j{int(after) + 1}", "model": "m", "status": "failed", "created_at": int(after) + 1}]
        return Reply(body={"data": jobs, "has_more": int(after) < 2})

    async with scripted(script) as server, reading(server.url) as azure:
        jobs = await azure.readers.training.jobs(ACCOUNT)
    assert [job.id for job in jobs] == ["j3", "j2", "j1"]


@pytest.mark.parametrize("name", ["../../files", "a/b", "", "x" * 101, None])
async def test_an_id_that_could_change_a_path_is_refused(name: Any) -> None:
    body = {"data": [{"id": name, "model": "m", "status": "succeeded"}], "has_more": False}
    async with scripted(lambda _: Reply(body=body)) as server, reading(server.url) as azure:
        with pytest.raises(AzureUnavailableError, match="cannot be read"):
            await azure.readers.training.jobs(ACCOUNT)


@pytest.mark.parametrize(
    ("endpoint", "domain", "origin"),
    [
        ("https://aoai-contoso-weu.openai.azure.com/", "", "https://aoai-contoso-weu.openai.azure.com"),
        (
            "https://my-own.cognitiveservices.azure.com/",
            "my-own",
            "https://my-own.cognitiveservices.azure.com",
        ),
        ("https://my-own.services.ai.azure.com", "MY-OWN", "https://my-own.services.ai.azure.com"),
        ("https://westeurope.api.cognitive.microsoft.com/", "", None),
        ("https://other.openai.azure.com/", "my-own", None),
        ("https://my-own.openai.azure.com.evil.example/", "my-own", None),
        ("https://evil.example/my-own.openai.azure.com", "my-own", None),
        ("http://my-own.openai.azure.com/", "my-own", None),
        ("https://x@my-own.openai.azure.com/", "my-own", "https://my-own.openai.azure.com"),
        (None, "my-own", None),
    ],
)
def test_the_data_plane_is_asked_at_the_accounts_own_host_only(
    endpoint: Any, domain: str, origin: str | None
) -> None:
    raw = {"properties": {"endpoint": endpoint, "customSubDomainName": domain}}
    if origin is None:
        with pytest.raises(AzureRefusedError, match="no endpoint of its own"):
            endpoint_of(ACCOUNT, raw)
    else:
        assert endpoint_of(ACCOUNT, raw) == origin


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/openai/v1/fine_tuning/jobs",
        "https://x.openai.azure.com.evil.example/openai/v1/fine_tuning/jobs",
        "https://x.openai.azure.com@evil.example/openai/v1/fine_tuning/jobs",
        "http://x.openai.azure.com/openai/v1/fine_tuning/jobs",
        "https://x.openai.azure.com/openai/v1/files/file-1/content",
        "https://x.openai.azure.com/openai/v1/fine_tuning/jobs/j/events",
        "https://x.openai.azure.com/openai/v1/fine_tuning/jobs/../../files/f/content",
    ],
)
async def test_the_data_planes_token_goes_to_training_jobs_of_azure_only(url: str) -> None:
    endpoints = Endpoints()
    async with data_client(endpoints, async_credential(Identity("cli"), endpoints)) as client:
        with pytest.raises(AzureRefusedError, match="token does not go there"):
            await client.send_request(HttpRequest("GET", url))


def test_another_host_than_azures_is_no_data_plane() -> None:
    with pytest.raises(InvalidInputError, match="no Azure OpenAI endpoint"):
        Endpoints(openai_url="https://x.example")
    assert Endpoints(openai_url="https://x.openai.azure.com").data_url == "https://x.openai.azure.com"


def test_beside_an_azure_on_this_machine_nothing_else_is_asked() -> None:
    local = Endpoints("http://127.0.0.1:1")
    assert (local.data_url, local.query_url) == ("http://127.0.0.1:1",) * 2
    assert (Endpoints().data_url, Endpoints().query_url) == ("", "https://api.loganalytics.io")


async def _figures(script: Any, ref: DeploymentRef = LOGGED) -> LogFigures:
    async with scripted(script) as server, reading(server.url) as azure:
        return await azure.readers.logs.figures(ref, WINDOW)


async def test_log_figures_agree_with_each_other_and_with_the_metrics() -> None:
    now = WallClock().now().replace(second=0, microsecond=0)
    hour = Window(now - timedelta(hours=2), now - timedelta(hours=1))
    async with serving(azure_app(WallClock())) as url, reading(url) as azure:
        found = await azure.readers.logs.figures(LOGGED, hour)
        metric = await azure.readers.metrics.series(
            LOGGED, "AzureOpenAIRequests", hour, interval=timedelta(minutes=1), split_by="StatusCode"
        )
    assert found.requests == pytest.approx(sum(each.total for each in metric), rel=0.01)
    assert sum(found.by_status.values()) == pytest.approx(found.requests, abs=len(found.by_status))
    assert found.by_status.get("429", 0) == found.throttled
    assert found.p50_ms is not None
    assert found.p95_ms is not None
    assert found.p99_ms is not None
    assert found.p50_ms <= found.p95_ms <= found.p99_ms
    assert not found.partial


async def test_partial_results_are_said_to_be_partial() -> None:
    app = azure_app(WallClock())
    app[STATE].switches.logs_partial = True
    async with serving(app) as url, reading(url) as azure:
        assert (await azure.readers.logs.figures(LOGGED, WINDOW)).partial


async def test_an_account_without_a_workspace_says_so() -> None:
    with pytest.raises(NotFoundError, match="No Log Analytics workspace"):
        await _figures(lambda _: Reply(), REF)


async def test_a_workspace_that_is_no_guid_is_not_asked() -> None:
    with pytest.raises(InvalidInputError):
        await _figures(lambda _: Reply(), replace(LOGGED, account=replace(ACCOUNT, log_workspace="x/../y")))


async def test_no_requests_have_no_percentiles() -> None:
    columns = [{"name": name, "type": "real"} for name in ("n", "p50", "p95", "p99")]
    empty = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [[0, None, "NaN", None]]}]}
    found = await _figures(lambda _: Reply(body=empty))
    assert (found.requests, found.p50_ms, found.p95_ms, found.by_status) == (0, None, None, {})


async def test_a_short_trouble_of_the_logs_is_ridden_out_and_a_refusal_is_said_without_its_text() -> None:
    troubles = [Reply(429, {}, {"Retry-After": "0"}), Reply(503, {})]
    columns = [{"name": "n", "type": "long"}]
    fine = Reply(body={"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [[3]]}]})
    assert (await _figures(lambda _: troubles.pop() if troubles else fine)).requests == 3
    refused = Reply(403, {"error": {"code": "InsufficientAccessError", "message": SECRET}})
    with pytest.raises(AzureRefusedError, match="InsufficientAccessError") as caught:
        await _figures(lambda _: refused)
    assert "CANARY" not in f"{caught.value}{caught.value.advice}{caught.value.__cause__}"


async def test_the_logs_answer_twice_and_are_remembered_for_a_minute() -> None:
    async with serving(app := azure_app(WallClock())) as url, reading(url) as azure:
        for _ in range(3):
            await azure.readers.logs.figures(LOGGED, WINDOW)
    assert [each["method"] for each in app[STATE].requests] == ["POST", "POST"]
    assert all("project" not in each["body"]["query"] for each in app[STATE].requests)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        (
            "GET",
            f"{ACCOUNT.arm_id}/providers/Microsoft.ResourceHealth/availabilityStatuses/current",
            "availabilityStatuses",
        ),
        ("GET", f"{ACCOUNT.arm_id}/providers/Microsoft.Authorization/roleAssignments", "roleAssignments"),
        ("GET", "/subscriptions/s/providers/Microsoft.Insights/eventtypes/management/values?x=1", "values"),
        ("GET", "/dataplane/secret-name/openai/v1/fine_tuning/jobs?limit=100", "jobs"),
        ("GET", "/openai/v1/fine_tuning/jobs/ftjob-secret/checkpoints", "checkpoints"),
        ("GET", "/openai/v1/fine_tuning/jobs/ftjob-secret", "other"),
        ("POST", f"/v1/workspaces/{WORKSPACE_ID}/query", "query"),
    ],
)
def test_what_is_measured_of_a_read_names_its_kind_and_no_thing(method: str, path: str, kind: str) -> None:
    assert operation_of(method, f"https://x.example{path}") == f"{method.lower()} {kind}"
