"""The front door with the whole house behind it."""

import asyncio
import hmac
import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.journeys.conftest import House
from tests.journeys.people import words_of

HTTP = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True, ids=["sqlite-http"])
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
COMMAND = {
    "command": "/cs",
    "text": "whoami",
    "user_id": "U0ALICE",
    "team_id": "T0CONTOSO",
    "api_app_id": "A0COUNTERSIGN",
    "channel_id": "C0OPS",
    "trigger_id": "1.2.3",
}
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U0ALICE", "team_id": "T0CONTOSO"},
    "team": {"id": "T0CONTOSO"},
    "api_app_id": "A0COUNTERSIGN",
    "channel": {"id": "C0OPS"},
    "actions": [{"action_id": "change.approve", "block_id": "b", "value": "{}"}],
}


async def send(house: House, body: bytes, media: str = FORM) -> tuple[int, str]:
    """Send the app what Slack could have sent: signed now, with the workspace's secret."""
    configured = house.world.settings
    stamp = str(int((await house.people.now()).timestamp()))
    secret = configured.slack_signing_secret.get_secret_value().encode()
    made = hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    headers = {
        "Content-Type": media,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={made}",
    }
    async with ClientSession() as session:
        async with session.post(f"{house.world.app}/slack/events", data=body, headers=headers) as answer:
            return answer.status, await answer.text()


def form(value: object) -> bytes:
    return urlencode({"payload": json.dumps(value)}).encode()


def errors(house: House) -> list[str]:
    return [line for line in house.log_lines() if '"where"' in line or json.loads(line)["level"] == "error"]


async def calls(house: House) -> int:
    """How often the app has called Slack."""
    return len((await house.people.get("/control/calls"))["calls"])


async def test_help_is_answered_to_the_person_who_asks_and_to_nobody_else(house: House) -> None:
    assert (await house.people.say("U0ALICE", "/cs help"))["ok"]
    answer = await house.people.message("U0ALICE", "change request")
    assert answer["ephemeral_to"] == "U0ALICE"
    assert [item for item in await house.people.messages("U0BOB") if item["app"]] == []
    assert errors(house) == []


async def test_a_mention_is_answered_like_a_command(house: House) -> None:
    assert (await house.people.say("U0BOB", "@Countersign whoami"))["ok"]
    answer = await house.people.message("U0BOB", lambda item: item["app"])
    assert answer["ephemeral_to"] == "U0BOB"
    assert "approvers" in words_of(answer)


async def test_a_guest_is_refused_and_told_so(house: House) -> None:
    await house.people.say("U0GUS", "/cs status")
    answer = await house.people.message("U0GUS", lambda item: item["app"])
    assert "not allowed" in words_of(answer).lower()


async def test_up_and_ready_are_said_on_the_port(house: House) -> None:
    async with ClientSession() as session:
        for path in ("/healthz", "/readyz"):
            async with session.get(house.world.app + path) as answer:
                assert (answer.status, await answer.text()) == (200, "ok")
        async with session.post(f"{house.world.app}/slack/events", data=b"") as answer:
            assert answer.status == (401 if house.transport == "http" else 404)


@pytest.mark.threat(2)
@pytest.mark.asvs("2.3.4")
@HTTP
async def test_a_replay_byte_for_byte_is_answered_as_before_and_runs_nothing(house: House) -> None:
    await house.people.say("U0ALICE", "/cs status triage-prod")
    await house.people.message("U0ALICE", "all 8 sections looked at")
    (first,) = (await house.people.get("/control/deliveries"))["deliveries"]
    before = await calls(house)
    shown = len(await house.people.messages("U0ALICE"))
    for _ in range(3):
        await house.people.post("/control/replay", {"index": first["index"]})
    deliveries = (await house.people.get("/control/deliveries"))["deliveries"]
    assert [item["status"] for item in deliveries] == [200] * 4
    assert await calls(house) == before
    assert len(await house.people.messages("U0ALICE")) == shown


