"""What people do reaches the app signed and shaped; what the app answers reaches people."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from sandbox.slack.manifest import Manifest
from tests.unit.sandbox_slack.desk import (
    CHOICE,
    REASON,
    Desk,
    Received,
    a_desk,
    actions,
    button,
    input_block,
    modal,
    option,
    plain,
    section,
    until,
)


async def events(desk: Desk, user: str, count: int) -> list[tuple[str, Any]]:
    """The next events this person's page gets; subscribed before this returns control."""
    found: list[tuple[str, Any]] = []
    async with desk.session.get(f"{desk.url}/ui/events", params={"as": user}) as stream:
        name = ""
        async for raw in stream.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
                if len(found) == count:
                    break
    return found


async def listening(desk: Desk, user: str, count: int) -> asyncio.Task[list[tuple[str, Any]]]:
    before = len(desk.slack.world._subscribers)
    task = asyncio.create_task(events(desk, user, count))
    await until(lambda: len(desk.slack.world._subscribers) > before)
    return task


async def test_a_command_arrives_signed_and_its_answer_is_ephemeral(desk: Desk) -> None:
    desk.app.answers = [web.json_response({"text": "status", "blocks": [section("fine")]})]
    assert (await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status prod"))["ok"]
    command = desk.app.last("slash_command")
    assert (command["command"], command["text"], command["user_id"]) == ("/cs", "status prod", "U0ALICE")
    [seen] = await desk.messages("U0ALICE")
    assert (seen["text"], seen["ephemeral_to"], seen["app"]) == ("status", "U0ALICE", True)
    assert await desk.messages("U0BOB") == []


async def test_a_plain_text_answer_is_shown_and_an_empty_one_is_not(desk: Desk) -> None:
    desk.app.answers = [web.Response(text="hello"), web.Response()]
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/countersign")
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs help")
    assert [one["text"] for one in await desk.messages("U0ALICE")] == ["hello"]


async def test_an_answer_for_the_channel_shows_the_command_too(desk: Desk) -> None:
    desk.app.answers = [web.json_response({"text": "shared", "response_type": "in_channel"})]
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status --share")
    seen = [(one["user"], one["text"]) for one in await desk.messages("U0BOB")]
    assert seen == [("U0ALICE", "/cs status --share"), ("U0COUNTERSIGN", "shared")]


async def test_people_named_in_a_command_arrive_as_ids(desk: Desk) -> None:
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs change request @bob")
    assert desk.app.last("slash_command")["text"] == "change request <@U0BOB|bob>"


async def test_a_command_that_takes_too_long_fails_with_a_notice(desk: Desk) -> None:
    desk.app.answers = [3.3]
    page = await listening(desk, "U0ALICE", 1)
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs slow")
    assert (said["ok"], said["error"]) == (False, "operation_timeout")
    assert await page == [("notice", {"text": '/cs failed with the error "operation_timeout"'})]
    assert [(one["kind"], one["status"]) for one in await desk.deliveries()] == [("slash_command", "timeout")]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (web.Response, "dispatch_failed"),
        (
            lambda status: web.json_response({"text": "x", "blocks": [section("x" * 3001)]}),
            "invalid_command_response",
        ),
    ],
)
async def test_a_command_that_breaks_fails(desk: Desk, answer: Any, error: str) -> None:
    desk.app.answers = [answer(status=500)]
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs broken")
    assert (said["ok"], said["error"]) == (False, error)


async def test_a_command_nobody_registered_is_refused_by_slack_itself(desk: Desk) -> None:
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/giphy cat")
    assert said["error"] == "unknown_command"
    assert desk.app.received == []


async def test_a_mention_becomes_an_event_and_plain_talk_does_not(desk: Desk) -> None:
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="good morning")
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="@Countersign status of @bob's")
    assert [one.kind for one in desk.app.received] == ["app_mention"]
    event = desk.app.last("app_mention")["event"]
    assert event["text"] == "<@U0COUNTERSIGN> status of <@U0BOB>'s"
    assert (event["ts"], event["channel"], event["user"]) == (said["ts"], "C0OPS", "U0ALICE")
    assert event["blocks"][0]["elements"][0]["elements"][0] == {"type": "user", "user_id": "U0COUNTERSIGN"}


