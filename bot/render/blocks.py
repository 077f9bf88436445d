"""Block Kit as plain dicts, each text cut to Slack's limit; user text only where it cannot become markup."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.ports.slack import Block, Message
from bot.render.texts import EMPTY, one_line, shorten, tidy, units, visible

HEADER = 150
SECTION = 3000
FIELD = 2000
FIELDS = 10
BUTTON = 75
OPTION = 75
TITLE = 24
TEXT = 3900
PREFORMATTED = 2900
_MARKUP = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)


def plain(text: str, limit: int) -> Block:
    """Return a plain_text object, on one line."""
    return {"type": "plain_text", "text": shorten(one_line(text), limit) or EMPTY, "emoji": False}


def mrkdwn(text: str, limit: int = SECTION) -> Block:
    """Return an mrkdwn object of text already escaped; it is cut between marks, never inside one."""
    return {"type": "mrkdwn", "text": cut_markup(text, limit) or EMPTY, "verbatim": True}


def cut_markup(text: str, limit: int) -> str:
    """Return escaped text in at most `limit` units without cutting a mention, a time or an entity in two."""
    if units(text) <= limit:
        return text
    kept: list[str] = []
    used = 1
    for mark in _MARKUP.findall(text):
        used += units(mark)
        if used > limit:
            break
        kept.append(mark)
    return "".join(kept).rstrip() + "…"


def say(text: str, blocks: Sequence[Block], metadata: Mapping[str, Any] | None = None) -> Message:
    """Return a message; its escaped text is what screen readers and notifications say, and is never empty."""
    return Message(cut_markup(text, TEXT) or EMPTY, blocks, metadata)


def header(text: str) -> Block:
    """Return a header: object and verb."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(text: str) -> Block:
    """Return a section of escaped text."""
    return {"type": "section", "text": mrkdwn(text)}


def fields(pairs: Iterable[tuple[str, str]]) -> list[Block]:
    """Return two-column sections of (label, escaped value), ten to a section."""
    cells = [mrkdwn(f"*{label}*\n{value or EMPTY}", FIELD) for label, value in pairs]
    return [
        {"type": "section", "fields": cells[start : start + FIELDS]} for start in range(0, len(cells), FIELDS)
    ]


def context(*texts: str) -> Block:
    """Return a context block of escaped texts, at most ten."""
    return {"type": "context", "elements": [mrkdwn(text, FIELD) for text in texts if text][:10]}


def footer(ref: str, *texts: str) -> Block:
    """Return the context that ends every card: what it rests on, and `ref`."""
    return context(*texts, f"ref `{_name(ref)}`")


def _name(ref: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.:-]", "", ref)[:64] or EMPTY


def divider() -> Block:
    """Return a divider."""
    return {"type": "divider"}


def actions(elements: Sequence[Block]) -> list[Block]:
    """Return the actions block of these elements, none when there are none."""
    return [{"type": "actions", "block_id": "actions", "elements": list(elements)}] if elements else []


def button(label: str, action_id: str, value: str, *, style: str = "", says: str = "") -> Block:
    """Return a button; `says` is what a screen reader says of it."""
    made: Block = {"type": "button", "text": plain(label, BUTTON), "action_id": action_id, "value": value}
    if style:
        made["style"] = style
    if says:
        made["accessibility_label"] = shorten(one_line(says), BUTTON)
    return made


def confirm(title: str, text: str, yes: str) -> Block:
    """Return the dialog that asks again before a button counts; `text` is already escaped."""
    return {
        "title": plain(title, 100),
        "text": mrkdwn(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain("Go back", 30),
    }


def option(text: str, value: str, description: str = "") -> Block:
    """Return an option of a select, radio or checkbox."""
    made: Block = {"text": plain(text, OPTION), "value": shorten(value, 150)}
    if description:
        made["description"] = plain(description, OPTION)
    return made


def rich_text(*elements: Block) -> Block:
    """Return a rich text block."""
    return {"type": "rich_text", "elements": list(elements)}


def rich_line(text: str, *, bold: bool = False) -> Block:
    """Return one rich text section of raw text."""
    leaf: dict[str, Any] = {"type": "text", "text": tidy(text) or EMPTY}
    if bold:
        leaf["style"] = {"bold": True}
    return {"type": "rich_text_section", "elements": [leaf]}


def rich_list(lines: Iterable[str], *, ordered: bool = False) -> Block:
    """Return a rich text list of raw lines."""
    return {
        "type": "rich_text_list",
        "style": "ordered" if ordered else "bullet",
        "indent": 0,
        "elements": [rich_line(line) for line in lines],
    }


def rich_quote(text: str, limit: int = 1500) -> Block:
    """Return raw text as a quotation."""
    return {
        "type": "rich_text_quote",
        "elements": [{"type": "text", "text": shorten(tidy(text), limit) or EMPTY}],
    }


def preformatted(text: str, limit: int = PREFORMATTED) -> Block:
    """Return raw text in a fixed-width box, line ends kept."""
    kept = shorten(visible(text).strip("\n"), limit)
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": kept or EMPTY}]}


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset(), limit: int = 80) -> Block:
    """Return a table of raw text, its first row the heading; columns in `right` are aligned right."""
    width = len(rows[0])
    return {
        "type": "table",
        "column_settings": [
            {"align": "right" if index in right else "left", "is_wrapped": True} for index in range(width)
        ],
        "rows": [
            [{"type": "raw_text", "text": shorten(one_line(cell), limit) or EMPTY} for cell in row]
            for row in rows[:30]
        ],
    }
