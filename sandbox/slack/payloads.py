"""Every payload the app receives, shaped as Slack shapes it."""

import re
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sandbox import company
from sandbox.company import Channel, Person
from sandbox.slack.records import Hook, Message, View
from sandbox.slack.workspace import Workspace

Json = Any
Payload = dict[str, Json]

# A fixed word: the legacy verification token every payload still carries and nobody should check.
LEGACY_TOKEN = "sandbox-verification-token"


@dataclass(frozen=True)
class Parcel:
    """One payload on its way: what it is, how it travels, what it says."""

    kind: str
    family: str
    payload: Payload


def _team() -> Payload:
    return {"id": company.TEAM_ID, "domain": company.TEAM_DOMAIN}


def _user(person: Person) -> Payload:
    return {"id": person.id, "username": person.name, "name": person.name, "team_id": company.TEAM_ID}


def _place(channel: Channel) -> Payload:
    return {"id": channel.id, "name": "directmessage" if channel.im_user else channel.name}


def _interaction(world: Workspace, kind: str, person: Person) -> Payload:
    return {
        "type": kind,
        "team": _team(),
        "user": _user(person),
        "api_app_id": company.APP_ID,
        "token": LEGACY_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def slash_command(
    world: Workspace, person: Person, channel: Channel, command: str, text: str
) -> tuple[Parcel, Hook]:
    """A slash command, as form fields, and the response URL's record."""
    hook = Hook(person.id, channel.id, world.now())
    payload = {
        "token": LEGACY_TOKEN,
        "team_id": company.TEAM_ID,
        "team_domain": company.TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.im_user else channel.name,
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": company.APP_ID,
        "is_enterprise_install": "false",
        "response_url": world.new_hook("commands", hook),
        "trigger_id": world.new_trigger(person.id),
    }
    return Parcel("slash_command", "slash_commands", payload), hook


def message_action(world: Workspace, person: Person, message: Message, act: Payload) -> Parcel:
    """A click on an element of a message."""
    channel = world.channels[message.channel]
    ephemeral = message.ephemeral_to is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    hook = Hook(person.id, message.channel, world.now(), (message.channel, message.ts), message.thread_ts)
    payload = _interaction(world, "block_actions", person) | {
        "container": container,
        "trigger_id": world.new_trigger(person.id),
        "channel": _place(channel),
        "state": {"values": message.state},
        "response_url": world.new_hook("actions", hook),
        "actions": [act],
    }
    if not ephemeral:
        payload["message"] = message.as_slack()
    return Parcel("block_actions", "interactive", payload)


def view_action(world: Workspace, person: Person, view: View, act: Payload) -> Parcel:
    """A click on an element of a modal or of the Home tab."""
    payload = _interaction(world, "block_actions", person) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": world.new_trigger(person.id, view.id),
        "view": view.as_slack(),
        "actions": [act],
    }
    return Parcel("block_actions", "interactive", payload)


def view_submission(world: Workspace, person: Person, view: View) -> Parcel:
    """A submitted modal."""
    payload = _interaction(world, "view_submission", person) | {
        "trigger_id": world.new_trigger(person.id, view.id),
        "view": view.as_slack(),
        "response_urls": [],
    }
    return Parcel("view_submission", "interactive", payload)


def view_closed(world: Workspace, person: Person, view: View, *, is_cleared: bool) -> Parcel:
    """A closed modal."""
    payload = _interaction(world, "view_closed", person) | {
        "view": view.as_slack(),
        "is_cleared": is_cleared,
        "response_urls": [],
    }
    return Parcel("view_closed", "interactive", payload)


def global_shortcut(world: Workspace, person: Person, callback_id: str) -> Parcel:
    """A shortcut from the search or the plus menu."""
    payload = _interaction(world, "shortcut", person) | {
        "action_ts": world.new_ts(),
        "callback_id": callback_id,
        "trigger_id": world.new_trigger(person.id),
    }
    return Parcel("shortcut", "interactive", payload)


def message_shortcut(world: Workspace, person: Person, callback_id: str, message: Message) -> Parcel:
    """A shortcut from the menu of a message."""
    hook = Hook(person.id, message.channel, world.now(), None, message.thread_ts)
    payload = _interaction(world, "message_action", person) | {
        "action_ts": world.new_ts(),
        "callback_id": callback_id,
        "trigger_id": world.new_trigger(person.id),
        "channel": _place(world.channels[message.channel]),
        "message_ts": message.ts,
        "message": message.as_slack() | ({} if message.app else said(message)),
        "response_url": world.new_hook("app", hook),
    }
    return Parcel("message_action", "interactive", payload)


def event(world: Workspace, content: Payload) -> Parcel:
    """An event in its envelope; a redelivery keeps the same `event_id`."""
    inner = {"event_ts": world.new_ts(), **content}
    payload = {
        "token": LEGACY_TOKEN,
        "team_id": company.TEAM_ID,
        "enterprise_id": None,
        "context_team_id": company.TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": company.APP_ID,
        "event": inner,
        "type": "event_callback",
        "event_id": "Ev" + secrets.token_hex(5).upper(),
        "event_time": int(world.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": company.TEAM_ID,
                "user_id": company.BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": secrets.token_urlsafe(24),
    }
    return Parcel(str(content["type"]), "events_api", payload)


_PIECES = re.compile(r"<@(U\w+)(?:\|[^>]*)?>")


def said(message: Message) -> Payload:
    """What Slack adds to a message a person typed: an id and its rich text."""
    elements: list[Payload] = []
    end = 0
    for found in _PIECES.finditer(message.text):
        if found.start() > end:
            elements.append({"type": "text", "text": message.text[end : found.start()]})
        elements.append({"type": "user", "user_id": found.group(1)})
        end = found.end()
    if end < len(message.text):
        elements.append({"type": "text", "text": message.text[end:]})
    section = {"type": "rich_text_section", "elements": elements}
    return {
        "client_msg_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{message.channel}/{message.ts}")),
        "blocks": [{"type": "rich_text", "block_id": secrets.token_urlsafe(4)[:5], "elements": [section]}],
    }


def app_mention(world: Workspace, message: Message) -> Parcel:
    """A message that names the app."""
    content = message.as_slack() | said(message) | {"type": "app_mention", "channel": message.channel}
    return event(world, content | {"event_ts": message.ts})


def direct_message(world: Workspace, message: Message) -> Parcel:
    """A message in the app's direct messages."""
    content = message.as_slack() | said(message) | {"channel": message.channel, "channel_type": "im"}
    return event(world, content | {"event_ts": message.ts})


def app_home_opened(world: Workspace, person: Person) -> Parcel:
    """Somebody opened the Home tab."""
    content: Payload = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": f"D{person.id}",
        "tab": "home",
    }
    view = world.views.get(world.homes.get(person.id, ""))
    if view is not None:
        content["view"] = view.as_slack()
    return event(world, content)


def subteam_members_changed(world: Workspace, group_id: str, before: set[str], after: set[str]) -> Parcel:
    """The people of a user group changed."""
    added, removed = sorted(after - before), sorted(before - after)
    content = {
        "type": "subteam_members_changed",
        "subteam_id": group_id,
        "team_id": company.TEAM_ID,
        "date_previous_update": int(world.now()) - 1,
        "date_update": int(world.now()),
        "added_users": added,
        "added_users_count": len(added),
        "removed_users": removed,
        "removed_users_count": len(removed),
    }
    return event(world, content)


def user_change(world: Workspace, person: Person) -> Parcel:
    """A person's account changed."""
    return event(world, {"type": "user_change", "user": person.as_slack(), "cache_ts": int(world.now())})
