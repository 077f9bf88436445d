"""The Slack app manifest, from one table; `manifest.yml` at the root is the Socket Mode one."""

import json
from typing import Any

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError

PLACEHOLDER = "https://countersign.example.com"
_HINT = "help | status [target] | change request [kind] [target] | incident declare <title> | audit verify"
_COMMANDS = {
    "/countersign": "Look at deployments, propose and follow changes, prove what was done",
    "/cs": "The short name of /countersign",
}
_SCOPES = [
    "app_mentions:read",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:write",
    "pins:write",
    "reactions:read",
    "usergroups:read",
    "users:read",
]
_EVENTS = [
    "app_home_opened",
    "app_mention",
    "channel_archive",
    "channel_created",
    "channel_deleted",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "reaction_added",
    "subteam_members_changed",
]
_SHORTCUTS = (
    (
        "shortcut.request",
        "Request a model change",
        "global",
        "Open the form that asks for a change of a deployment",
    ),
    (
        "shortcut.approvals",
        "My approvals",
        "global",
        "List what waits for you: to decide, to attest or to review",
    ),
    (
        "shortcut.incident",
        "Declare a model incident",
        "global",
        "Open the form that declares an incident, with a channel and evidence",
    ),
    (
        "shortcut.timeline",
        "Add to incident timeline",
        "message",
        "Keep this message, with its digest, on the timeline of an incident",
    ),
)
_LONG = (
    "Countersign shows read-only evidence about fine-tuned models on Azure OpenAI, asks named people to"
    " approve every change to them, applies exactly the plan that was approved, once, and keeps an audit"
    " trail whose proofs can be verified without the bot. What is typed in chat only ever opens a form; it"
    " never decides."
)


def manifest_for(transport: str, url: str = "") -> dict[str, Any]:
    """Return the manifest for `socket`, or for `http` with the address that Slack sends to.

    Raises:
        InvalidInputError: there is no such transport.
    """
    if transport not in ("socket", "http"):
        advice = did_you_mean(transport, ("socket", "http"))
        raise InvalidInputError(f"There is no transport {transport!r}.", advice=advice)
    to = {"request_url": f"{(url or PLACEHOLDER).rstrip('/')}/slack/events"} if transport == "http" else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 0},
        "display_information": {
            "name": "Countersign",
            "description": "Evidence, approvals and an audit trail for fine-tuned models on Azure OpenAI.",
            "long_description": _LONG,
            "background_color": "#1f3a5f",
        },
        "features": _features({"url": to["request_url"]} if to else {}),
        "oauth_config": {"scopes": {"bot": list(_SCOPES)}},
        "settings": {
            "event_subscriptions": {**to, "bot_events": list(_EVENTS)},
            "interactivity": {"is_enabled": True, **to},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not to,
            "token_rotation_enabled": False,
        },
    }


def _features(to: dict[str, str]) -> dict[str, Any]:
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": True,
        },
        "bot_user": {"display_name": "Countersign", "always_online": True},
        "shortcuts": [
            {"name": name, "type": kind, "callback_id": callback_id, "description": words}
            for callback_id, name, kind, words in _SHORTCUTS
        ],
        "slash_commands": [
            {"command": name, **to, "description": words, "usage_hint": _HINT, "should_escape": True}
            for name, words in _COMMANDS.items()
        ],
    }


def as_yaml(value: Any, depth: int = 0) -> str:
    """Return a document of objects, lists of objects and plain values as YAML."""
    return "\n".join(_lines(value, depth))


def _lines(value: Any, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, dict):
        found: list[str] = []
        for name, item in value.items():
            if isinstance(item, dict | list):
                found += [f"{pad}{name}:", *_lines(item, depth + 1)]
            else:
                found.append(f"{pad}{name}: {json.dumps(item)}")
        return found
    found = []
    for item in value:
        inner = _lines(item, depth + 1) if isinstance(item, dict) else [f"{pad}  {json.dumps(item)}"]
        found += [f"{pad}- {inner[0].strip()}", *inner[1:]]
    return found