async def test_a_failed_event_is_tried_three_more_times_with_the_same_id(desk: Desk) -> None:
    desk.app.answers = [web.Response(status=500) for _ in range(4)]
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="@Countersign help")
    await until(lambda: len(desk.app.received) == 4)
    await asyncio.sleep(0.1)
    assert [one.headers.get("X-Slack-Retry-Num") for one in desk.app.received] == [None, "1", "2", "3"]
    assert desk.app.received[1].headers["X-Slack-Retry-Reason"] == "http_error"
    assert len({one.payload["event_id"] for one in desk.app.received}) == 1


async def test_an_app_that_says_no_retry_is_left_alone(desk: Desk) -> None:
    desk.app.answers = [web.Response(status=500, headers={"x-slack-no-retry": "1"})]
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="@Countersign help")
    await asyncio.sleep(0.1)
    assert len(desk.app.received) == 1


async def test_messages_to_the_app_arrive_only_when_subscribed(desk: Desk) -> None:
    await desk.ui("say", user="U0ALICE", channel="DU0ALICE", text="hello")
    assert desk.app.received == []
    async with a_desk(manifest=Manifest(events=("message.im",))) as subscribed:
        await subscribed.ui("say", user="U0ALICE", channel="DU0ALICE", text="hello")
        assert subscribed.app.last("message")["event"]["channel_type"] == "im"


async def test_the_signature_carries_the_simulated_time(desk: Desk) -> None:
    desk.clock.advance(86_400)
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs")
    stamp = int(desk.app.received[0].headers["X-Slack-Request-Timestamp"])
    assert abs(stamp - desk.clock.timestamp()) < 5


async def _card(desk: Desk, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    posted = await desk.client.chat_postMessage(
        channel="C0OPS", text="card", blocks=[section(), actions(*elements)], **more
    )
    return {"channel": "C0OPS", "ts": posted["ts"], "block_id": "act"}


async def test_a_click_says_who_where_and_what(desk: Desk) -> None:
    place = await _card(desk, button("change.approve", value="CHG-1", style="primary"))
    assert (await desk.ui("action", user="U0BOB", action_id="change.approve", value="forged", **place))["ok"]
    payload = desk.app.last("block_actions")
    assert payload["user"] == {"id": "U0BOB", "username": "bob", "name": "bob", "team_id": "T0CONTOSO"}
    assert payload["container"] == {
        "type": "message",
        "message_ts": place["ts"],
        "channel_id": "C0OPS",
        "is_ephemeral": False,
    }
    assert (payload["actions"][0]["value"], payload["actions"][0]["block_id"]) == ("CHG-1", "act")
    assert (payload["message"]["bot_id"], payload["message"]["app_id"]) == ("B0COUNTERSIGN", "A0COUNTERSIGN")
    assert (payload["enterprise"], payload["is_enterprise_install"]) == (None, False)


async def test_a_choice_carries_the_whole_option_and_stays_in_the_state(desk: Desk) -> None:
    select = {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]}
    place = await _card(desk, select, button())
    await desk.ui("action", user="U0BOB", action_id="pick", selected_option="b", **place)
    chosen = desk.app.last("block_actions")["actions"][0]["selected_option"]
    assert (chosen["value"], chosen["text"]["text"]) == ("b", "B")
    await desk.ui("action", user="U0BOB", action_id="go", **place)
    state = desk.app.last("block_actions")["state"]["values"]["act"]["pick"]
    assert state["selected_option"]["value"] == "b"
    refused = await desk.ui("action", user="U0BOB", action_id="pick", selected_option="z", **place)
    assert refused["error"] == "no_such_option"


async def test_what_a_person_cannot_see_cannot_be_clicked(desk: Desk) -> None:
    place = await _card(desk, button())
    missing = await desk.ui("action", user="U0BOB", action_id="gone", **place)
    assert (missing["_status"], missing["error"]) == (404, "no_such_element")
    posted = await desk.client.chat_postEphemeral(
        channel="C0OPS", user="U0BOB", text="psst", blocks=[actions(button())]
    )
    hidden = {"channel": "C0OPS", "ts": posted["message_ts"], "block_id": "act", "action_id": "go"}
    assert (await desk.ui("action", user="U0ALICE", **hidden))["_status"] == 404
    assert (await desk.ui("action", user="U0BOB", **hidden))["ok"]
    payload = desk.app.last("block_actions")
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload


