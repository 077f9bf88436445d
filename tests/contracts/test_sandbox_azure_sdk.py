"""The official Python SDK works against the simulated Azure, long-running operations included."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.cognitiveservices.aio import CognitiveServicesManagementClient as AsyncManagementClient

from tests.unit.sandbox_azure.cloud import SUBSCRIPTION, cloud

T = TypeVar("T")
PLACE = ("rg-ai-prod", "aoai-contoso-weu")


class LoopbackHttp(SansIOHTTPPolicy[Any, Any]):
    """Allow the token on plain http, on loopback only."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        assert request.http_request.url.startswith("http://127.0.0.1:")
        request.context.options["enforce_https"] = False


class Token:
    """A credential that gives one fixed token, to synchronous callers."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)

    def get_token_info(self, *scopes: str, **_: Any) -> AccessTokenInfo:
        return AccessTokenInfo(self._token, int(time.time()) + 3600)

    def close(self) -> None:
        """Nothing is held."""


class AsyncToken:
    """The same for asynchronous callers."""

    def __init__(self, token: str) -> None:
        self._held = Token(token)

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return self._held.get_token()

    async def get_token_info(self, *scopes: str, **_: Any) -> AccessTokenInfo:
        return self._held.get_token_info()

    async def close(self) -> None:
        """Nothing is held."""

    async def __aenter__(self) -> "AsyncToken":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is held."""


def options(url: str) -> dict[str, Any]:
    return {
        "subscription_id": SUBSCRIPTION.rpartition("/")[2],
        "base_url": url,
        "api_version": "2025-12-01",
        "credential_scopes": ["https://management.azure.com/.default"],
        "per_call_policies": [LoopbackHttp()],
        "retry_total": 0,
    }


async def with_sdk(url: str, token: str, ask: Callable[[Any], T]) -> T:
    """Run synchronous SDK calls in a thread, as the executor does."""

    def run() -> T:
        with CognitiveServicesManagementClient(Token(token), **options(url)) as client:
            return ask(client)

    return await asyncio.to_thread(run)


async def test_the_reader_lists_and_gets_with_the_sdk() -> None:
    def ask(client: Any) -> dict[str, Any]:
        return {
            "accounts": [one.name for one in client.accounts.list()],
            "deployments": [one.name for one in client.deployments.list(*PLACE)],
            "model": client.deployments.get(*PLACE, "support-triage-ft").properties.model.name,
            "skus": [
                one.capacity.maximum for one in client.deployments.list_skus(*PLACE, "support-triage-ft")
            ],
            "usages": {one.name.value: one.current_value for one in client.usages.list("westeurope")},
            "own": len(list(client.accounts.list_usages(*PLACE).value)),
            "models": [one.name for one in client.models.list("westeurope") if one.model.deprecation is None],
            "tuned": [one.base_model.name for one in client.accounts.list_models(*PLACE) if one.base_model],
            "free": [
                one.properties.available_finetune_capacity
                for one in client.location_based_model_capacities.list(
                    "westeurope", "OpenAI", "gpt-4.1-mini", "2025-04-14"
                )
            ],
            "filter": client.rai_policies.get(*PLACE, "strict-support-v3")
            .properties.content_filters[0]
            .blocking,
        }

    async with cloud() as azure:
        azure.state.switches.page_size = 2
        found = await with_sdk(azure.url, "sandbox-reader", ask)
    assert found["accounts"] == ["aoai-contoso-weu", "aoai-contoso-test-swc"]
    assert found["deployments"] == ["contract-extract-ft", "email-draft-ft", "support-triage-ft"]
    assert found["model"].startswith("gpt-4.1-mini-2025-04-14.ft-")
    assert found["skus"][0] == 300
    assert found["usages"]["OpenAI.Standard.gpt-4.1-mini"] == 150
    assert found["own"] == 3
    assert found["models"] == []
    assert sorted(found["tuned"]) == ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-mini", "gpt-4o-mini"]
    assert found["free"][0] == 90
    assert found["filter"] is True


