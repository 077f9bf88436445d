"""An incident in Slack: declared by a command, with a channel, a pinned card and a timeline that is echoed."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import CountersignError
from bot.domain.incident import ChannelState, Severity
from bot.ports.channels import Channel
from tests.fakes.house import ANNA, BOB, EVE, OTTO, House, company
from tests.fakes.incidents import Chat

DECLARE = "incident declare Answers are slow --sev 2 --target triage-prod"


def words_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False, default=str)


async def declared(text: str = DECLARE) -> Chat:
    """Return a chat in which an incident was declared and everything was delivered."""
    chat = Chat()
    await chat.type(text)
    await chat.deliver()
    return chat


async def test_declaring_makes_a_channel_with_a_pinned_card_and_the_people_in_it() -> None:
    chat = await declared()
    incident = chat.incident()
    room = chat.rooms.channels[incident.channel]
    assert (room.name, incident.channel_state) == ("inc-1-answers-are-slow", ChannelState.OPEN)
    [card] = [each for each in chat.voice.of(room.id) if not each.thread_ts]
    assert chat.rooms.pins[room.id] == [card.ts] == [incident.card_ts]
    shown = words_of(card.message.blocks)
    assert all(words in shown for words in ("INC-1", "SEV2", "triage-prod", "nobody yet", "Read-only"))
    assert chat.rooms.members[room.id] == {ANNA, OTTO}
    assert "SEV2" in chat.rooms.topics[room.id]
    assert [title for title, _ in chat.rooms.bookmarks[room.id]] == ["INC-1 card", "triage-prod in Azure"]
    assert chat.voice.of("C0OPS")[0].message.text.startswith("INC-1, SEV2, was declared")


async def test_the_cards_buttons_are_the_incidents_own_and_none_changes_production() -> None:
    chat = await declared()
    [card] = [each for each in chat.voice.of(chat.incident().channel) if not each.thread_ts]
    [row] = [block for block in card.message.blocks if block["type"] == "actions"]
    assert [each["action_id"] for each in row["elements"]] == [
        "incident.update",
        "incident.snapshot",
        "incident.severity",
        "incident.lead",
        "incident.timeline",
        "incident.resolve",
    ]
    assert {each["value"] for each in row["elements"]} == {"INC-1"}


async def test_declaring_again_within_half_an_hour_shows_the_one_that_is_open() -> None:
    chat = await declared()
    said = await chat.type(DECLARE, BOB)
    assert "INC-1 was declared just now on" in said.text
    chat.house.clock.pass_by(timedelta(minutes=12))
    assert "INC-1 was declared 12 min ago on" in (await chat.type(DECLARE, BOB)).text
    assert "incident.anyway" in words_of(said.blocks)
    assert len(chat.house.archive.state.incidents) == 1


async def test_declared_without_a_target_it_is_said_to_be_about_none_yet() -> None:
    said = await Chat().type("incident declare Answers are slow")
    assert "about no target yet" in words_of(said.blocks)
    said = await Chat().type(DECLARE)
    assert "about `triage-prod`" in words_of(said.blocks)


async def test_a_name_that_is_taken_gets_a_number_of_its_own() -> None:
    chat = Chat()
    chat.rooms.channels["C0OLD"] = Channel("C0OLD", "inc-1-answers-are-slow", is_archived=True)
    await chat.type(DECLARE)
    await chat.deliver()
    assert chat.incident().channel_name == "inc-1-answers-are-slow-2"


async def test_without_the_scope_the_incident_goes_on_and_its_declarer_hears_what_to_do() -> None:
    chat = Chat()
    chat.rooms.refusals["create"] = "missing_scope"
    await chat.type(DECLARE)
    await chat.deliver()
    assert chat.incident().channel_state is ChannelState.GONE
    [told] = chat.voice.of(f"D{ANNA}")
    assert "did not let Countersign make a channel" in told.message.text
    assert "incident channel INC-1 --here" in told.message.text


async def test_without_pins_and_bookmarks_there_is_still_a_card() -> None:
    chat = Chat()
    chat.rooms.refusals.update(
        {"pin": "missing_scope", "bookmark": "missing_scope", "topic": "missing_scope"}
    )
    await chat.type(DECLARE)
    await chat.deliver()
    assert chat.incident().card_ts
    assert chat.rooms.pins == {}


async def test_a_drill_is_labelled_everywhere() -> None:
    chat = await declared(f"{DECLARE} --drill")
    assert "drill" in chat.incident().channel_name
    shown = words_of([each.message for each in chat.voice.said])
    assert shown.count("DRILL") >= 3


async def test_severity_wants_a_snapshot_edits_the_card_and_is_echoed_in_its_thread() -> None:
    chat = await declared()
    room, card = chat.incident().channel, chat.incident().card_ts
    await chat.type("incident severity 1", BOB, room)
    await chat.deliver()
    assert chat.incident().severity is Severity.SEV1
    occasions = [each.occasion for each in chat.house.archive.state.snapshots.values()]
    assert occasions[0] == "declare"
    assert occasions[1].startswith("severity:")
    assert "SEV1" in words_of(next(each for each in chat.voice.of(room) if each.ts == card).message)
    assert "SEV2 → SEV1" in words_of([each for each in chat.voice.of(room) if each.thread_ts == card][-1])
    assert "SEV1" in chat.rooms.topics[room]
    await chat.type("incident severity INC-1 sev1", BOB)
    assert len(chat.house.archive.state.snapshots) == 2, "the same severity again is no change"


async def test_a_lead_is_named_invited_and_told_and_the_one_before_is_relieved() -> None:
    chat = await declared()
    room = chat.incident().channel
    await chat.type("incident lead me", BOB, room)
    await chat.type("incident role scribe <@U0EVE|eve>", BOB, room)
    await chat.type("incident lead INC-1 <@U0OTTO>", ANNA)
    await chat.deliver()
    incident = chat.incident()
    assert (incident.lead, dict(incident.roles)) == (OTTO, {"scribe": EVE})
    assert {BOB, EVE, OTTO} <= chat.rooms.members[room] | {BOB}
    assert "You are its lead no more" in chat.voice.of(f"D{BOB}")[-1].message.text
    assert "needs your consent" in chat.voice.of(f"D{OTTO}")[-1].message.text
    assert chat.house.tags.count("incident.role_assigned") == 3


async def test_a_guest_cannot_lead() -> None:
    chat = await declared()
    chat.house.directory.bar(EVE, "a guest in this workspace")
    said = await chat.type("incident lead INC-1 <@U0EVE>")
    assert "cannot have a role: a guest in this workspace. Name a full member" in said.text
    assert chat.incident().lead == ""


async def test_a_note_is_kept_with_its_digest_masked_and_echoed_once() -> None:
    chat = await declared()
    room, card = chat.incident().channel, chat.incident().card_ts
    await chat.type("incident note Restarted, can't reach it; password=hunter2hunter2", ANNA, room)
    await chat.deliver()
    entry = chat.timeline()[-1]
    assert (entry.kind, entry.by, len(entry.sha256)) == ("note", ANNA, 64)
    assert "can't reach" in entry.words
    assert "hunter2" not in words_of(chat.voice.said) + entry.words
    echoes = [each for each in chat.voice.of(room) if each.thread_ts == card and "can't" in words_of(each)]
    assert [each.ts for each in echoes] == [entry.ts]
    said = len(chat.voice.said)
    chat.house.archive.state.jobs["deliver", f"deliver:INC-1:entry:{entry.n}"] = None
    await chat.deliver()
    assert len(chat.voice.said) == said


async def test_a_channel_that_was_archived_is_said_to_the_lead_once_and_nothing_is_lost() -> None:
    chat = await declared()
    room = chat.incident().channel
    await chat.type("incident lead me", BOB, room)
    await chat.deliver()
    chat.voice.refusals[room] = "is_archived"
    await chat.type("incident note First", ANNA, room)
    await chat.type("incident note Second", ANNA, room)
    await chat.deliver()
    assert chat.incident().channel_state is ChannelState.ARCHIVED
    told = [each for each in chat.voice.of(f"D{BOB}") if "was archived" in each.message.text]
    assert len(told) == 1
    assert [each.words for each in chat.timeline() if each.kind == "note"] == ["First", "Second"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("incident severity", "Which incident?"),
        ("incident severity INC-1 none", "is not a severity"),
        ("incident severity INC-1 9", "is not a severity"),
        ("incident show INC-7", "There is no INC-7"),
        ("incident declare slow --target triage-pro", "no target called"),
        ("incident frob", "There is no `incident frob`"),
        ("incident role INC-1 scribe", "Which role, and who?"),
        ("incident lead INC-1 nobody-here", "is nobody"),
        ("incident note INC-1", "needs words"),
        ("incident link INC-1 CHG-9", "There is no CHG-9"),
    ],
)
async def test_what_is_typed_wrongly_is_answered_in_words(text: str, words: str) -> None:
    chat = await declared()
    with pytest.raises(CountersignError, match=words):
        await chat.type(text)


async def test_a_change_is_linked_once_and_stands_on_the_card() -> None:
    chat = await declared()
    change = await chat.house.pending(target="classifier-prod", capacity="40")
    await chat.type(f"incident link INC-1 {change.id}")
    await chat.type(f"incident link INC-1 {change.id}")
    await chat.deliver()
    assert chat.house.tags.count("incident.linked") == 1
    assert change.id in words_of((await chat.type("incident show INC-1")).blocks)


async def test_the_list_shows_open_incidents_newest_first() -> None:
    chat = await declared()
    await chat.type("incident declare Quota is gone --target classifier-prod")
    said = await chat.type("incident list")
    assert said.text == "Open incidents: 2 incidents (INC-2, INC-1)."


async def test_the_timeline_is_shown_to_one_person_or_to_the_channel() -> None:
    chat = await declared()
    room = chat.incident().channel
    await chat.type("incident note Looked at the quota", BOB, room)
    said = await chat.type("incident timeline", ANNA, room)
    shown = words_of(said.blocks)
    assert shown.index("Declared") < shown.index("Looked at the quota")
    before = len(chat.voice.of("C0OPS"))
    await chat.type("incident timeline INC-1 --share", ANNA, "C0OPS")
    assert "Looked at the quota" in words_of(chat.voice.of("C0OPS")[before:])


async def test_the_card_says_the_first_symptom_of_its_targets() -> None:
    usual = company()
    targets = tuple(replace(each, first_symptom="Tickets land in the wrong queue") for each in usual.targets)
    chat = Chat(House(company(targets=targets)))
    await chat.type(DECLARE)
    await chat.deliver()
    shown = words_of((await chat.type("incident show INC-1")).blocks)
    assert "triage-prod: Tickets land in the wrong queue" in shown


async def test_a_dash_between_two_parts_of_a_sentence_is_no_option() -> None:
    chat = Chat()
    await chat.type("incident declare Answers are slow — since nine")
    await chat.type("incident update INC-1 Quota was raised — all is calm")
    await chat.type("incident note INC-1 looked — found nothing")
    assert chat.incident().title == "Answers are slow – since nine"
    assert [each.words for each in chat.timeline()][1:] == [
        "Quota was raised – all is calm",
        "looked – found nothing",
    ]
