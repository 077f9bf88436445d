"""Channels of the simulated Slack: its names, its refusals, its events, what people do with them."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.slack.manifest import DEFAULT_EVENTS, DEFAULT_SCOPES, Manifest
from tests.unit.sandbox_slack.desk import Desk, a_desk, until

EVENTS = (
    "channel_archive",
    "channel_created",
    "channel_deleted",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_left",
    "group_rename",
    "member_joined_channel",
    "member_left_channel",
    "pin_added",
    "reaction_added",
    "reaction_removed",
)
MORE = ("reactions:write", "pins:read")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    manifest = Manifest(scopes=(*DEFAULT_SCOPES, *MORE), events=(*DEFAULT_EVENTS, *EVENTS))
    async with a_desk(manifest=manifest) as running:
        yield running


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as error:
        await call
    return str(error.value.response["error"])


def told(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return [one.payload["event"] for one in desk.app.received if one.kind == kind]


async def made(desk: Desk, name: str = "inc-7-slow-triage", **more: Any) -> str:
    return str((await desk.client.conversations_create(name=name, **more))["channel"]["id"])


async def test_a_channel_is_made_with_the_app_in_it_and_the_app_hears_of_it(desk: Desk) -> None:
    answer = await desk.client.conversations_create(name="inc-7-slow-triage")
    channel = answer["channel"]
    assert (channel["name"], channel["is_member"], channel["is_private"]) == (
        "inc-7-slow-triage",
        True,
        False,
    )
    await until(lambda: told(desk, "channel_created") != [])
    about = told(desk, "channel_created")[0]["channel"]
    assert (about["id"], about["name"], about["creator"]) == (channel["id"], channel["name"], "U0COUNTERSIGN")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("Inc-7", "invalid_name_specials"),
        ("inc 7", "invalid_name_specials"),
        ("inc.7", "invalid_name_specials"),
        ("--_", "invalid_name_punctuation"),
        ("ml-ops", "name_taken"),
    ],
)
async def test_a_name_slack_would_not_take_is_refused(desk: Desk, name: str, error: str) -> None:
    assert await refused(desk.client.conversations_create(name=name)) == error


async def test_an_archived_channel_keeps_its_name_and_takes_nothing(desk: Desk) -> None:
    channel = await made(desk)
    ts = str((await desk.client.chat_postMessage(channel=channel, text="card"))["ts"])
    await desk.client.conversations_archive(channel=channel)
    client = desk.client
    assert await refused(client.conversations_create(name="inc-7-slow-triage")) == "name_taken"
    assert await refused(client.chat_postMessage(channel=channel, text="more")) == "is_archived"
    assert await refused(client.chat_update(channel=channel, ts=ts, text="card 2")) == "is_inactive"
    assert await refused(client.conversations_invite(channel=channel, users="U0BOB")) == "is_archived"
    assert await refused(client.conversations_setTopic(channel=channel, topic="x")) == "is_archived"
    assert await refused(client.pins_add(channel=channel, timestamp=ts)) == "is_archived"
    assert await refused(client.conversations_unarchive(channel=channel)) == "not_in_channel"
    assert (await client.conversations_info(channel=channel))["channel"]["is_archived"] is True


async def test_people_are_invited_each_is_told_of_and_who_cannot_be_is_named(desk: Desk) -> None:
    channel = await made(desk)
    await desk.client.conversations_invite(channel=channel, users=["U0BOB", "U0DAN"])
    await until(lambda: len(told(desk, "member_joined_channel")) == 2)
    joined = told(desk, "member_joined_channel")
    assert {each["user"] for each in joined} == {"U0BOB", "U0DAN"}
    assert {each["inviter"] for each in joined} == {"U0COUNTERSIGN"}
    assert (
        await refused(desk.client.conversations_invite(channel=channel, users="U0BOB"))
        == "already_in_channel"
    )
    answer = await desk.client.conversations_invite(
        channel=channel, users=["U0BOB", "U0NOBODY", "U0CAROL"], force=True
    )
    assert {each["user"]: each["error"] for each in answer["errors"]} == {
        "U0BOB": "already_in_channel",
        "U0NOBODY": "user_not_found",
    }
    assert "U0CAROL" in (await desk.client.conversations_members(channel=channel))["members"]
    invited = await desk.state("U0CAROL")
    assert channel in [each["id"] for each in invited["channels"]]


async def test_a_private_channel_needs_its_own_scope_and_is_unseen_from_outside() -> None:
    without = tuple(scope for scope in DEFAULT_SCOPES if scope != "groups:write")
    async with a_desk(manifest=Manifest(scopes=without)) as desk:
        with pytest.raises(SlackApiError) as error:
            await desk.client.conversations_create(name="inc-8", is_private=True)
        assert (error.value.response["error"], error.value.response["needed"]) == (
            "missing_scope",
            "groups:write",
        )
        made = await desk.ui("channel", user="U0ALICE", do="create", name="inc-9", private=True)
        assert await refused(desk.client.conversations_info(channel=made["channel"])) == "channel_not_found"
        assert await refused(desk.client.conversations_join(channel=made["channel"])) == "channel_not_found"


async def test_a_public_channel_of_a_person_is_told_of_and_joined(desk: Desk) -> None:
    made = await desk.ui("channel", user="U0ALICE", do="create", name="inc-9-by-hand")
    created = told(desk, "channel_created")[-1]["channel"]
    assert (created["name"], created["creator"]) == ("inc-9-by-hand", "U0ALICE")
    assert await refused(desk.client.chat_postMessage(channel=made["channel"], text="x")) == "not_in_channel"
    await desk.client.conversations_join(channel=made["channel"])
    await until(lambda: told(desk, "member_joined_channel") != [])
    assert told(desk, "member_joined_channel")[-1]["user"] == "U0COUNTERSIGN"
    again = await desk.client.conversations_join(channel=made["channel"])
    assert again["warning"] == "already_in_channel"


async def test_people_rename_archive_open_and_delete_and_each_is_told(desk: Desk) -> None:
    channel = await made(desk)
    await desk.client.conversations_invite(channel=channel, users="U0ALICE")
    for deed, more in (
        ("rename", {"name": "inc-7-renamed"}),
        ("archive", {}),
        ("unarchive", {}),
        ("delete", {}),
    ):
        answer = await desk.ui("channel", user="U0ALICE", channel=channel, do=deed, **more)
        assert answer["ok"] is True, answer
    assert told(desk, "channel_rename")[0]["channel"]["name"] == "inc-7-renamed"
    assert [told(desk, f"channel_{what}")[0]["channel"] for what in ("archive", "unarchive", "deleted")] == [
        channel
    ] * 3
    assert await refused(desk.client.conversations_info(channel=channel)) == "channel_not_found"


async def test_the_app_is_removed_and_hears_so(desk: Desk) -> None:
    channel = await made(desk)
    await desk.client.conversations_invite(channel=channel, users="U0ALICE")
    await desk.ui("channel", user="U0ALICE", channel=channel, do="kick", who="U0COUNTERSIGN")
    left = told(desk, "channel_left")[0]
    assert (left["channel"], left["actor_id"]) == (channel, "U0ALICE")
    assert told(desk, "member_left_channel")[0]["user"] == "U0COUNTERSIGN"
    assert await refused(desk.client.chat_postMessage(channel=channel, text="x")) == "not_in_channel"
    assert (await desk.client.conversations_info(channel=channel))["channel"]["is_member"] is False


async def test_a_private_channel_tells_of_itself_by_the_names_of_groups(desk: Desk) -> None:
    channel = await made(desk, "inc-private", is_private=True)
    await desk.client.conversations_invite(channel=channel, users="U0ALICE")
    await desk.ui("channel", user="U0ALICE", channel=channel, do="rename", name="inc-private-2")
    await desk.ui("channel", user="U0ALICE", channel=channel, do="kick", who="U0COUNTERSIGN")
    assert told(desk, "group_rename")[0]["channel"]["name"] == "inc-private-2"
    assert told(desk, "group_left")[0]["channel"] == channel
    assert told(desk, "channel_created") == []


async def test_a_card_is_pinned_once_and_links_stay_in_the_bar(desk: Desk) -> None:
    channel = await made(desk)
    ts = str((await desk.client.chat_postMessage(channel=channel, text="card"))["ts"])
    await desk.client.pins_add(channel=channel, timestamp=ts)
    assert await refused(desk.client.pins_add(channel=channel, timestamp=ts)) == "already_pinned"
    assert await refused(desk.client.pins_add(channel=channel, timestamp="1.000001")) == "message_not_found"
    [item] = (await desk.client.pins_list(channel=channel))["items"]
    assert (item["message"]["ts"], item["created_by"]) == (ts, "U0COUNTERSIGN")
    add = desk.client.bookmarks_add
    await add(channel_id=channel, title="Portal", type="link", link="https://portal.example.com/x")
    assert (
        await refused(add(channel_id=channel, title="x", type="link", link="javascript:1")) == "invalid_link"
    )
    [link] = (await desk.client.bookmarks_list(channel_id=channel))["bookmarks"]
    assert (link["title"], link["link"]) == ("Portal", "https://portal.example.com/x")
    await until(lambda: told(desk, "pin_added") != [])
    assert told(desk, "pin_added")[0]["item"]["message"]["ts"] == ts
    await desk.client.pins_remove(channel=channel, timestamp=ts)
    assert (await desk.client.pins_list(channel=channel))["items"] == []


async def test_a_reaction_of_a_person_reaches_the_app_and_is_taken_back(desk: Desk) -> None:
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="the queue is full")
    where = {"user": "U0BOB", "channel": "C0OPS", "ts": said["ts"], "name": "pushpin"}
    assert (await desk.ui("react", **where))["ok"] is True
    assert (await desk.ui("react", **where))["error"] == "already_reacted"
    event = told(desk, "reaction_added")[0]
    assert (event["user"], event["reaction"], event["item_user"]) == ("U0BOB", "pushpin", "U0ALICE")
    assert event["item"] == {"type": "message", "channel": "C0OPS", "ts": said["ts"]}
    found = await desk.client.reactions_get(channel="C0OPS", timestamp=said["ts"])
    assert found["message"]["reactions"] == [{"name": "pushpin", "users": ["U0BOB"], "count": 1}]
    assert (await desk.ui("react", **where, remove=True))["ok"] is True
    assert told(desk, "reaction_removed")[0]["reaction"] == "pushpin"
    await desk.client.reactions_add(channel="C0OPS", timestamp=said["ts"], name="eyes")
    assert (await desk.messages("U0BOB"))[-1]["reactions"] == {"eyes": ["U0COUNTERSIGN"]}


async def test_where_the_app_is_not_it_hears_no_reaction(desk: Desk) -> None:
    made = await desk.ui("channel", user="U0ALICE", do="create", name="elsewhere")
    said = await desk.ui("say", user="U0ALICE", channel=made["channel"], text="a word")
    await desk.ui("react", user="U0ALICE", channel=made["channel"], ts=said["ts"], name="pushpin")
    assert told(desk, "reaction_added") == []


async def test_one_message_is_read_back_of_a_channel_and_of_a_thread(desk: Desk) -> None:
    first = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="first")
    second = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="second")
    reply = await desk.ui("say", user="U0BOB", channel="C0OPS", text="reply", thread_ts=first["ts"])
    for ts, text in ((first["ts"], "first"), (second["ts"], "second"), (reply["ts"], "reply")):
        found = await desk.client.conversations_replies(
            channel="C0OPS", ts=ts, oldest=ts, latest=ts, inclusive=True
        )
        assert [each["text"] for each in found["messages"]] == [text]
    whole = await desk.client.conversations_replies(channel="C0OPS", ts=first["ts"])
    assert [each["text"] for each in whole["messages"]] == ["first", "reply"]
    one = await desk.client.conversations_history(
        channel="C0OPS", latest=second["ts"], inclusive=True, limit=1
    )
    assert [each["text"] for each in one["messages"]] == ["second"]
    assert (
        await refused(desk.client.conversations_replies(channel="C0OPS", ts="1.000001")) == "thread_not_found"
    )


async def test_a_file_is_read_with_the_token_and_its_scope_alone(desk: Desk) -> None:
    content = base64.b64encode(b"it broke at noon").decode()
    shared = await desk.ui(
        "share", user="U0BOB", channel="C0OPS", name="log.txt", content=content, text="see"
    )
    [file] = (await desk.messages("U0ALICE"))[-1]["files"]
    assert (file["name"], file["size"], file["user"]) == ("log.txt", 16, "U0BOB")
    for token, body in (("xoxb-sandbox-unit", b"it broke at noon"), ("xoxb-wrong", b"<html>")):
        headers = {"Authorization": f"Bearer {token}"}
        async with desk.session.get(file["url_private"], headers=headers) as answer:
            assert (await answer.read()).startswith(body)
    assert shared["ok"] is True


async def test_nothing_is_said_in_an_archived_channel_and_only_members_manage_it(desk: Desk) -> None:
    channel = await made(desk)
    assert (await desk.ui("channel", user="U0ALICE", channel=channel, do="archive"))[
        "error"
    ] == "channel_not_found"
    await desk.client.conversations_archive(channel=channel)
    assert (await desk.ui("channel", user="U0ALICE", channel=channel, do="join"))["error"] == "is_archived"
    general = await desk.ui("channel", user="U0ALICE", channel="C0GENERAL", do="archive")
    assert (general["error"], general["_status"]) == ("cant_archive_general", 409)
    assert (await desk.ui("channel", user="U0ALICE", channel="C0OPS", do="explode"))[
        "error"
    ] == "no_such_deed"


async def test_making_channels_has_its_rate_and_says_how_long_to_wait() -> None:
    async with a_desk(rate_scale=0.1) as desk:
        for number in range(2):
            await made(desk, f"inc-{number}")
        with pytest.raises(SlackApiError) as error:
            await made(desk, "inc-more")
        assert error.value.response.status_code == 429
        assert int(error.value.response.headers["Retry-After"]) >= 1
