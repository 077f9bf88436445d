"""The classic tier: the same message without the newest blocks, for a Slack that refuses them."""

from collections.abc import Sequence
from dataclasses import replace

from bot.ports.slack import Block, Message
from bot.render.blocks import preformatted, rich_line, rich_text
from bot.render.chart_blocks import NATIVE, chart_as_text

NEW_BLOCKS = frozenset({"table", NATIVE})


def classic(message: Message) -> Message | None:
    """Return the message with its tables and charts as fixed-width text; None when it has no new block."""
    if not any(block["type"] in NEW_BLOCKS for block in message.blocks):
        return None
    return replace(message, blocks=[_older(block) for block in message.blocks])


def _older(block: Block) -> Block:
    if block["type"] == NATIVE:
        title, lines = chart_as_text(block)
        return rich_text(rich_line(title, bold=True), preformatted(lines))
    if block["type"] != "table":
        return block
    rows = [[str(cell["text"]) for cell in row] for row in block["rows"]]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return rich_text(preformatted("\n".join(_line(row, widths) for row in rows)))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()