async def test_a_click_the_app_does_not_acknowledge_gives_a_notice(desk: Desk) -> None:
    place = await _card(desk, button())
    desk.app.answers = [web.Response(status=404)]
    page = await listening(desk, "U0BOB", 1)
    assert (await desk.ui("action", user="U0BOB", action_id="go", **place))["error"] == "dispatch_failed"
    assert (await page)[0][0] == "notice"


async def test_a_response_url_works_five_times_and_replaces_or_deletes(desk: Desk) -> None:
    place = await _card(desk, button())
    await desk.ui("action", user="U0BOB", action_id="go", **place)
    url = desk.app.last("block_actions")["response_url"]
    assert url.startswith(f"{desk.url}/hooks/")

    async def reply(**body: Any) -> tuple[int, Any]:
        async with desk.session.post(url, json=body) as response:
            return response.status, await response.json()

    assert await reply(text="only you") == (200, {"ok": True})
    assert (await desk.messages("U0BOB"))[-1]["ephemeral_to"] == "U0BOB"
    await reply(text="replaced", replace_original=True, response_type="in_channel")
    assert [one["text"] for one in await desk.messages("U0ALICE")] == ["replaced"]
    assert (await reply(text="x", blocks=[{"type": "hologram"}])) == (
        400,
        {"ok": False, "error": "invalid_blocks"},
    )
    await reply(text="everybody", response_type="in_channel")
    await reply(delete_original=True)
    assert [one["text"] for one in await desk.messages("U0ALICE")] == ["everybody"]
    assert await reply(text="six") == (404, {"ok": False, "error": "used_url"})


async def test_a_response_url_dies_after_thirty_minutes(desk: Desk) -> None:
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs")
    url = desk.app.last("slash_command")["response_url"]
    desk.clock.advance(1801)
    async with desk.session.post(url, json={"text": "late"}) as response:
        assert (await response.json())["error"] == "expired_url"


async def test_a_commands_response_url_replaces_its_own_first_answer(desk: Desk) -> None:
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs evidence prod")
    url = desk.app.last("slash_command")["response_url"]
    for text in ("skeleton", "complete"):
        async with desk.session.post(url, json={"text": text, "replace_original": True}) as response:
            assert response.status == 200
    seen = await desk.messages("U0ALICE")
    assert [(one["text"], one["ephemeral_to"], one["edited"]) for one in seen] == [
        ("complete", "U0ALICE", True)
    ]


async def _modal(desk: Desk, view: dict[str, Any], user: str = "U0BOB") -> str:
    opened: list[str] = []

    async def open_it(received: Received) -> None:
        if received.kind == "slash_command":
            answer = await desk.client.views_open(trigger_id=received.payload["trigger_id"], view=view)
            opened.append(answer["view"]["id"])

    desk.app.on_request = open_it
    await desk.ui("say", user=user, channel="C0OPS", text="/cs change request")
    desk.app.on_request = None
    return opened[0]


async def test_empty_required_fields_never_reach_the_app(desk: Desk) -> None:
    number = {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "max_value": "10"}
    view = modal(REASON, CHOICE, input_block("count", number, optional=True))
    view_id = await _modal(desk, view)
    desk.app.received.clear()
    values = {"decision": {"choice": "approve"}, "count": {"n": "11"}}
    answer = await desk.ui("submit", user="U0BOB", view_id=view_id, values=values)
    assert answer["errors"] == {
        "reason": "Please complete this required field.",
        "count": "Please enter a number of at most 10.",
    }
    assert desk.app.received == []


async def test_a_submission_carries_full_element_states(desk: Desk) -> None:
    person = {"type": "users_select", "action_id": "user", "initial_user": "U0OWNER"}
    view_id = await _modal(
        desk, modal(REASON, CHOICE, input_block("owner", person), private_metadata="CHG-1")
    )
    values = {"reason": {"text": "because"}, "decision": {"choice": "reject"}}
    assert await desk.ui("submit", user="U0BOB", view_id=view_id, values=values) == {
        "ok": True,
        "view": None,
        "_status": 200,
    }
    view = desk.app.last("view_submission")["view"]
    state = view["state"]["values"]
    assert state["reason"]["text"] == {"type": "plain_text_input", "value": "because"}
    assert state["decision"]["choice"]["selected_option"]["value"] == "reject"
    assert state["owner"]["user"] == {"type": "users_select", "selected_user": "U0OWNER"}
    assert (view["private_metadata"], view["callback_id"]) == ("CHG-1", "change.decide")
    gone = await desk.ui("submit", user="U0BOB", view_id=view_id, values={})
    assert (gone["_status"], gone["error"]) == (404, "no_such_view")


