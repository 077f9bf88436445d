"""JSON as strangers may write it, read without doubt: no key twice, no floats, nothing Python alone would take."""

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.errors import ProofError


def strict_object(text: str) -> dict[str, Any]:
    """Return the JSON object in a text.

    Raises:
        ProofError: it is no JSON object, a key stands twice in one object, or a number is no integer.
    """
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise ProofError("it is no JSON") from error
    if not isinstance(found, dict):
        raise ProofError("it is no JSON object")
    return found


def taken(found: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return a value of one type (`bool` is no `int` here); raise ProofError when it is another or not there."""
    value = found.get(key)
    if type(value) is not kind:
        raise ProofError(f"`{key}` is missing or of another type")
    return value


def objects(found: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects; raise ProofError when it is anything else."""
    values = taken(found, key, list)
    if any(not isinstance(each, dict) for each in values):
        raise ProofError(f"`{key}` holds something that is no object")
    return list(values)


def only(found: Mapping[str, Any], *keys: str) -> None:
    """Raise ProofError when an object has other keys than these."""
    for key in found:
        if key not in keys:
            raise ProofError(f"`{key[:40]}` does not belong there")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ProofError("a key stands twice in one object, so two readers may read two things")
    return made


def _no_float(written: str) -> Any:
    raise ProofError(f"it holds the number {written[:40]}, and no entry holds fractions")
