"""Status updates, reminders of them, forms, resolving: what people of an incident say and hear."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState
from bot.domain.errors import CountersignError
from bot.domain.incident import ChannelState, IncidentSource, IncidentState, Severity
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.people import system
from bot.ports.channels import Channel
from bot.render.answer import render_error
from bot.render.lint import check_view
from bot.usecases.declare_incident import Declaring, declare_incident
from handlers.events.home import HOME
from handlers.shapes import FieldErrors, Happening, Replace
from tests.fakes.house import ANNA, BOB, DAN, EVE, OTTO, House, company
from tests.fakes.incidents import Chat

MINUTES = timedelta(minutes=1)


def words_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False, default=str)


async def declared(lead: str = "") -> Chat:
    """Return a chat with an open incident, perhaps led, and everything delivered."""
    chat = Chat()
    await chat.type("incident declare Answers are slow --sev 2 --target triage-prod")
    if lead:
        await chat.type("incident lead INC-1 me", lead)
    await chat.deliver()
    return chat


async def resolved(chat: Chat) -> None:
    """Have Bob resolve INC-1, whatever is still open, and everything delivered."""
    await chat.open("incident resolve INC-1", BOB)
    await chat.submit(BOB, resolution="Quota was raised", anyway=["anyway"])
    await chat.deliver()


async def test_an_update_is_posted_for_everybody_and_promises_the_next() -> None:
    chat = await declared(BOB)
    room, now = chat.incident().channel, chat.house.clock.now()
    await chat.type('incident update "Quota was raised" --next 20m', BOB, room)
    await chat.deliver()
    posted = [each for each in chat.voice.of(room) if "Quota was raised" in words_of(each)]
    assert [each.thread_ts for each in posted] == [""]
    assert chat.incident().next_update_at == now + 20 * MINUTES
    assert "incident.updated" in chat.house.tags


async def test_reminders_come_in_working_hours_after_the_interval_and_never_more_than_the_cap() -> None:
    chat = await declared(BOB)
    chat.voice.said.clear()
    for _ in range(40):
        chat.house.clock.pass_by(timedelta(minutes=5))
        await chat.remind()
    nudges = [each for each in chat.voice.of(f"D{BOB}") if "update is due" in each.message.text]
    assert len(nudges) == chat.incident().nudges == 3
    await chat.type("incident update INC-1 Still looking", BOB)
    assert (chat.incident().nudges, chat.incident().snoozed_until) == (0, None)
    chat.house.clock.pass_by(31 * MINUTES)
    await chat.remind()
    assert chat.incident().nudges == 1


async def test_at_night_nobody_is_reminded_before_their_morning() -> None:
    chat = await declared(BOB)
    night = chat.house.clock.now().replace(hour=22, minute=0)
    chat.house.clock.pass_by(night - chat.house.clock.now())
    await chat.remind()
    await chat.remind()
    assert chat.incident().nudges == 0
    assert chat.incident().snoozed_until == (night + timedelta(days=1)).replace(hour=9)
    chat.house.clock.pass_by(timedelta(hours=11))
    await chat.remind()
    assert chat.incident().nudges == 1


async def test_snoozed_nobody_is_reminded_until_then() -> None:
    chat = await declared(BOB)
    await chat.type("incident snooze INC-1 2h", BOB)
    chat.house.clock.pass_by(119 * MINUTES)
    await chat.remind()
    assert chat.incident().nudges == 0
    chat.house.clock.pass_by(2 * MINUTES)
    await chat.remind()
    assert chat.incident().nudges == 1
    with pytest.raises(CountersignError, match="too far"):
        await chat.type("incident snooze INC-1 3d", BOB)


async def test_after_a_long_pause_one_reminder_stands_for_all_that_were_missed() -> None:
    chat = await declared(BOB)
    chat.house.clock.pass_by(timedelta(hours=3))
    for _ in range(5):
        await chat.remind()
    assert chat.incident().nudges == 1


async def test_who_declared_it_is_reminded_while_nobody_leads() -> None:
    chat = await declared()
    chat.voice.said.clear()
    chat.house.clock.pass_by(timedelta(minutes=31))
    await chat.remind()
    assert len(chat.voice.of(f"D{ANNA}")) == 1


@pytest.mark.parametrize(
    ("code", "became"),
    [("is_archived", "is archived"), ("not_in_channel", "is gone")],
    ids=["archived", "gone"],
)
async def test_an_update_whose_channel_is_lost_is_said_to_be_kept_and_how_to_have_a_new_one(
    code: str, became: str
) -> None:
    chat = await declared(BOB)
    chat.voice.refusals[chat.incident().channel] = code
    await chat.type("incident note INC-1 Is anybody here?", BOB)
    await chat.deliver()
    said = await chat.type("incident update INC-1 Quota was raised", BOB)
    assert f"kept on the timeline and posted nowhere: its channel {became}." in said.text
    assert "`/cs incident channel INC-1` makes a new one. The next is due" in said.text
    await chat.press("incident.update", "INC-1", BOB)
    answer = await chat.submit(BOB, words="Again", next="")
    assert isinstance(answer, Replace)
    assert f"its channel {became}." in words_of(answer.view)
    assert [each.words for each in chat.timeline() if each.kind == "update"] == ["Quota was raised", "Again"]


async def test_the_lead_is_not_taken_by_asking_for_it_without_a_name() -> None:
    chat = await declared(BOB)
    assert await chat.open("incident lead INC-1", DAN) is None
    assert chat.voice.views[-1]["callback_id"] == "incident.lead"
    assert chat.incident().lead == BOB


async def test_without_a_title_a_form_opens_and_declares() -> None:
    chat = Chat()
    assert await chat.open("incident declare --sev 1") is None
    answer = await chat.submit(title="No answers", severity="SEV1", target="triage-prod", ways=["drill"])
    assert isinstance(answer, Replace)
    incident = chat.incident()
    assert (incident.title, incident.severity, incident.targets, incident.drill) == (
        "No answers",
        Severity.SEV1,
        frozenset({"triage-prod"}),
        True,
    )


async def test_the_form_says_that_one_is_open_and_declares_another_when_that_is_ticked() -> None:
    chat = await declared()
    await chat.open("incident declare")
    values = {"title": "Again", "severity": "", "target": "triage-prod"}
    answer = await chat.submit(**values)
    assert isinstance(answer, FieldErrors)
    assert answer.by_block["title"].startswith("INC-1 was declared just now on that target.")
    await chat.submit(**values, ways=["anyway"])
    assert chat.incident(2).title == "Again"


async def test_a_mention_is_answered_with_a_button_that_opens_the_form() -> None:
    chat = Chat()
    said = await chat.mention("incident declare --target triage-prod")
    assert said is not None
    assert "incident.form" in words_of(said.blocks)


@pytest.mark.parametrize("what", ["update", "severity", "lead", "resolve"])
async def test_each_button_of_the_card_opens_its_form(what: str) -> None:
    chat = await declared()
    assert await chat.press(f"incident.{what}", "INC-1") is None
    assert chat.voice.views[-1]["callback_id"] == f"incident.{what}"


async def test_severity_and_lead_are_set_from_their_forms() -> None:
    chat = await declared()
    await chat.press("incident.severity", "INC-1", BOB)
    assert await chat.submit(BOB, severity="SEV1") is None
    await chat.press("incident.lead", "INC-1", BOB)
    assert await chat.submit(BOB, lead=OTTO) is None
    assert (chat.incident().severity, chat.incident().lead) == (Severity.SEV1, OTTO)


async def test_another_lead_is_named_by_the_lead_or_by_those_who_decide_and_by_nobody_else() -> None:
    chat = await declared(BOB)
    said = await chat.type("incident lead INC-1 me", EVE)
    assert said.text.startswith("Not allowed: its lead, or somebody who decides about changes")
    assert f"<@{BOB}>" in said.text
    await chat.press("incident.lead", "INC-1", EVE)
    answer = await chat.submit(EVE, lead=EVE)
    assert isinstance(answer, Replace)
    assert "Not allowed: its lead" in words_of(answer.view)
    assert chat.incident().lead == BOB
    await chat.type("incident lead INC-1 <@U0EVE>", BOB)
    await chat.type("incident lead INC-1 me", DAN)
    assert chat.incident().lead == DAN


async def test_resolving_ends_it_posts_the_timeline_and_says_what_comes_next() -> None:
    chat = await declared(BOB)
    room = chat.incident().channel
    await chat.take_snapshots()
    await chat.open("incident resolve Quota was raised", BOB, room)
    assert "Nothing is open" in words_of(chat.voice.views[-1])
    answer = await chat.submit(BOB, resolution="Quota was raised")
    assert isinstance(answer, Replace)
    await chat.deliver()
    incident = chat.incident()
    assert (incident.state, incident.resolved_by, incident.next_snapshot_at, incident.next_update_at) == (
        IncidentState.RESOLVED,
        BOB,
        None,
        None,
    )
    assert "incident.closed" in chat.house.tags
    assert [each.occasion for each in chat.house.archive.state.snapshots.values()] == ["declare", "resolve"]
    closing = [each for each in chat.voice.of(room) if "is resolved: " in each.message.text][-1]
    assert "incident export INC-1" in words_of(closing.message.blocks)
    card = next(each for each in chat.voice.of(room) if each.ts == incident.card_ts)
    [row] = [block for block in card.message.blocks if block["type"] == "actions"]
    assert [each["action_id"] for each in row["elements"]] == ["incident.timeline"]
    assert "resolved already" in (await chat.type("incident update INC-1", BOB)).text
    with pytest.raises(CountersignError, match="resolved already") as caught:
        await chat.type("incident update INC-1 Too late", BOB)
    assert render_error(caught.value, "ref").text.startswith("It cannot be done: INC-1 is resolved already.")


async def test_the_targets_channel_is_told_once_that_it_is_over_and_that_changes_run_again() -> None:
    chat = await declared(BOB)
    await chat.take_snapshots()
    chat.house.clock.pass_by(42 * MINUTES)
    await resolved(chat)
    [told] = [each for each in chat.voice.of("C0OPS") if "was resolved" in each.message.text]
    assert f"was resolved by <@{BOB}>; it was open for 42 min" in told.message.text
    assert "Changes run there again as approved." in words_of(told.message.blocks)


async def test_while_another_incident_is_open_there_nobody_is_told_that_changes_run_again() -> None:
    chat = await declared(BOB)
    await chat.house.declare()
    await resolved(chat)
    [told] = [each for each in chat.voice.of("C0OPS") if "was resolved" in each.message.text]
    assert "INC-2 is still open on `triage-prod`" in words_of(told.message.blocks)
    assert "run there again" not in words_of(told.message.blocks)


async def test_what_is_open_must_be_ticked_before_it_is_resolved_all_the_same() -> None:
    chat = await declared()
    await chat.open("incident resolve INC-1")
    assert "nobody was named as lead" in words_of(chat.voice.views[-1])
    answer = await chat.submit(resolution="It went away")
    assert isinstance(answer, Replace)
    assert answer.view["callback_id"] == "incident.resolve"
    assert chat.incident().is_open
    await chat.submit(resolution="It went away", anyway=["anyway"])
    assert not chat.incident().is_open


async def test_somebody_who_neither_leads_nor_decides_does_not_resolve_it() -> None:
    chat = await declared(BOB)
    said = await chat.type("incident resolve INC-1", EVE)
    assert "Not allowed" in said.text
    assert chat.voice.views == []


async def test_a_new_channel_is_made_on_request_and_gets_card_and_timeline() -> None:
    chat = await declared(BOB)
    old = chat.incident().channel
    chat.voice.refusals[old] = "is_archived"
    await chat.type("incident note INC-1 Written while it was archived", BOB)
    await chat.deliver()
    assert chat.incident().channel_state is ChannelState.ARCHIVED
    await chat.type("incident channel INC-1", BOB)
    await chat.deliver()
    new = chat.incident()
    assert new.channel != old
    assert new.channel_name.endswith("-2")
    assert new.channel_state is ChannelState.OPEN
    assert "Written while it was archived" in words_of(chat.voice.of(new.channel))


async def test_a_channel_that_is_there_is_adopted_with_here() -> None:
    chat = Chat()
    chat.rooms.channels["C0WAR"] = Channel("C0WAR", "war-room", is_member=False)
    await chat.type("incident declare Slow --here", ANNA, "C0WAR")
    await chat.deliver()
    incident = chat.incident()
    assert (incident.channel, incident.channel_name, incident.is_own_channel) == ("C0WAR", "war-room", False)
    assert "C0WAR" not in chat.rooms.topics, "the topic of somebody else's channel is left as it is"


async def test_home_shows_open_incidents_with_age_and_next_update() -> None:
    chat = await declared(BOB)
    await chat.type("incident declare Over --target classifier-prod")
    chat.house.clock.pass_by(45 * MINUTES)
    await HOME.run(Happening("app_home_opened", chat.asked(EVE), user=EVE), chat.deps)
    home = chat.voice.views[-1]
    check_view(home)
    shown = words_of(home)
    assert "Active incidents" in shown
    assert all(words in shown for words in ("INC-1", "INC-2", "open for 45 min", "overdue since"))


@pytest.mark.parametrize("channel", ["C0OPS", "C0AUDIT", f"D{ANNA}"])
async def test_no_incident_is_worked_on_where_changes_are_decided(channel: str) -> None:
    chat = await declared(BOB)
    for text in ("incident declare Slow --here", "incident channel INC-1 --here"):
        with pytest.raises(CountersignError):
            await chat.type(text, BOB, channel)


async def test_one_channel_houses_one_open_incident() -> None:
    chat = await declared(BOB)
    with pytest.raises(CountersignError, match="INC-1 is worked on in this channel"):
        await chat.type("incident declare Slow --here", BOB, chat.incident().channel)


async def test_a_channel_that_another_company_reads_is_not_adopted() -> None:
    chat = Chat()
    chat.rooms.channels["C0SHARED"] = Channel("C0SHARED", "both", is_member=True)
    chat.voice.refusals["C0SHARED"] = "shared_channel"
    await chat.type("incident declare Slow --here", ANNA, "C0SHARED")
    await chat.deliver()
    assert (chat.incident().channel_state, chat.incident().channel) == (ChannelState.GONE, "")
    assert chat.voice.of("C0SHARED") == []


async def test_of_what_an_alert_declared_the_owners_hear_while_nobody_leads() -> None:
    chat = Chat()
    asked = Declaring("Throttled", frozenset({"triage-prod"}), source=IncidentSource.ALERT)
    house = chat.house
    async with house.archive.transaction() as tx:
        await declare_incident(
            asked,
            by=system("alerts"),
            cause=house.cause,
            now=house.clock.now(),
            configuration=house.configuration,
            tx=tx,
        )
    chat.rooms.refusals["create"] = "restricted_action"
    await chat.deliver()
    assert "make a channel" in chat.voice.of(f"D{OTTO}")[-1].message.text


async def test_in_an_incidents_channel_evidence_is_for_everybody_there() -> None:
    chat = await declared(BOB)
    await chat.type("status triage-prod", ANNA, chat.incident().channel)
    await chat.type("evidence triage-prod", ANNA, chat.incident().channel)
    await chat.type("status triage-prod", ANNA, "C0ELSE")
    shared = [each.share for each in chat.house.archive.state.questions.values()]
    assert shared == [True, False, False]


async def test_bookmarks_of_the_file_stand_beside_those_of_the_deployments() -> None:
    policy = IncidentPolicy(bookmarks={"Runbook": "https://wiki.example.com/runbook"})
    chat = Chat(House(company(incidents=policy)))
    await chat.type("incident declare Slow --target triage-prod")
    await chat.deliver()
    titles = [title for title, _ in chat.rooms.bookmarks[chat.incident().channel]]
    assert titles == ["INC-1 card", "Runbook", "triage-prod in Azure"]


async def test_changes_that_run_wait_or_were_not_reviewed_are_shown_before_resolving() -> None:
    chat = await declared(BOB)
    await chat.take_snapshots()
    usual = await chat.house.pending(target="classifier-prod", capacity="40")
    states = [ChangeState.VERIFYING, ChangeState.AWAITING_ATTESTATION, ChangeState.FAILED, ChangeState.CLOSED]
    for number, state in enumerate(states, 1):
        glass = BOB if state is ChangeState.CLOSED else ""
        change = replace(usual, number=number, state=state, broke_glass_by=glass)
        chat.house.archive.state.changes[number] = change
        await chat.type(f"incident link INC-1 CHG-{number}", BOB)
    await chat.open("incident resolve INC-1", BOB)
    shown = words_of(chat.voice.views[-1])
    for words in (
        "4 things",
        "CHG-1 is being validated",
        "CHG-2 waits for its owner's attestation",
        "CHG-3 failed and was not rolled back",
        "the broken glass of CHG-4 is not reviewed",
    ):
        assert words in shown
