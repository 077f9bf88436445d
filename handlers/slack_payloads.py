"""Slack's payloads, read once: a dict comes in, a frozen shape goes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.domain.entry import new_ulid
from bot.domain.people import Person
from bot.domain.redaction import redact
from bot.ports.archive import Cause
from bot.slack.said import words_of
from bot.usecases.desk import Caller, Desk
from handlers.shapes import Asked, Click, Happening, Quoted, Submission


@dataclass(frozen=True)
class Foreign:
    """The payload comes from another workspace or another app: it is refused, and why."""

    why: str


def delivery_key(body: Mapping[str, Any]) -> str:
    """Return the key under which a delivery is claimed: its event id, else the digest of the payload."""
    if isinstance(body.get("event_id"), str):
        return f"event:{body['event_id']}"
    kept = {name: value for name, value in body.items() if name not in ("token", "is_enterprise_install")}
    return "payload:" + sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


def foreign(body: Mapping[str, Any], desk: Desk) -> Foreign | None:
    """Return why this payload is none of ours, None when it is ours."""
    configuration = desk.configuration
    teams = {_team(body), str(_mapping(body.get("user")).get("team_id") or configuration.team_id)}
    if teams != {configuration.team_id}:
        return Foreign("This workspace is not the one this app works for.")
    app = str(body.get("api_app_id") or "")
    if configuration.app_id and app and app != configuration.app_id:
        return Foreign("This was sent for another app.")
    if body.get("type") == "message_action":
        return None  # a message shortcut may be used on anybody's message, another app's as well
    message = _mapping(body.get("message"))
    theirs = str(message.get("app_id") or "")
    if configuration.app_id and theirs and theirs != configuration.app_id:
        return Foreign("That button is on a message of another app.")
    return None


def asked_of(body: Mapping[str, Any], desk: Desk, *, source: str, auth: str) -> Asked:
    """Return who asks and where, from a command, an interaction or an event."""
    event = _mapping(body.get("event"))
    user = body.get("user_id") or _user(body) or _doer(event)
    channel = body.get("channel_id") or _mapping(body.get("channel")).get("id") or _place(event)
    person = Person(
        user=str(user),
        team=_team(body),
        enterprise=str(_mapping(body.get("enterprise")).get("id") or ""),
        entra_oid=desk.configuration.entra_oids.get(str(user), ""),
        auth=auth,
    )
    place = str(channel or _mapping(body.get("container")).get("channel_id") or "")
    cause = Cause(source, new_ulid(desk.clock.now()), place)
    attempt, about = _reached_for(body)
    return Asked(
        Caller(person, cause),
        place,
        attempt=attempt,
        about=about,
        trigger_id=str(body.get("trigger_id") or ""),
        response_url=str(body.get("response_url") or ""),
        quoted=_quoted(body),
    )


def happening_of(body: Mapping[str, Any], asked: Asked, me: str) -> Happening:
    """Return what an event says; `me` is the user id of this app."""
    event = _mapping(body.get("event"))
    channel = _mapping(event.get("channel"))
    user = _doer(event)
    return Happening(
        type=str(event.get("type") or ""),
        asked=asked,
        user=user,
        by=str(event.get("inviter") or event.get("actor_id") or ""),
        channel=_place(event),
        ts=str(_mapping(event.get("item")).get("ts") or event.get("ts") or ""),
        name=str(channel.get("name") or event.get("reaction") or ""),
        item=str(event.get("subteam_id") or ""),
        is_self=user == me,
    )


def click_of(body: Mapping[str, Any], action: Mapping[str, Any], asked: Asked) -> Click:
    """Return the click of a `block_actions` payload."""
    view = _mapping(body.get("view"))
    values = {each.name: each.plain for each in _state(view)}
    return Click(
        asked=asked,
        action_id=str(action.get("action_id") or ""),
        block_id=str(action.get("block_id") or ""),
        value=_plain(action),
        ts=str(_mapping(body.get("message")).get("ts") or ""),
        view_id=str(view.get("id") or ""),
        values=values,
        metadata=str(view.get("private_metadata") or ""),
    )


def submission_of(body: Mapping[str, Any], asked: Asked) -> Submission:
    """Return the values of a `view_submission`, secrets in what was typed masked; a choice is our own word."""
    view = _mapping(body.get("view"))
    found = list(_state(view))
    return Submission(
        asked=asked,
        callback_id=str(view.get("callback_id") or ""),
        view_id=str(view.get("id") or ""),
        values={each.name: redact(each.plain) if each.is_typed else each.plain for each in found},
        chosen={each.name: each.chosen for each in found},
        blocks={each.name: each.block for each in found},
        metadata=str(view.get("private_metadata") or ""),
    )


def label_of(body: Mapping[str, Any]) -> str:
    """Return the words on the button that was pressed, else the title of the form; empty without either."""
    actions = body.get("actions")
    action = _mapping(actions[0]) if isinstance(actions, list) and actions else {}
    title = _mapping(_mapping(body.get("view")).get("title"))
    return str((_mapping(action.get("text")) or title).get("text") or "")


def number_in(metadata: str, what: str) -> int | None:
    """Return a number that a request form carries: of its draft (`number`), of its `incident`; None without one."""
    try:
        found = json.loads(metadata or "{}").get(what)
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, int) else None


@dataclass(frozen=True)
class _Input:
    """One input of a view: its plain block id, value, chosen values, block id, and whether it was typed."""

    name: str
    plain: str
    chosen: frozenset[str]
    block: str
    is_typed: bool


def _state(view: Mapping[str, Any]) -> list[_Input]:
    """Return every input of a view."""
    values = _mapping(_mapping(view.get("state")).get("values"))
    found = []
    for block, actions in values.items():
        for each in _mapping(actions).values():
            name, element = str(block).partition(":")[0], _mapping(each)
            is_typed = element.get("value") is not None
            found.append(_Input(name, _plain(element), _chosen(element), str(block), is_typed))
    return found


def _plain(element: Mapping[str, Any]) -> str:
    option = _mapping(element.get("selected_option"))
    for value in (
        element.get("value"),
        option.get("value"),
        element.get("selected_user"),
        element.get("selected_date_time"),
    ):
        if value is not None:
            return str(value)
    return ",".join(sorted(_chosen(element)))


def _chosen(element: Mapping[str, Any]) -> frozenset[str]:
    options = element.get("selected_options")
    found = options if isinstance(options, list) else []
    return frozenset(str(_mapping(option).get("value")) for option in found)


def _doer(event: Mapping[str, Any]) -> str:
    """Return whose event it is: a user's id, a user's object, or who created the channel."""
    user = event.get("user")
    found = _mapping(user).get("id") or user or _mapping(event.get("channel")).get("creator")
    return found if isinstance(found, str) else ""


def _place(event: Mapping[str, Any]) -> str:
    """Return the channel of an event: its id, its object, or the channel of the message it is about."""
    channel = event.get("channel")
    found = _mapping(channel).get("id") or channel or _mapping(event.get("item")).get("channel")
    return found if isinstance(found, str) else ""


def _quoted(body: Mapping[str, Any]) -> Quoted | None:
    if body.get("type") != "message_action":
        return None
    message = _mapping(body.get("message"))
    ts = str(body.get("message_ts") or message.get("ts") or "")
    return Quoted(ts, str(message.get("user") or message.get("bot_id") or ""), words_of(message))


def _reached_for(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return the action or modal id of an interaction and the value it carries; empty for anything else."""
    view, actions = _mapping(body.get("view")), body.get("actions")
    if isinstance(actions, list) and actions:
        action = _mapping(actions[0])
        return str(action.get("action_id") or ""), str(action.get("value") or "")
    return str(view.get("callback_id") or ""), str(view.get("private_metadata") or "")


def _team(body: Mapping[str, Any]) -> str:
    team = _mapping(body.get("team")).get("id") or body.get("team_id")
    return str(team or _mapping(body.get("user")).get("team_id") or "")


def _user(body: Mapping[str, Any]) -> str:
    return str(_mapping(body.get("user")).get("id") or "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
