"""Whatever becomes of an incident's channel, its lead hears of it, evidence goes on, and nothing is lost."""

import asyncio
from collections import Counter
from pathlib import Path

from tests.journeys.conftest import House
from tests.journeys.manners import check_slack
from tests.journeys.people import Json, words_of
from tests.journeys.ways import ALICE, BOB, a_house, calls, entries, trail

PERIOD_SECONDS = 30 * 60.0  # of SEV3, which it has as nobody said more
INVITED = '\n[incidents]\ninvite = ["approvers"]\n'
SELF = "U0COUNTERSIGN"


def is_card(item: Json) -> bool:
    """Return whether this message is the card of the first incident."""
    told_of = item.get("metadata") or {}
    return told_of.get("event_type") == "countersign.incident"


async def do(house: House, user: str, deed: str, channel: str, **more: str) -> None:
    """Do something with a channel, as a person does it in Slack."""
    done = await house.people.post("/ui/channel", {"user": user, "do": deed, "channel": channel, **more})
    assert done["ok"], done


async def say(house: House, user: str, words: str, channel: str = "C0OPS") -> None:
    """Type a command of incidents."""
    said = await house.people.say(user, f"/cs incident {words}", channel=channel)
    assert said["ok"], said


async def in_room(house: House, room: str, words: str) -> Json:
    """Return the message of the incident's channel that holds these words, waiting for it."""
    return await house.people.message(BOB, lambda item: item["channel"] == room and words in words_of(item))


async def told_by_dm(house: House, user: str, words: str) -> None:
    """Wait until a person is told something in a direct message."""
    await house.people.message(user, lambda item: item["channel"] == f"D{user}" and words in words_of(item))


async def taken(house: House, wanted: int) -> list[str]:
    """Return why each snapshot was taken, once there are so many."""
    found: list[str] = []
    for _ in range(200):
        found = [
            str(each.data["occasion"]).partition(":")[0]
            for each in entries(house)
            if each.type == "incident.snapshot"
        ]
        if len(found) >= wanted:
            break
        await asyncio.sleep(0.1)
    return found


async def renamed(house: House, room: str) -> None:
    """The channel gets another name: the same incident is worked on in it."""
    await do(house, ALICE, "rename", room, name="slow-answers")
    await in_room(house, room, "is #slow-answers now")
    await say(house, BOB, "note The queue was restarted", room)
    await in_room(house, room, "The queue was restarted")


async def archived(house: House, room: str) -> None:
    """The channel is archived: the lead hears of it, and evidence is taken without it."""
    await do(house, ALICE, "archive", room)
    await told_by_dm(house, BOB, "was archived")
    await say(house, ALICE, "note INC-1 Kept while nobody could read it")
    await house.people.advance(PERIOD_SECONDS)
    assert await taken(house, 2) == ["declare", "timer"]
    assert not [item for item in await house.people.messages(ALICE) if "was archived" in words_of(item)], (
        "only the lead is told"
    )


async def another(house: House, old: str) -> str:
    """The lead wants a new channel: what happened meanwhile is shown there, once; returns the channel."""
    await say(house, BOB, "channel INC-1")
    card = await house.people.message(BOB, lambda item: is_card(item) and item["channel"] != old)
    room = str(card["channel"])
    for words in ("Kept while nobody could read it", "INC-1 · Snapshot 2"):
        shown = await in_room(house, room, words)
        assert shown["thread_ts"] == card["ts"]
    said = [words_of(item) for item in await house.people.messages(BOB) if item["channel"] == room]
    assert sum("Snapshot 2" in words for words in said) == 1
    return room


async def test_a_channel_that_is_renamed_archived_and_left_loses_nothing_and_its_lead_hears_of_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'countersign.db'}"
    async with a_house(tmp_path, url, more_toml=INVITED) as house:
        await say(house, ALICE, "declare Answers are slow --target triage-prod")
        first = str((await house.people.message(BOB, is_card))["channel"])
        await say(house, BOB, "lead me", first)
        await house.people.message(BOB, lambda item: is_card(item) and f"<@{BOB}>" in words_of(item))
        await in_room(house, first, "Evidence snapshot 1")
        await renamed(house, first)
        await archived(house, first)
        second = await another(house, first)
        await do(house, BOB, "kick", second, who=SELF)
        await told_by_dm(house, BOB, "is not in its channel any more")
        await house.people.advance(PERIOD_SECONDS)
        assert await taken(house, 3) == ["declare", "timer", "timer"]
        await do(house, BOB, "invite", second, who=SELF)
        await in_room(house, second, "Snapshot 3")
        heard = Counter(
            str(each.data["what"]) for each in entries(house) if each.type == "incident.channel_changed"
        )
        assert (heard["made"], heard["renamed"], heard["archived"]) == (2, 1, 1), heard
        check_slack(await calls(house))
        report = trail(house)
        assert report.ok, report.findings
