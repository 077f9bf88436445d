"""Channels over the Web API: what Slack refuses is told by its code, and what is there already is no trouble."""

import hashlib
import json
from dataclasses import replace

import pytest

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.render.answer import render_text
from bot.slack.rooms import SlackRooms
from sandbox.slack.marks import pinned
from sandbox.slack.records import Message, StoredFile
from tests.fakes.slack_server import Script, scripted, simulated

JSON = "application/json"
OURS = frozenset({"C0OPS"})


def said(**answer: object) -> tuple[int, str, str]:
    """Return an answer of Slack's."""
    return 200, JSON, json.dumps({"ok": "error" not in answer, **answer})


async def test_the_channel_of_an_incident_is_made_furnished_and_seen() -> None:
    async with simulated() as (peer, world):
        rooms = SlackRooms(peer.client)
        made = await rooms.create("inc-3-slow", private=False)
        assert await rooms.invite(made.id, ["U0BOB", "U0NOBODY"]) == {"U0NOBODY": "user_not_found"}
        assert await rooms.invite(made.id, ["U0BOB"]) == {}
        await rooms.topic(made.id, "SEV2 " + "x" * 300)
        ts = await peer.messenger.post(made.id, render_text("The card.", "r1"))
        for _ in range(2):  # a job that runs again changes nothing more
            await rooms.pin(made.id, ts)
            await rooms.bookmark(made.id, "Portal", "https://portal.example.com/x")
        assert [each.ts for each in pinned(world, made.id)] == [ts]
        assert len(world.bookmarks[made.id]) == 1
        seen = await rooms.look(made.id)
        assert (seen.name, seen.is_private, seen.is_archived, seen.is_member) == (
            "inc-3-slow",
            False,
            False,
            True,
        )
        assert len(world.channels[made.id].topic) <= 250


async def test_a_channel_is_entered_and_its_message_read_with_the_digest_of_its_file() -> None:
    async with simulated() as (peer, world):
        made = world.channels["C0OPS"]
        world.channels["C0NEW"] = replace(made, id="C0NEW", name="inc-4", members=("U0BOB",))
        rooms = SlackRooms(peer.client)
        assert (await rooms.look("C0NEW")).is_member is False
        assert (await rooms.join("C0NEW")).is_member is True
        file = StoredFile("F0LOG", "log.txt", 3, "", "", 1, b"log", "log.txt", True, ("C0NEW",), "U0BOB")
        world.files[file.id] = file
        world.add(Message("C0NEW", "1.000001", "U0BOB", "see", files=[file.as_slack(world.base_url)]))
        world.add(Message("C0NEW", "1.000002", "U0BOB", "a reply", thread_ts="1.000001"))
        found = await rooms.message("C0NEW", "1.000001")
        digest = hashlib.sha256(b"log").hexdigest()
        assert (found.user, found.text, found.thread_ts) == ("U0BOB", "see", "")
        assert [(each.name, each.size, each.sha256) for each in found.files] == [("log.txt", 3, digest)]
        assert (await rooms.message("C0NEW", "1.000002")).thread_ts == "1.000001"


async def test_an_answer_that_names_no_channel_is_asked_for_again() -> None:
    async with scripted(Script([said(channel={"name": "inc-1"})])) as peer:
        with pytest.raises(SlackUnavailableError):
            await SlackRooms(peer.client).create("inc-1", private=False)


@pytest.mark.parametrize(
    ("code", "advises"),
    [("missing_scope", "manifest"), ("restricted_action", "administrator"), ("name_taken", "archived")],
)
async def test_a_refusal_says_what_to_do(code: str, advises: str) -> None:
    async with scripted(Script([said(error=code)])) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await SlackRooms(peer.client).create("inc-1", private=False)
        assert (refused.value.code, advises in refused.value.advice) == (code, True)


async def test_one_who_cannot_be_invited_keeps_nobody_else_out() -> None:
    answers = [
        said(error="ura_max_channels"),
        said(error="ura_max_channels"),
        said(),
        said(error="cant_invite_self"),
    ]
    script = Script(answers)
    async with scripted(script) as peer:
        left = await SlackRooms(peer.client).invite("C0OPS", ["U0GUEST", "U0BOB", "U0APP"])
    assert left == {"U0GUEST": "ura_max_channels"}
    assert len(script.asked) == 4  # all three at once, then each