GOOD = {"reason": {"text": "because"}}


async def test_the_app_may_refuse_a_submission_field_by_field(desk: Desk) -> None:
    view_id = await _modal(desk, modal(REASON))
    refusal = {"response_action": "errors", "errors": {"reason": "Too short."}}
    desk.app.answers = [web.json_response(refusal)]
    answer = await desk.ui("submit", user="U0BOB", view_id=view_id, values=GOOD)
    assert (answer["ok"], answer["errors"]) == (False, {"reason": "Too short."})
    assert (await desk.state("U0BOB"))["view"]["id"] == view_id
    desk.app.answers = [web.json_response({"response_action": "errors", "errors": {"nowhere": "x"}})]
    wrong = await desk.ui("submit", user="U0BOB", view_id=view_id, values=GOOD)
    assert wrong["error"] == "invalid_errors"


async def test_the_app_may_update_push_and_clear(desk: Desk) -> None:
    view_id = await _modal(desk, modal(REASON))
    desk.app.answers = [
        web.json_response({"response_action": "update", "view": modal(REASON, title=plain("Checking"))}),
        web.json_response({"response_action": "push", "view": modal(section(), title=plain("Second"))}),
        web.json_response({"response_action": "clear"}),
    ]
    updated = await desk.ui("submit", user="U0BOB", view_id=view_id, values=GOOD)
    assert (updated["view"]["id"], updated["view"]["title"]["text"]) == (view_id, "Checking")
    assert updated["view"]["state"]["values"]["reason"]["text"]["value"] == "because"
    pushed = await desk.ui("submit", user="U0BOB", view_id=view_id, values=GOOD)
    assert (pushed["view"]["title"]["text"], pushed["view"]["root_view_id"]) == ("Second", view_id)
    cleared = await desk.ui("submit", user="U0BOB", view_id=pushed["view"]["id"], values={})
    assert cleared["view"] is None


async def test_a_failed_submission_keeps_the_modal_open(desk: Desk) -> None:
    view_id = await _modal(desk, modal(REASON))
    desk.app.answers = [web.Response(status=500)]
    answer = await desk.ui("submit", user="U0BOB", view_id=view_id, values=GOOD)
    assert (answer["ok"], answer["error"]) == (False, "dispatch_failed")
    assert (await desk.state("U0BOB"))["view"]["id"] == view_id


async def test_an_invalid_view_in_an_answer_is_refused(desk: Desk) -> None:
    view_id = await _modal(desk, modal(REASON))
    bad = modal(section(), title=plain("x" * 25))
    desk.app.answers = [web.json_response({"response_action": "update", "view": bad})]
    answer = await desk.ui("submit", user="U0BOB", view_id=view_id, values=GOOD)
    assert answer["error"] == "invalid_arguments"


async def test_closing_tells_the_app_only_when_it_asked(desk: Desk) -> None:
    view_id = await _modal(desk, modal(REASON))
    await desk.ui("close", user="U0BOB", view_id=view_id)
    assert [one.kind for one in desk.app.received] == ["slash_command"]
    view_id = await _modal(desk, modal(REASON, notify_on_close=True))
    await desk.ui("close", user="U0BOB", view_id=view_id)
    closed = desk.app.last("view_closed")
    assert (closed["view"]["id"], closed["is_cleared"]) == (view_id, False)
    assert (await desk.state("U0BOB"))["view"] is None


async def test_a_click_inside_a_modal_names_the_view(desk: Desk) -> None:
    view_id = await _modal(desk, modal(actions(button("refresh")), REASON))
    place = {"view_id": view_id, "block_id": "act", "action_id": "refresh"}
    assert (await desk.ui("action", user="U0BOB", **place))["ok"]
    payload = desk.app.last("block_actions")
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert payload["view"]["id"] == view_id
    assert "message" not in payload
    assert (await desk.ui("action", user="U0ALICE", **place))["error"] == "no_such_view"


