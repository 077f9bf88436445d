"""What must hold for everything the app ever said and sent: checked over every recorded call of a journey."""

import re
from collections.abc import Iterator
from typing import Any

from tests.journeys.people import Json

OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<#C[A-Z0-9]+>|<!date\^\d+\^[^<>|]+\|[^<>]+>|<https?://[^<>|\s]+\|[^<>|]+>"
)
REF = re.compile(r"\bref `?[0-9A-HJKMNP-TV-Z]{26}`?")
SPOKEN = (
    "chat.postMessage",
    "chat.postEphemeral",
    "chat.update",
    "views.open",
    "views.update",
    "views.publish",
)


def check_slack(calls: list[Json]) -> None:
    """Check every call to Slack that says something.

    Raises:
        AssertionError: a rule is broken; the message shows the call.
    """
    spoken = [call for call in calls if call["method"] in SPOKEN]
    assert spoken, "nothing was said"
    for call in spoken:
        args = call["args"]
        content = args.get("view") or args
        if call["method"].startswith("chat."):
            _check_message(call["method"], args)
        for text in markup(content):
            assert "<" not in OURS.sub("", text), f"unescaped text in {call['method']}: {text}"
        last = content["blocks"][-1]
        assert last["type"] == "context", f"{call['method']} does not end with a context: {last}"
        assert REF.search(str(last)), f"{call['method']} does not end with its ref: {last}"


def check_azure(requests: list[Json]) -> None:
    """Check that the reader only ever read, and that the executor sent nothing without an id to follow.

    Raises:
        AssertionError: a rule is broken; the message shows the request.
    """
    assert {each["identity"] for each in requests} >= {"sandbox-reader"}, "the reader asked nothing"
    for each in requests:
        assert each["client_request_id"], f"a request without an id to follow: {each}"
        if each["identity"] != "sandbox-executor":
            assert each["method"] in ("GET", "HEAD"), f"the reader sent {each['method']}: {each}"


def markup(value: Any) -> Iterator[str]:
    """Give every text that Slack reads as markup: mrkdwn objects and the message's own text."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str) and value.get("type", "mrkdwn") == "mrkdwn":
            yield value["text"]
        for each in value.values():
            yield from markup(each)
    elif isinstance(value, list):
        for each in value:
            yield from markup(each)


def _check_message(method: str, args: Json) -> None:
    text = args["text"]
    assert re.fullmatch(r"\S.*[.!?…)]", text, re.DOTALL), f"not a sentence: {text!r}"
    assert text[0].isupper() or text[0] in "<`", f"not a sentence: {text!r}"
    if method == "chat.postMessage":
        for name in ("unfurl_links", "unfurl_media"):
            assert str(args[name]).lower() in ("false", "0"), f"{name} is not off: {text}"
    buttons = str([block for block in args["blocks"] if block["type"] == "actions"])
    if "'change." in buttons and "'change.open'" not in buttons:
        payload = args["metadata"]["event_payload"]
        if args["metadata"]["event_type"] == "countersign.notice":
            assert set(payload) == {"change", "rev"}, payload
            assert payload["change"] in text, f"the message does not name its change: {text}"
            return
        assert args["metadata"]["event_type"] == "countersign.change"
        assert set(payload) == {"id", "rev", "state"}, payload
        assert payload["id"] in text, f"the card's text does not name its change: {text}"
