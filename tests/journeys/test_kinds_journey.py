"""Every kind of change in the pretended world: asked, approved, applied, verified, taken back; nothing is left."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.changes.kinds import KINDS
from bot.domain.json import canonical
from bot.domain.operation import project
from tests.journeys.conftest import House
from tests.journeys.people import Json, has_block, words_of
from tests.journeys.ways import ALICE, BOB, DAN, FACTS, Azure, confirm, review, tags, trail

PAUSED = {"properties": {"deploymentState": "Paused"}}
EMAIL, ROUTER = "email-draft-ft", "intent-router-ft"


@dataclass(frozen=True)
class Wish:
    """A change as a person asks for it: kind, target, what the form holds, who approves, and what is awaited."""

    kind: str
    values: Mapping[str, str]
    method: str
    target: str = "triage-prod"
    by: tuple[str, ...] = (BOB, DAN)
    menus: tuple[str, ...] = ()
    says: str = ""
    writes: str = "support-triage-ft"
    before: Mapping[str, Any] = field(default_factory=dict)


NEXT = {
    "deployment": "support-triage-next",
    "model": "gpt-4.1-nano",
    "version": "2025-04-14",
    "sku": "Standard",
    "capacity": "10",
    "content_filter": "strict-support-v3",
    "upgrade_option": "NoAutoUpgrade",
}
FILTER = {"content_filter": "Microsoft.DefaultV2"}
NANO = {"model": "gpt-4.1-nano", "version": "2025-04-14"}
WISHES = (
    Wish("scale", {"capacity": "150"}, "PATCH", by=(BOB,), says="sku.capacity: 150"),
    Wish(
        "deploy",
        NEXT,
        "PUT",
        menus=("model", "version", "sku", "content_filter", "upgrade_option"),
        says="costs from the moment it exists",
        writes="support-triage-next",
    ),
    Wish(
        "delete",
        {"deployment": ROUTER},
        "DELETE",
        "router-test",
        says="0 calls in the last hour",
        writes=ROUTER,
    ),
    Wish(
        "swap-model",
        NANO,
        "PUT",
        "email-prod",
        menus=("model", "version"),
        says="moving the traffic is the application",
        writes=f"{EMAIL}-g1",
    ),
    Wish(
        "change-sku",
        {"sku": "GlobalStandard", "capacity": "150"},
        "PUT",
        menus=("sku",),
        says="outside the region",
        writes="support-triage-ft-g1",
    ),
    Wish(
        "set-filter", FILTER, "PUT", menus=("content_filter",), says="Weaker: Hate, prompt: blocked from Low"
    ),
    Wish(
        "set-upgrade",
        {"upgrade_option": "OnceCurrentVersionExpired"},
        "PUT",
        by=(BOB,),
        menus=("upgrade_option",),
    ),
    Wish("pause", {}, "POST", says="they get HTTP 423"),
    Wish("resume", {}, "POST", "email-prod", says="answered again", writes=EMAIL, before=PAUSED),
    Wish("retag", {"tags": "owner=triage-team\nticket="}, "PATCH", by=(), says="triage-team"),
)


def test_every_kind_that_is_sent_from_here_is_walked() -> None:
    assert {wish.kind for wish in WISHES} == {kind.name for kind in KINDS} - {"record-only"}


@pytest.mark.parametrize("house", [("sqlite", "http"), ("postgresql", "http")], indirect=True)
async def test_every_kind_is_applied_verified_and_taken_back_to_the_byte(house: House) -> None:
    azure = Azure(house)
    for number, wish in enumerate(WISHES, 1):
        if wish.before:
            await azure.behind(wish.writes, **wish.before)
        start = await _projections(azure)
        written = len(await azure.writes())
        card = await _applied(house, wish, f"CHG-{number}")
        assert await _projections(azure) != start, wish.kind
        assert (await confirm(house, BOB, card, "rollback"))["ok"]
        card = await house.people.card(BOB, f"CHG-{number}", "rolled_back")
        assert await _projections(azure) == start, wish.kind
        sent = (await azure.writes())[written:]
        assert [each["deployment"] for each in sent] == [wish.writes] * 2
        assert sent[0]["method"] == wish.method
        assert {each["identity"] for each in sent} == {"sandbox-executor"}
        assert "change.execution.finished" in tags(house, f"CHG-{number}")
    report = trail(house)
    assert report.ok, report.findings
    assert not [line for line in house.log_lines() if '"error"' in line], "the app logged errors"


@pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
async def test_a_recorded_change_waits_for_its_pipeline_and_has_no_way_back_from_here(house: House) -> None:
    azure = Azure(house)
    card = await _approved(house, Wish("record-only", {"capacity": "130"}, "", by=(BOB,)), "CHG-1")
    assert "Countersign cannot take this back" in words_of(card)
    assert (await confirm(house, BOB, card, "apply"))["ok"]
    card = await house.people.card(BOB, "CHG-1", "executing")
    await house.people.message(BOB, "waiting for the pipeline")
    await azure.behind(sku={"capacity": 130})
    await house.people.advance(30)
    card = await house.people.card(BOB, "CHG-1", "verifying")
    assert "change.rollback" not in words_of(card)
    assert await azure.writes() == []


@pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
async def test_a_deployment_in_use_is_not_deleted_and_the_form_says_why(house: House) -> None:
    form = await _form(house, "delete", "triage-prod")
    answer = await house.people.submit(ALICE, form, {**FACTS, "deployment": "support-triage-ft"})
    assert answer["ok"], answer
    red = await house.people.view(ALICE, lambda view: "calls in the last hour" in words_of(view))
    assert "change of kind `pause`" in words_of(red)
    assert await Azure(house).writes() == []


@pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
async def test_a_fine_tuned_model_is_asked_for_as_the_form_shows_it(house: House) -> None:
    form = await _form(house, "deploy", "router-test")
    shown = _initial(form, "model")
    assert re.search(r"\.ft-[0-9a-f]{32}-", shown), shown
    sent = await house.people.submit(ALICE, form, {**FACTS, "deployment": "intent-router-next"})
    assert sent.get("view"), sent
    card = await house.people.card(BOB, "CHG-1", "pending_approval")
    assert shown in words_of(card)

    form = await _form(house, "swap-model", "email-prod")
    tuned = next(name for name in _offered(form, "model") if ".ft-" in name and name != shown)
    sent = await house.people.submit(ALICE, form, {**FACTS, "model": tuned, "version": "1"})
    assert sent.get("view"), sent


def _initial(form: Json, name: str) -> str:
    return str(_menu(form, name)["initial_option"]["value"])


def _offered(form: Json, name: str) -> list[str]:
    return [str(each["value"]) for each in _menu(form, name)["options"]]


def _menu(form: Json, name: str) -> Json:
    found: Json = next(
        each for each in form["blocks"] if str(each.get("block_id")).partition(":")[0] == name
    )["element"]
    return found


async def _applied(house: House, wish: Wish, change: str) -> Json:
    card = await _approved(house, wish, change)
    assert (await confirm(house, BOB, card, "apply"))["ok"]
    return await house.people.card(BOB, change, "verifying")


async def _approved(house: House, wish: Wish, change: str) -> Json:
    form = await _form(house, wish.kind, wish.target)
    menus = {
        str(block["block_id"]).partition(":")[0]
        for block in form["blocks"]
        if block["type"] == "input" and block["element"]["type"] == "static_select"
    }
    assert set(wish.menus) <= menus, wish.kind
    answer = await house.people.submit(ALICE, form, {**FACTS, **wish.values})
    assert answer["view"]["title"]["text"] == f"Checking {change}", answer
    card = await house.people.card(BOB, change, "pending_approval" if wish.by else "approved")
    assert wish.says in words_of(card), words_of(card)
    for person in wish.by:
        modal = await review(house, person, card)
        assert "as it was when this was requested" in words_of(modal), words_of(modal)
        voted = await house.people.submit(person, modal, {"decision": "approve"})
        assert (voted["ok"], voted.get("view")) == (True, None), voted
    return await house.people.card(BOB, change, "approved")


async def _form(house: House, kind: str, target: str) -> Json:
    said = await house.people.say(ALICE, f"/cs change request {kind} {target}")
    assert said["ok"], said

    def ready(view: Json) -> bool:
        return (
            view.get("callback_id") == "change.request"
            and "Live now" in words_of(view)
            and has_block(view, "kind")
        )

    return await house.people.view(ALICE, ready)


async def _projections(azure: Azure) -> dict[str, bytes]:
    """Return the projection of every deployment of both accounts, as canonical bytes, by ARM id."""
    found = (await azure.get("/control/state"))["deployments"]
    return {each["id"]: canonical(project(each)) for each in found}
