"""An incident as people see it in Slack: declared, worked on in its channel, resolved."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.manners import check_slack
from tests.journeys.people import Json, words_of
from tests.journeys.ways import ALICE, BOB, calls, press

ON_SQLITE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)


def card_of(item: Json) -> bool:
    """Return whether this message is the card of the first incident."""
    payload = (item.get("metadata") or {}).get("event_payload", {})
    return str(payload.get("id")) == "INC-1"


@ON_SQLITE
async def test_an_incident_is_declared_worked_on_and_resolved(house: House) -> None:
    people = house.people
    await people.say(ALICE, "/cs incident declare Answers are slow --sev 2 --target triage-prod")
    card = await people.message(ALICE, card_of)
    room = card["channel"]
    await people.message(
        ALICE, lambda item: item["channel"] == room and "Evidence snapshot 1" in words_of(item)
    )
    await people.message(BOB, "was declared on")
    await people.say(ALICE, "/cs incident lead me", channel=room)
    await people.message(ALICE, lambda item: card_of(item) and f"<@{ALICE}>" in words_of(item))
    await people.say(ALICE, "/cs incident note Restarted the queue", channel=room)
    echo = await people.message(ALICE, "Restarted the queue")
    assert echo["thread_ts"] == card["ts"]
    assert (await press(house, ALICE, card, "incident.resolve"))["ok"]
    form = await people.view(ALICE, "incident.resolve")
    await people.submit(ALICE, form, {"resolution": "The queue is short again"})
    await people.message(ALICE, lambda item: item["channel"] == room and "What comes next" in words_of(item))
    check_slack(await calls(house))


async def do(house: House, user: str, deed: str, **more: str) -> Json:
    """Do something with a channel, as a person does it in Slack."""
    done = await house.people.post("/ui/channel", {"user": user, "do": deed, **more})
    assert done["ok"], done
    return done


@ON_SQLITE
async def test_what_people_do_to_the_channel_is_heard_and_nothing_is_lost(house: House) -> None:
    people = house.people
    await people.say(ALICE, "/cs incident declare Answers are slow --target triage-prod")
    card = await people.message(ALICE, card_of)
    room = card["channel"]
    await people.say(ALICE, "/cs incident lead me", channel=room)
    said = await people.say(ALICE, "The queue doubled at nine", channel=room)
    assert said["ok"]
    message = await people.message(ALICE, lambda item: item.get("text") == "The queue doubled at nine")
    await people.post("/ui/react", {"user": ALICE, "channel": room, "ts": message["ts"], "name": "pushpin"})
    echo = await people.message(
        ALICE, lambda item: item.get("thread_ts") == card["ts"] and "The queue doubled" in words_of(item)
    )
    assert "on the timeline" in words_of(echo)
    await do(house, ALICE, "archive", channel=room)
    await people.message(
        ALICE, lambda item: item["channel"] == f"D{ALICE}" and "was archived" in words_of(item)
    )
    await people.say(ALICE, "/cs incident note INC-1 Kept while it was archived")
    await do(house, ALICE, "unarchive", channel=room)
    await people.message(
        ALICE, lambda item: item["channel"] == room and "Kept while it was" in words_of(item)
    )
    await do(house, ALICE, "kick", channel=room, who="U0COUNTERSIGN")
    await people.message(
        ALICE, lambda item: item["channel"] == f"D{ALICE}" and "is not in its" in words_of(item)
    )
    await people.say(ALICE, "/cs incident channel INC-1")
    again = await people.message(ALICE, lambda item: card_of(item) and item["channel"] != room)
    assert again["channel"] != room
    check_slack(await calls(house))


@ON_SQLITE
async def test_a_channel_named_like_an_incidents_is_one(house: House) -> None:
    people = house.people
    made = await do(house, ALICE, "create", name="inc-triage-prod-slow")
    card = await people.message(ALICE, card_of)
    assert card["channel"] == made["channel"]
    assert "triage prod slow" in words_of(card)
    await people.message(ALICE, lambda item: "Evidence snapshot 1" in words_of(item))
