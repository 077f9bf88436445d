"""The messenger says what Slack shows, and maps what Slack refuses by its code."""

import asyncio

import pytest

from bot.domain.errors import SlackLimitedError, SlackRefusedError, SlackUnavailableError
from bot.ports.slack import Message
from bot.render.answer import render_text
from bot.render.blocks import section
from bot.slack.client import close_client, response_hosts, slack_client
from bot.slack.messenger import SlackMessenger
from sandbox.slack.records import Fault, Hook
from tests.fakes.slack_server import Script, scripted, simulated
from tests.golden.examples import EXAMPLES, message_of, view_of

CARD = message_of("card_pending")
METRICS = message_of("metrics")
FORM = view_of("form")
JSON = "application/json"


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_simulated_slack_takes_every_card_and_modal(name: str) -> None:
    made = EXAMPLES[name]()
    async with simulated() as (peer, world):
        if isinstance(made, Message):
            ts = await peer.messenger.post("C0OPS", made)
            shown = world.messages[("C0OPS", ts)]
            assert [block["type"] for block in shown.blocks] == [block["type"] for block in made.blocks]
        elif made["type"] == "home":
            await peer.messenger.publish_home("U0ALICE", made)
        else:
            assert await peer.messenger.open_view(world.new_trigger("U0ALICE"), made)


async def test_a_card_is_posted_without_unfurling_and_edited_in_place() -> None:
    async with simulated() as (peer, world):
        ts = await peer.messenger.post("C0OPS", CARD)
        posted = world.calls[-1]["args"]
        assert {posted["unfurl_links"], posted["unfurl_media"]} <= {"0", "false", False}
        assert world.messages[("C0OPS", ts)].metadata == CARD.metadata
        await peer.messenger.update("C0OPS", ts, render_text("Replaced.", "r1"))
        assert world.messages[("C0OPS", ts)].text == "Replaced."


async def test_an_ephemeral_message_is_seen_by_one_person() -> None:
    async with simulated() as (peer, world):
        await peer.messenger.ephemeral("C0OPS", "U0ALICE", render_text("For you.", "r1"))
        shown = next(iter(world.messages.values()))
        assert world.may_see("U0ALICE", shown)
        assert not world.may_see("U0BOB", shown)


async def test_a_direct_message_opens_the_conversation_first() -> None:
    async with simulated() as (peer, world):
        ts = await peer.messenger.direct("U0BOB", render_text("You are asked.", "r1"))
        assert world.messages[("DU0BOB", ts)].text == "You are asked."


async def test_a_response_url_answers_the_command_and_replaces_the_answer() -> None:
    async with simulated() as (peer, world):
        url = world.new_hook("commands", Hook("U0ALICE", "C0OPS", world.now()))
        await peer.messenger.respond(url, render_text("Looking …", "r1"), replace=False)
        await peer.messenger.respond(url, render_text("Here it is.", "r1"), replace=True)
        assert [(each.text, each.ephemeral_to) for each in world.messages.values()] == [
            ("Here it is.", "U0ALICE")
        ]


async def test_a_used_up_response_url_is_refused_by_its_code() -> None:
    async with simulated() as (peer, world):
        url = world.new_hook("commands", Hook("U0ALICE", "C0OPS", world.now(), uses=5))
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.respond(url, render_text("Late.", "r1"), replace=True)
        assert refused.value.code == "used_url"


async def test_a_response_url_elsewhere_is_never_called() -> None:
    async with simulated() as (peer, _):
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.respond("https://example.com/hooks/1", render_text("x", "r"), replace=False)
        assert refused.value.code == "invalid_response_url"


@pytest.mark.threat(12)
@pytest.mark.asvs("1.3.6")
async def test_a_redirected_answer_is_not_followed() -> None:
    script = Script([(302, "text/plain", "")], {"Location": "/elsewhere"})
    async with scripted(script) as peer:
        with pytest.raises(SlackRefusedError):
            await peer.messenger.respond(f"{peer.url}/hooks/1", render_text("x", "r"), replace=False)
    assert [path for path, _ in script.asked] == ["/hooks/1"]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_response_url_that_fails_may_be_tried_again(status: int) -> None:
    async with scripted(Script([(status, "text/plain", "oops")])) as peer:
        with pytest.raises(SlackUnavailableError):
            await peer.messenger.respond(f"{peer.url}/hooks/1", render_text("x", "r"), replace=False)


