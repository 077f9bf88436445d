"""Every payload has the keys of the payloads recorded from Slack, wherever the recordings are at hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.slack.manifest import DEFAULT_EVENTS, Manifest
from tests.unit.sandbox_slack.desk import REASON, Desk, Received, a_desk, actions, button, modal, section

ROOT = Path(__file__).resolve().parents[3]
RECORDINGS = Path(os.environ.get("COUNTERSIGN_SPEC_DATA", ROOT.parent / "shared" / "data")) / "slack"
# Keys only some recordings have: names of an enterprise there is not, one-time checks, retired fields.
OLD_OR_ELSEWHERE = {
    "enterprise_id",
    "enterprise_name",
    "ssl_check",
    "authed_users",
    "_form_encoded",
    "client_msg_id",
}
FILES = {
    "slash_command": ["001_slash_command", "005_slash_command"],
    "block_actions": ["009_block_actions", "010_block_actions", "015_block_actions"],
    "view_submission": ["058_view_submission", "060_view_submission"],
    "view_closed": ["057_view_closed"],
    "shortcut": ["002_shortcut"],
    "message_action": ["007_message_action"],
    "app_home_opened": ["030_event.app_home_opened"],
    "member_joined_channel": ["018_event.member_joined_channel", "064_event.member_joined_channel"],
    "member_left_channel": ["019_event.member_left_channel"],
    "reaction_added": ["016_event.reaction_added"],
    "app_mention": ["004_event.app_mention", "033_event.app_mention", "066_event.app_mention"],
}
# Methods that the published reference leaves out; Slack's own pages have them.
UNREFERENCED = {
    "conversations.archive",
    "conversations.kick",
    "conversations.rename",
    "conversations.setTopic",
    "conversations.unarchive",
    "pins.remove",
    "reactions.get",
}
FREE_FORM = ("blocks", "values", "actions", "authorizations")


def missing_keys(recorded: Any, sent: Any, path: str = "") -> list[str]:
    """Keys of the recording that the payload lacks, at any depth."""
    if not isinstance(recorded, dict):
        return []
    if not isinstance(sent, dict):
        return [] if sent is None else [f"{path} is not an object"]
    found = []
    for key, value in recorded.items():
        if key in OLD_OR_ELSEWHERE:
            continue
        if key not in sent:
            found.append(f"{path}/{key}")
        elif key not in FREE_FORM:
            found += missing_keys(value, sent[key], f"{path}/{key}")
        elif key in ("actions", "authorizations"):
            found += missing_keys(value[0], sent[key][0], f"{path}/{key}/0")
    return found


async def everything(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """One payload of each kind, by doing everything once."""

    async def open_it(received: Received) -> None:
        if received.kind == "slash_command":
            view = modal(REASON, notify_on_close=True)
            await desk.client.views_open(trigger_id=received.payload["trigger_id"], view=view)

    desk.app.on_request = open_it
    for last_step in ("submit", "close"):
        await desk.ui("say", user="U0BOB", channel="C0OPS", text="/cs change request")
        view_id = (await desk.state("U0BOB"))["view"]["id"]
        await desk.ui(last_step, user="U0BOB", view_id=view_id, values={"reason": {"text": "x"}})
    posted = await desk.client.chat_postMessage(
        channel="C0OPS", text="x", blocks=[section(), actions(button())]
    )
    await desk.ui("action", user="U0BOB", channel="C0OPS", ts=posted["ts"], block_id="act", action_id="go")
    said = await desk.ui("say", user="U0ALICE", channel="C0OPS", text="@Countersign help")
    await desk.ui("react", user="U0BOB", channel="C0OPS", ts=said["ts"], name="pushpin")
    room = await desk.ui("channel", user="U0ALICE", do="create", name="inc-7")
    for who in ("U0COUNTERSIGN", "U0BOB"):
        await desk.ui("channel", user="U0ALICE", channel=room["channel"], do="invite", who=who)
    await desk.ui("channel", user="U0BOB", channel=room["channel"], do="leave")
    await desk.ui("home", user="U0BOB")
    await desk.ui("shortcut", user="U0BOB", callback_id="declare")
    await desk.ui("shortcut", user="U0BOB", callback_id="declare", channel="C0OPS", ts=said["ts"])
    sent: dict[str, list[dict[str, Any]]] = {}
    for one in desk.app.received:
        sent.setdefault(one.kind, []).append(one.payload)
    return sent


async def test_payloads_have_every_key_of_the_recorded_ones() -> None:
    folder = RECORDINGS / "bolt-python-tests"
    if not folder.is_dir():
        pytest.skip(f"recorded payloads are not at hand: {folder}")
    of_channels = ("member_joined_channel", "member_left_channel", "reaction_added")
    async with a_desk(manifest=Manifest(events=(*DEFAULT_EVENTS, *of_channels))) as desk:
        sent = await everything(desk)
    missing = {}
    for kind, names in FILES.items():
        for name in names:
            recorded = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for payload in sent[kind]:
                lacking = missing_keys(recorded, payload)
                if lacking:
                    missing[name] = lacking
    assert missing == {}


async def test_scopes_and_tiers_are_those_of_the_reference(desk: Desk) -> None:
    folder = RECORDINGS / "slack-api-ref" / "methods"
    if not folder.is_dir():
        pytest.skip(f"the reference of the Web API is not at hand: {folder}")
    from sandbox.slack.web_api import METHODS

    unreferenced = set(METHODS) - {page.stem for page in folder.glob("*.json")}
    assert unreferenced == UNREFERENCED
    for name, method in METHODS.items():
        if name in unreferenced:
            continue
        reference = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        documented = reference.get("scope", {}).get("bot", [])
        assert set(method.scopes) == set(documented), name
        assert reference["rate_limits"] in (f"t{method.tier}", None), name


async def test_answers_have_every_key_of_the_documented_view(desk: Desk) -> None:
    path = RECORDINGS / "slack-api-ref" / "methods" / "views.open.json"
    if not path.is_file():
        pytest.skip(f"the reference of the Web API is not at hand: {path}")
    documented = json.loads(path.read_text(encoding="utf-8"))["examples"]["success"]["example"]["view"]
    await desk.ui("say", user="U0BOB", channel="C0OPS", text="/cs")
    trigger = desk.app.last("slash_command")["trigger_id"]
    answer = await desk.client.views_open(trigger_id=trigger, view=modal(REASON))
    assert missing_keys(documented, answer["view"]) == []
