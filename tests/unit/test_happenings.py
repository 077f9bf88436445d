"""Events of channels and messages get through Bolt to their doors, and a shortcut on anybody's message does."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.web.async_client import AsyncWebClient

import handlers.slack_app
import handlers.slack_doors
from handlers.dependencies import Dependencies
from handlers.shapes import Happening, SlackEvent
from handlers.slack_app import dispatch, slack_app
from handlers.slack_doors import Identity
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, House
from tests.unit.test_shortcuts import Desk, unasked

ME = Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO")
ON_A_MESSAGE = {"item": {"type": "message", "channel": "C0OPS", "ts": "1.1"}, "reaction": "pushpin"}
CREATED = {"id": "C9", "name": "inc-9", "creator": "U0APP", "created": 1}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"type": "reaction_added", "user": ANNA, **ON_A_MESSAGE}, (ANNA, "", "C0OPS", False)),
        ({"type": "channel_created", "channel": CREATED}, ("U0APP", "", "C9", True)),
        ({"type": "channel_archive", "channel": "C9", "user": ANNA}, (ANNA, "", "C9", False)),
        ({"type": "channel_rename", "channel": {"id": "C9", "name": "inc-10"}}, ("", "", "C9", False)),
        ({"type": "group_left", "channel": "C9", "actor_id": ANNA}, ("", ANNA, "C9", False)),
        (
            {"type": "member_joined_channel", "user": "U0APP", "channel": "C9", "inviter": ANNA},
            ("U0APP", ANNA, "C9", True),
        ),
    ],
    ids=lambda given: given["type"] if isinstance(given, dict) else "",
)
async def test_an_event_reaches_its_door_with_who_and_where(
    monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], told: tuple[str, str, str, bool]
) -> None:
    heard: list[Happening] = []

    async def hear(happening: Happening, _: Dependencies) -> None:
        heard.append(happening)

    for module in (handlers.slack_app, handlers.slack_doors):
        monkeypatch.setattr(module, "SLACK_EVENTS", (SlackEvent(event["type"], hear),))
    body = {"type": "event_callback", "team_id": "T0CONTOSO", "event_id": "Ev1", "event": event}
    assert await _sent("application/json", json.dumps(body), Desk()) == 200
    assert [(each.user, each.by, each.channel, each.is_self) for each in heard] == [told]


async def test_a_shortcut_on_a_message_of_another_app_opens_its_door() -> None:
    body = {
        "type": "message_action",
        "team": {"id": "T0CONTOSO"},
        "user": {"id": ANNA, "team_id": "T0CONTOSO"},
        "callback_id": "shortcut.request",
        "trigger_id": "13.7",
        "channel": {"id": "C0OPS"},
        "message_ts": "1.1",
        "message": {"ts": "1.1", "text": "429", "app_id": "A0ELSE", "bot_id": "B0ELSE"},
    }
    desk = Desk()
    form = urlencode({"payload": json.dumps(body)})
    assert await _sent("application/x-www-form-urlencoded", form, desk) == 200
    assert len(desk.opened) == 1


async def _sent(media: str, body: str, desk: Desk) -> int:
    house = House()
    deps = Dependencies(house.desk, desk, house.readers, unasked, channels=Rooms())  # type: ignore[arg-type]
    app = slack_app(deps, ME, AsyncWebClient(), auth="slack-signed")
    status, _, _ = await dispatch(app, {"content-type": media}, body)
    return status