async def test_the_home_tab_opens_and_its_buttons_work(desk: Desk) -> None:
    await desk.ui("home", user="U0ERIN")
    assert desk.app.last("app_home_opened")["event"]["tab"] == "home"
    await desk.client.views_publish(user_id="U0ERIN", view={"type": "home", "blocks": [actions(button())]})
    home = (await desk.state("U0ERIN"))["home"]
    await desk.ui("action", user="U0ERIN", view_id=home["id"], block_id="act", action_id="go")
    assert desk.app.last("block_actions")["view"]["type"] == "home"


async def test_shortcuts_arrive_with_and_without_a_message(desk: Desk) -> None:
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="it is slow")
    await desk.ui("shortcut", user="U0BOB", callback_id="declare")
    await desk.ui("shortcut", user="U0BOB", callback_id="declare.from", channel="C0OPS", ts=said["ts"])
    assert desk.app.last("shortcut")["callback_id"] == "declare"
    assert desk.app.last("message_action")["message"]["text"] == "it is slow"


async def test_a_changed_user_group_sends_who_came_and_went(desk: Desk) -> None:
    assert (await desk.control("usergroups", id="S0AIOPS", users=["U0BOB", "U0DAN"]))["ok"]
    event = desk.app.last("subteam_members_changed")["event"]
    assert (event["added_users"], event["removed_users"]) == (["U0DAN"], ["U0CAROL"])
    assert (await desk.client.usergroups_users_list(usergroup="S0AIOPS"))["users"] == ["U0BOB", "U0DAN"]


async def test_a_replay_is_the_same_byte_for_byte(desk: Desk) -> None:
    await desk.ui("say", user="U0ALICE", channel="C0OPS", text="/cs status")
    assert (await desk.control("replay", index=0))["status"] == 200
    first, second = desk.app.received
    assert first.body == second.body
    assert first.headers["X-Slack-Signature"] == second.headers["X-Slack-Signature"]
    assert (await desk.control("replay", index=9))["error"] == "no_such_delivery"


async def test_each_page_is_told_only_what_its_person_sees(desk: Desk) -> None:
    alice = await listening(desk, "U0ALICE", 3)
    bob = await listening(desk, "U0BOB", 2)
    posted = await desk.client.chat_postMessage(channel="C0OPS", text="all")
    await desk.client.chat_postEphemeral(channel="C0OPS", user="U0ALICE", text="alice only")
    await desk.client.chat_update(channel="C0OPS", ts=posted["ts"], text="changed")
    assert [(name, one["text"]) for name, one in await alice] == [
        ("message", "all"),
        ("message", "alice only"),
        ("message_changed", "changed"),
    ]
    assert [(name, one["text"]) for name, one in await bob] == [
        ("message", "all"),
        ("message_changed", "changed"),
    ]


async def test_the_page_hears_of_the_clock_of_modals_and_of_deletions(desk: Desk) -> None:
    page = await listening(desk, "U0BOB", 3)
    async with desk.session.post(f"{desk.url}/clock", json={"advance_seconds": 60}) as response:
        assert (await response.json())["offset_seconds"] == 60
    posted = await desk.client.chat_postMessage(channel="C0OPS", text="x")
    await desk.client.chat_delete(channel="C0OPS", ts=posted["ts"])
    assert [name for name, _ in await page] == ["clock", "message", "message_deleted"]


async def test_a_person_who_left_can_do_nothing(desk: Desk) -> None:
    await desk.control("people", id="U0BOB", deleted=True)
    said = await desk.ui("say", user="U0BOB", channel="C0OPS", text="hello")
    assert (said["_status"], said["error"]) == (403, "user_is_deactivated")


async def test_another_sites_page_cannot_act_as_people(desk: Desk) -> None:
    body = {"user": "U0ALICE", "channel": "C0OPS", "text": "x"}
    foreign = {"Origin": "http://evil.example"}
    async with desk.session.post(f"{desk.url}/ui/say", json=body, headers=foreign) as response:
        assert response.status == 403
    async with desk.session.get(
        f"{desk.url}/ui/state?as=U0ALICE", headers={"Host": "evil.example"}
    ) as response:
        assert response.status == 403
