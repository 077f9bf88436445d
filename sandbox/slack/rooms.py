"""Channels as Slack keeps them: made, entered, renamed, archived; each change is told to the page and to the app."""

from dataclasses import replace

from sandbox import company
from sandbox.company import Channel
from sandbox.slack.errors import SlackError
from sandbox.slack.records import Message
from sandbox.slack.workspace import Workspace

LONGEST_NAME = 80
LONGEST_TOPIC = 250
GENERAL = "general"


def checked_name(world: Workspace, name: str) -> str:
    """A name no channel has, by Slack's rules; an archived channel keeps its name."""
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > LONGEST_NAME:
        raise SlackError("invalid_name_maxlength")
    if any(not (letter.isalnum() or letter in "-_") or letter.lower() != letter for letter in name):
        raise SlackError("invalid_name_specials")
    if not any(letter.isalnum() for letter in name):
        raise SlackError("invalid_name_punctuation")
    if any(channel.name == name for channel in world.channels.values() if channel.im_user is None):
        raise SlackError("name_taken")
    return name


def create(world: Workspace, name: str, by: str, *, private: bool) -> Channel:
    """A new channel with its first member."""
    channel = Channel(
        world.new_id("C0"),
        checked_name(world, name),
        "",
        (by,),
        private=private,
        creator=by,
        created=int(world.now()),
    )
    world.set_channel(channel)
    _say(world, channel, by, "channel_join", f"<@{by}> has joined the channel")
    if not private:
        about = {"id": channel.id, "name": name, "created": channel.created, "creator": by}
        more = {"name_normalized": name, "is_channel": True, "context_team_id": company.TEAM_ID}
        world.emit({"type": "channel_created", "channel": about | more})
    return channel


def enter(world: Workspace, channel: Channel, user: str, inviter: str | None = None) -> None:
    """Somebody joins, or is invited."""
    _open(channel)
    if user in channel.members:
        raise SlackError("already_in_channel")
    channel = replace(channel, members=(*channel.members, user))
    world.set_channel(channel)
    _say(world, channel, user, "channel_join", f"<@{user}> has joined the channel")
    content = {"type": "member_joined_channel", **_member(channel, user)}
    world.emit(content | ({"inviter": inviter} if inviter else {}), channel)


def leave(world: Workspace, channel: Channel, user: str, by: str) -> None:
    """Somebody leaves, or is removed; the app is told when it was itself."""
    _open(channel)
    if user not in channel.members:
        raise SlackError("not_in_channel")
    if channel.name == GENERAL:
        raise SlackError("cant_leave_general" if user == by else "cant_kick_from_general")
    _say(world, channel, user, "channel_leave", f"<@{user}> has left the channel")
    world.emit({"type": "member_left_channel", **_member(channel, user)}, channel)
    world.set_channel(replace(channel, members=tuple(one for one in channel.members if one != user)))
    if user == company.BOT_USER_ID:
        world.emit({"type": _word(channel, "left"), "channel": channel.id, "actor_id": by})


def archive(world: Workspace, channel: Channel, by: str) -> None:
    """Nothing more is said here; what was said stays."""
    if channel.archived:
        raise SlackError("already_archived")
    if channel.name == GENERAL:
        raise SlackError("cant_archive_general")
    _say(world, channel, by, "channel_archive", f"<@{by}> archived the channel")
    channel = replace(channel, archived=True)
    world.set_channel(channel)
    world.emit(
        {"type": _word(channel, "archive"), "channel": channel.id, "user": by, "is_moved": 0}, _seen(channel)
    )


def unarchive(world: Workspace, channel: Channel, by: str) -> None:
    """An archived channel is open again."""
    if not channel.archived:
        raise SlackError("not_archived")
    channel = replace(channel, archived=False)
    world.set_channel(channel)
    _say(world, channel, by, "channel_unarchive", f"<@{by}> un-archived the channel")
    world.emit({"type": _word(channel, "unarchive"), "channel": channel.id, "user": by}, _seen(channel))


def rename(world: Workspace, channel: Channel, name: str, by: str) -> None:
    """Another name; the id stays."""
    _open(channel)
    before, channel = channel.name, replace(channel, name=checked_name(world, name))
    world.set_channel(channel)
    _say(world, channel, by, "channel_name", f'<@{by}> renamed the channel from "{before}" to "{name}"')
    about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
    more = {"is_channel": not channel.private, "is_mpim": False}
    world.emit({"type": _word(channel, "rename"), "channel": about | more}, _seen(channel))


def delete(world: Workspace, channel: Channel, by: str) -> None:
    """The channel and all that was said in it are gone."""
    if channel.name == GENERAL:
        raise SlackError("cant_delete_general")
    world.drop_channel(channel)
    world.emit({"type": _word(channel, "deleted"), "channel": channel.id, "actor_id": by}, _seen(channel))


def set_topic(world: Workspace, channel: Channel, topic: str, by: str) -> Channel:
    """What the channel is about."""
    _open(channel)
    if len(topic) > LONGEST_TOPIC:
        raise SlackError("too_long")
    channel = replace(channel, topic=topic)
    world.set_channel(channel)
    _say(world, channel, by, "channel_topic", f"<@{by}> set the channel topic: {topic}")
    return channel


def _open(channel: Channel) -> None:
    if channel.im_user is not None:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")


def _word(channel: Channel, what: str) -> str:
    return f"{'group' if channel.private else 'channel'}_{what}"


def _seen(channel: Channel) -> Channel | None:
    """The channel whose members alone are told: a private one; what happens to a public one, every app hears."""
    return channel if channel.private else None


def _member(channel: Channel, user: str) -> dict[str, str]:
    kind = "G" if channel.private else "C"
    return {"user": user, "channel": channel.id, "channel_type": kind, "team": company.TEAM_ID}


def _say(world: Workspace, channel: Channel, user: str, subtype: str, text: str) -> None:
    world.add(Message(channel.id, world.new_ts(), user, text, subtype=subtype))
