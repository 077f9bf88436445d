"""What goes wrong in Azure becomes an incident by itself: its evidence names the fault, and only a repair runs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.journeys.conftest import House
from tests.journeys.manners import check_slack
from tests.journeys.people import Json, words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    FACTS,
    TRIAGE,
    Azure,
    a_house,
    calls,
    confirm,
    entries,
    press,
    tags,
    told,
    trail,
    vote,
)

MINUTE = 60.0
BY_HAND = "dan.okafor@contoso.example"
TUNED = "gpt-4.1-mini-2025-04-14.ft-fd98569375d7149ba6517ed8dd998838-support-triage"
AS_IT_WAS = {
    "model": TUNED,
    "version": "1",
    "sku": "Standard",
    "capacity": "120",
    "content_filter": "strict-support-v3",
    "upgrade_option": "NoAutoUpgrade",
}
SECONDS = 40.0
CHANGE = "CHG-2"  # the first was refused
INVITED = '\n[incidents]\ninvite = ["approvers"]\n'


@dataclass(frozen=True)
class Fault:
    """A trouble of Azure: what brings it, what must be said of it, and by whom the incident is declared."""

    kind: str
    says: tuple[str, ...]
    by: str = "azure-monitor"
    more: Mapping[str, Any] = field(default_factory=dict)
    minutes: int = 1
    rules: str = ""


STORM = Fault("429_storm", ("Capacity pressure", "were refused with HTTP 429"), more={"ago": 8})
SPIKE = Fault("content_filter_spike", ("Content filter spike", "The content filter stops"), more={"ago": 8})
DELETED = Fault(
    "deployment_deleted",
    (
        "Deployment failures",
        "does not exist",
        f"UTC> · deployments delete · by <@{DAN}> · *no approved change*",
    ),
    more={"caller": BY_HAND},
    minutes=0,
)
QUOTA = Fault(
    "quota_exhausted",
    ("Quota exhaustion", "240 of 240 units"),
    by="watch",
    minutes=4,
    rules='declare_on = ["quota_exhaustion"]\n',
)


@asynccontextmanager
async def troubled(
    fault: Fault, folder: Path, url: str, transport: Literal["http", "socket"] = "http"
) -> AsyncIterator[tuple[House, Json]]:
    """Give a house whose Azure has this trouble, and the card of the incident that nobody declared by hand."""
    async with a_house(folder, url, transport, INVITED + fault.rules, alerts=True) as house:
        azure, people = Azure(house), house.people
        await azure.post("/control/troubles", {"kind": fault.kind, "deployment": TRIAGE, **fault.more})
        for _ in range(fault.minutes):
            await people.advance(MINUTE)
        card = await people.message(BOB, is_incident, SECONDS)
        (opened,) = [each for each in entries(house) if each.type == "incident.opened"]
        assert (opened.actor, opened.data["targets"]) == (fault.by, ["triage-prod"])
        assert f"<@{BOB}>" not in words_of(card), "nobody leads until somebody says so"
        yield house, card
        check_slack(await calls(house))
        report = trail(house)
        assert report.ok, report.findings
        assert not [line for line in house.log_lines() if '"error"' in line], "the app logged errors"


def is_incident(item: Json) -> bool:
    """Return whether this message is the pinned card of the first incident."""
    told_of = item.get("metadata") or {}
    payload = told_of.get("event_payload") or {}
    return (told_of.get("event_type"), payload.get("id")) == ("countersign.incident", "INC-1")


async def snapshot(house: House, n: int) -> str:
    """Return what the n-th snapshot says, waiting for it in the thread of the card."""

    def is_it(item: Json) -> bool:
        payload = (item.get("metadata") or {}).get("event_payload") or {}
        return (payload.get("id"), payload.get("n")) == ("INC-1", n)

    item = await house.people.message(BOB, is_it, SECONDS)
    assert item["thread_ts"]
    assert "Read-only" in words_of(item)
    return words_of(item)


async def form_of(house: House, words: str) -> Json:
    """Open a request form and return it once it is filled in."""
    said = await house.people.say(ALICE, f"/cs change request {words}")
    assert said["ok"], said
    return await house.people.view(
        ALICE, lambda view: view.get("callback_id") == "change.request" and "Live now" in words_of(view)
    )


async def refused(house: House, words: str, form: Mapping[str, str]) -> None:
    """Ask for an ordinary change, and see it refused with the incident's name and the way that is open."""
    view = await form_of(house, words)
    answer = await house.people.submit(ALICE, view, {**FACTS, **form, "type": "normal", "incident": ""})
    assert answer["ok"], answer
    red = await house.people.view(ALICE, lambda view: "Not sent" in words_of(view))
    assert "INC-1 is open on triage-prod" in words_of(red)
    assert "--from INC-1" in words_of(red)
    assert await Azure(house).writes() == []
    await house.people.close(ALICE, red)


