"""What people hear of a change in Slack: asked, reminded, told, and left alone; comments, revisions, Home."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.conftest import House
from tests.journeys.manners import REF, check_slack
from tests.journeys.people import Json, words_of
from tests.journeys.ways import (
    ALICE,
    BOB,
    CAROL,
    FACTS,
    OWNER,
    Azure,
    applied,
    calls,
    entries,
    press,
    requested,
    told,
    trail,
    vote,
)

ON_SQLITE = pytest.mark.parametrize("house", [("sqlite", "http")], indirect=True)
ASKS, REMINDS = "asks for your decision", "Reminder"
HOURS = 3600


def direct(user: str, words: str) -> Callable[[Json], bool]:
    """Return what fits a direct message of the app with these words."""
    return lambda item: item["channel"] == f"D{user}" and words in words_of(item)


async def heard(house: House, user: str, words: str) -> list[Json]:
    """Return the direct messages a person has, with these words."""
    return [item for item in await house.people.messages(user) if direct(user, words)(item)]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110  (what is waited for is in another process)
            await asyncio.sleep(0.05)


async def quiet_hours(house: House, hours: int) -> None:
    """Let hours pass, each with a moment for the timers."""
    for _ in range(hours):
        await house.people.advance(HOURS)
        await asyncio.sleep(1.3)


@ON_SQLITE
async def test_approvers_are_asked_once_and_told_who_handled_it(house: House) -> None:
    people = house.people
    await requested(house)
    asked = await people.message(BOB, direct(BOB, ASKS))
    await people.message(CAROL, direct(CAROL, ASKS))
    assert await heard(house, ALICE, ASKS) == []
    assert "Open the card" in words_of(asked)
    assert (await press(house, BOB, asked, "change.decide"))["ok"]
    form = await people.view(
        BOB, lambda view: view["callback_id"] == "change.decide" and "as it was" in words_of(view)
    )
    assert (await people.submit(BOB, form, {"decision": "approve"}))["view"] is None
    handled = f"Handled by <@{BOB}>"
    done = await people.message(CAROL, direct(CAROL, handled))
    assert [block for block in done["blocks"] if block["type"] == "actions"] == []
    await people.message(BOB, direct(BOB, handled))
    news = await people.message(ALICE, direct(ALICE, "is approved"))
    assert (await press(house, ALICE, news, "change.apply"))["ok"]
    assert [len(await heard(house, user, "CHG-1")) for user in (BOB, CAROL)] == [1, 1]
    check_slack(await calls(house))


@ON_SQLITE
async def test_reminders_stop_with_the_decision(house: House) -> None:
    """Time of the demo begins now: four hours on or on the next working morning there is one reminder each."""
    people = house.people
    card = await requested(house)
    await people.message(BOB, direct(BOB, ASKS))
    await quiet_hours(house, 4)
    before = len(await heard(house, BOB, REMINDS))
    await quiet_hours(house, 3)
    assert len(await heard(house, BOB, REMINDS)) == before <= 1
    assert (await vote(house, CAROL, card, "reject", "Not today."))["ok"]
    await people.message(BOB, direct(BOB, f"Handled by <@{CAROL}>"))
    await people.message(ALICE, direct(ALICE, "is rejected"))
    await quiet_hours(house, 9)  # two more would have come
    assert len(await heard(house, BOB, "CHG-1")) == 1 + before
    said = await people.say(ALICE, "/cs change nudge CHG-1")
    assert said["ok"]
    await told(house, ALICE, "waits for nobody")


@ON_SQLITE
async def test_a_comment_is_in_the_thread_and_in_show_and_its_text_is_not_in_the_trail(house: House) -> None:
    people = house.people
    card = await requested(house)
    assert (await people.say(CAROL, "/cs change comment CHG-1 Is the <quota> & budget enough?"))["ok"]
    form = await people.view(CAROL, "change.comment")
    assert (
        await people.submit(
            CAROL,
            form,
            {
                "comment": "Is the <quota> & budget enough? AccountKey=abcdefghijklmnopqrstuvwxyz0123456789ABCD=="
            },
        )
    )["view"] is None
    reply = await people.message(
        BOB, lambda item: item.get("thread_ts") == card["ts"] and "Comment" in words_of(item)
    )
    assert "quota" in words_of(reply)
    assert "abcdefghijklmnop" not in words_of(reply)
    assert (await people.say(BOB, "/cs change show CHG-1"))["ok"]
    await told(house, BOB, "1 comment")
    (entry,) = [each for each in entries(house, "CHG-1") if each.type == "change.commented"]
    assert entry.actor == CAROL
    assert "quota" not in str(entry.data)
    assert trail(house).ok
    check_slack(await calls(house))


@ON_SQLITE
async def test_a_revision_shows_what_it_changes_and_asks_anew(house: House) -> None:
    people = house.people
    card = await requested(house)
    assert (await vote(house, BOB, card, "request_changes", "Less, please."))["ok"]
    news = await people.message(ALICE, direct(ALICE, "sent back for changes"))
    assert "Less, please" in words_of(news)
    assert (await press(house, ALICE, news, "change.revise"))["ok"]
    form = await people.view(
        ALICE, lambda view: view["callback_id"] == "change.request" and "Live now" in words_of(view)
    )
    sent = await people.submit(ALICE, form, {**FACTS, "capacity": "140", "ticket": "OPS-9"})
    assert sent["ok"], sent
    card = await people.message(
        BOB,
        lambda item: (
            (item.get("metadata") or {}).get("event_payload", {}).get("rev") == 2
            and "against revision 1" in words_of(item)
        ),
    )
    shown = words_of(card)
    for words in (
        "sku.capacity: 150",
        "sku.capacity: 140",
        "OPS-2231",
        "OPS-9",
        "Approvals of revision 1 do not count",
    ):
        assert words in shown
    await until(lambda: _asked_anew(house))


async def _asked_anew(house: House) -> bool:
    handled = await heard(house, CAROL, f"Handled by <@{BOB}>")
    return (len(await heard(house, CAROL, ASKS)), len(handled)) == (1, 1)


@ON_SQLITE
async def test_the_owner_is_asked_to_attest_and_home_shows_each_their_own(house: House) -> None:
    people = house.people
    await applied(house)
    await people.message(ALICE, direct(ALICE, "is applied"))
    await people.post("/ui/home", {"user": OWNER})
    await people.advance(31 * 60)
    asked = await people.message(OWNER, direct(OWNER, "Please attest"))
    home = await _home(house, OWNER, "CHG-1")
    assert "Deployments you own" in words_of(home)
    assert (await press(house, OWNER, asked, "change.attest"))["ok"]
    await people.card(OWNER, "CHG-1", "closed")
    await people.message(OWNER, direct(OWNER, f"Handled by <@{OWNER}>"))
    assert "Nothing waits for you" in words_of(await _home(house, BOB, "Nothing waits"))
    assert await Azure(house).capacity() == 150
    check_slack(await calls(house))


async def _home(house: House, user: str, words: str) -> Json:
    """Open a person's Home tab and return it once it has these words."""

    async def look() -> bool:
        await house.people.post("/ui/home", {"user": user})
        return words in words_of((await house.people.state(user)).get("home") or {"blocks": []})

    await until(look)
    found: Json = (await house.people.state(user))["home"]
    return found


@ON_SQLITE
async def test_the_shortcuts_open_the_request_form_and_the_list_of_what_waits(house: House) -> None:
    people = house.people
    everywhere = [each for each in (await people.state(BOB))["shortcuts"] if each["type"] == "global"]
    assert len(everywhere) == 3
    for offered in everywhere:
        body = {"user": BOB, "callback_id": offered["callback_id"]}
        assert await people.post("/ui/shortcut", body) == {"ok": True}, offered
        view = await people.view(BOB, lambda found: found["type"] == "modal" and REF.search(words_of(found)))
        await people.close(BOB, view)
    await requested(house)
    assert (await people.post("/ui/shortcut", {"user": BOB, "callback_id": "shortcut.approvals"}))["ok"]
    view = await people.view(BOB, "notice")
    assert "*CHG-1*" in words_of(view)
    await people.close(BOB, view)
    assert (await people.post("/ui/shortcut", {"user": ALICE, "callback_id": "shortcut.request"}))["ok"]
    assert "Kind" in words_of(await people.view(ALICE, "change.request"))
    check_slack(await calls(house))
