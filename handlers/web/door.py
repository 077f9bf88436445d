"""The front door: a request's raw bytes are proven to be Slack's before anything parses them."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

WINDOW_SECONDS = 300
MOST_BYTES = 256 * 1024
MOST_DEPTH = 64
UNSIGNED = 401
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_OBJECTS = ("team", "enterprise", "channel", "view", "message", "container")
_BY_PEOPLE = ("app_mention", "app_home_opened")
_WORDS = ("text", "channel", "tab")


@dataclass(frozen=True)
class Genuine:
    """Slack sent this: its kind (`command`, `click`, `submission`, `event`) and the text of its body."""

    kind: str
    body: str


@dataclass(frozen=True)
class Refuse:
    """This is not let in: the HTTP status and a word for the log. The sender is told nothing."""

    status: int
    why: str


def examine(headers: Mapping[str, str], body: bytes, *, secret: bytes, now: datetime) -> Genuine | Refuse:
    """Return whether a request is genuine: signature first, shape after.

    `headers` has lower-case names. Source: Slack, verifying requests: a timestamp within 300 s, HMAC-SHA256
    over `v0:timestamp:body`.
    """
    if len(body) > MOST_BYTES:
        return Refuse(413, "too large")
    if not _signed(headers, body, secret, now):
        return Refuse(UNSIGNED, "unsigned")
    try:
        kind = _kind(headers.get("content-type", "").partition(";")[0].strip().lower(), body)
    except (ValueError, RecursionError, TypeError, KeyError):
        return Refuse(400, "malformed")
    return Genuine(kind, body.decode("utf-8")) if kind else Refuse(400, "malformed")


def _signed(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    stamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    expected = "v0=" + hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    same = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
    fresh = abs(now.timestamp() - int(stamp)) <= WINDOW_SECONDS
    return same and fresh


def _kind(media: str, body: bytes) -> str:
    text = body.decode("utf-8")
    if media == _JSON:
        return _event(_object(text))
    if media != _FORM:
        return ""
    fields = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=100)
    form = dict(fields)
    if len(form) != len(fields):
        return ""
    if "payload" in form:
        return _interaction(_object(form["payload"]))
    needed = ("command", "user_id", "team_id", "channel_id")
    return "command" if all(form.get(name) for name in needed) else ""


def _interaction(payload: dict[str, Any]) -> str:
    user, kind = payload.get("user"), payload.get("type")
    objects = all(_is_object(payload.get(name)) for name in _OBJECTS)
    if not objects or not isinstance(user, dict) or not _is_text(user.get("id")) or not _is_text(kind):
        return ""
    if kind == "block_actions":
        return "click" if _are_actions(payload.get("actions")) else ""
    if kind in ("view_submission", "view_closed"):
        form = "submission" if kind == "view_submission" else "click"
        view = payload.get("view") or {}
        return form if _is_text(view.get("callback_id")) and _is_text(view.get("type")) else ""
    return "click" if _is_text(payload.get("callback_id")) else ""


def _event(payload: dict[str, Any]) -> str:
    if payload.get("type") == "url_verification":
        return "event" if isinstance(payload.get("challenge"), str) else ""
    event = payload.get("event")
    if payload.get("type") != "event_callback" or not isinstance(event, dict):
        return ""
    if event.get("type") in _BY_PEOPLE:
        words = all(isinstance(event.get(name, ""), str) for name in _WORDS)
        return "event" if words and _is_text(event.get("user")) else ""
    places = all(isinstance(event.get(name, ""), str | dict) for name in ("user", "channel"))
    return "event" if places and _is_text(event.get("type")) else ""


def _are_actions(found: object) -> bool:
    return (
        isinstance(found, list)
        and bool(found)
        and all(isinstance(item, dict) and _is_text(item.get("action_id")) for item in found)
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_object(value: object) -> bool:
    return value is None or isinstance(value, dict)


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object a text holds; ValueError when it holds none, no Unicode, or nests too deep."""
    found = json.loads(text)
    if "\\u" in text:
        json.dumps(found, ensure_ascii=False).encode()
    level: list[Any] = [found]
    for _ in range(MOST_DEPTH):
        level = [child for parent in level for child in _children(parent)]
    if level or not isinstance(found, dict):
        raise ValueError("not an object, or nested too deep")
    return found


def _children(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
