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
