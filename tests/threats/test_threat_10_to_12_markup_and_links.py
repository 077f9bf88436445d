"""Threats 10 to 12: markup in what people type, links that lead elsewhere, addresses that are not Slack's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import SlackRefusedError
from bot.ports.slack import Message
from bot.render.answer import render_text
from bot.render.change_card import render_change
from bot.render.change_view import ChangeView
from bot.render.decide_form import render_decide
from bot.render.plan import render_plan_view
from bot.slack.client import is_slack_url, response_hosts
from sandbox.slack.records import Hook
from tests.fakes.slack_server import Script, scripted, simulated
from tests.golden import values as ex
from tests.golden.examples import EXAMPLES
from tests.journeys.manners import markup

TICKETS = (
    "javascript:alert(document.cookie)",
    "data:text/html,<script>alert(1)</script>",
    "https://jira.example@evil.example/OPS-1",
    "<https://evil.example|https://jira.example/OPS-1>",
    "<javascript:alert(1)|OPS-1>",
    "//evil.example/OPS-1",
)
NOT_SLACK = (
    "http://169.254.169.254/metadata/identity/oauth2/token",
    "https://169.254.169.254/",
    "https://hooks.slack.com.evil.example/commands/1",
    "https://evil.example/#hooks.slack.com",
    "https://evil.example/hooks.slack.com",
    "https://hooks.slack.com@169.254.169.254/",
    "https://hooks.slack.com\\@169.254.169.254/",
    "http://hooks.slack.com/commands/1",
    "https://hooks.slack.com:22/commands/1",
    "https://[::ffff:169.254.169.254]/",
    "https://2852039166/",
    "file:///etc/passwd",
    "gopher://hooks.slack.com/1",
    "https:///hooks.slack.com",
    "hooks.slack.com/commands/1",
    "",
)


def keys(value: Any) -> Iterator[str]:
    """Give the name of every field of a message, at any depth."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from keys(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from keys(each)


@pytest.mark.threat(11)
@pytest.mark.asvs("1.2.2")
@pytest.mark.parametrize("ticket", TICKETS)
def test_a_ticket_is_text_and_never_a_link(ticket: str) -> None:
    change = replace(ex.CHANGE, request=replace(ex.REQUEST, ticket=ticket))
    view = ChangeView(change, summary="x")
    card = render_change(view, now=ex.NOW, ref=ex.REF)
    modal = render_decide(view, choice="approve", live="", who="", evidence_age="", ref=ex.REF)
    for made in (list(card.blocks), modal, render_plan_view(view, ex.REF)):
        assert "url" not in set(keys(made))
        texts = list(markup(made))
        assert texts
        assert not [text for text in texts if "<http" in text or "<javascript" in text or "<data" in text]


@pytest.mark.threat(11)
@pytest.mark.asvs("1.2.2")
def test_no_message_of_ours_has_a_button_or_picture_that_loads_from_somewhere() -> None:
    for name, example in EXAMPLES.items():
        made = example()
        blocks = list(made.blocks) if isinstance(made, Message) else made
        assert not {"url", "image_url", "thumb_url", "link_names"} & set(keys(blocks)), name


@pytest.mark.threat(12)
@pytest.mark.asvs("1.3.6")
@pytest.mark.parametrize("url", NOT_SLACK)
async def test_an_answer_goes_to_slack_and_nowhere_else(url: str) -> None:
    assert not is_slack_url(url, response_hosts("https://slack.com/api/"))
    async with scripted(Script([(200, "text/plain", "ok")])) as peer:
        with pytest.raises(SlackRefusedError):
            await peer.messenger.respond(url, render_text("Here.", "r1"), replace=False)


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
async def test_whatever_is_said_unfurls_nothing_and_links_no_names() -> None:
    message = Message("Look at https://evil.example.", render_text("Look.", "r1").blocks)
    async with simulated() as (peer, world):
        hook = world.new_hook("commands", Hook("U0ALICE", "C0OPS", world.now()))
        ts = await peer.messenger.post("C0OPS", message)
        await peer.messenger.direct("U0BOB", message)
        await peer.messenger.update("C0OPS", ts, message)
        await peer.messenger.ephemeral("C0OPS", "U0ALICE", message)
        await peer.messenger.respond(hook, message, replace=False)
        spoken = [call["args"] for call in world.calls if call["method"].startswith("chat.")]
    posts = [each for each in spoken if "unfurl_links" in each]
    assert (len(spoken), len(posts)) == (4, 2)
    for each in posts:
        assert {str(each[name]).lower() for name in ("unfurl_links", "unfurl_media")} <= {"0", "false"}
    assert not [each for each in spoken if "link_names" in each or each.get("parse") == "full"]
