"""The view methods and the stack of modals each person has open."""

import secrets
from contextlib import suppress
from typing import Any

from sandbox import company
from sandbox.slack.blocks import check_view, view_is_too_large
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.methods_chat import parsed, require
from sandbox.slack.records import View, elements_of, finished, with_ids
from sandbox.slack.state import NoSuchOptionError, completed, initial_state
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]

DEEPEST_STACK = 3


def checked_view(
    world: Workspace, view: Json, surfaces: tuple[str, ...], keep_id: str = ""
) -> dict[str, Json]:
    """A view as Slack stores it, or the refusal with one line per problem."""
    problems = check_view(view, surfaces)
    if problems:
        raise invalid_arguments(problems)
    if view_is_too_large(view):
        raise SlackError("view_too_large")
    external = view.get("external_id")
    taken = (
        other for other in world.views.values() if external and other.content.get("external_id") == external
    )
    if any(other.id != keep_id for other in taken):
        raise SlackError("duplicate_external_id")
    content: dict[str, Json] = finished(view)
    content["blocks"] = with_ids(view["blocks"])
    return content


def new_hash(world: Workspace) -> str:
    """A fresh view hash."""
    return f"{int(world.now())}.{secrets.token_urlsafe(6)[:8]}"


def add_view(world: Workspace, user: str, content: dict[str, Json], parent: View | None = None) -> View:
    """Keep a view; its root and previous view follow from its parent."""
    view_id = "V" + secrets.token_hex(5).upper()
    view = View(view_id, user, content, new_hash(world), view_id)
    if parent is not None:
        view.root_id, view.previous_id = parent.root_id, parent.id
    view.values = initial_state(content["blocks"])
    world.views[view_id] = view
    return view


def tell_modal(world: Workspace, user: str) -> None:
    """Show this person the modal that is on top now, or none."""
    top = top_modal(world, user)
    world.tell("view", {"view": top.as_slack() if top else None}, user)


def top_modal(world: Workspace, user: str) -> View | None:
    """The modal this person looks at."""
    stack = world.modals.get(user)
    return world.views[stack[-1]] if stack else None


def open_modal(world: Workspace, user: str, content: dict[str, Json]) -> View:
    """Open a modal in place of whatever was open."""
    clear_modals(world, user)
    view = add_view(world, user, content)
    world.modals[user] = [view.id]
    tell_modal(world, user)
    return view


def push_modal(world: Workspace, user: str, content: dict[str, Json]) -> View:
    """Put a modal on top of the open one; at most three deep."""
    stack = world.modals.get(user) or []
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= DEEPEST_STACK:
        raise SlackError("push_limit_reached")
    view = add_view(world, user, content, world.views[stack[-1]])
    stack.append(view.id)
    tell_modal(world, user)
    return view


def replace_content(world: Workspace, view: View, content: dict[str, Json]) -> None:
    """Give a view new content; inputs that stay keep what was entered."""
    entered = view.values
    view.content, view.hash = content, new_hash(world)
    view.values = initial_state(content["blocks"])
    for block in content["blocks"]:
        for element in elements_of(block):
            block_id, action_id = block["block_id"], str(element.get("action_id"))
            state = entered.get(block_id, {}).get(action_id)
            if state is not None and state["type"] == element["type"]:
                with suppress(NoSuchOptionError):
                    view.values[block_id][action_id] = completed(element, state)
    if content["type"] == "home":
        world.tell("home", {"view": view.as_slack()}, view.user)
    else:
        tell_modal(world, view.user)


def pop_modal(world: Workspace, user: str) -> None:
    """Close the modal on top; the one below shows again."""
    stack = world.modals.get(user) or []
    if stack:
        world.views.pop(stack.pop(), None)
    tell_modal(world, user)


def clear_modals(world: Workspace, user: str) -> list[View]:
    """Close every modal of this person; those that were open."""
    closed = [world.views.pop(view_id) for view_id in world.modals.pop(user, [])]
    if closed:
        tell_modal(world, user)
    return closed


async def open_(world: Workspace, args: Args) -> Args:
    """views.open: a modal for whoever made the trigger, within three seconds."""
    require(args, "view", "trigger_id")
    content = checked_view(world, parsed(args, "view", "invalid_arguments"), ("modal",))
    trigger = world.use_trigger(str(args["trigger_id"]))
    return {"view": open_modal(world, trigger.user, content).as_slack()}


async def push(world: Workspace, args: Args) -> Args:
    """views.push: a modal on top of the one that made the trigger."""
    require(args, "view", "trigger_id")
    content = checked_view(world, parsed(args, "view", "invalid_arguments"), ("modal",))
    trigger = world.use_trigger(str(args["trigger_id"]))
    return {"view": push_modal(world, trigger.user, content).as_slack()}


def _wanted(world: Workspace, args: Args) -> View:
    if args.get("view_id"):
        found = world.views.get(str(args["view_id"]))
    elif args.get("external_id"):
        named = (v for v in world.views.values() if v.content.get("external_id") == args["external_id"])
        found = next(named, None)
    else:
        raise invalid_arguments(["missing required field: view_id"])
    if found is None:
        raise SlackError("not_found")
    return found


def _same_hash(view: View, args: Args) -> None:
    if args.get("hash") and args["hash"] != view.hash:
        raise SlackError("hash_conflict")


async def update(world: Workspace, args: Args) -> Args:
    """views.update: new content for an open view, if the hash still holds."""
    require(args, "view")
    view = _wanted(world, args)
    _same_hash(view, args)
    surfaces = (str(view.content["type"]),)
    content = checked_view(world, parsed(args, "view", "invalid_arguments"), surfaces, view.id)
    replace_content(world, view, content)
    return {"view": view.as_slack()}


async def publish(world: Workspace, args: Args) -> Args:
    """views.publish: the Home tab of one person."""
    require(args, "view", "user_id")
    user = str(args["user_id"])
    if user not in world.people or user == company.BOT_USER_ID:
        raise invalid_arguments(["invalid `user_id`"])
    old = world.views.get(world.homes.get(user, ""))
    content = checked_view(world, parsed(args, "view", "invalid_arguments"), ("home",), old.id if old else "")
    if old is None:
        old = add_view(world, user, content)
        world.homes[user] = old.id
    else:
        _same_hash(old, args)
    replace_content(world, old, content)
    return {"view": old.as_slack()}
