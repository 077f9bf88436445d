"""Slack's limits and our own rules, checked on every message and view before it leaves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.ports.slack import Block, Message
from bot.render.lint_blocks import check_block
from bot.render.lint_rules import check_text, need, string
from bot.render.texts import units

MESSAGE_BLOCKS = 50
MESSAGE_CHARTS = 2
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
METADATA_BYTES = 8000
TABLE_LETTERS = 10_000
_VIEW_KEYS = frozenset(
    {"type", "callback_id", "title", "submit", "close", "blocks", "private_metadata", "notify_on_close"}
)


def check_message(message: Message) -> None:
    """Check a message against Slack's limits and our rules.

    Raises:
        ValueError: Slack would refuse it, or people would see markup that is not ours.
    """
    string(message.text, "text", 4000, 1)
    check_text(message.text, "text")
    if message.blocks:
        _check_blocks(message.blocks, "message", MESSAGE_BLOCKS)
    if message.metadata is not None:
        _check_metadata(message.metadata)


def check_view(view: Block) -> None:
    """Check a modal or Home tab against Slack's limits and our rules.

    Raises:
        ValueError: Slack would refuse it, or people would see markup that is not ours.
    """
    kind = view.get("type")
    need(kind in ("modal", "home"), f"a view is not of type {kind!r}")
    need(set(view) <= _VIEW_KEYS, f"unknown keys in the view: {sorted(set(view) - _VIEW_KEYS)}")
    string(view.get("callback_id"), "callback_id", 255, 1)
    string(view.get("private_metadata", ""), "private_metadata", 3000)
    if kind == "modal":
        _check_frame(view)
    _check_blocks(view["blocks"], str(kind), VIEW_BLOCKS)
    size = len(json.dumps(view).encode())
    need(size <= VIEW_BYTES, f"the view has {size} bytes, more than {VIEW_BYTES}")


def _check_frame(view: Block) -> None:
    need("title" in view, "a modal has no title")
    for name in ("title", "submit", "close"):
        if name in view:
            need(view[name]["type"] == "plain_text", f"{name} is not plain text")
            string(view[name]["text"], name, 24, 1)
    inputs = any(block["type"] == "input" for block in view["blocks"])
    need(not inputs or "submit" in view, "a modal with inputs has no submit")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    need(set(metadata) == {"event_type", "event_payload"}, "metadata is not event_type and event_payload")
    string(metadata["event_type"], "event_type", 255, 1)
    need(len(json.dumps(metadata).encode()) <= METADATA_BYTES, "the metadata is too large: keep ids only")


def _check_blocks(blocks: Sequence[Block], surface: str, most: int) -> None:
    need(1 <= len(blocks) <= most, f"{len(blocks)} blocks; a {surface} has 1 to {most}")
    for index, block in enumerate(blocks):
        check_block(block, surface, f"blocks[{index}]")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    need(len(set(ids)) == len(ids), f"a block id occurs twice: {ids}")
    styles = [
        element.get("style")
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    need(styles.count("primary") <= 1, "more than one primary button")
    charts = sum(block["type"] == "data_visualization" for block in blocks)
    need(charts <= MESSAGE_CHARTS, f"{charts} charts, more than {MESSAGE_CHARTS}")
    letters = sum(
        units(cell["text"])
        for block in blocks
        if block["type"] == "table"
        for row in block["rows"]
        for cell in row
    )
    need(letters <= TABLE_LETTERS, f"{letters} characters in tables, more than {TABLE_LETTERS}")
