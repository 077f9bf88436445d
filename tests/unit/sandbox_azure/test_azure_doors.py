"""Who may come in, with which version, and what goes wrong on demand."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from sandbox.azure.server import azure_app, serving
from tests.unit.sandbox_azure.cloud import PROD, SUBSCRIPTION, TRIAGE, VERSION, WEST, Cloud, MovableClock


async def test_a_call_without_api_version_is_refused_in_arm_words(azure: Cloud) -> None:
    reply = await azure.get(PROD, api_version="none")
    assert (reply.status, reply.code) == (400, "MissingApiVersionParameter")


@pytest.mark.parametrize(
    ("version", "code"),
    [("yesterday", "InvalidApiVersionParameter"), ("2019-01-01", "NoRegisteredProviderFound")],
)
async def test_an_unknown_api_version_is_refused(azure: Cloud, version: str, code: str) -> None:
    reply = await azure.get(PROD, api_version=version)
    assert (reply.status, reply.code) == (400, code)


async def test_paths_do_not_mind_case(azure: Cloud) -> None:
    reply = await azure.get(TRIAGE.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
    assert (reply.status, reply.body["name"]) == (200, "support-triage-ft")


async def test_every_answer_names_the_request_and_the_remaining_calls(azure: Cloud) -> None:
    read = await azure.get(PROD, headers={"x-ms-client-request-id": "mine"})
    wrote = await azure.write("PATCH", TRIAGE, {"tags": {}})
    assert read.headers["x-ms-request-id"]
    assert read.headers["x-ms-correlation-request-id"]
    assert read.headers["x-ms-client-request-id"] == "mine"
    assert int(read.headers["x-ms-ratelimit-remaining-subscription-reads"]) > 0
    assert int(wrote.headers["x-ms-ratelimit-remaining-subscription-writes"]) > 0


@pytest.mark.parametrize("token", [None, "something-else"])
async def test_a_stranger_is_not_let_in(azure: Cloud, token: str | None) -> None:
    assert (await azure.get(PROD, token=token)).status == 401


async def test_a_token_that_looks_real_is_refused_and_not_kept(azure: Cloud) -> None:
    looks_real = "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl"
    reply = await azure.get(PROD, token=looks_real)
    seen = await azure.control("requests", method="GET")
    assert reply.status == 401
    assert "sandbox" in reply.body["error"]["message"]
    assert "eyJ0" not in str(seen.body)


async def test_the_reader_cannot_write_and_is_told_the_action(azure: Cloud) -> None:
    reply = await azure.call("PATCH", TRIAGE, body={"sku": {"name": "Standard", "capacity": 130}})
    assert (reply.status, reply.code) == (403, "AuthorizationFailed")
    assert "'Microsoft.CognitiveServices/accounts/deployments/write'" in reply.body["error"]["message"]
    assert azure.state.writes == []


@pytest.mark.parametrize("path", [f"{WEST}/models", f"{PROD}/usages", f"{SUBSCRIPTION}/../nowhere"])
async def test_the_executor_reads_only_what_its_role_names(azure: Cloud, path: str) -> None:
    reply = await azure.get(path, token="sandbox-executor")
    assert reply.status in (403, 404)


@pytest.mark.parametrize(
    ("method", "tail", "action"),
    [
        ("POST", "/listKeys", "accounts/listKeys/action"),
        ("PUT", "/raiPolicies/mine", "accounts/raiPolicies/write"),
        ("DELETE", "", "accounts/delete"),
    ],
)
async def test_nobody_may_touch_keys_filters_or_the_account(
    azure: Cloud, method: str, tail: str, action: str
) -> None:
    reply = await azure.write(method, PROD + tail, {})
    assert (reply.status, reply.code) == (403, "AuthorizationFailed")
    assert f"Microsoft.CognitiveServices/{action}'" in reply.body["error"]["message"]


async def test_permissions_tell_the_caller_its_own_role_and_roles_can_be_changed(azure: Cloud) -> None:
    where = f"{PROD}/providers/Microsoft.Authorization/permissions"
    before = await azure.get(where, api_version="2022-04-01", token="sandbox-executor")
    assert "Microsoft.CognitiveServices/accounts/deployments/write" in before.body["value"][0]["actions"]
    await azure.control("roles", {"identity": "sandbox-executor", "actions": ["*/read"]})
    after = await azure.get(where, api_version="2022-04-01", token="sandbox-executor")
    assert after.body["value"][0]["actions"] == ["*/read"]
    assert (await azure.write("PATCH", TRIAGE, {"tags": {}})).status == 403


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{PROD}/deployments/none", "ResourceNotFound"),
        (PROD.replace("weu", "xxx"), "ResourceNotFound"),
        (PROD.replace("rg-ai-prod", "rg-none"), "ResourceGroupNotFound"),
        (PROD.replace("000000000001", "000000000002"), "SubscriptionNotFound"),
        (f"{PROD}/raiPolicies/none", "ResourceNotFound"),
    ],
)
async def test_what_does_not_exist_is_a_404_with_its_code(azure: Cloud, path: str, code: str) -> None:
    reply = await azure.get(path)
    assert (reply.status, reply.code) == (404, code)


@pytest.mark.parametrize("kind", ["429", "403", "409", "500", "503"])
async def test_a_planned_fault_happens_as_often_as_asked_and_applies_nothing(azure: Cloud, kind: str) -> None:
    await azure.control(
        "faults", {"method": "PATCH", "path": "support-triage", "kind": kind, "retry_after": 7}
    )
    body = {"sku": {"name": "Standard", "capacity": 130}}
    first = await azure.write("PATCH", TRIAGE, body)
    assert first.status == int(kind)
    assert first.headers["Retry-After"] == "7"
    assert azure.state.writes == []
    assert (await azure.write("PATCH", TRIAGE, body)).status == 202


async def test_a_reset_loses_the_answer_before_anything_happened(azure: Cloud) -> None:
    await azure.control("faults", {"method": "PATCH", "path": "deployments", "kind": "reset"})
    with pytest.raises(aiohttp.ClientError):
        await azure.write("PATCH", TRIAGE, {"sku": {"name": "Standard", "capacity": 130}})
    assert azure.state.writes == []


@pytest.mark.parametrize("kind", ["reset_after_apply", "500_after_apply"])
async def test_a_lost_answer_can_hide_a_write_that_happened_once(azure: Cloud, kind: str) -> None:
    await azure.control("faults", {"method": "PATCH", "path": "deployments", "kind": kind})
    body = {"sku": {"name": "Standard", "capacity": 130}}
    if kind == "reset_after_apply":
        with pytest.raises(aiohttp.ClientError):
            await azure.write("PATCH", TRIAGE, body)
    else:
        assert (await azure.write("PATCH", TRIAGE, body)).status == 500
    seen = await azure.control("writes", method="GET")
    assert [one["after"]["sku"]["capacity"] for one in seen.body["writes"]] == [130]
    assert (await azure.get(TRIAGE)).body["sku"]["capacity"] == 130


async def test_a_proxy_page_and_a_slow_answer_can_be_had(azure: Cloud) -> None:
    await azure.control("faults", {"path": "deployments", "kind": "html"})
    page = await azure.get(TRIAGE)
    assert (page.status, "<html>" in page.body) == (502, True)
    await azure.control("faults", {"path": "deployments", "kind": "slow", "seconds": 0.1})
    began = asyncio.get_running_loop().time()
    assert (await azure.get(TRIAGE)).status == 200
    assert asyncio.get_running_loop().time() - began >= 0.1


async def test_faults_can_be_cleared_and_unknown_ones_are_refused(azure: Cloud) -> None:
    await azure.control("faults", {"path": "", "kind": "500", "times": None})
    assert (await azure.get(PROD)).status == 500
    assert (await azure.get(PROD)).status == 500
    await azure.control("faults", method="DELETE")
    assert (await azure.get(PROD)).status == 200
    assert (await azure.control("faults", {"kind": "meteor"})).status == 400


async def test_every_request_is_remembered_with_identity_action_and_body(azure: Cloud) -> None:
    await azure.write("PATCH", TRIAGE, {"tags": {"a": "b"}}, headers={"x-ms-client-request-id": "r-1"})
    (seen,) = (await azure.control("requests", method="GET")).body["requests"]
    assert seen["method"] == "PATCH"
    assert seen["path"] == TRIAGE
    assert seen["query"] == {"api-version": VERSION}
    assert seen["identity"] == "sandbox-executor"
    assert seen["action"] == "Microsoft.CognitiveServices/accounts/deployments/write"
    assert seen["client_request_id"] == "r-1"
    assert seen["status"] == 200
    assert seen["body"] == {"tags": {"a": "b"}}


async def test_the_clock_can_be_mounted_beside_the_simulated_azure() -> None:
    async def tell(_: web.Request) -> web.Response:
        return web.json_response({"offset_seconds": 0})

    app = azure_app(MovableClock())
    app.add_routes([web.get("/clock", tell)])
    async with serving(app) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/clock") as reply:
            assert await reply.json() == {"offset_seconds": 0}
        async with session.get(f"{url}/elsewhere") as reply:
            assert reply.status == 401


async def test_the_state_can_be_dumped(azure: Cloud) -> None:
    found = (await azure.control("state", method="GET")).body
    assert [one["name"] for one in found["accounts"]] == ["aoai-contoso-weu", "aoai-contoso-test-swc"]
    assert {one["name"]: one["sku"]["capacity"] for one in found["deployments"]} == {
        "support-triage-ft": 120,
        "contract-extract-ft": 60,
        "email-draft-ft": 30,
        "support-triage-ft-test": 20,
        "intent-router-ft": 15,
        "summary-ft": 10,
    }
    assert (await azure.control("nothing")).status == 404
