"""The first act of the incident: an alert, the first evidence, who leads, and what is refused."""

import re
from typing import Any

from sandbox.story.deeds import ALICE, BOB, OLIVIA, Wish, fill_in, open_form
from sandbox.story.incident_deeds import INCIDENT, Room, incident_card, snapshot, summary
from sandbox.story.reading import buttons, facts, words
from sandbox.story.stage import OPS, Stage

Json = Any
MUTATING = ("change.", "drift.revert")


async def alert(stage: Stage) -> Room:
    """Capacity is taken away by hand; the alert of Azure Monitor declares the incident."""
    await stage.types(BOB, "/cs status triage-prod")
    await stage.sees(BOB, "the evidence of triage-prod", lambda each: "Capacity" in facts(each))
    await stage.azure.trouble("capacity_cut")
    stage.tells.happens("Somebody sets the capacity of triage-prod from 120 to 12, past everybody")
    await stage.later(6, BOB)
    card = await incident_card(stage, BOB, lambda each: bool(each["pinned_by"]))
    room = Room(card["channel"])
    stage.tells.meet(await stage.slack.names(BOB))
    stage.tells.message(card)
    stage.proves(
        f"{INCIDENT} was declared by the alert, without anybody", "alert" in words(card), seen=words(card)
    )
    stage.proves(
        "It has a channel of its own, with a pinned card",
        card["pinned_by"] and room.channel != OPS,
        seen=room.channel,
    )
    stage.proves(
        "The card says what people notice first, and has no button that changes production",
        "unsorted queue" in words(card) and not [each for each in buttons(card) if each.startswith(MUTATING)],
        seen=words(card),
    )
    return room


async def evidence(stage: Stage, room: Room) -> None:
    """The first snapshot."""
    first = await snapshot(stage, BOB, 1)
    stage.tells.message(first)
    said = words(first)
    stage.proves(
        "It names the fault: calls refused with HTTP 429", "429" in summary(first), seen=summary(first)
    )
    stage.proves("The write that no change explains is in it: who, and when", "no change" in said, seen=said)
    stage.proves("It is read-only, and says so", "Read-only" in said, seen=said)
    stage.proves("It stands in the thread of the card", first["thread_ts"] is not None, seen=str(first["ts"]))


async def people(stage: Stage, room: Room) -> None:
    """Bob leads, the severity rises, a message is pinned to the timeline."""
    await stage.types(BOB, f"/cs incident lead <@{BOB}>", room.channel)
    await incident_card(stage, BOB, lambda card: f"@{BOB}" in words(card))
    await stage.types(BOB, "/cs incident severity 1", room.channel)
    await incident_card(stage, BOB, lambda card: "SEV1" in words(card))
    second = await snapshot(stage, BOB, 2)
    stage.tells.message(second)
    stage.proves(
        "A higher severity brings a snapshot at once", "Snapshot 2" in words(second), seen=words(second)
    )
    await stage.types(OLIVIA, "The support desk says 400 tickets wait in the unsorted queue.", room.channel)
    said = await stage.said(OLIVIA, room.channel, "400 tickets")
    await stage.reacts(BOB, said, "pushpin")
    await stage.message(
        BOB, "its echo", lambda each: each["thread_ts"] is not None and "400 tickets" in words(each)
    )
    await stage.types(BOB, "/cs incident timeline", room.channel)
    shown = await stage.sees(BOB, "the timeline", lambda each: "400 tickets" in words(each))
    stage.proves(
        "What Olivia wrote is in the timeline, by a :pushpin:",
        "400 tickets" in words(shown),
        seen=words(shown),
    )


async def refusal(stage: Stage) -> None:
    """An ordinary change is refused while the incident is open."""
    form = await open_form(stage, ALICE)
    await fill_in(stage, ALICE, form, Wish(120, "OPS-3001", "Give the capacity back.", 12))
    red = await stage.modal(
        ALICE,
        "the form again, with the refusal",
        lambda view: view["callback_id"] == "change.request" and "Not sent" in words(view),
        show=False,
    )
    stage.tells.modal({**red, "blocks": red["blocks"][:1]})
    stage.proves(
        f"An ordinary change waits: it names {INCIDENT} and the way that is open",
        INCIDENT in words(red) and re.search("emergency", words(red), re.IGNORECASE),
        seen=words(red),
    )
    stage.proves("Nothing was sent to Azure", not await stage.azure.executed(), seen="a write")
    await stage.closes(ALICE)
