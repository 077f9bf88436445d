"""What Slack's payloads say: modals, events whose subject is a channel or a message, message shortcuts."""

from datetime import UTC, datetime
from typing import Any

from bot.domain.people import Person
from bot.ports.archive import Cause
from bot.usecases.desk import Caller
from handlers.shapes import Asked, Happening
from handlers.slack_payloads import asked_of, foreign, happening_of, submission_of
from tests.fakes.house import BOB, House

KEY = "0123456789abcdef" * 2
TUNED = f"gpt-4.1-mini-2025-04-14.ft-{KEY}"
ASKED = Asked(Caller(Person("U0ALICE", "T0"), Cause("slack", "ref")), "C0OPS")


def _values(**inputs: dict[str, Any]) -> dict[str, str]:
    state = {name: {"value": element} for name, element in inputs.items()}
    return dict(submission_of({"view": {"state": {"values": state}}}, ASKED).values)


def test_what_was_chosen_is_never_masked() -> None:
    said = _values(
        model={"selected_option": {"value": KEY}},
        owner={"selected_user": "U0OWNER"},
        impact={"selected_options": [{"value": "cost"}, {"value": KEY}]},
        start_at={"selected_date_time": int(datetime(2026, 11, 28, tzinfo=UTC).timestamp())},
    )
    assert said == {"model": KEY, "owner": "U0OWNER", "impact": f"{KEY},cost", "start_at": "1795824000"}


def test_a_key_that_was_typed_is_masked_and_a_fine_tuned_model_is_not() -> None:
    said = _values(reason={"value": f"{KEY} opens it"}, model={"value": TUNED})
    assert said == {"reason": "[redacted: key] opens it", "model": TUNED}


def _told(**event: Any) -> Happening:
    body = {"type": "event_callback", "team_id": "T0CONTOSO", "event": event}
    asked = asked_of(body, House().desk, source="slack", auth="slack-signed")
    told = happening_of(body, asked, "U0APP")
    assert told.user == asked.caller.user
    return told


def test_a_reaction_says_who_reacted_with_what_to_which_message() -> None:
    item = {"type": "message", "channel": "C0OPS", "ts": "1599529504.000400"}
    told = _told(type="reaction_added", user=BOB, reaction="pushpin", item_user="U0ANNA", item=item)
    assert (told.user, told.name, told.channel, told.ts) == (BOB, "pushpin", "C0OPS", "1599529504.000400")
    assert (told.asked.channel, told.is_self) == ("C0OPS", False)


def test_a_reaction_to_a_file_is_on_no_message() -> None:
    told = _told(type="reaction_added", user=BOB, reaction="pushpin", item={"type": "file", "file": "F1"})
    assert (told.channel, told.ts) == ("", "")


def test_a_new_channel_says_its_id_its_name_and_who_made_it() -> None:
    channel = {"id": "C0NEW", "name": "inc-7-slow", "created": 1, "creator": BOB}
    told = _told(type="channel_created", channel=channel, event_ts="1.1")
    assert (told.type, told.channel, told.name, told.user) == ("channel_created", "C0NEW", "inc-7-slow", BOB)


def test_who_joined_and_who_invited_them_are_told_apart_and_the_app_knows_itself() -> None:
    told = _told(type="member_joined_channel", user="U0APP", channel="C0OPS", inviter=BOB)
    assert (told.user, told.by, told.is_self) == ("U0APP", BOB, True)


def test_a_user_group_is_the_item_of_its_event() -> None:
    assert _told(type="subteam_members_changed", subteam_id="S0AIOPS").item == "S0AIOPS"


def test_a_message_shortcut_brings_the_message_with_secrets_masked_also_of_another_app() -> None:
    body = {
        "type": "message_action",
        "team": {"id": "T0CONTOSO"},
        "user": {"id": BOB, "team_id": "T0CONTOSO"},
        "channel": {"id": "C0OPS", "name": "ops"},
        "message_ts": "1583636382.000300",
        "message": {"ts": "1583636382.000300", "bot_id": "B0ELSE", "app_id": "A0ELSE", "text": f"key {KEY}"},
    }
    desk = House().desk
    assert foreign(body, desk) is None
    asked = asked_of(body, desk, source="slack", auth="slack-signed")
    assert asked.quoted is not None
    quoted = asked.quoted
    assert (asked.channel, quoted.ts, quoted.user) == ("C0OPS", "1583636382.000300", "B0ELSE")
    assert quoted.text == "key [redacted: key]"


def test_an_app_that_writes_only_attachments_is_quoted_by_what_they_say() -> None:
    attached = [{"fallback": "Alert fired"}, {"text": "429 for 5 minutes"}, "no attachment"]
    body = {"type": "message_action", "message": {"ts": "1.1", "text": "", "attachments": attached}}
    quoted = asked_of(body, House().desk, source="slack", auth="x").quoted
    assert quoted is not None
    assert quoted.text == "Alert fired\n429 for 5 minutes"
