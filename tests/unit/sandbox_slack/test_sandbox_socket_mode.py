"""Socket Mode with slack_sdk's own client: acknowledgements, redelivery, reconnects."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from tests.unit.sandbox_slack.desk import APP_TOKEN, REASON, Desk, a_desk, actions, button, modal, until

Answer = Callable[[SocketModeRequest], Awaitable[dict[str, Any] | None]]
SILENT: dict[str, Any] = {"silent": True}


async def politely(request: SocketModeRequest) -> dict[str, Any] | None:
    """Acknowledge with nothing to say."""
    return None


@asynccontextmanager
async def connected(desk: Desk, answer: Answer = politely) -> AsyncIterator[list[SocketModeRequest]]:
    """A Socket Mode client of the SDK that remembers what it received."""
    received: list[SocketModeRequest] = []
    client: Any = SocketModeClient(app_token=APP_TOKEN, web_client=desk.client, ping_interval=0.2)

    async def listen(client: Any, request: SocketModeRequest) -> None:
        received.append(request)
        payload = await answer(request)
        if payload is not SILENT:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload=payload))

    client.socket_mode_request_listeners.append(listen)
    await client.connect()
    try:
        yield received
    finally:
        await client.disconnect()
        await client.close()
        await asyncio.sleep(0.05)


async def test_a_command_travels_as_an_envelope_and_its_answer_comes_back(socket_desk: Desk) -> None:
    async def hello(request: SocketModeRequest) -> dict[str, Any]:
        return {"text": "hello"}

    async with connected(socket_desk, hello) as received:
        assert (await socket_desk.state("U0ALICE"))["connected"] is True
        assert (await socket_desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status"))["ok"]
    assert [one.type for one in received] == ["slash_commands"]
    assert received[0].accepts_response_payload is True
    assert [one["text"] for one in await socket_desk.messages("U0ALICE")] == ["hello"]
    await until(lambda: not socket_desk.slack.world.connected)


async def test_a_modal_can_be_opened_and_refused_through_the_socket(socket_desk: Desk) -> None:
    async def decide(request: SocketModeRequest) -> dict[str, Any] | None:
        if request.type == "slash_commands":
            await socket_desk.client.views_open(trigger_id=request.payload["trigger_id"], view=modal(REASON))
            return None
        return {"response_action": "errors", "errors": {"reason": "Too short."}}

    async with connected(socket_desk, decide) as received:
        await socket_desk.ui("say", user="U0BOB", channel="C0OPS", text="/cs change request")
        view = (await socket_desk.state("U0BOB"))["view"]
        values = {"reason": {"text": "x"}}
        answer = await socket_desk.ui("submit", user="U0BOB", view_id=view["id"], values=values)
    assert answer["errors"] == {"reason": "Too short."}
    assert [one.type for one in received] == ["slash_commands", "interactive"]


async def test_an_event_nobody_acknowledges_comes_again_with_its_reason(socket_desk: Desk) -> None:
    async def first_time_silent(request: SocketModeRequest) -> dict[str, Any] | None:
        return SILENT if request.retry_attempt == 0 else None

    async with connected(socket_desk, first_time_silent) as received:
        await socket_desk.ui("say", user="U0ALICE", channel="C0OPS", text="@Countersign help")
        await until(lambda: len(received) == 2)
    assert [(one.retry_attempt, one.retry_reason) for one in received] == [(0, ""), (1, "timeout")]
    assert len({one.payload["event_id"] for one in received}) == 1
    assert len({one.envelope_id for one in received}) == 2


async def test_a_connection_lost_before_the_acknowledgement_leads_to_redelivery() -> None:
    async with a_desk(transport="socket", retry_waits=(0.0, 0.5, 0.5)) as desk:

        async def drop_the_first(request: SocketModeRequest) -> dict[str, Any] | None:
            if request.retry_attempt == 0:
                await desk.control("disconnect")
                return SILENT
            return None

        async with connected(desk, drop_the_first) as received:
            await desk.ui("say", user="U0ALICE", channel="C0OPS", text="@Countersign help")
            await until(lambda: len(received) == 2)
        assert (await desk.deliveries())[0]["status"] == "no_connection"
    assert received[1].payload["event_id"] == received[0].payload["event_id"]
    assert (received[1].retry_attempt or 0) > 0


async def test_envelopes_are_spread_over_connections(socket_desk: Desk) -> None:
    async with connected(socket_desk) as first, connected(socket_desk) as second:
        for _ in range(4):
            await socket_desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status")
    assert (len(first), len(second)) == (2, 2)


async def test_a_graceful_disconnect_is_followed_by_a_new_connection(socket_desk: Desk) -> None:
    async with connected(socket_desk) as received:
        answer = await socket_desk.control("disconnect", graceful=True)
        assert answer == {"ok": True, "dropped": 1}
        world = socket_desk.slack.world
        await until(lambda: [call["method"] for call in world.calls].count("apps.connections.open") == 2)
        await asyncio.sleep(0.1)
        assert (await socket_desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status"))["ok"]
    assert len(received) == 1


async def test_an_aborted_connection_is_replaced_by_the_client(socket_desk: Desk) -> None:
    async with connected(socket_desk) as received:
        await socket_desk.control("disconnect")
        assert socket_desk.slack.world.connected is False
        await until(lambda: socket_desk.slack.world.connected)
        assert (await socket_desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status"))["ok"]
    assert len(received) == 1


async def test_without_a_connection_commands_fail(socket_desk: Desk) -> None:
    said = await socket_desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status")
    assert said["error"] == "dispatch_failed"


async def test_ten_connections_are_enough(socket_desk: Desk) -> None:
    async def ticket() -> str:
        answer = await socket_desk.client.apps_connections_open(app_token=APP_TOKEN)
        return str(answer["url"])

    sockets = [await socket_desk.session.ws_connect(await ticket()) for _ in range(11)]
    hello = await sockets[9].receive_json()
    assert (hello["type"], hello["num_connections"]) == ("hello", 10)
    assert (await sockets[10].receive_json())["reason"] == "too_many_websockets"
    for socket in sockets:
        await socket.close()


async def test_a_ticket_opens_one_connection(socket_desk: Desk) -> None:
    answer = await socket_desk.client.apps_connections_open(app_token=APP_TOKEN)
    async with socket_desk.session.ws_connect(answer["url"]) as socket:
        assert (await socket.receive_json())["type"] == "hello"
    async with socket_desk.session.get(answer["url"].replace("ws://", "http://")) as response:
        assert response.status == 403


async def test_disconnecting_means_nothing_over_http(desk: Desk) -> None:
    assert (await desk.control("disconnect"))["error"] == "not_in_socket_mode"


@pytest.mark.parametrize("prefix", ["events_api", "interactive"])
async def test_envelopes_say_whether_an_answer_is_read(socket_desk: Desk, prefix: str) -> None:
    async with connected(socket_desk) as received:
        if prefix == "events_api":
            await socket_desk.ui("home", user="U0ALICE")
        else:
            await socket_desk.ui("shortcut", user="U0ALICE", callback_id="declare")
    assert (received[0].type, received[0].accepts_response_payload) == (prefix, prefix == "interactive")


async def test_a_bolt_app_answers_commands_modals_clicks_and_mentions(socket_desk: Desk) -> None:
    app = AsyncApp(client=socket_desk.client, process_before_response=True)

    async def command(ack: Any, body: dict[str, Any], client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(REASON))
        await ack("opened")

    async def view(ack: Any) -> None:
        await ack(response_action="errors", errors={"reason": "Too short."})

    async def action(ack: Any, respond: Any, body: dict[str, Any]) -> None:
        await ack()
        await respond(f"clicked by {body['user']['id']}")

    async def mention(event: dict[str, Any], say: Any) -> None:
        await say(f"heard {event['text']}")

    app.command("/cs")(command)
    app.view("change.decide")(view)
    app.action("go")(action)
    app.event("app_mention")(mention)
    handler: Any = AsyncSocketModeHandler(app, APP_TOKEN, web_client=socket_desk.client)
    await handler.connect_async()
    await socket_desk.ui("say", user="U0BOB", channel="C0OPS", text="/cs change request")
    view_id = (await socket_desk.state("U0BOB"))["view"]["id"]
    refused = await socket_desk.ui("submit", user="U0BOB", view_id=view_id, values={"reason": {"text": "x"}})
    posted = await socket_desk.client.chat_postMessage(
        channel="C0OPS", text="card", blocks=[actions(button())]
    )
    place = {"channel": "C0OPS", "ts": posted["ts"], "block_id": "act", "action_id": "go"}
    await socket_desk.ui("action", user="U0BOB", **place)
    await socket_desk.ui("say", user="U0BOB", channel="C0OPS", text="@Countersign hi")
    await handler.disconnect_async()
    await handler.close_async()
    assert refused["errors"] == {"reason": "Too short."}
    said = [one["text"] for one in await socket_desk.messages("U0BOB") if one["app"]]
    assert said == ["opened", "card", "clicked by U0BOB", "heard <@U0COUNTERSIGN> hi"]
