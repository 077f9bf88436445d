"""The pieces of the linter: lengths, text objects, and what may follow a `<` in mrkdwn."""

import re
from collections.abc import Iterable
from typing import Any

from bot.render.texts import units

_OURS = re.compile(
    r"<@[UW][A-Z0-9]{2,30}>|<#[CGD][A-Z0-9]{1,30}>"
    r"|<!date\^\d{1,12}\^\{date_short_pretty\} at \{time\}\|[^<>|]{1,40}>"
    r"|<https?://[^<>|\s\"']{1,200}/archives/[CGD][A-Z0-9]{1,30}/p[0-9]{6,20}\|Open the card>"
)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")


def need(holds: object, problem: str) -> None:
    """Raise ValueError unless it holds."""
    if not holds:
        raise ValueError(problem)


def string(value: Any, where: str, most: int, least: int = 0) -> None:
    """Check that this is a string of allowed length, in UTF-16 units."""
    need(isinstance(value, str), f"{where} is no string")
    need(
        least <= units(value) <= most, f"{where} has {units(value)} characters; {least} to {most} are allowed"
    )
    need(
        value.isascii() or value.encode("utf-8", "replace").decode() == value,
        f"{where} holds a lone surrogate",
    )


def keys(value: Any, where: str, required: Iterable[str], optional: Iterable[str] = ()) -> None:
    """Check that an object has the required keys and no unknown one."""
    need(isinstance(value, dict), f"{where} is no object")
    wanted, known = set(required), {*required, *optional}
    need(wanted <= set(value), f"{where} lacks {sorted(wanted - set(value))}")
    need(set(value) <= known, f"{where} has unknown keys {sorted(set(value) - known)}")


def check_text(text: str, where: str) -> None:
    """Check that every `<`, `>` and `&` of an mrkdwn text is a mark of ours or an entity."""
    rest = _OURS.sub("", text)
    need("<" not in rest and ">" not in rest, f"{where} holds an unescaped < or >")
    need(_ENTITY.search(rest) is None, f"{where} holds an unescaped &")


def text_object(value: Any, where: str, most: int, *, markup: bool = True) -> None:
    """Check a text object; without `markup` only plain text is allowed."""
    keys(value, where, ("type", "text"), ("emoji", "verbatim"))
    kind = value["type"]
    need(kind == "plain_text" or (kind == "mrkdwn" and markup), f"{where} may not be {kind}")
    need(
        ("verbatim" if kind == "plain_text" else "emoji") not in value, f"{where} mixes plain text and mrkdwn"
    )
    string(value["text"], where, most, 1)
    if kind == "mrkdwn":
        check_text(value["text"], where)
