"""An emergency at night, a start that meets a freeze, a line for the account: through Slack, on the real app."""

from datetime import timedelta

import pytest
from aiohttp import ClientSession

from tests.journeys.conftest import House
from tests.journeys.people import Json, words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    FACTS,
    OWNER,
    TRIAGE,
    Azure,
    approved,
    confirm,
    entries,
    open_form,
    press,
    tags,
    told,
    trail,
)

ON_SQLITE = pytest.mark.parametrize(
    "house", [pytest.param(("sqlite", "http"), id="sqlite-http")], indirect=True
)
EACH_DATABASE = pytest.mark.parametrize(
    "house",
    [
        pytest.param(("sqlite", "http"), id="sqlite-http"),
        pytest.param(("postgresql", "socket"), id="postgresql-socket"),
    ],
    indirect=True,
)
EMERGENCY = {**FACTS, "capacity": "150", "type": "emergency", "incident": "INC-7"}
HOUR = 3600


async def gauge(house: House) -> float:
    """Return how many reviews are late, as Prometheus reads it."""
    async with ClientSession() as session, session.get(f"{house.world.app}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("countersign_breakglass_unrev")))


async def burning(house: House) -> Json:
    """Ask for an emergency and return its card."""
    form = await open_form(house)
    nameless = await house.people.submit(ALICE, form, {**EMERGENCY, "incident": ""})
    assert list(nameless["errors"]) == ["incident"]
    assert (await house.people.submit(ALICE, form, EMERGENCY))["ok"]
    return await house.people.card(BOB, "CHG-1", "pending_approval")


async def in_audit(house: House, words: str) -> Json:
    """Return the message of the audit channel that holds these words."""
    return await house.people.message(
        DAN, lambda item: item["channel"] == "C0AUDIT" and words in words_of(item)
    )


async def broken(house: House, card: Json, user: str = DAN) -> Json:
    """Break the glass in its two steps and return the approved card."""
    assert (await press(house, user, card, "change.break_glass"))["ok"]
    first = await house.people.view(user, "change.break_glass")
    said = {"reason": "The queue is down.", "incident": "INC-7", "deployment": "another"}
    wrong = await house.people.submit(user, first, said)
    assert list(wrong["errors"]) == ["deployment"]
    assert (await house.people.submit(user, first, {**said, "deployment": TRIAGE}))["ok"]
    second = await house.people.view(user, "change.break_glass.confirm")
    assert "change.break_glass" not in tags(house), "one step is not enough"
    assert (await house.people.submit(user, second, {}))["view"] is None
    return await house.people.card(user, "CHG-1", "approved")


@EACH_DATABASE
async def test_a_glass_is_broken_told_applied_and_its_missing_review_escalated(house: House) -> None:
    card = await broken(house, await burning(house))
    assert "broke the glass, incident INC-7" in words_of(card)
    await in_audit(house, "The glass was broken for CHG-1")
    for user in (ALICE, BOB, CAROL, OWNER):
        await house.people.message(user, "The glass was broken for CHG-1")
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(BOB, "CHG-1", "verifying")
    assert await Azure(house).capacity() == 150
    assert await gauge(house) == 0
    await house.people.advance(25 * HOUR)
    await in_audit(house, "Nobody has reviewed the glass")
    await house.people.message(CAROL, "Nobody has reviewed the glass")
    assert await gauge(house) == 1
    await house.people.say(ALICE, "/cs change review CHG-1")
    await told(house, ALICE, "you broke the glass or asked for the change")
    await house.people.say(BOB, "/cs change review CHG-1")
    review = await house.people.view(BOB, "change.review")
    unsaid = await house.people.submit(BOB, review, {"verdict": "justified"})
    assert list(unsaid["errors"]) == ["note"]
    answer = await house.people.submit(BOB, review, {"verdict": "justified", "note": "Traffic and log."})
    assert answer["view"] is None
    await in_audit(house, "was reviewed")
    assert await gauge(house) == 0
    seen = [entry for entry in tags(house) if "glass" in entry]
    assert seen == ["change.break_glass", "change.break_glass.lapsed", "change.break_glass.reviewed"]
    assert trail(house).ok


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
@ON_SQLITE
async def test_who_may_not_break_the_glass_is_told_who_may_and_it_stays_whole(house: House) -> None:
    card = await burning(house)
    await press(house, OWNER, card, "change.break_glass")
    refused = await told(house, OWNER, "none of the groups that may break the glass")
    assert DAN in words_of(refused)
    assert [entry.actor for entry in entries(house, "CHG-1") if entry.type == "change.refused"] == [OWNER]
    await Azure(house).behind(sku={"capacity": 130})
    card = await broken(house, await house.people.card(DAN, "CHG-1", "pending_approval"))
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(BOB, "CHG-1", "superseded")
    assert await Azure(house).requests("PATCH", "PUT") == []


@ON_SQLITE
async def test_a_scheduled_change_meets_a_freeze_and_runs_when_that_is_lifted(house: House) -> None:
    start = await house.people.now() + timedelta(hours=2)
    card = await approved(house, start_at=int(start.timestamp()))
    assert "not before" in words_of(card)
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    card = await house.people.card(ALICE, "CHG-1", "scheduled")
    assert "starts at" in words_of(card)
    await house.people.say(ALICE, "/cs freeze add the quarter ends --from now --to 3h --target triage-*")
    await told(house, ALICE, "you may not add a freeze")
    await house.people.say(DAN, '/cs freeze add the quarter ends --from now --to 3h --target "triage-*"')
    form = await house.people.view(DAN, "freeze.add")
    unreadable = await house.people.submit(DAN, form, {"from": "soon", "targets": "nowhere"})
    assert set(unreadable["errors"]) == {"from", "targets"}
    answer = await house.people.submit(DAN, form, {"from": "now", "targets": "triage-*"})
    assert "FRZ-1 freezes triage-*" in words_of(answer["view"])
    await house.people.advance(2 * HOUR + 60)
    card = await house.people.message(BOB, "Not applied: The freeze FRZ-1 holds")
    assert await Azure(house).requests("PATCH", "PUT") == []
    await press(house, ALICE, card, "change.apply")
    await told(house, ALICE, "The freeze FRZ-1 holds")
    await house.people.say(BOB, "/cs freeze lift FRZ-1 --reason calm")
    lift = await house.people.view(BOB, "freeze.lift")
    assert "FRZ-1" in words_of((await house.people.submit(BOB, lift, {"reason": "calm again"}))["view"])
    await house.people.say(BOB, "/cs freeze list")
    await told(house, BOB, "no freeze holds")
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(BOB, "CHG-1", "verifying")
    assert [tag for tag in tags(house, "") if tag.startswith("freeze.")] == ["freeze.added", "freeze.lifted"]
    assert trail(house).ok


@ON_SQLITE
async def test_a_scheduled_change_starts_by_itself(house: House) -> None:
    start = await house.people.now() + timedelta(hours=1)
    card = await approved(house, start_at=int(start.timestamp()))
    assert (await confirm(house, ALICE, card, "apply"))["ok"]
    await house.people.card(ALICE, "CHG-1", "scheduled")
    await house.people.advance(HOUR + 60)
    await house.people.card(ALICE, "CHG-1", "verifying")
    assert await Azure(house).capacity() == 150
    assert tags(house).count("change.scheduled") == 1


@ON_SQLITE
async def test_security_overrides_a_freeze_with_a_reason_and_nobody_else(house: House) -> None:
    card = await approved(house)
    await house.people.say(DAN, "/cs freeze add the quarter ends")
    form = await house.people.view(DAN, "freeze.add")
    assert "FRZ-1" in words_of((await house.people.submit(DAN, form, {"to": "2h"}))["view"])
    await press(house, ALICE, card, "change.apply")
    await told(house, ALICE, "The freeze FRZ-1 holds")
    assert (await press(house, DAN, card, "change.apply"))["ok"]
    modal = await house.people.view(DAN, "change.apply.confirm")
    assert "You may override that" in words_of(modal)
    assert (await house.people.submit(DAN, modal, {"reason": "The queue is down."}))["view"] is None
    card = await house.people.card(BOB, "CHG-1", "verifying")
    assert "overrode the freeze FRZ-1" in words_of(card)
    assert "freeze.overridden" in tags(house)


@ON_SQLITE
async def test_who_waits_for_an_account_sees_the_line_move(house: House) -> None:
    for change, target, capacity in (
        ("CHG-1", "triage-prod", 130),
        ("CHG-2", "email-prod", 45),
        ("CHG-3", "extract-prod", 65),
    ):
        card = await approved(house, change, target=target, capacity=capacity)
        assert (await confirm(house, ALICE, card, "apply"))["ok"]
        if change == "CHG-1":
            await house.people.card(BOB, change, "verifying")
        else:
            await house.people.message(BOB, f"in line{' behind CHG-2' * (change == 'CHG-3')}: CHG-1 holds")
    await house.people.advance(31 * 60)
    await house.people.card(BOB, "CHG-2", "verifying")
    await house.people.message(BOB, "1st in line: CHG-2 holds")
