"""What an entry only commits to: where a digest stands in its body, and the body as who holds the texts reads it."""

from collections.abc import Mapping
from typing import Any

WITHHELD = "withheld"
ACTOR = "/actor."  # a path that begins so is in the entry's actor, every other in its data
IDENTIFIERS = ("id", "team", "entra_oid")


def commitments(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the commitments of a body, by path: `reason` and `approvers.0` in its data, `/actor.id` in its actor."""
    return dict(_held(body.get("data"), "")) | dict(_held(body.get("actor"), ACTOR))


def laid_open(body: Mapping[str, Any], texts: Mapping[str, str], missing: str = WITHHELD) -> dict[str, Any]:
    """Return a body with texts, by path, in the place of the commitments to them, and `missing` in all others."""
    opened = dict(body)
    for part, before in (("actor", ACTOR), ("data", "")):
        if part in body:
            opened[part] = _replaced(body[part], before, texts, missing)
    return opened


def is_commitment(value: object) -> bool:
    """Return whether a digest stands here instead of a text."""
    return isinstance(value, Mapping) and value.keys() == {"_sd"}


def _held(value: object, before: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, each in _children(value):
        if isinstance(each, Mapping) and is_commitment(each):
            found.append((f"{before}{key}", str(each["_sd"])))
        else:
            found += _held(each, f"{before}{key}.")
    return found


def _replaced(value: object, before: str, texts: Mapping[str, str], missing: str) -> object:
    """Return a value with every commitment below it replaced; `before` is the path to what it holds."""
    if is_commitment(value):
        return texts.get(before.removesuffix("."), missing)
    if isinstance(value, list):
        return [_replaced(each, f"{before}{n}.", texts, missing) for n, each in enumerate(value)]
    if isinstance(value, Mapping):
        return {key: _replaced(each, f"{before}{key}.", texts, missing) for key, each in value.items()}
    return value


def _children(value: object) -> list[tuple[str, object]]:
    if isinstance(value, Mapping):
        return [(str(key), each) for key, each in value.items()]
    return [(str(n), each) for n, each in enumerate(value)] if isinstance(value, list) else []