async def repair(house: House) -> None:
    """Deploy again what was deleted: asked by Alice, approved by Carol, consented to by Bob, applied once."""
    people = house.people
    form = await form_of(house, "deploy triage-prod --from INC-1")
    answer = await people.submit(
        ALICE, form, {**FACTS, **AS_IT_WAS, "type": "emergency", "incident": "INC-1"}
    )
    assert answer["ok"], answer
    view = await people.view(
        ALICE, lambda view: "Not sent" in words_of(view) or view["callback_id"] == "change.sent"
    )
    assert "Not sent" not in words_of(view), words_of(view)
    card = await people.card(CAROL, CHANGE, "pending_approval")
    assert "INC-1" in words_of(card)
    answer = await vote(house, CAROL, card, reason="It was there an hour ago.")
    assert (answer["ok"], answer.get("view")) == (True, None), answer
    card = await people.card(ALICE, CHANGE, "approved")
    assert (await press(house, ALICE, card, "change.apply"))["ok"]
    assert "consent" in words_of(await told(house, ALICE, "INC-1"))
    assert await Azure(house).writes() == []
    asked = await people.message(
        BOB, lambda item: item["channel"] == f"D{BOB}" and "consent" in words_of(item)
    )
    assert (await press(house, BOB, asked, "incident.consent"))["ok"]
    modal = await people.view(BOB, "incident.consent.confirm")
    assert (await people.submit(BOB, modal, {}))["ok"]
    await people.message(BOB, lambda item: item["ts"] == card["ts"] and "consented" in words_of(item))
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await people.card(ALICE, CHANGE, "verifying")


@pytest.mark.parametrize("fault", [STORM, SPIKE, QUOTA], ids=lambda fault: fault.kind)
async def test_a_fault_declares_an_incident_whose_evidence_names_it_and_nothing_ordinary_runs(
    tmp_path: Path, fault: Fault
) -> None:
    async with troubled(fault, tmp_path, f"sqlite:///{tmp_path / 'countersign.db'}") as (house, _):
        first = await snapshot(house, 1)
        for words in fault.says:
            assert words in first
        await refused(house, "scale triage-prod", {"capacity": "150"})


@pytest.mark.parametrize(("database", "transport"), [("sqlite", "http"), ("postgresql", "socket")])
async def test_what_was_deleted_by_hand_is_deployed_again_as_an_emergency_that_the_lead_consents_to(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, transport: Literal["http", "socket"]
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    async with troubled(DELETED, tmp_path, url, transport) as (house, card):
        room = card["channel"]
        first = await snapshot(house, 1)
        for words in DELETED.says:
            assert words in first
        await refused(house, "deploy triage-prod", AS_IT_WAS)
        assert (await house.people.say(BOB, "/cs incident lead me", channel=room))["ok"]
        await house.people.message(BOB, lambda item: is_incident(item) and f"<@{BOB}>" in words_of(item))
        await repair(house)
        second = await snapshot(house, 2)
        for words in (
            f"taken because {CHANGE} was applied",
            "Deployment failures: critical → healthy",
            "Deployment: it did not exist → it exists",
        ):
            assert words in second
        assert [each["method"] for each in await Azure(house).writes()] == ["PUT"]
        assert "incident.consented" in tags(house, CHANGE), tags(house, CHANGE)
