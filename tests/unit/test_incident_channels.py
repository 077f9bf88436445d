"""What happens to an incident's channel, and what people pin there: heard from Slack, kept, and said to the lead."""

import json
from dataclasses import replace
from typing import Any

from bot.domain.configuration import Group
from bot.domain.incident import ChannelState, IncidentSource
from bot.ports.channels import Attached, Channel, Posted
from handlers.events.registry import SLACK_EVENTS
from handlers.shapes import Happening, Quoted
from handlers.shortcuts.registry import SHORTCUTS
from tests.fakes.house import ANNA, BOB, EVE, House, company
from tests.fakes.incidents import Chat

TS = "1795521600.000100"


def words_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False, default=str)


async def declared() -> tuple[Chat, str]:
    """Return a chat with an incident that Bob leads, and its channel."""
    chat = Chat()
    await chat.type("incident declare Answers are slow --sev 2 --target triage-prod")
    await chat.type("incident lead INC-1 me", BOB)
    await chat.deliver()
    return chat, chat.incident().channel


async def happens(chat: Chat, type_: str, **said: Any) -> None:
    """Let Slack tell of something, and deliver what follows."""
    door = next(each for each in SLACK_EVENTS if each.type == type_)
    await door.run(Happening(type_, chat.asked(said.get("user", "")), **said), chat.deps)
    await chat.deliver()


def named_chat() -> Chat:
    """Return a chat whose incidents are known by the names of their channels."""
    return Chat(House(company(incident_channel_pattern="inc-*")))


async def test_an_archived_channel_is_said_to_the_lead_and_comes_back_with_what_was_written_meanwhile() -> (
    None
):
    chat, room = await declared()
    chat.rooms.channels[room] = replace(chat.rooms.channels[room], is_archived=True)
    chat.voice.refusals[room] = "is_archived"
    await happens(chat, "channel_archive", channel=room, user=EVE)
    await happens(chat, "channel_archive", channel=room, user=EVE)
    assert chat.incident().channel_state is ChannelState.ARCHIVED
    assert sum("was archived" in each.message.text for each in chat.voice.of(f"D{BOB}")) == 1
    await chat.type("incident note INC-1 Still working", BOB)
    await chat.deliver()
    chat.rooms.channels[room] = replace(chat.rooms.channels[room], is_archived=False)
    del chat.voice.refusals[room]
    await happens(chat, "channel_unarchive", channel=room, user=EVE)
    assert chat.incident().channel_state is ChannelState.OPEN
    assert "Still working" in words_of(chat.voice.of(room))


async def test_removed_from_its_channel_the_app_says_so_and_returns_when_it_is_invited() -> None:
    chat, room = await declared()
    chat.rooms.channels[room] = replace(chat.rooms.channels[room], is_private=True, is_member=False)
    await happens(chat, "channel_left", channel=room, by=EVE)
    assert chat.incident().channel_state is ChannelState.GONE
    assert "not in its channel any more" in chat.voice.of(f"D{BOB}")[-1].message.text
    chat.rooms.channels[room] = replace(chat.rooms.channels[room], is_member=True)
    await happens(chat, "member_joined_channel", channel=room, user="U0APP", by=EVE, is_self=True)
    assert chat.incident().channel_state is ChannelState.OPEN


async def test_a_renamed_channel_stays_the_incidents() -> None:
    chat, room = await declared()
    await happens(chat, "channel_rename", channel=room, name="inc-1-slow-answers")
    assert chat.incident().channel_name == "inc-1-slow-answers"
    assert (await chat.type("incident show", ANNA, room)).text.startswith("INC-1")
    assert "incident.channel_changed" in chat.house.tags


async def test_what_happens_to_other_channels_concerns_no_incident() -> None:
    chat, _ = await declared()
    before = chat.house.archive.state.incidents
    for type_ in (
        "channel_archive",
        "channel_left",
        "channel_rename",
        "channel_unarchive",
        "channel_deleted",
    ):
        await happens(chat, type_, channel="C0ELSE", name="else")
    assert chat.house.archive.state.incidents == before


async def test_a_channel_named_like_an_incidents_declares_one_and_is_adopted() -> None:
    chat = named_chat()
    chat.rooms.channels["C0INC"] = Channel("C0INC", "inc-triage-prod-is-slow", is_member=False)
    await happens(chat, "channel_created", channel="C0INC", user=ANNA, name="inc-triage-prod-is-slow")
    await happens(chat, "channel_created", channel="C0INC", user=ANNA, name="inc-triage-prod-is-slow")
    incident = chat.incident()
    assert (incident.title, incident.source, incident.channel) == (
        "triage prod is slow",
        IncidentSource.CHANNEL,
        "C0INC",
    )
    assert incident.targets == frozenset({"triage-prod"})
    assert (incident.declared_by, incident.is_own_channel) == (ANNA, False)
    assert chat.rooms.pins["C0INC"] == [incident.card_ts]
    assert len(chat.house.archive.state.incidents) == 1


async def test_invited_into_such_a_channel_the_app_adopts_it_and_into_any_other_it_does_nothing() -> None:
    chat = named_chat()
    chat.rooms.channels["G0INC"] = Channel("G0INC", "inc-secret", is_private=True)
    chat.rooms.channels["C0FUN"] = Channel("C0FUN", "fun")
    for channel in ("C0FUN", "G0INC"):
        await happens(chat, "member_joined_channel", channel=channel, user="U0APP", by=ANNA, is_self=True)
    assert [each.channel for each in chat.house.archive.state.incidents.values()] == ["G0INC"]


