"""The Web API as slack_sdk's client sees it: answers, refusals, limits, faults."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.manifest import Manifest
from tests.unit.sandbox_slack.desk import APP_TOKEN, REASON, Desk, a_desk, actions, button, modal, section


async def refused(awaitable: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return {**caught.value.response.data, "_status": caught.value.response.status_code}


async def test_the_token_is_who_it_says(desk: Desk) -> None:
    answer = await desk.client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        "U0COUNTERSIGN",
        "B0COUNTERSIGN",
        "T0CONTOSO",
    )
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_calls_without_or_with_a_wrong_token_are_refused(desk: Desk) -> None:
    async with desk.session.post(f"{desk.url}/api/auth.test") as response:
        assert (await response.json())["error"] == "not_authed"
    stranger = AsyncWebClient(
        token="xoxb-sandbox-stranger", base_url=f"{desk.url}/api/", session=desk.session
    )
    assert (await refused(stranger.auth_test()))["error"] == "invalid_auth"
    with_app_token = AsyncWebClient(token=APP_TOKEN, base_url=f"{desk.url}/api/", session=desk.session)
    assert (await refused(with_app_token.auth_test()))["error"] == "not_allowed_token_type"


async def test_a_token_argument_works_as_well_as_a_header(desk: Desk) -> None:
    form = {"token": desk.client.token, "user": "U0BOB"}
    async with desk.session.post(f"{desk.url}/api/users.info", data=form) as response:
        assert (await response.json())["user"]["real_name"] == "Bob Brown"


async def test_a_method_nobody_knows_is_refused_by_name(desk: Desk) -> None:
    answer = await refused(desk.client.api_call("admin.users.remove"))
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "admin.users.remove")


async def test_a_missing_scope_is_named() -> None:
    async with a_desk(manifest=Manifest(scopes=("commands", "users:read"))) as desk:
        answer = await refused(desk.client.chat_postMessage(channel="C0OPS", text="hello"))
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "commands,users:read",
    )


async def test_reading_a_channel_needs_its_scope_and_says_whether_another_company_reads_along(
    desk: Desk,
) -> None:
    async with a_desk(manifest=Manifest(scopes=("chat:write",))) as bare:
        assert (await refused(bare.client.conversations_info(channel="C0OPS")))["needed"] == "channels:read"
    said = []
    for shared in (True, False):
        assert (await desk.control("channels", id="C0OPS", shared=shared))["ok"]
        said.append((await desk.client.conversations_info(channel="C0OPS"))["channel"]["is_ext_shared"])
    assert said == [True, False]
    assert (await desk.control("channels", id="C0NOWHERE", shared=True))["error"] == "channel_not_found"


async def test_a_posted_card_is_seen_by_people_with_its_blocks_and_metadata(desk: Desk) -> None:
    metadata = {"event_type": "change", "event_payload": {"id": "CHG-1"}}
    posted = await desk.client.chat_postMessage(
        channel="C0OPS", text="A change", blocks=[section("*A*"), actions(button())], metadata=metadata
    )
    [seen] = await desk.messages("U0GUS")
    assert (seen["ts"], seen["app"], seen["metadata"]) == (posted["ts"], True, metadata)
    assert seen["blocks"][0]["block_id"]
    assert posted["message"]["bot_id"] == "B0COUNTERSIGN"


async def test_people_outside_a_channel_do_not_see_it(desk: Desk) -> None:
    await desk.client.chat_postMessage(channel="C0AUDIT", text="secret")
    state = await desk.state("U0GUS")
    assert [channel["id"] for channel in state["channels"]] == ["C0OPS", "DU0GUS"]
    assert "C0AUDIT" not in state["messages"]


async def test_one_bad_block_refuses_the_whole_message(desk: Desk) -> None:
    answer = await refused(
        desk.client.chat_postMessage(channel="C0OPS", text="x", blocks=[section(), section("x" * 3001)])
    )
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    ]
    assert await desk.messages("U0ALICE") == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0OPS", "text": ""}, "no_text"),
        ({"channel": "C0OPS", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0OPS", "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": "C0OPS", "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    ],
)
async def test_a_post_slack_would_refuse_is_refused(
    desk: Desk, arguments: dict[str, Any], error: str
) -> None:
    call = desk.client.api_call("chat.postMessage", json=arguments)
    assert (await refused(call))["error"] == error


async def test_a_thread_reply_raises_the_parents_count(desk: Desk) -> None:
    parent = await desk.client.chat_postMessage(channel="C0OPS", text="parent")
    await desk.client.chat_postMessage(channel="C0OPS", text="reply", thread_ts=parent["ts"])
    first, second = await desk.messages("U0ALICE")
    assert (first["reply_count"], second["thread_ts"]) == (1, parent["ts"])


async def test_an_update_replaces_and_text_alone_removes_blocks(desk: Desk) -> None:
    posted = await desk.client.chat_postMessage(channel="C0OPS", text="one", blocks=[section("one")])
    await desk.client.chat_update(channel="C0OPS", ts=posted["ts"], text="two", blocks=[section("two")])
    [seen] = await desk.messages("U0ALICE")
    assert (seen["blocks"][0]["text"]["text"], seen["edited"]) == ("two", True)
    await desk.client.chat_update(channel="C0OPS", ts=posted["ts"], text="three")
    [seen] = await desk.messages("U0ALICE")
    assert (seen["text"], seen["blocks"]) == ("three", [])
    too_long = desk.client.chat_update(channel="C0OPS", ts=posted["ts"], text="x" * 4001)
    assert (await refused(too_long))["error"] == "msg_too_long"


async def test_only_the_apps_own_standing_messages_can_be_updated_or_deleted(desk: Desk) -> None:
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="mine")
    theirs = desk.client.chat_update(channel="C0OPS", ts=said["ts"], text="x")
    assert (await refused(theirs))["error"] == "cant_update_message"
    gone = desk.client.chat_delete(channel="C0OPS", ts="1.000001")
    assert (await refused(gone))["error"] == "message_not_found"
    posted = await desk.client.chat_postMessage(channel="C0OPS", text="x")
    await desk.client.chat_delete(channel="C0OPS", ts=posted["ts"])
    assert [one["text"] for one in await desk.messages("U0ALICE")] == ["mine"]


async def test_an_ephemeral_message_is_for_one_person_and_out_of_reach_of_updates(desk: Desk) -> None:
    posted = await desk.client.chat_postEphemeral(channel="C0OPS", user="U0BOB", text="psst")
    assert [one["text"] for one in await desk.messages("U0BOB")] == ["psst"]
    assert await desk.messages("U0ALICE") == []
    update = desk.client.chat_update(channel="C0OPS", ts=posted["message_ts"], text="x")
    assert (await refused(update))["error"] == "message_not_found"
    outside = desk.client.chat_postEphemeral(channel="C0AUDIT", user="U0GUS", text="x")
    assert (await refused(outside))["error"] == "user_not_in_channel"


async def test_direct_messages_must_be_opened_first(desk: Desk) -> None:
    early = desk.client.chat_postMessage(channel="DU0ALICE", text="x")
    assert (await refused(early))["error"] == "channel_not_found"
    opened = await desk.client.conversations_open(users="U0ALICE")
    assert opened["channel"]["id"] == "DU0ALICE"
    await desk.client.chat_postMessage(channel="DU0ALICE", text="hello")
    assert [one["text"] for one in await desk.messages("U0ALICE", "DU0ALICE")] == ["hello"]
    assert "DU0ALICE" not in (await desk.state("U0BOB"))["messages"]


async def test_people_and_groups_can_be_read_and_changed(desk: Desk) -> None:
    assert (await desk.client.usergroups_users_list(usergroup="S0AIOPS"))["users"] == ["U0BOB", "U0CAROL"]
    unknown = desk.client.usergroups_users_list(usergroup="S0NONE")
    assert (await refused(unknown))["error"] == "no_such_subteam"
    assert (await refused(desk.client.users_info(user="U0NOBODY")))["error"] == "user_not_found"
    assert (await desk.client.users_info(user="U0GUS"))["user"]["is_restricted"] is True
    await desk.control("people", id="U0BOB", deleted=True)
    assert (await desk.client.users_info(user="U0BOB"))["user"]["deleted"] is True
    assert (await refused(desk.client.conversations_open(users="U0BOB")))["error"] == "user_disabled"
    handles = [
        group["handle"] for group in (await desk.client.usergroups_list(include_users=True))["usergroups"]
    ]
    assert handles == ["ai-ops-approvers", "security"]


async def test_a_list_of_people_comes_in_pages(desk: Desk) -> None:
    first = await desk.client.users_list(limit=5)
    second = await desk.client.users_list(limit=5, cursor=first["response_metadata"]["next_cursor"])
    assert (len(first["members"]), len(second["members"])) == (5, 3)
    assert second["response_metadata"]["next_cursor"] == ""


async def _trigger(desk: Desk) -> str:
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs change request")
    return str(desk.app.last("slash_command")["trigger_id"])


async def test_a_trigger_opens_one_modal_within_three_seconds(desk: Desk) -> None:
    trigger = await _trigger(desk)
    opened = await desk.client.views_open(trigger_id=trigger, view=modal(REASON))
    assert (await desk.state("U0ALICE"))["view"]["id"] == opened["view"]["id"]
    assert (await desk.state("U0BOB"))["view"] is None
    again = desk.client.views_open(trigger_id=trigger, view=modal(REASON))
    assert (await refused(again))["error"] == "exchanged_trigger_id"
    late = await _trigger(desk)
    desk.clock.advance(3.1)
    assert (await refused(desk.client.views_open(trigger_id=late, view=modal())))[
        "error"
    ] == "expired_trigger_id"
    wrong = desk.client.views_open(trigger_id="1.2.abc", view=modal())
    assert (await refused(wrong))["error"] == "invalid_trigger_id"


async def test_a_view_with_a_problem_leaves_the_trigger_unused(desk: Desk) -> None:
    trigger = await _trigger(desk)
    broken = modal(REASON, title={"type": "plain_text", "text": "x" * 25})
    answer = await refused(desk.client.views_open(trigger_id=trigger, view=broken))
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"][0].endswith("[json-pointer:/view/title/text]")
    assert (await desk.client.views_open(trigger_id=trigger, view=modal(REASON)))["ok"]


async def test_a_view_over_250_kb_is_too_large(desk: Desk) -> None:
    large = modal(*[section("x" * 2600)] * 100)
    answer = await refused(desk.client.views_open(trigger_id=await _trigger(desk), view=large))
    assert answer["error"] == "view_too_large"


async def test_an_update_with_an_old_hash_is_a_conflict(desk: Desk) -> None:
    opened = await desk.client.views_open(trigger_id=await _trigger(desk), view=modal(REASON))
    view_id, old = opened["view"]["id"], opened["view"]["hash"]
    updated = await desk.client.views_update(view_id=view_id, hash=old, view=modal(section("new")))
    assert updated["view"]["hash"] != old
    stale = desk.client.views_update(view_id=view_id, hash=old, view=modal())
    assert (await refused(stale))["error"] == "hash_conflict"
    unknown = desk.client.views_update(view_id="V0NONE", view=modal())
    assert (await refused(unknown))["error"] == "not_found"


async def test_modals_stack_three_deep(desk: Desk) -> None:
    await desk.client.views_open(trigger_id=await _trigger(desk), view=modal(section("1")))
    await desk.client.views_push(trigger_id=await _trigger(desk), view=modal(section("2")))
    pushed = await desk.client.views_push(trigger_id=await _trigger(desk), view=modal(section("3")))
    assert pushed["view"]["previous_view_id"] != pushed["view"]["root_view_id"]
    fourth = desk.client.views_push(trigger_id=await _trigger(desk), view=modal())
    assert (await refused(fourth))["error"] == "push_limit_reached"


async def test_the_home_tab_is_published_for_one_person(desk: Desk) -> None:
    await desk.client.views_publish(user_id="U0ERIN", view={"type": "home", "blocks": [section("hello")]})
    assert (await desk.state("U0ERIN"))["home"]["blocks"][0]["text"]["text"] == "hello"
    assert (await desk.state("U0ALICE"))["home"] is None
    stale = desk.client.views_publish(user_id="U0ERIN", hash="1.old", view={"type": "home", "blocks": []})
    assert (await refused(stale))["error"] == "hash_conflict"


async def test_posting_has_a_burst_then_one_a_second_for_each_channel() -> None:
    async with a_desk(rate_scale=4.0) as desk:
        for _ in range(20):
            await desk.client.chat_postMessage(channel="C0OPS", text="x")
        with pytest.raises(SlackApiError) as caught:
            for _ in range(3):
                await desk.client.chat_postMessage(channel="C0OPS", text="x")
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
        assert (await desk.client.chat_postMessage(channel="C0GENERAL", text="x"))["ok"]
        desk.clock.advance(2)
        assert (await desk.client.chat_postMessage(channel="C0OPS", text="x"))["ok"]


async def test_a_tier_two_method_is_limited_too() -> None:
    async with a_desk(rate_scale=1.0) as desk:
        for _ in range(20):
            await desk.client.usergroups_users_list(usergroup="S0AIOPS")
        answer = await refused(desk.client.usergroups_users_list(usergroup="S0AIOPS"))
        assert (answer["error"], answer["_status"]) == ("ratelimited", 429)


async def test_faults_happen_on_demand_and_pass(desk: Desk) -> None:
    await desk.control("faults", method="chat.postMessage", kind="ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await desk.client.chat_postMessage(channel="C0OPS", text="1")
    assert caught.value.response.headers["Retry-After"] == "7"
    await desk.control("faults", method="chat.postMessage", kind="internal_error")
    assert (await refused(desk.client.chat_postMessage(channel="C0OPS", text="2")))["_status"] == 500
    await desk.control("faults", method="chat.postMessage", kind="post_then_500")
    assert (await refused(desk.client.chat_postMessage(channel="C0OPS", text="3")))["_status"] == 500
    await desk.control("faults", method="chat.postMessage", kind="invalid_blocks")
    answer = await refused(desk.client.chat_postMessage(channel="C0OPS", text="4", blocks=[section()]))
    assert answer["error"] == "invalid_blocks"
    await desk.control("faults", method="chat.postMessage", kind="reset", times=2)
    with pytest.raises(aiohttp.ClientError):
        await desk.client.chat_postMessage(channel="C0OPS", text="5")
    await desk.client.chat_postMessage(channel="C0OPS", text="6")
    assert [one["text"] for one in await desk.messages("U0ALICE")] == ["3", "6"]


async def test_calls_are_remembered_without_tokens(desk: Desk) -> None:
    await desk.client.chat_postMessage(channel="C0OPS", text="x", blocks=[section()])
    await refused(desk.client.users_info(user="U0NOBODY", token=desk.client.token))
    first, second = await desk.calls()
    assert (first["method"], first["ok"], first["args"]["blocks"]) == ("chat.postMessage", True, [section()])
    assert (second["ok"], second["error"]) == (False, "user_not_found")
    assert "xoxb" not in str([first, second])
