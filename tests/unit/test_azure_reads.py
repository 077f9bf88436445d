"""The reader: it can change nothing, follows no address elsewhere, and does not outwait its deadline."""

import time
from collections.abc import Iterator

import pytest
from azure.core.rest import HttpRequest

from bot.azure.credentials import async_credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.errors import AzureRefusedError
from bot.azure.fetch import Fetch
from bot.azure.pipeline import reader_client
from bot.domain.errors import AzureUnavailableError, NotFoundError
from sandbox.azure.identity import identity_of
from tests.fakes.azure_server import ACCOUNT, REF, Arrival, Reply, raw_deployment, reading, scripted

CANARY = "CANARY Jane Doe jane@contoso.example"


def _said(error: BaseException) -> str:
    return f"{error} {getattr(error, 'advice', '')} {error.__cause__} {error.__dict__}"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "MERGE"])
async def test_the_reader_sends_nothing_that_could_change_anything(method: str) -> None:
    async with scripted(lambda _: Reply()) as server:
        client = reader_client(
            Endpoints(server.url), async_credential(Identity("sandbox"), Endpoints(server.url))
        )
        async with client:
            with pytest.raises(AzureRefusedError):
                await client.send_request(HttpRequest(method, f"{server.url}{REF.arm_id}"))
    assert server.seen == []


async def test_the_reader_may_send_a_named_query_by_post_and_no_other_path() -> None:
    workspace = "/v1/workspaces/00000000-0000-0000-0000-0000000000aa"
    async with scripted(lambda _: Reply(body={})) as server:
        client = reader_client(
            Endpoints(server.url), async_credential(Identity("sandbox"), Endpoints(server.url))
        )
        async with client:
            await client.send_request(HttpRequest("POST", f"{server.url}{workspace}/query", json={}))
            for path in (f"{workspace}/purge", f"{REF.arm_id}/pause?x={workspace}/query", "/x/query"):
                with pytest.raises(AzureRefusedError):
                    await client.send_request(HttpRequest("POST", server.url + path))
    assert [arrival.path for arrival in server.seen] == [f"{workspace}/query"]


async def test_a_next_link_to_another_host_is_refused_before_any_byte_leaves() -> None:
    async with scripted(lambda _: Reply()) as elsewhere:
        page = {"value": [], "nextLink": f"{elsewhere.url}/steal?api-version=1"}
        async with scripted(lambda _: Reply(body=page)) as server, reading(server.url) as azure:
            with pytest.raises(AzureRefusedError, match="another host"):
                await azure.readers.azure.deployments(ACCOUNT)
    assert elsewhere.seen == []
    assert len(server.seen) == 1


async def test_a_redirect_is_not_followed() -> None:
    async with scripted(lambda _: Reply()) as elsewhere:
        away = Reply(307, {}, {"Location": f"{elsewhere.url}/steal"})
        async with scripted(lambda _: away) as server, reading(server.url) as azure:
            with pytest.raises(AzureRefusedError):
                await azure.readers.azure.deployment(REF)
    assert elsewhere.seen == []


async def test_pages_are_followed_to_the_end_and_sorted() -> None:
    def script(arrival: Arrival) -> Reply:
        name = "a-first" if "page=2" in arrival.query else "z-last"
        item = {**raw_deployment(), "name": name}
        link = "" if "page=2" in arrival.query else f"http://{arrival.headers['host']}{arrival.path}?page=2"
        return Reply(body={"value": [item], "nextLink": link})

    async with scripted(script) as server, reading(server.url) as azure:
        found = await azure.readers.azure.deployments(ACCOUNT)
    assert [each.ref.deployment for each in found] == ["a-first", "z-last"]


async def test_pages_that_go_round_are_given_up() -> None:
    def script(arrival: Arrival) -> Reply:
        return Reply(body={"value": [], "nextLink": f"http://{arrival.headers['host']}{arrival.path}?page=2"})

    async with scripted(script) as server, reading(server.url) as azure:
        with pytest.raises(AzureRefusedError, match="do not end"):
            await azure.readers.azure.models(ACCOUNT)
    assert len(server.seen) == 2


async def test_a_retry_after_of_thirty_seconds_is_not_slept() -> None:
    busy = Reply(429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "30"})
    async with scripted(lambda _: busy) as server, reading(server.url) as azure:
        began = time.monotonic()
        with pytest.raises(AzureUnavailableError, match="30 s") as caught:
            await azure.readers.azure.deployment(REF)
    assert time.monotonic() - began < 2
    assert caught.value.retryable
    assert len(server.seen) == 1


