"""A channel that cannot hurt production: changes are told of in an incident's channel, and run elsewhere."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState as S
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident, IncidentSource
from bot.ports.slack import Block
from handlers.actions.offer import OFFER
from handlers.jobs.deliver import DELIVER
from handlers.jobs.precheck import PRECHECK
from handlers.shapes import Click
from handlers.unapproved import tell_of_unexplained
from tests.fakes.azure_reads import THING
from tests.fakes.house import ANNA, BOB, DAN, OTTO
from tests.fakes.incidents import Chat
from tests.golden.watch_values import FOUND

DECLARE = "incident declare Answers are slow --sev 2 --target triage-prod"


def words_of(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False, default=str)


def pressed(blocks: list[Block]) -> set[str]:
    """Return the ids of everything that can be pressed."""
    return {each["action_id"] for block in blocks if block["type"] == "actions" for each in block["elements"]}


async def repaired() -> Chat:
    """Return a chat with an incident in which an emergency ran, everything delivered."""
    chat = Chat()
    await chat.type(DECLARE)
    await chat.deliver()
    house, where = chat.house, chat.incident().channel
    await chat.type(f"incident lead <@{OTTO}>", channel=where)
    await house.approved((DAN,), type="emergency", incident="INC-1")
    await DELIVER.run("deliver:CHG-1:card", chat.deps)
    await chat.deliver()
    await house.consent(OTTO)
    await house.ask_apply(BOB)
    await house.apply()
    await house.poll()
    await DELIVER.run("deliver:CHG-1:card", chat.deps)
    await chat.deliver()
    return chat


async def test_no_message_in_an_incidents_channel_has_a_button_that_changes_production() -> None:
    chat = await repaired()
    assert chat.house.change().state is S.VERIFYING
    said = chat.voice.of(chat.incident().channel)
    assert {name for each in said for name in pressed(list(each.message.blocks))} == {
        f"incident.{name}" for name in ("update", "snapshot", "severity", "lead", "timeline", "resolve")
    }
    cards = [each for each in chat.voice.said if "change.rollback" in pressed(list(each.message.blocks))]
    assert {each.channel for each in cards} == {"C0OPS"}


async def test_what_becomes_of_a_change_is_a_line_in_the_incidents_thread_with_a_link_to_its_card() -> None:
    chat = await repaired()
    incident = chat.incident()
    lines = [each.message for each in chat.voice.of(incident.channel) if each.thread_ts == incident.card_ts]
    told = [words_of(each.blocks) for each in lines if "CHG-1" in each.text]
    for words in ("was asked for", "was approved", "was consented to", "was applied"):
        (line,) = [each for each in told if f"CHG-1 {words}" in each]
        assert "|Open the card>" in line


async def test_a_change_that_is_shown_in_an_incidents_channel_is_read_only() -> None:
    chat = await repaired()
    there = await chat.type("change show CHG-1", channel=chat.incident().channel)
    assert pressed(list(there.blocks)) == set()
    assert "its buttons are on its card in <#C0OPS>" in words_of(there.blocks)
    elsewhere = await chat.type("change show CHG-1", channel="C0OPS")
    assert "change.rollback" in pressed(list(elsewhere.blocks))


@pytest.mark.parametrize("where", ["C0OPS", "C0STAGE", "C0AUDIT"])
async def test_an_incident_is_not_run_where_changes_are_decided_or_recorded(where: str) -> None:
    chat = Chat()
    with pytest.raises(InvalidInputError, match="no incident is worked on here"):
        await chat.type(f"{DECLARE} --here", channel=where)
    await chat.type(DECLARE)
    await chat.deliver()
    with pytest.raises(InvalidInputError, match="no incident is worked on here"):
        await chat.type("incident channel INC-1 --here", channel=where)
    await chat.type("incident channel INC-1 --here", channel="C0ELSE")


def report(chat: Chat) -> None:
    """Have a write without a change on record."""
    found = replace(FOUND, arm_id=THING.key, at=chat.house.clock.now() - timedelta(minutes=3), number=1)
    chat.house.archive.state.unexplained[1] = found


async def test_a_write_without_a_change_offers_an_incident_that_says_what_it_was() -> None:
    chat = Chat()
    report(chat)
    await tell_of_unexplained(1, chat.deps)
    (posted,) = chat.voice.of("C0OPS")
    assert pressed(list(posted.message.blocks)) == {"drift.revert", "incident.offer"}
    click = Click(chat.asked(ANNA, "C0OPS"), OFFER.action_id, "b", "unapproved:1")
    said = await OFFER.run(click, chat.deps)
    assert said is not None
    incident = chat.incident()
    assert (incident.source, incident.targets) == (IncidentSource.UNAPPROVED, frozenset({"triage-prod"}))
    assert incident.began_at == chat.house.clock.now() - timedelta(minutes=3)
    assert incident.title == "triage-prod was changed without approval: capacity"
    again = await OFFER.run(replace(click, asked=chat.asked(BOB, "C0OPS")), chat.deps)
    assert again is not None
    assert "INC-1 was declared" in again.text
    assert len(chat.house.archive.state.incidents) == 1


async def test_in_an_incident_the_report_names_it_and_its_way_back_is_an_emergency_of_it() -> None:
    chat = Chat()
    incident = await chat.house.declare()
    assert isinstance(incident, Incident)
    report(chat)
    await tell_of_unexplained(1, chat.deps)
    posted = chat.voice.of("C0OPS")[-1]
    assert pressed(list(posted.message.blocks)) == {"drift.revert"}
    assert "INC-1 is open here" in words_of(posted.message.blocks)
    await PRECHECK.run("precheck:back:V1:1", chat.deps)
    form = words_of(chat.voice.views[-1])
    assert "INC-1" in form
    assert '"value": "emergency"' in form


@pytest.mark.parametrize("value", ["", "unapproved:", "unapproved:x", "watch:1", "{}"])
async def test_an_offer_that_is_none_of_ours_declares_nothing(value: str) -> None:
    chat = Chat()
    click = Click(chat.asked(), OFFER.action_id, "b", value)
    with pytest.raises(InvalidInputError, match="out of date"):
        await OFFER.run(click, chat.deps)
    assert not chat.house.archive.state.incidents
