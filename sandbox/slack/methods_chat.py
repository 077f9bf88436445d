"""The chat methods: post, update, delete, and messages only one person sees."""

import json
from typing import Any

from sandbox import company
from sandbox.company import Channel
from sandbox.slack.blocks import check_message
from sandbox.slack.errors import SlackError, invalid_arguments, invalid_blocks
from sandbox.slack.records import Message, with_ids
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]

LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000
METADATA_BYTES = 16_000


def require(args: Args, *names: str) -> None:
    """Refuse a call without these arguments."""
    missing = [f"missing required field: {name}" for name in names if not args.get(name)]
    if missing:
        raise invalid_arguments(missing)


def parsed(args: Args, name: str, error: str) -> Json:
    """An argument that may be JSON or a string of JSON."""
    value = args.get(name)
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(error) from None


def checked_blocks(args: Args) -> list[Json] | None:
    """The blocks of a call, finished; `None` when there are none."""
    blocks = parsed(args, "blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = check_message(blocks)
    if problems:
        raise invalid_blocks(problems)
    if len(json.dumps(blocks)) > 200_000:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)


def checked_metadata(args: Args) -> dict[str, Json] | None:
    """The metadata of a call: an event type and a payload."""
    metadata = parsed(args, "metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return metadata


def checked_text(args: Args, longest: int, *, has_blocks: bool) -> str:
    """The text of a call."""
    text = args.get("text")
    text = "" if text is None else str(text)
    if not text and not has_blocks:
        raise SlackError("no_text")
    if len(text) > longest:
        raise SlackError("msg_too_long")
    return text


def thread_of(world: Workspace, args: Args, channel: str) -> str | None:
    """The parent that a reply names, if it names one."""
    thread_ts = args.get("thread_ts")
    if not thread_ts:
        return None
    parent = world.messages.get((channel, str(thread_ts)))
    if parent is None or parent.ephemeral_to is not None:
        raise SlackError("cannot_reply_to_message")
    return parent.thread_ts or parent.ts


def open_to_the_app(channel: Channel) -> Channel:
    """A channel in which the app can post."""
    if channel.archived:
        raise SlackError("is_archived")
    if company.BOT_USER_ID not in channel.members:
        raise SlackError("not_in_channel")
    return channel


async def post_message(world: Workspace, args: Args) -> Args:
    """chat.postMessage: a message everybody in the channel sees."""
    require(args, "channel")
    place = str(args["channel"])
    channel = open_to_the_app(world.open_im(place) if place in world.people else world.channel(place))
    blocks = checked_blocks(args)
    message = world.add(
        Message(
            channel=channel.id,
            ts=world.new_ts(),
            user=company.BOT_USER_ID,
            text=checked_text(args, LONGEST_POST, has_blocks=bool(blocks)),
            app=True,
            thread_ts=thread_of(world, args, channel.id),
            blocks=blocks or [],
            metadata=checked_metadata(args),
        )
    )
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack()}


async def post_ephemeral(world: Workspace, args: Args) -> Args:
    """chat.postEphemeral: a message one person sees."""
    require(args, "channel", "user")
    channel = open_to_the_app(world.channel(str(args["channel"])))
    if args["user"] not in channel.members:
        raise SlackError("user_not_in_channel")
    blocks = checked_blocks(args)
    message = world.add(
        Message(
            channel=channel.id,
            ts=world.new_ts(),
            user=company.BOT_USER_ID,
            text=checked_text(args, LONGEST_POST, has_blocks=bool(blocks)),
            app=True,
            thread_ts=thread_of(world, args, channel.id),
            blocks=blocks or [],
            ephemeral_to=str(args["user"]),
        )
    )
    return {"message_ts": message.ts}


def _own_message(world: Workspace, args: Args, refusal: str) -> Message:
    require(args, "channel", "ts")
    channel = world.channel(str(args["channel"]))
    message = world.messages.get((channel.id, str(args["ts"])))
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    if channel.archived:
        raise SlackError("is_inactive")
    if not message.app:
        raise SlackError(refusal)
    return message


async def update(world: Workspace, args: Args) -> Args:
    """chat.update: text without blocks removes the blocks; ephemeral messages are out of reach."""
    message = _own_message(world, args, "cant_update_message")
    blocks = checked_blocks(args)
    text = checked_text(args, LONGEST_UPDATE, has_blocks=blocks is not None)
    metadata = checked_metadata(args)
    message.blocks = blocks or []
    message.text = text
    message.metadata = metadata if metadata is not None else message.metadata
    world.change(message)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": message.as_slack()}


async def get_permalink(world: Workspace, args: Args) -> Args:
    """chat.getPermalink: the address of a message."""
    require(args, "channel", "message_ts")
    channel, ts = world.channel(str(args["channel"])), str(args["message_ts"])
    message = world.messages.get((channel.id, ts))
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    address = f"{world.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": address}


async def delete(world: Workspace, args: Args) -> Args:
    """chat.delete: remove a message of the app."""
    message = _own_message(world, args, "cant_delete_message")
    world.remove(message)
    return {"channel": message.channel, "ts": message.ts}