async def test_a_server_that_does_not_answer_is_left_at_the_deadline() -> None:
    async with scripted(lambda _: Reply(body={}, after=5)) as server:
        endpoints = Endpoints(server.url)
        async with reader_client(endpoints, async_credential(Identity("sandbox"), endpoints)) as client:
            began = time.monotonic()
            with pytest.raises(AzureUnavailableError, match=r"within 0\.3 s"):
                await Fetch(client, server.url, deadline=0.3).one("/x", {}, dict, what="x")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("trouble", [Reply(503, {}), Reply(429, {}, {"Retry-After": "0"}), Reply(reset=True)])
async def test_a_short_trouble_is_ridden_out_within_the_deadline(trouble: Reply) -> None:
    replies: Iterator[Reply] = iter([trouble, Reply(body=raw_deployment())])
    async with scripted(lambda _: next(replies)) as server, reading(server.url) as azure:
        assert (await azure.readers.azure.deployment(REF)).sku.capacity == 120
    assert len(server.seen) == 2


async def test_lasting_trouble_ends_after_three_tries() -> None:
    async with scripted(lambda _: Reply(502, text="<html>Bad Gateway</html>")) as server:
        async with reading(server.url) as azure:
            with pytest.raises(AzureUnavailableError, match="three times"):
                await azure.readers.azure.deployment(REF)
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, NotFoundError, "does not know the deployment support-triage-ft"),
        (403, AzureRefusedError, "AuthorizationFailed"),
        (400, AzureRefusedError, "AuthorizationFailed"),
    ],
)
async def test_a_refusal_gives_azures_code_and_none_of_its_text(
    status: int, kind: type[Exception], words: str
) -> None:
    body = {"error": {"code": "AuthorizationFailed", "message": CANARY}}
    async with scripted(lambda _: Reply(status, body)) as server, reading(server.url) as azure:
        with pytest.raises(kind, match=words) as caught:
            await azure.readers.azure.deployment(REF)
    assert "CANARY" not in _said(caught.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize("code", [CANARY, "x" * 90, 7, None, {"a": 1}])
async def test_a_code_that_is_no_code_is_not_passed_on(code: object) -> None:
    async with (
        scripted(lambda _: Reply(403, {"error": {"code": code}})) as server,
        reading(server.url) as azure,
    ):
        with pytest.raises(AzureRefusedError, match=r"\(403\)") as caught:
            await azure.readers.azure.deployment(REF)
    assert "CANARY" not in _said(caught.value)


@pytest.mark.parametrize("text", ["", "<html>", "[]", '"x"', "null", "{", "[" * 100_000])
async def test_an_answer_that_is_no_object_is_refused(text: str) -> None:
    async with scripted(lambda _: Reply(200, text=text)) as server, reading(server.url) as azure:
        with pytest.raises(AzureRefusedError):
            await azure.readers.azure.deployment(REF)


@pytest.mark.parametrize(
    "body", [{}, {"name": "x"}, {**raw_deployment(), "sku": {"name": "S", "capacity": "many"}}]
)
async def test_an_answer_without_what_matters_is_said_to_be_unreadable(body: object) -> None:
    async with scripted(lambda _: Reply(body=body)) as server, reading(server.url) as azure:
        with pytest.raises(AzureRefusedError, match="cannot be read"):
            await azure.readers.azure.deployment(REF)


async def test_every_read_carries_a_request_id_of_its_own_and_the_readers_token() -> None:
    async with scripted(lambda _: Reply(body=raw_deployment())) as server, reading(server.url) as azure:
        await azure.readers.azure.deployment(REF)
        await azure.readers.azure.deployment(REF)
    ids = {arrival.headers["x-ms-client-request-id"] for arrival in server.seen}
    assert len(ids) == 2
    said = {arrival.headers["authorization"].removeprefix("Bearer ") for arrival in server.seen}
    assert {identity_of(each) for each in said} == {"sandbox-reader"}


async def test_what_azure_leaves_out_is_said_by_its_documented_default() -> None:
    async with scripted(lambda _: Reply(body=raw_deployment())) as server, reading(server.url) as azure:
        live = await azure.readers.azure.deployment(REF)
    assert (live.upgrade_option, live.running_state) == ("OnceCurrentVersionExpired", "Running")
    assert live.projection["tags"] == {"owner": "support-ai"}
    assert live.ref is not REF
    assert live.ref == REF


async def test_only_fields_on_the_list_become_values() -> None:
    raw = raw_deployment(raiPolicyName=CANARY, note=CANARY)
    raw |= {"systemData": {"createdBy": CANARY, "createdAt": "2026-01-02T03:04:05Z"}, "etag": CANARY}
    async with scripted(lambda _: Reply(body=raw)) as server, reading(server.url) as azure:
        live = await azure.readers.azure.deployment(REF)
    assert live.content_filter == ""
    assert live.created_at is not None
    assert live.created_at.year == 2026
    shown = f"{live.provisioning_state} {live.model} {live.sku} {live.upgrade_option} {live.created_at}"
    assert "CANARY" not in shown
