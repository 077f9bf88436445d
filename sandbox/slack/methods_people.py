"""The methods about people, groups, direct messages and the app itself."""

import secrets
from typing import Any

from sandbox import company
from sandbox.company import UserGroup
from sandbox.slack.errors import SlackError
from sandbox.slack.methods_chat import require
from sandbox.slack.records import conversation
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]


def true(value: Json) -> bool:
    """Whether an argument says yes."""
    return str(value).lower() in ("true", "1")


async def auth_test(world: Workspace, args: Args) -> Args:
    """auth.test: who the token is."""
    return {
        "url": f"{world.base_url}/",
        "team": company.TEAM_NAME,
        "user": "countersign",
        "team_id": company.TEAM_ID,
        "user_id": company.BOT_USER_ID,
        "bot_id": company.BOT_ID,
        "is_enterprise_install": False,
    }


async def users_info(world: Workspace, args: Args) -> Args:
    """users.info: one person."""
    require(args, "user")
    person = world.people.get(str(args["user"]))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": person.as_slack()}


def page(entries: list[Json], args: Args, most: int) -> tuple[list[Json], str]:
    """The entries of one page, and the cursor of the next."""
    try:
        start = int(str(args.get("cursor") or "offset:0").removeprefix("offset:"))
        size = int(args.get("limit") or most)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    if size < 1:
        raise SlackError("invalid_limit")
    more = f"offset:{start + size}" if start + size < len(entries) else ""
    return entries[start : start + size], more


async def users_list(world: Workspace, args: Args) -> Args:
    """users.list: everybody, in pages when asked."""
    members, cursor = page([person.as_slack() for person in world.people.values()], args, 1000)
    stamp = int(world.now())
    return {"members": members, "cache_ts": stamp, "response_metadata": {"next_cursor": cursor}}


def usergroup_as_slack(world: Workspace, group: UserGroup) -> dict[str, Json]:
    """The user group object of answers and events."""
    return {
        "id": group.id,
        "team_id": company.TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1_700_000_000,
        "date_update": int(world.now()),
        "date_delete": 0,
        "auto_type": None,
        "created_by": "U0OWNER",
        "updated_by": "U0OWNER",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
        "user_count": len(group.users),
    }


async def usergroups_list(world: Workspace, args: Args) -> Args:
    """usergroups.list: every group, with its people when asked."""
    groups = []
    for group in world.groups.values():
        shape = usergroup_as_slack(world, group)
        if true(args.get("include_users")):
            shape["users"] = list(group.users)
        groups.append(shape)
    return {"usergroups": groups}


async def usergroups_users_list(world: Workspace, args: Args) -> Args:
    """usergroups.users.list: who is in a group."""
    require(args, "usergroup")
    group = world.groups.get(str(args["usergroup"]))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


async def conversations_open(world: Workspace, args: Args) -> Args:
    """conversations.open: the direct messages with one person."""
    if args.get("channel"):
        channel = world.channel(str(args["channel"]))
        if channel.im_user is None:
            raise SlackError("method_not_supported_for_channel_type")
        return {"channel": {"id": channel.id}}
    given = args.get("users")
    listed = given if isinstance(given, list) else str(given or "").split(",")
    users = [str(user).strip() for user in listed if str(user).strip()]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise SlackError("missing_scope", needed="mpim:write", provided=",".join(world.manifest.scopes))
    known = f"D{users[0]}" in world.channels
    channel = world.open_im(users[0])
    if true(args.get("return_im")):
        return {"no_op": known, "already_open": known, "channel": conversation(channel)}
    return {"channel": {"id": channel.id}}


async def connections_open(world: Workspace, args: Args) -> Args:
    """apps.connections.open: a ticket for one Socket Mode connection."""
    ticket = secrets.token_urlsafe(18)
    world.tickets.add(ticket)
    address = world.base_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/socket/{ticket}?app_id={company.APP_ID}"}
