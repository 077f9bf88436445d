"""A repair in an incident: everything else is held, the lead consents, and the channel hears of it."""

import pytest

from tests.journeys.conftest import House
from tests.journeys.people import Json, words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    FACTS,
    Azure,
    ask,
    confirm,
    entries,
    is_form,
    press,
    tags,
    told,
    trail,
    vote,
)

EACH_DATABASE = pytest.mark.parametrize(
    "house",
    [
        pytest.param(("sqlite", "http"), id="sqlite-http"),
        pytest.param(("postgresql", "socket"), id="postgresql-socket"),
    ],
    indirect=True,
)


async def declared(house: House) -> Json:
    """Declare an incident that Carol leads, and return its card."""
    await house.people.say(ALICE, "/cs incident declare Answers are slow --sev 2 --target triage-prod")
    await told(house, ALICE, "INC-1 is declared")
    await house.people.say(ALICE, f"/cs incident lead INC-1 <@{CAROL}>")

    def fits(item: Json) -> bool:
        payload = (item.get("metadata") or {}).get("event_payload", {})
        return payload.get("id") == "INC-1" and f"<@{CAROL}>" in words_of(item)

    return await house.people.message(ALICE, fits)


async def repair(house: House) -> Json:
    """Ask for the repair from the incident and return its approved card."""
    await house.people.say(ALICE, "/cs change request scale --from INC-1")
    form = await house.people.view(ALICE, lambda view: is_form(view) and "Live now" in words_of(view))
    assert "the incident's lead has consented" in words_of(form)
    answer = await house.people.submit(ALICE, form, {**FACTS, "capacity": "150"})
    assert answer["ok"], answer
    card = await house.people.card(DAN, "CHG-2", "pending_approval")
    assert "has not consented" in words_of(card)
    answer = await vote(house, BOB, card)
    assert (answer["ok"], answer.get("view")) == (True, None), answer
    return await house.people.card(BOB, "CHG-2", "approved")


@EACH_DATABASE
async def test_in_an_incident_only_its_repair_runs_and_only_when_the_lead_consents(house: House) -> None:
    incident = await declared(house)
    assert (await ask(house, 140))["ok"]
    red = await house.people.view(ALICE, lambda view: "only an emergency that names it" in words_of(view))
    assert "change request --from INC-1" in words_of(red)
    assert tags(house, "CHG-1") == []
    card = await repair(house)
    await press(house, ALICE, card, "change.apply")
    await told(house, ALICE, "has not consented to this plan")
    assert await Azure(house).requests("PATCH", "PUT") == []
    await press(house, DAN, card, "incident.consent")
    await told(house, DAN, "you do not lead INC-1")

    asked = await house.people.message(CAROL, "asks for your consent")
    assert (await press(house, CAROL, asked, "incident.consent"))["ok"]
    modal = await house.people.view(CAROL, "incident.consent.confirm")
    assert "150" in words_of(modal)
    assert (await house.people.submit(CAROL, modal, {}))["view"] is None
    await house.people.message(CAROL, "nothing waits for your consent")
    card = await house.people.card(ALICE, "CHG-2", "approved")
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(BOB, "CHG-2", "verifying")
    assert await Azure(house).capacity() == 150
    assert card["channel"] == "C0OPS"

    line = await house.people.message(
        ALICE, lambda item: item["channel"] == incident["channel"] and "CHG-2 was applied" in words_of(item)
    )
    assert line["thread_ts"] == incident["ts"]
    assert "Open the card" in words_of(line)
    seen = [entry for entry in tags(house, "CHG-2") if entry.startswith("incident.")]
    assert seen == ["incident.linked", "incident.consented"]
    assert [each.actor for each in entries(house, "CHG-2") if each.type == "incident.consented"] == [CAROL]
    report = trail(house)
    assert report.ok, report.findings
