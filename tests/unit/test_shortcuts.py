"""Global shortcuts: each opens its modal, decides nothing, and tells in words what went wrong."""

from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import SlackRefusedError
from bot.ports.slack import Block, Message
from handlers.dependencies import Dependencies, TrailCheck
from handlers.slack_doors import Doors, Identity
from handlers.slack_payloads import asked_of
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, BOB, EVE, House


@dataclass
class Desk:
    """A messenger that keeps what it was asked to open and to say."""

    opened: list[tuple[str, Block]] = field(default_factory=list)
    said: list[tuple[str, Message]] = field(default_factory=list)

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Refuse, as Slack does where the app is not."""
        raise SlackRefusedError("Slack refused: not_in_channel.", code="not_in_channel")

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Keep a modal."""
        self.opened.append((trigger_id, view))
        return f"V{len(self.opened)}"

    async def direct(self, user: str, message: Message) -> str:
        """Keep a direct message."""
        self.said.append((user, message))
        return "1.000001"


async def unasked() -> TrailCheck:
    raise AssertionError("the trail was not to be checked")


async def played(house: House, callback_id: str, user: str, **more: Any) -> Desk:
    """Return what a shortcut of a person opened and said."""
    body: dict[str, Any] = {
        "type": "shortcut",
        "team": {"id": "T0CONTOSO"},
        "user": {"id": user, "team_id": "T0CONTOSO"},
        "callback_id": callback_id,
        "trigger_id": "13.7",
        **more,
    }
    desk = Desk()
    deps = Dependencies(house.desk, desk, house.readers, unasked, channels=Rooms())  # type: ignore[arg-type]
    doors = Doors(deps, Identity("xoxb", "B0APP", "U0APP", "T0CONTOSO"), "slack-signed")
    assert await doors.shortcut(body, asked_of(body, house.desk, source="slack", auth="slack-signed")) == {}
    return desk


async def test_request_a_model_change_opens_the_form_and_a_job_fills_it() -> None:
    house = House()
    desk = await played(house, "shortcut.request", ANNA)
    [(trigger, view)] = desk.opened
    assert (trigger, view["type"]) == ("13.7", "modal")
    assert [key for key in house.jobs if key.startswith("precheck:form:V1:scale:")] != []
    assert desk.said == []


async def test_my_approvals_shows_an_approver_what_waits_and_its_requester_nothing() -> None:
    house = House()
    change = await house.pending()
    [(_, view)] = (await played(house, "shortcut.approvals", BOB)).opened
    assert (view["type"], view["title"]["text"], "submit" in view) == ("modal", "Waiting for you", False)
    assert f"*{change.id}*" in str(view["blocks"])
    [(_, view)] = (await played(house, "shortcut.approvals", ANNA)).opened
    assert change.id not in str(view["blocks"])
    assert house.change() == change


async def test_a_guest_gets_no_modal_and_is_told_why() -> None:
    house = House()
    house.directory.bar(EVE, "you are a guest in this workspace")
    for callback_id in ("shortcut.request", "shortcut.approvals"):
        desk = await played(house, callback_id, EVE)
        assert desk.opened == []
        [(user, message)] = desk.said
        assert user == EVE
        assert "you are a guest" in message.text


async def test_on_a_message_where_the_app_is_not_the_refusal_comes_as_a_direct_message() -> None:
    house = House()
    house.directory.bar(EVE, "you are a guest in this workspace")
    more = {"type": "message_action", "channel": {"id": "C0ELSE"}, "message": {"ts": "1.1", "text": "slow"}}
    [(user, message)] = (await played(house, "shortcut.request", EVE, **more)).said
    assert user == EVE
    assert "you are a guest" in message.text


async def test_a_shortcut_nobody_offers_opens_nothing() -> None:
    desk = await played(House(), "shortcut.approve-all", BOB)
    assert (desk.opened, desk.said) == ([], [])
