"""An entry of the trail told again in words: the event is made anew from what was recorded."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from bot.domain.commitments import ACTOR, WITHHELD, commitments, laid_open
from bot.domain.event import AuditEvent
from bot.domain.events import EVENT_TYPES

_NO_TEXTS: Mapping[str, str] = {}
_BY_TAG: Mapping[str, type[AuditEvent]] = {kind.tag: kind for kind in EVENT_TYPES}
# What the trail says of itself has no event of its own.
_OF_THE_LOG: Mapping[str, str] = {
    "log.opened": "opened the log",
    "log.sealed": "sealed the log",
    "log.restored": "went on after a restore, in a new log",
    "key.introduced": "introduced a signing key",
    "key.rotated": "went on with another signing key",
    "key.revoked": "revoked a signing key",
    "checkpoint.anchored": "published a checkpoint outside the database",
    "anchor.failed": "could not publish a checkpoint outside the database",
    "clock.skew": "found that the clock had gone back",
    "schema.migrated": "brought the database to another version",
    "privacy.erased": "erased people's own words",
}


def sentence_of(body: Mapping[str, Any], texts: Mapping[str, str] = _NO_TEXTS) -> str:
    """Return what an entry says as one sentence without its actor; its type where nobody knows the words."""
    tag, body = str(body.get("type", "")), laid_open(body, texts)
    kind = _BY_TAG.get(tag)
    if kind is None:
        return _OF_THE_LOG.get(tag, tag)
    try:
        return kind(**_fields(kind, body)).sentence()
    except (TypeError, ValueError, AttributeError, KeyError):
        return tag  # written by another version


def private_paths(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where an entry holds a commitment of somebody's own words instead of the words, by dotted path."""
    return tuple(path for path in commitments(body) if not path.startswith(ACTOR))


def _fields(kind: type[AuditEvent], body: Mapping[str, Any]) -> dict[str, Any]:
    subject, told = body.get("subject", {}), body.get("data", {})
    evidence = next((each.get("sha256", "") for each in body.get("evidence", ())), "")
    found: dict[str, Any] = {}
    for item in fields(kind):
        if item.name in kind.PRIVATE:
            found[item.name] = WITHHELD
        elif item.name in ("change", "resource"):
            found[item.name] = subject.get(item.name, "")
        elif item.name == "evidence":
            found[item.name] = evidence
        elif item.name in told:
            value = told[item.name]
            found[item.name] = tuple(value) if isinstance(value, list) else value
        elif item.default is MISSING and item.default_factory is MISSING:
            raise KeyError(item.name)
    return found
