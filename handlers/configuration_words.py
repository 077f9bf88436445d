"""What the reader of `countersign.toml` refuses, in house words: the key, what was read, and what can stand there."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from handlers.configuration_parts import part_at

_SEE = "docs/configuration.md says what can stand there."
_NAMED = ("alias", "name", "user", "from")
_TYPES = {
    "bool_type": "true or false, without quotation marks",
    "int_type": "a whole number, without quotation marks",
    "string_type": 'text, such as "…"',
    "list_type": 'a list, such as ["…"]',
    "dict_type": "a table",
    "model_type": "a table",
    "decimal_parsing": 'a number, such as "4000"',
    "decimal_type": 'a number, such as "4000"',
}
_PATTERNS = {
    "^[UW]": "a Slack user id, such as U0BOB",
    "^[CG]": "a Slack channel id, such as C0OPS",
    "^T": "a Slack workspace id, such as T0CONTOSO",
    "^[A-Za-z0-9]": "letters, digits, dots and dashes",
}


def in_words(error: ValidationError, path: Path, document: Mapping[str, Any]) -> InvalidInputError:
    """Return the mistake that says most: that is a misspelt key rather than the one that is missing for it."""
    found = error.errors(include_url=False)
    first = next((item for item in found if item["type"] == "extra_forbidden"), found[0])
    words, advice = _mistake(first)
    more = len(found) - 1
    rest = f" {more} more mistake{'s' if more > 1 else ''} like it." if more else ""
    return InvalidInputError(f"{path}: {_key(first['loc'], document)} {words}.{rest}", advice=advice)


def _mistake(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is wrong with a key, and what to do about it."""
    place, limits = [str(part) for part in item["loc"]], item.get("ctx", {})
    match str(item["type"]):
        case "extra_forbidden":
            names = [field.alias or name for name, field in part_at(place).model_fields.items()]
            return "is no key that can stand here", did_you_mean(place[-1], names)
        case "missing":
            return "is missing", f"Add {place[-1]}. {_SEE}"
        case "too_short" | "string_too_short":
            return "is empty", f"Name at least one. {_SEE}"
        case "literal_error":
            return f"is {_read(item)}", did_you_mean(str(item["input"]), _options(str(limits["expected"])))
        case _:
            return f"is {_read(item)}; it must be {_allowed(item)}", _SEE


def _allowed(item: Mapping[str, Any]) -> str:
    limits, kind = item.get("ctx", {}), str(item["type"])
    if kind in _TYPES:
        return _TYPES[kind]
    if "le" in limits:
        return f"{limits['le']} at most"
    if "ge" in limits:
        return f"{limits['ge']} at least"
    if kind.startswith("datetime"):
        return "a time with its zone, such as 2027-01-08T18:00:00+01:00"
    pattern = str(limits.get("pattern", ""))
    known = (words for start, words in _PATTERNS.items() if pattern.startswith(start))
    return next(known, "something else")


def _options(expected: str) -> list[str]:
    """Return the names in pydantic's list `'a', 'b' or 'c'`."""
    return expected.split("'")[1::2]


def _read(item: Mapping[str, Any]) -> str:
    """Return a value as the file says it, cut where it is long."""
    found = item["input"]
    plain = (
        str(found) if isinstance(found, date | time) else json.dumps(found, ensure_ascii=False, default=str)
    )
    return plain if len(plain) <= 60 else f"{plain[:59]}…"


def _key(place: Sequence[str | int], document: Mapping[str, Any]) -> str:
    """Return the key as a path, `targets.0.owner`, and what the row is called where it says so."""
    row: Any = document
    name = ""
    for part in place[:-1]:
        try:
            row = row[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, int) and isinstance(row, Mapping):
            name = next((str(row[key]) for key in _NAMED if key in row), "")
    path = ".".join(map(str, place))
    return f"{path} ({name})" if name else path