async def test_an_archived_channel_refuses_everybody_at_once() -> None:
    script = Script([said(error="is_archived")])
    async with scripted(script) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await SlackRooms(peer.client).invite("C0OPS", ["U0BOB", "U0DAN"])
    assert (refused.value.code, len(script.asked)) == ("is_archived", 1)


async def test_a_card_that_is_pinned_stays_pinned_and_a_link_is_added_once() -> None:
    script = Script([said(error="already_pinned"), said(bookmarks=[{"link": "https://portal.example.com/"}])])
    async with scripted(script) as peer:
        rooms = SlackRooms(peer.client, OURS)
        await rooms.pin("C0OPS", "1.1")
        await rooms.bookmark("C0OPS", "Portal", "https://portal.example.com/")
    assert [path for path, _ in script.asked] == ["/api/pins.add", "/api/bookmarks.list"]


@pytest.mark.parametrize("verb", ["topic", "bookmark", "join"])
async def test_nothing_is_furnished_where_another_company_reads_along(verb: str) -> None:
    script = Script([said(channel={"id": "C0SHARED", "is_ext_shared": True})])
    async with scripted(script) as peer:
        rooms = SlackRooms(peer.client, OURS)
        deeds = {
            "topic": lambda: rooms.topic("C0SHARED", "SEV1"),
            "bookmark": lambda: rooms.bookmark("C0SHARED", "Portal", "https://portal.example.com/"),
            "join": lambda: rooms.join("C0SHARED"),
        }
        with pytest.raises(SlackRefusedError) as refused:
            await deeds[verb]()
    assert (refused.value.code, len(script.asked)) == ("shared_channel", 1)


async def test_a_channel_is_told_as_it_is_now() -> None:
    found = {"id": "C1", "name": "inc-1", "is_private": True, "is_archived": True, "is_member": False}
    async with scripted(Script([said(channel=found)])) as peer:
        seen = await SlackRooms(peer.client).look("C1")
    assert (seen.name, seen.is_private, seen.is_archived, seen.is_member) == ("inc-1", True, True, False)


async def test_a_message_that_is_gone_is_said_to_be_gone() -> None:
    async with scripted(Script([said(messages=[{"ts": "1.1", "text": "the one before"}])])) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await SlackRooms(peer.client).message("C0OPS", "2.2")
    assert refused.value.code == "message_not_found"


async def test_a_file_elsewhere_is_named_and_never_fetched() -> None:
    script = Script([])
    async with scripted(script) as peer:
        elsewhere = peer.url.replace("127.0.0.1", "localhost")  # answers as well, and is not Slack
        file = {"name": "log.txt", "size": 3, "url_private": f"{elsewhere}/files-pri/T-F/log.txt"}
        message = {"ts": "1.1", "user": "U0BOB", "text": "see", "files": [file]}
        script.answers = [said(messages=[message]), (200, "text/plain", "log")]
        found = await SlackRooms(peer.client).message("C0OPS", "1.1")
    assert [(each.name, each.size, each.sha256) for each in found.files] == [("log.txt", 3, "")]
    assert len(script.asked) == 1


@pytest.mark.parametrize("size", [3, 300])
async def test_a_sign_in_page_in_place_of_a_file_is_no_digest_of_it(size: int) -> None:
    script = Script([])
    async with scripted(script) as peer:
        file = {"name": "log.txt", "size": size, "url_private": f"{peer.url}/files-pri/T-F/log.txt"}
        message = {"ts": "1.1", "thread_ts": "1.0", "bot_id": "B0ELSE", "text": "", "files": [file]}
        script.answers = [said(messages=[message]), (200, "text/html", "<html>sign in</html>")]
        found = await SlackRooms(peer.client).message("C0OPS", "1.1")
    assert [each.sha256 for each in found.files] == [""]
    assert (found.user, found.thread_ts) == ("B0ELSE", "1.0")