async def test_the_executor_scales_and_deletes_with_the_sdk_and_polls_to_the_end() -> None:
    def ask(client: Any) -> tuple[Any, Any]:
        body = json.dumps({"sku": {"name": "Standard", "capacity": 150}}).encode()
        poller = client.deployments.begin_update(*PLACE, "support-triage-ft", body, polling_interval=0.05)
        scaled = poller.result(20)
        gone = client.deployments.begin_delete(*PLACE, "email-draft-ft", polling_interval=0.05)
        gone.result(20)
        return scaled, gone.status()

    async with cloud() as azure:
        azure.state.operation_seconds = 0.3
        scaled, status = await with_sdk(azure.url, "sandbox-executor", ask)
        names = {one.name for one in azure.state.deployments.values()}
        polled = [one for one in azure.state.requests if "operationResults" in one["path"]]
    assert (scaled.sku.capacity, scaled.properties.provisioning_state) == (150, "Succeeded")
    assert status == "Succeeded"
    assert "email-draft-ft" not in names
    assert len(polled) >= 3


async def test_the_executor_creates_with_the_sdk_and_polls_to_the_end() -> None:
    def ask(client: Any) -> Any:
        model = {"format": "OpenAI", "name": "gpt-4.1", "version": "2025-04-14"}
        body = json.dumps(
            {"sku": {"name": "GlobalStandard", "capacity": 5}, "properties": {"model": model}}
        ).encode()
        poller = client.deployments.begin_create_or_update(*PLACE, "fresh", body, polling_interval=0.05)
        return poller.result(20)

    async with cloud() as azure:
        azure.state.operation_seconds = 0.2
        made = await with_sdk(azure.url, "sandbox-executor", ask)
        assert [one["method"] for one in azure.state.writes] == ["PUT"]
    assert made.properties.provisioning_state == "Succeeded"


async def test_errors_arrive_as_the_sdk_names_them() -> None:
    def ask(client: Any) -> list[Any]:
        found: list[Any] = []
        big = json.dumps({"sku": {"name": "Standard", "capacity": 250}}).encode()
        fine = json.dumps({"sku": {"name": "Standard", "capacity": 130}}).encode()
        for name, body in (("none", fine), ("support-triage-ft", big), ("support-triage-ft", fine)):
            try:
                client.deployments.begin_update(*PLACE, name, body, polling=False)
            except HttpResponseError as problem:
                found.append(problem)
        with pytest.raises(ResourceExistsError) as conflict:
            client.deployments.begin_update(*PLACE, "support-triage-ft", fine, polling=False)
        return [*found, conflict.value]

    async with cloud() as azure:
        azure.state.operation_seconds = 60
        missing, quota, conflict = await with_sdk(azure.url, "sandbox-executor", ask)
    assert isinstance(missing, ResourceNotFoundError)
    assert quota.error.code == "InsufficientQuota"
    assert conflict.error.code == "RequestConflict"


async def test_a_failed_operation_is_an_error_of_the_poller() -> None:
    def ask(client: Any) -> Any:
        body = json.dumps({"sku": {"name": "Standard", "capacity": 130}}).encode()
        poller = client.deployments.begin_update(*PLACE, "support-triage-ft", body, polling_interval=0.05)
        with pytest.raises(HttpResponseError):
            poller.result(20)
        return poller.status()

    async with cloud() as azure:
        await azure.control("faults", {"method": "PATCH", "path": "deployments", "kind": "lro_failed"})
        assert await with_sdk(azure.url, "sandbox-executor", ask) == "Failed"


async def test_the_asynchronous_sdk_reads_too() -> None:
    async with cloud() as azure:
        async with AsyncManagementClient(AsyncToken("sandbox-reader"), **options(azure.url)) as client:
            names = [one.name async for one in client.deployments.list(*PLACE)]
            one: Any = await client.deployments.get(*PLACE, "contract-extract-ft")
    assert len(names) == 3
    assert one.properties.version_upgrade_option == "OnceNewDefaultVersionAvailable"