async def test_a_modal_is_opened_and_replaced_once_per_trigger() -> None:
    async with simulated() as (peer, world):
        trigger = world.new_trigger("U0ALICE")
        view_id = await peer.messenger.open_view(trigger, view_of("form_skeleton"))
        await peer.messenger.update_view(view_id, FORM)
        assert world.views[view_id].content["callback_id"] == "change.request"
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.open_view(trigger, FORM)
        assert refused.value.code == "exchanged_trigger_id"
        assert "Click again" in refused.value.advice


async def test_newest_blocks_are_refused_once_and_sent_in_the_classic_tier() -> None:
    async with simulated() as (peer, world):
        world.faults.append(Fault("chat.postMessage", "invalid_blocks", 1, 1))
        ts = await peer.messenger.post("C0OPS", METRICS)
        shown = world.messages[("C0OPS", ts)]
    assert "table" not in [block["type"] for block in shown.blocks]
    assert "18,204    17,533  +3.8 %" in str(shown.blocks)


async def test_a_card_without_new_blocks_is_not_sent_twice() -> None:
    async with simulated() as (peer, world):
        world.faults.append(Fault("chat.postMessage", "invalid_blocks", 1, 1))
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.post("C0OPS", CARD)
        assert refused.value.code == "invalid_blocks"
        assert [call["method"] for call in world.calls] == ["conversations.info", "chat.postMessage"]


async def test_what_breaks_a_limit_never_reaches_slack() -> None:
    async with simulated() as (peer, world):
        with pytest.raises(SlackRefusedError):
            await peer.messenger.post("C0OPS", Message("x", [section("x")] * 51))
        with pytest.raises(SlackRefusedError):
            await peer.messenger.open_view(
                "trigger", {**FORM, "title": {"type": "plain_text", "text": "x" * 25}}
            )
        assert world.calls == []


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("internal_error", True), ("channel_not_found", False), ("message_not_found", False), ("reset", True)],
)
async def test_errors_are_mapped_by_their_code(code: str, retryable: bool) -> None:
    async with simulated() as (peer, world):
        world.faults.append(Fault("chat.update", code, 9, 1))
        with pytest.raises((SlackRefusedError, SlackUnavailableError)) as failed:
            await peer.messenger.update("C0OPS", "1.000001", CARD)
        assert failed.value.retryable is retryable
        if isinstance(failed.value, SlackRefusedError):
            assert failed.value.code == code


async def test_a_job_waits_out_one_rate_limit() -> None:
    async with simulated() as (peer, world):
        world.faults.append(Fault("chat.postMessage", "ratelimited", 1, 0))
        ts = await peer.messenger.post("C0OPS", CARD)
        assert ("C0OPS", ts) in world.messages


async def test_a_trigger_is_not_slept_away_by_a_rate_limit() -> None:
    async with simulated() as (peer, world):
        world.faults.append(Fault("views.open", "ratelimited", 1, 30))
        with pytest.raises(SlackLimitedError) as limited:
            await peer.messenger.open_view(world.new_trigger("U0ALICE"), FORM)
        assert limited.value.seconds == 30


async def test_fifty_who_speak_at_once_ask_one_after_the_other_whose_the_channel_is() -> None:
    async with simulated() as (peer, world):
        world.faults.append(Fault("conversations.info", "ratelimited", 1, 1))
        await asyncio.gather(*(peer.messenger.refuse_shared("C0OPS") for _ in range(50)))
        assert [each["error"] for each in world.calls].count("ratelimited") == 1


@pytest.mark.parametrize(
    "answer",
    [
        (500, "text/html", "<h1>oops</h1>"),
        (502, JSON, "{"),
        (200, JSON, '{"ok": true}'),
        (503, "text/plain", ""),
    ],
)
async def test_an_answer_that_makes_no_sense_may_be_tried_again(answer: tuple[int, str, str]) -> None:
    async with scripted(Script([answer])) as peer:
        with pytest.raises(SlackUnavailableError):
            await peer.messenger.post("C0OPS", CARD)
        with pytest.raises(SlackUnavailableError):
            await peer.messenger.direct("U0BOB", CARD)


async def test_a_slack_that_is_not_there_may_be_tried_again() -> None:
    client = slack_client("xoxb-sandbox-test", "http://127.0.0.1:9/api/")
    messenger = SlackMessenger(client, response_hosts("http://127.0.0.1:9/api/"))
    try:
        with pytest.raises(SlackUnavailableError):
            await messenger.post("C0OPS", CARD)
        with pytest.raises(SlackUnavailableError):
            await messenger.respond("http://127.0.0.1:9/hooks/1", CARD, replace=False)
    finally:
        await close_client(client)