@pytest.mark.threat(2)
@pytest.mark.asvs("2.3.4")
@HTTP
async def test_the_same_delivery_signed_anew_runs_once_and_gets_the_same_answer(house: House) -> None:
    body = urlencode(COMMAND).encode()
    first = await send(house, body)
    before = await calls(house)
    assert first[0] == 200
    assert "Alice" in first[1] or "U0ALICE" in first[1]
    assert await send(house, body) == first
    assert await calls(house) == before


@pytest.mark.threat(7)
@pytest.mark.asvs("8.4.1")
@HTTP
@pytest.mark.parametrize(
    "changed",
    [
        {"team": {"id": "T0OTHER"}},
        {"user": {"id": "U0ALICE", "team_id": "T0OTHER"}},
        {"api_app_id": "A0OTHER"},
        {"message": {"app_id": "A0OTHER", "ts": "1.1"}},
    ],
)
async def test_another_workspace_or_app_gets_nothing_done(house: House, changed: dict[str, Any]) -> None:
    before = await calls(house)
    assert await send(house, form({**CLICK, **changed})) == (200, "")
    assert await calls(house) == before
    assert any("slack.foreign" in line for line in house.log_lines())


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.threat(22)
@pytest.mark.asvs("2.2.1")
@HTTP
async def test_signed_payloads_of_any_shape_break_nothing(house: House) -> None:
    sent: list[tuple[bytes, str]] = []

    @settings(
        max_examples=150, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        keys = ["team", "channel", "actions", "view", "message", "container", "trigger_id", "response_url"]
        parts = data.draw(st.dictionaries(st.sampled_from(keys), ODD))
        kind = data.draw(st.sampled_from(["block_actions", "view_submission", "view_closed", "shortcut"]))
        action = data.draw(
            st.fixed_dictionaries({}, optional={"value": ODD, "block_id": ODD, "action_id": ODD})
        )
        view = {
            "type": "modal",
            "callback_id": "change.request",
            "state": data.draw(ODD),
            "private_metadata": data.draw(ODD),
        }
        whole = {**CLICK, "type": kind, "actions": [{"action_id": "change.approve", **action}], "view": view}
        sent.append((form({**whole, **parts}), FORM))
        event = {"type": data.draw(st.sampled_from(["app_mention", "app_home_opened", "message", "x"]))}
        event |= data.draw(st.dictionaries(st.sampled_from(["user", "text", "channel", "tab"]), ODD))
        told = {"type": "event_callback", "team_id": "T0CONTOSO", "event": event}
        sent.append((json.dumps(told).encode(), JSON))

    collect()
    for body, media in sent:
        assert (await send(house, body, media))[0] in (200, 400), (body, house.log_lines()[-3:])
    assert errors(house) == []


@HTTP
async def test_while_another_program_holds_the_database_people_are_told_in_time_that_nothing_was_done(
    house: House,
) -> None:
    file = house.world.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as holder:
        await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")
        told = await asyncio.gather(*(send(house, urlencode(each).encode()) for each in every_kind()))
        holder.execute("ROLLBACK")
    command, vote = told
    assert (command[0], vote[0]) == (200, 200)
    for _, text in told:
        assert "took no entry, so nothing was done" in text
        assert "Try again in a moment" in text
    status, text = await send(house, urlencode(COMMAND).encode())
    assert (status, "You are" in text) == (200, True)


def every_kind() -> list[dict[str, str]]:
    """Return a command and a form that somebody sent."""
    view = {"id": "V1", "callback_id": "change.decide", "type": "modal", "private_metadata": "{}"}
    sent = {**CLICK, "type": "view_submission", "view": {**view, "state": {"values": {}}}}
    del sent["actions"]
    return [{**COMMAND, "trigger_id": "1.2.4"}, {"payload": json.dumps(sent)}]
