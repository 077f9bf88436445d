"""The methods about channels: made, entered, looked at, renamed, archived; what was said in them."""

from typing import Any

from sandbox import company
from sandbox.company import Channel
from sandbox.slack import rooms
from sandbox.slack.errors import SlackError
from sandbox.slack.methods_chat import require
from sandbox.slack.methods_people import page, true
from sandbox.slack.records import Message, conversation
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]
ME = company.BOT_USER_ID
MOST_INVITED = 100


def needs(world: Workspace, scope: str) -> None:
    """Refuse without a scope that only this use of a method needs."""
    if scope not in world.manifest.scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(world.manifest.scopes))


def _room(world: Workspace, args: Args) -> Channel:
    require(args, "channel")
    channel = world.channel(str(args["channel"]))
    if channel.im_user is not None:
        raise SlackError("method_not_supported_for_channel_type")
    return channel


def _managed(world: Workspace, args: Args) -> Channel:
    """A channel that the app is in and may manage."""
    channel = _room(world, args)
    needs(world, "groups:write" if channel.private else "channels:manage")
    if ME not in channel.members:
        raise SlackError("not_in_channel")
    return channel


async def create(world: Workspace, args: Args) -> Args:
    """conversations.create: a channel with the app in it."""
    private = true(args.get("is_private"))
    needs(world, "groups:write" if private else "channels:manage")
    channel = rooms.create(world, str(args.get("name") or ""), ME, private=private)
    return {"channel": conversation(channel)}


async def invite(world: Workspace, args: Args) -> Args:
    """conversations.invite: people come in; with `force` those who can, though others cannot."""
    channel = _room(world, args)
    if channel.archived:
        raise SlackError("is_archived")
    if ME not in channel.members:
        raise SlackError("not_in_channel")
    users = [user.strip() for user in str(args.get("users") or "").split(",") if user.strip()]
    if not users:
        raise SlackError("no_user")
    if len(users) > MOST_INVITED:
        raise SlackError("too_many_users")
    refused = {user: why for user in users if (why := _uninvitable(world, channel, user))}
    errors = [{"user": user, "ok": False, "error": why} for user, why in refused.items()]
    if refused and (len(refused) == len(users) or not true(args.get("force"))):
        raise SlackError(next(iter(refused.values())), errors=errors)
    for user in users:
        if user not in refused:
            rooms.enter(world, world.channels[channel.id], user, ME)
    return {"channel": conversation(world.channels[channel.id]), **({"errors": errors} if errors else {})}


def _uninvitable(world: Workspace, channel: Channel, user: str) -> str:
    person = world.people.get(user)
    if person is None:
        return "user_not_found"
    if user == ME:
        return "cant_invite_self"
    if user in channel.members:
        return "already_in_channel"
    if person.flags.get("deleted"):
        return "cant_invite"
    return "ura_max_channels" if person.flags.get("is_ultra_restricted") else ""


async def join(world: Workspace, args: Args) -> Args:
    """conversations.join: the app enters a public channel."""
    channel = _room(world, args)
    if channel.private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if ME in channel.members:
        warning = "already_in_channel"
        more = {"warning": warning, "response_metadata": {"warnings": [warning]}}
        return {"channel": conversation(channel), **more}
    rooms.enter(world, channel, ME)
    return {"channel": conversation(world.channels[channel.id])}


async def set_topic(world: Workspace, args: Args) -> Args:
    """conversations.setTopic: what the channel is about."""
    channel = rooms.set_topic(world, _managed(world, args), str(args.get("topic") or ""), ME)
    return {"channel": conversation(channel)}


async def archive(world: Workspace, args: Args) -> Args:
    """conversations.archive: nothing more is said here."""
    rooms.archive(world, _managed(world, args), ME)
    return {}


async def unarchive(world: Workspace, args: Args) -> Args:
    """conversations.unarchive: not with the token of a bot, as Slack says itself; a person can."""
    _room(world, args)
    raise SlackError("not_in_channel")


async def rename(world: Workspace, args: Args) -> Args:
    """conversations.rename: only of a channel that the app made."""
    channel = _managed(world, args)
    if channel.creator != ME:
        raise SlackError("not_authorized")
    rooms.rename(world, channel, str(args.get("name") or ""), ME)
    return {"channel": conversation(world.channels[channel.id])}


async def kick(world: Workspace, args: Args) -> Args:
    """conversations.kick: somebody is removed."""
    channel = _managed(world, args)
    require(args, "user")
    if args["user"] == ME:
        raise SlackError("cant_kick_self")
    rooms.leave(world, channel, str(args["user"]), ME)
    return {}


async def info(world: Workspace, args: Args) -> Args:
    """conversations.info: one channel."""
    require(args, "channel")
    channel = world.channel(str(args["channel"]))
    shape = conversation(channel)
    if true(args.get("include_num_members")):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


async def members(world: Workspace, args: Args) -> Args:
    """conversations.members: who is in a channel."""
    require(args, "channel")
    found, cursor = page(list(world.channel(str(args["channel"])).members), args, 100)
    return {"members": found, "response_metadata": {"next_cursor": cursor}}


async def history(world: Workspace, args: Args) -> Args:
    """conversations.history: the messages of a channel that the app is in, newest first, replies left out."""
    found = [each for each in _said(world, args) if each.thread_ts in (None, each.ts)]
    return _shown(sorted(found, key=lambda each: each.ts, reverse=True), args, 999)


async def replies(world: Workspace, args: Args) -> Args:
    """conversations.replies: a message and its thread, oldest first; `ts` of a reply gives that reply."""
    require(args, "ts")
    ts, said = str(args["ts"]), _said(world, args)
    channel = str(args["channel"])
    if (channel, ts) not in world.messages or world.messages[channel, ts].ephemeral_to is not None:
        raise SlackError("thread_not_found")
    found = [each for each in said if ts in (each.ts, each.thread_ts)]
    return _shown(sorted(found, key=lambda each: each.ts), args, 1000)


def _said(world: Workspace, args: Args) -> list[Message]:
    """What everybody sees in a channel that the app is in, within `oldest` and `latest`."""
    require(args, "channel")
    channel = world.channel(str(args["channel"]))
    if ME not in channel.members:
        raise SlackError("not_in_channel")
    found = [one for one in world.messages.values() if one.channel == channel.id and one.ephemeral_to is None]
    return [one for one in found if _within(one.ts, args)]


def _within(ts: str, args: Args) -> bool:
    try:
        oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    except ValueError:
        raise SlackError("invalid_ts_latest") from None
    inside = oldest < float(ts) < latest
    return inside or (true(args.get("inclusive")) and float(ts) in (oldest, latest))


def _shown(messages: list[Message], args: Args, most: int) -> Args:
    shown = [each.as_slack() for each in messages]
    if not true(args.get("include_all_metadata")):
        shown = [{key: value for key, value in each.items() if key != "metadata"} for each in shown]
    found, cursor = page(shown, args, most)
    return {"messages": found, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}
