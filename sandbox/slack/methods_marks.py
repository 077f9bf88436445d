"""The methods about pins, bookmarks and reactions."""

from typing import Any

from sandbox import company
from sandbox.company import Channel
from sandbox.slack import marks
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.methods_chat import require
from sandbox.slack.records import Message
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]
ME = company.BOT_USER_ID
LONGEST_TITLE = 256
LONGEST_LINK = 2048


def _inside(world: Workspace, place: Json) -> Channel:
    channel = world.channel(str(place or ""))
    if ME not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _marked(world: Workspace, args: Args) -> Message:
    if not args.get("timestamp"):
        raise SlackError("no_item_specified")
    channel = _inside(world, args.get("channel"))
    if channel.archived:
        raise SlackError("is_archived")
    return marks.the_message(world, channel, str(args["timestamp"]))


async def pins_add(world: Workspace, args: Args) -> Args:
    """pins.add: a message stays where everybody finds it."""
    marks.pin(world, _marked(world, args), ME)
    return {}


async def pins_remove(world: Workspace, args: Args) -> Args:
    """pins.remove: pinned no more."""
    marks.unpin(world, _marked(world, args), ME)
    return {}


async def pins_list(world: Workspace, args: Args) -> Args:
    """pins.list: what is pinned in a channel."""
    channel = _inside(world, args.get("channel"))
    return {"items": [marks.pin_item(message) for message in marks.pinned(world, channel.id)]}


async def bookmarks_add(world: Workspace, args: Args) -> Args:
    """bookmarks.add: a link in the bar of a channel."""
    require(args, "channel_id", "title", "type")
    if args["type"] != "link":
        raise SlackError("invalid_bookmark_type")
    title, link = str(args["title"]), str(args.get("link") or "")
    if len(title) > LONGEST_TITLE or len(link) > LONGEST_LINK:
        raise invalid_arguments(["title or link is too long"])
    channel = _inside(world, args["channel_id"])
    if channel.archived:
        raise SlackError("permission_denied")
    wanted = {"title": title, "link": link, "emoji": str(args.get("emoji") or "")}
    return {"bookmark": marks.bookmark(world, channel, wanted, ME)}


async def bookmarks_list(world: Workspace, args: Args) -> Args:
    """bookmarks.list: the bar of a channel."""
    require(args, "channel_id")
    return {"bookmarks": world.bookmarks.get(_inside(world, args["channel_id"]).id, [])}


async def reactions_add(world: Workspace, args: Args) -> Args:
    """reactions.add: an emoji of the app on a message."""
    require(args, "name")
    marks.react(world, _marked(world, args), str(args["name"]).strip(":"), ME)
    return {}


async def reactions_get(world: Workspace, args: Args) -> Args:
    """reactions.get: a message with the emoji on it."""
    message = _marked(world, args)
    return {"type": "message", "channel": message.channel, "message": message.as_slack()}
