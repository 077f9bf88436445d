"""The writer: one send whatever happens, honest about doubt, and looking after on the pinned host only."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
import pytest

from bot.domain.deployment import Deployment
from bot.domain.errors import (
    AzureUnavailableError,
    DoubtError,
    InvalidInputError,
    NotAppliedError,
)
from bot.domain.json import Json
from bot.domain.operation import Operation
from bot.ports.azure import Executor, Progress, Sent
from sandbox.azure.server import STATE, azure_app, serving
from sandbox.azure.state import AzureState
from tests.fakes.azure_server import (
    ACCOUNT,
    REF,
    Arrival,
    Reply,
    WallClock,
    executing,
    raw_deployment,
    scripted,
)

CANARY = "CANARY Jane Doe jane@contoso.example"
SCALE = Operation(
    "PATCH", REF.key, {"sku": {"name": "Standard", "capacity": 130}, "tags": {"owner": "support-ai"}}
)
PUT = Operation("PUT", REF.arm_id, {"sku": {"name": "Standard", "capacity": 1}, "properties": {}, "tags": {}})
DELETE = Operation("DELETE", REF.arm_id, {})
PAUSE = Operation("POST", REF.arm_id, {}, "pause")


async def _send(executor: Executor, operation: Operation) -> Sent:
    return await executor.writer.send(operation, change="CHG-7", correlation="ref-7")


async def _finish(executor: Executor, poll: Any) -> Progress:
    progress = Progress(running=poll is not None)
    async with asyncio.timeout(20):
        while progress.running:
            progress = await executor.writer.poll(poll)
            await asyncio.sleep(0.05 if progress.running else 0)
    return progress


@asynccontextmanager
async def _simulated() -> AsyncIterator[tuple[str, AzureState]]:
    app = azure_app(WallClock())
    async with serving(app) as url:
        yield url, app[STATE]


async def _plan_fault(url: str, **fault: Any) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/control/faults", json=fault) as answer,
    ):
        assert answer.status == 200


def _received(state: AzureState, method: str) -> int:
    return sum(entry["method"] == method for entry in state.requests)


async def _live(executor: Executor) -> Deployment:
    return await executor.reader.deployment(REF)


@pytest.mark.parametrize(
    ("kind", "applied"),
    [
        ("reset", False),
        ("500", False),
        ("503", False),
        ("reset_after_apply", True),
        ("500_after_apply", True),
    ],
)
@pytest.mark.parametrize("operation", [SCALE, PAUSE], ids=["PATCH", "POST"])
async def test_a_lost_answer_is_doubt_and_the_call_arrived_once(
    kind: str, applied: bool, operation: Operation
) -> None:
    async with _simulated() as (url, state), executing(url) as executor:
        await _plan_fault(url, method=operation.verb, kind=kind, times=5, path="/deployments/")
        with pytest.raises(DoubtError):
            await _send(executor, operation)
        assert _received(state, operation.verb) == 1
        assert len(state.writes) == (1 if applied else 0)


@pytest.mark.parametrize("operation", [SCALE, PUT, DELETE, PAUSE], ids=["PATCH", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize(
    "trouble",
    [Reply(reset=True), Reply(500, {}), Reply(503, {}, {"Retry-After": "0"}), Reply(408, {}), Reply(302, {})],
    ids=["reset", "500", "503", "408", "302"],
)
async def test_no_verb_is_ever_sent_twice(operation: Operation, trouble: Reply) -> None:
    async with scripted(lambda _: trouble) as server, executing(server.url) as executor:
        with pytest.raises(DoubtError):
            await _send(executor, operation)
    assert server.count(operation.verb) == 1
    assert len(server.seen) == 1


@pytest.mark.parametrize("operation", [SCALE, PUT, DELETE, PAUSE], ids=["PATCH", "PUT", "DELETE", "POST"])
async def test_a_challenge_for_another_token_is_a_refusal_and_not_a_second_send(operation: Operation) -> None:
    challenge = 'Bearer error="insufficient_claims", claims="e30="'
    denied = Reply(401, {"error": {"code": "InvalidToken"}}, {"WWW-Authenticate": challenge})
    async with scripted(lambda _: denied) as server, executing(server.url) as executor:
        with pytest.raises(NotAppliedError):
            await _send(executor, operation)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (409, "RequestConflict", True),
        (409, "ScopeLocked", False),
        (429, "TooManyRequests", True),
        (400, "InsufficientQuota", False),
        (403, "AuthorizationFailed", False),
        (404, "ResourceNotFound", False),
        (412, "PreconditionFailed", False),
        (423, "Locked", False),
    ],
)
@pytest.mark.parametrize("operation", [SCALE, PAUSE], ids=["PATCH", "POST"])
async def test_a_refusal_means_not_applied_and_gives_the_code_alone(
    status: int, code: str, again: bool, operation: Operation
) -> None:
    body = {"error": {"code": code, "message": CANARY, "details": [{"message": CANARY}]}}
    async with scripted(lambda _: Reply(status, body)) as server, executing(server.url) as executor:
        with pytest.raises(NotAppliedError) as caught:
            await _send(executor, operation)
    assert (caught.value.code, caught.value.retryable_conflict) == (code, again)
    assert "CANARY" not in f"{caught.value} {caught.value.advice} {caught.value.__cause__}"
    assert len(server.seen) == 1


async def test_a_scale_is_sent_with_our_tag_and_keeps_the_tags_that_were_there() -> None:
    bare = Operation("PATCH", REF.key, {"sku": {"name": "Standard", "capacity": 130}})
    async with _simulated() as (url, state), executing(url) as executor:
        before = await _live(executor)
        sent = await _send(executor, bare)
        assert await _finish(executor, sent.poll) == Progress(running=False, retry_after_seconds=1.0)
        after = await _live(executor)
        assert after.sku.capacity == 130
        assert after.tags == {**before.tags, "countersign-change": "CHG-7"}
        assert after.projection["tags"] == before.projection["tags"] != {}
        assert _received(state, "PATCH") == 1
        write = next(entry for entry in state.requests if entry["method"] == "PATCH")
        assert (write["client_request_id"], write["identity"]) == ("ref-7", "sandbox-executor")


async def test_nothing_is_sent_when_the_tags_of_now_cannot_be_read() -> None:
    bare = Operation("PATCH", REF.arm_id, {"sku": {"name": "Standard", "capacity": 130}})
    async with scripted(lambda _: Reply(404, {})) as server, executing(server.url) as executor:
        with pytest.raises(NotAppliedError) as caught:
            await _send(executor, bare)
    assert caught.value.code == "NotSent"
    assert server.count("PATCH") == 0


async def test_a_put_sends_the_projection_and_our_tag_byte_for_byte() -> None:
    live = raw_deployment(
        versionUpgradeOption="NoAutoUpgrade", deploymentState="Paused", serviceTier="Priority"
    )
    body: dict[str, Json] = {name: live[name] for name in ("sku", "properties", "tags")}
    async with scripted(lambda _: Reply(200, live)) as server, executing(server.url) as executor:
        sent = await _send(executor, Operation("PUT", REF.arm_id, body))
    (arrival,) = server.seen
    assert json.loads(arrival.body) == {
        **body,
        "tags": {"owner": "support-ai", "countersign-change": "CHG-7"},
    }
    assert arrival.headers["content-type"] == "application/json"
    assert (arrival.path, arrival.query) == (REF.arm_id, "api-version=2025-12-01")
    assert sent.poll is None


async def test_create_pause_resume_and_delete_work_from_end_to_end() -> None:
    async with _simulated() as (url, state), executing(url) as executor:
        live = await _live(executor)
        new = Operation("PUT", f"{ACCOUNT.arm_id}/deployments/support-triage-g2", _with_capacity(live, 10))
        assert not (await _finish(executor, (await _send(executor, new)).poll)).failed_code
        for action, state_then in (("pause", "Paused"), ("resume", "Running")):
            sent = await _send(executor, Operation("POST", new.arm_id, {}, action))
            assert sent.poll is None
            found = await executor.reader.deployments(ACCOUNT)
            assert {each.ref.deployment: each.running_state for each in found}[
                "support-triage-g2"
            ] == state_then
        gone = await _send(executor, Operation("DELETE", new.arm_id, {}))
        assert not (await _finish(executor, gone.poll)).failed_code
        found = await executor.reader.deployments(ACCOUNT)
        assert "support-triage-g2" not in {each.ref.deployment for each in found}
        assert [write["method"] for write in state.writes] == ["PUT", "POST", "POST", "DELETE"]


def _with_capacity(live: Deployment, capacity: int) -> dict[str, Json]:
    return {**live.projection, "sku": {"name": live.sku.name, "capacity": capacity}}


async def test_an_operation_that_fails_later_gives_its_code_and_none_of_its_text() -> None:
    async with _simulated() as (url, _), executing(url) as executor:
        await _plan_fault(url, method="PATCH", kind="lro_failed")
        progress = await _finish(executor, (await _send(executor, SCALE)).poll)
    assert progress.failed_code == "InternalServerError"
    assert "service side" not in progress.failed_message


async def test_an_operation_address_on_another_host_is_never_asked() -> None:
    async with scripted(lambda _: Reply(body={"status": "Succeeded"})) as elsewhere:
        foreign = {"Azure-AsyncOperation": f"{elsewhere.url}/operations/1", "Location": f"{elsewhere.url}/x"}

        def script(arrival: Arrival) -> Reply:
            return Reply(202, None, foreign) if arrival.method == "PATCH" else Reply(body=raw_deployment())

        async with scripted(script) as server, executing(server.url) as executor:
            sent = await _send(executor, SCALE)
            assert sent.poll is not None
            assert str(sent.poll["url"]).startswith(f"{server.url}{REF.account.arm_id[:15]}")
            assert not (await executor.writer.poll(sent.poll)).running
            with pytest.raises(AzureUnavailableError, match="another host"):
                await executor.writer.poll({**sent.poll, "url": foreign["Azure-AsyncOperation"]})
    assert elsewhere.seen == []


async def test_polling_only_ever_asks_by_get() -> None:
    running = Reply(200, {"status": "InProgress"}, {"Retry-After": "7"})
    async with scripted(lambda _: running) as server, executing(server.url) as executor:
        url = f"{server.url}/subscriptions/x/operations/1?api-version=1"
        progress = await executor.writer.poll({"url": url, "final": url, "method": "PATCH"})
    assert progress == Progress(running=True, retry_after_seconds=7.0)
    assert [arrival.method for arrival in server.seen] == ["GET"]


@pytest.mark.parametrize(
    ("method", "replies", "running", "failed"),
    [
        ("DELETE", [Reply(404, {}), Reply(404, {})], False, ""),
        ("PATCH", [Reply(404, {}), Reply(404, {})], False, "ResourceNotFound"),
        ("DELETE", [Reply(404, {}), Reply(200, raw_deployment())], True, ""),
        ("PATCH", [Reply(404, {}), Reply(200, raw_deployment())], False, ""),
        ("PUT", [Reply(404, {}), Reply(200, raw_deployment(provisioningState="Creating"))], True, ""),
        ("PUT", [Reply(200, {"status": "Canceled"})], False, "Canceled"),
        (
            "PUT",
            [Reply(200, {"status": "Failed", "error": {"code": "Boom", "message": CANARY}})],
            False,
            "Boom",
        ),
        ("DELETE", [Reply(204, None)], False, ""),
        ("PATCH", [Reply(202, None)], True, ""),
    ],
)
async def test_each_way_an_operation_can_stand_is_read_as_it_is(
    method: Literal["PATCH", "PUT", "DELETE"], replies: list[Reply], running: bool, failed: str
) -> None:
    left = iter(replies)
    async with scripted(lambda _: next(left)) as server, executing(server.url) as executor:
        poll = {"url": f"{server.url}/op/1", "final": f"{server.url}{REF.arm_id}", "method": method}
        progress = await executor.writer.poll(poll)
    assert (progress.running, progress.failed_code) == (running, failed)
    assert "CANARY" not in progress.failed_message


@pytest.mark.parametrize(
    "operation",
    [
        Operation("POST", REF.arm_id, {}, "listKeys"),
        Operation("DELETE", ACCOUNT.arm_id, {}),
        Operation("DELETE", f"{ACCOUNT.arm_id}/deployments/../../x", {}),
        Operation("PUT", f"{REF.arm_id}?x=", {"tags": {}}),
    ],
)
async def test_what_is_no_operation_on_a_deployment_is_never_sent(operation: Operation) -> None:
    async with scripted(lambda _: Reply(body={})) as server, executing(server.url) as executor:
        with pytest.raises(InvalidInputError):
            await _send(executor, operation)
    assert server.seen == []


async def test_an_answer_nobody_can_read_is_doubt() -> None:
    async with scripted(lambda _: Reply(200, text="<html>")) as server, executing(server.url) as executor:
        with pytest.raises(DoubtError):
            await _send(executor, SCALE)
    assert len(server.seen) == 1


async def test_a_stop_does_not_wait_for_an_answer_of_azure() -> None:
    async with scripted(lambda _: Reply(body={}, after=3)) as server, executing(server.url) as executor:
        sending = asyncio.create_task(_send(executor, SCALE))
        await asyncio.sleep(0.5)
        assert server.seen
        began = time.monotonic()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.get_running_loop().shutdown_default_executor()
        assert time.monotonic() - began < 1
