"""What people and apps put on messages and channels: pins, bookmarks, reactions."""

import re
from typing import Any

from sandbox.company import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.records import Message
from sandbox.slack.workspace import Workspace

Json = Any
MOST_PINS = 100
MOST_BOOKMARKS = 100
MOST_EMOJI = 23
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def the_message(world: Workspace, channel: Channel, ts: str) -> Message:
    """A message of a channel that everybody there sees."""
    if not re.fullmatch(r"\d+\.\d{6}", ts):
        raise SlackError("bad_timestamp")
    message = world.messages.get((channel.id, ts))
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    return message


def pin(world: Workspace, message: Message, by: str) -> None:
    """Keep a message where everybody finds it."""
    if message.pinned_by:
        raise SlackError("already_pinned")
    if len(pinned(world, message.channel)) >= MOST_PINS:
        raise SlackError("too_many_pins")
    message.pinned_by, message.pinned_at = by, int(world.now())
    world.show(message)
    world.emit({"type": "pin_added", **_pin_event(world, message, by)}, world.channels[message.channel])


def unpin(world: Workspace, message: Message, by: str) -> None:
    """Pinned no more."""
    if not message.pinned_by:
        raise SlackError("no_pin")
    message.pinned_by = ""
    world.show(message)
    world.emit({"type": "pin_removed", **_pin_event(world, message, by)}, world.channels[message.channel])


def pinned(world: Workspace, channel: str) -> list[Message]:
    """The pinned messages of a channel, the latest pin first."""
    found = [each for each in world.messages.values() if each.channel == channel and each.pinned_by]
    return sorted(found, key=lambda each: (each.pinned_at, each.ts), reverse=True)


def pin_item(message: Message) -> dict[str, Json]:
    """A pin of answers and events."""
    return {
        "type": "message",
        "channel": message.channel,
        "created": message.pinned_at,
        "created_by": message.pinned_by,
        "message": message.as_slack() | {"pinned_to": [message.channel]},
    }


def _pin_event(world: Workspace, message: Message, by: str) -> dict[str, Json]:
    count = len(pinned(world, message.channel))
    return {
        "user": by,
        "channel_id": message.channel,
        "item": pin_item(message),
        "item_user": message.user,
        "pin_count": count,
        "pinned_info": {"channel": message.channel, "pinned_by": by, "pinned_ts": message.pinned_at},
        "has_pins": count > 0,
    }


def bookmark(world: Workspace, channel: Channel, wanted: dict[str, str], by: str) -> dict[str, Json]:
    """A link in the bar of a channel; Slack takes the same one twice."""
    if not re.match(r"https?://", wanted["link"]):
        raise SlackError("invalid_link")
    kept = world.bookmarks.setdefault(channel.id, [])
    if len(kept) >= MOST_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    made = {
        "id": world.new_id("Bk0"),
        "channel_id": channel.id,
        "title": wanted["title"],
        "link": wanted["link"],
        "emoji": wanted.get("emoji", ""),
        "icon_url": None,
        "type": "link",
        "entity_id": None,
        "date_created": int(world.now()),
        "date_updated": 0,
        "rank": chr(ord("a") + len(kept) % 26),
        "last_updated_by_user_id": by,
        "last_updated_by_team_id": None,
        "shortcut_id": None,
        "app_id": None,
    }
    kept.append(made)
    world.set_channel(channel)
    return made


def react(world: Workspace, message: Message, name: str, by: str) -> None:
    """An emoji on a message, once for each person."""
    if not _EMOJI.fullmatch(name):
        raise SlackError("invalid_name")
    if world.channels[message.channel].archived:
        raise SlackError("is_archived")
    users = message.reactions.get(name, [])
    if by in users:
        raise SlackError("already_reacted")
    if not users and len(message.reactions) >= MOST_EMOJI:
        raise SlackError("too_many_emoji")
    message.reactions[name] = [*users, by]
    world.show(message)
    _reaction_event(world, message, "reaction_added", name, by)


def unreact(world: Workspace, message: Message, name: str, by: str) -> None:
    """The emoji is taken back."""
    users = message.reactions.get(name, [])
    if by not in users:
        raise SlackError("no_reaction")
    message.reactions[name] = [one for one in users if one != by]
    if not message.reactions[name]:
        del message.reactions[name]
    world.show(message)
    _reaction_event(world, message, "reaction_removed", name, by)


def _reaction_event(world: Workspace, message: Message, kind: str, name: str, by: str) -> None:
    item = {"type": "message", "channel": message.channel, "ts": message.ts}
    content = {"type": kind, "user": by, "reaction": name, "item_user": message.user, "item": item}
    world.emit(content, world.channels[message.channel])