async def test_a_channel_we_made_or_a_guest_made_declares_nothing() -> None:
    chat = named_chat()
    chat.house.directory.bar(EVE, "a guest in this workspace")
    chat.rooms.channels["C0INC"] = Channel("C0INC", "inc-slow", is_member=False)
    await happens(chat, "channel_created", channel="C0INC", user=EVE, name="inc-slow")
    await happens(chat, "channel_created", channel="C0INC", user="U0APP", name="inc-slow", is_self=True)
    await happens(chat, "member_joined_channel", channel="C0INC", user="U0APP", is_self=True)
    assert chat.house.archive.state.incidents == {}


async def test_a_pushpin_keeps_the_message_with_the_digests_of_words_and_files_once() -> None:
    chat, room = await declared()
    files = (Attached("graph.png", 9, "b" * 64), Attached("gone.txt", 1))
    chat.rooms.messages[room, TS] = Posted(TS, EVE, "Latency doubled; password=hunter2hunter2", files)
    for user in (ANNA, BOB):
        await happens(chat, "reaction_added", channel=room, ts=TS, user=user, name="pushpin")
    [entry] = [each for each in chat.timeline() if each.kind == "message"]
    assert (entry.by, entry.source_channel, entry.source_ts) == (EVE, room, TS)
    assert dict(entry.files) == {"graph.png": "b" * 64, "gone.txt": ""}
    assert "hunter2" not in entry.words
    assert len(entry.sha256) == 64
    assert entry.at.timestamp() == float(TS)
    [echo] = [each for each in chat.voice.of(room) if each.ts == entry.ts]
    assert echo.thread_ts == chat.incident().card_ts
    assert "graph.png" in words_of(echo)


async def test_other_reactions_other_channels_guests_and_our_own_echoes_keep_nothing() -> None:
    chat, room = await declared()
    chat.house.directory.bar(EVE, "a guest in this workspace")
    before = len(chat.timeline())
    chat.rooms.messages[room, TS] = Posted(TS, ANNA, "Latency doubled")
    chat.rooms.messages[room, chat.incident().card_ts] = Posted(chat.incident().card_ts, "U0APP", "card")
    await happens(chat, "reaction_added", channel=room, ts=TS, user=ANNA, name="tada")
    await happens(chat, "reaction_added", channel="C0ELSE", ts=TS, user=ANNA, name="pushpin")
    await happens(chat, "reaction_added", channel=room, ts=TS, user=EVE, name="pushpin")
    await happens(chat, "reaction_added", channel=room, ts="1.1", user=ANNA, name="pushpin")
    ts = chat.incident().card_ts
    await happens(chat, "reaction_added", channel=room, ts=ts, user=ANNA, name="pushpin")
    assert len(chat.timeline()) == before


async def use(chat: Chat, callback_id: str, channel: str, quoted: Quoted | None = None) -> None:
    """Use a shortcut, and deliver what follows."""
    door = next(each for each in SHORTCUTS if each.callback_id == callback_id)
    await door.run(replace(chat.asked(ANNA, channel), quoted=quoted), chat.deps)
    await chat.deliver()


async def test_the_message_shortcut_keeps_a_message_of_the_channel_at_once() -> None:
    chat, room = await declared()
    chat.rooms.messages[room, TS] = Posted(TS, EVE, "Latency doubled")
    await use(chat, "shortcut.timeline", room, Quoted(TS, EVE, "Latency doubled"))
    assert [each.words for each in chat.timeline() if each.kind == "message"] == ["Latency doubled"]
    assert chat.voice.views == []


async def test_the_message_shortcut_asks_elsewhere_which_incident_it_is_about() -> None:
    chat, _ = await declared()
    await use(chat, "shortcut.timeline", "C0ELSE", Quoted(TS, EVE, "Customers complain"))
    assert chat.voice.views[-1]["callback_id"] == "incident.pin"
    await chat.submit(incident="INC-1")
    [entry] = [each for each in chat.timeline() if each.kind == "message"]
    assert (entry.words, entry.by, entry.source_channel) == ("Customers complain", EVE, "C0ELSE")


async def test_the_message_shortcut_offers_to_declare_while_no_incident_is_open() -> None:
    chat = Chat()
    await use(chat, "shortcut.timeline", "C0ELSE", Quoted(TS, EVE, "Customers\ncomplain"))
    form = chat.voice.views[-1]
    assert form["callback_id"] == "incident.declare"
    assert "Customers complain" in words_of(form)


async def test_the_global_shortcut_opens_the_form() -> None:
    chat = Chat()
    await use(chat, "shortcut.incident", "")
    assert chat.voice.views[-1]["callback_id"] == "incident.declare"


async def test_auditors_pin_nothing_and_declare_nothing_by_a_channels_name() -> None:
    usual = company()
    groups = {**usual.groups, "auditors": Group("auditors", frozenset({EVE}))}
    audited = company(groups=groups, auditor_groups=("auditors",), incident_channel_pattern="inc-*")
    chat = Chat(House(audited))
    await chat.type("incident declare Slow", ANNA)
    await chat.deliver()
    room, before = chat.incident().channel, len(chat.timeline())
    chat.rooms.messages[room, TS] = Posted(TS, ANNA, "Latency doubled")
    await happens(chat, "reaction_added", channel=room, ts=TS, user=EVE, name="pushpin")
    chat.rooms.channels["C0INC"] = Channel("C0INC", "inc-slow", is_member=False)
    await happens(chat, "channel_created", channel="C0INC", user=EVE, name="inc-slow")
    assert len(chat.timeline()) == before
    assert len(chat.house.archive.state.incidents) == 1
