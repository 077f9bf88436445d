"""The linter for blocks, one check per type; what has no check is refused."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from bot.ports.slack import Block
from bot.render.lint_elements import IN_ACTIONS, IN_INPUT, check_element
from bot.render.lint_rules import keys, need, string, text_object

_Check = Callable[[Block, str], None]
_IN_MESSAGES = frozenset({"table", "data_visualization"})


def check_block(block: Any, surface: str, where: str) -> None:
    """Check one block, and that it may stand on this surface (`message`, `modal`, `home`)."""
    kind = block.get("type") if isinstance(block, dict) else None
    need(kind in _CHECKS, f"{where} is of unknown type {kind!r}")
    need(surface == "message" or kind not in _IN_MESSAGES, f"{where}: a {kind} stands in messages only")
    string(block.get("block_id", ""), f"{where}.block_id", 255)
    _CHECKS[str(kind)](block, where)


def _header(block: Block, where: str) -> None:
    keys(block, where, ("type", "text"), ("block_id",))
    text_object(block["text"], where, 150, markup=False)


def _section(block: Block, where: str) -> None:
    keys(block, where, ("type",), ("block_id", "text", "fields", "accessory"))
    need("text" in block or "fields" in block, f"{where} has neither text nor fields")
    if "text" in block:
        text_object(block["text"], where, 3000)
    found = block.get("fields", [None])
    need(1 <= len(found) <= 10, f"{where} has {len(found)} fields; 1 to 10 are allowed")
    for index, cell in enumerate(block.get("fields", [])):
        text_object(cell, f"{where}.fields[{index}]", 2000)
    if "accessory" in block:
        check_element(block["accessory"], f"{where}.accessory", IN_ACTIONS)


def _context(block: Block, where: str) -> None:
    keys(block, where, ("type", "elements"), ("block_id",))
    need(
        1 <= len(block["elements"]) <= 10,
        f"{where} has {len(block['elements'])} elements; 1 to 10 are allowed",
    )
    for index, element in enumerate(block["elements"]):
        text_object(element, f"{where}.elements[{index}]", 2000)


def _divider(block: Block, where: str) -> None:
    keys(block, where, ("type",), ("block_id",))


def _actions(block: Block, where: str) -> None:
    keys(block, where, ("type", "elements"), ("block_id",))
    elements = block["elements"]
    need(1 <= len(elements) <= 25, f"{where} has {len(elements)} elements; 1 to 25 are allowed")
    for index, element in enumerate(elements):
        check_element(element, f"{where}.elements[{index}]", IN_ACTIONS)
    ids = [element["action_id"] for element in elements]
    need(len(set(ids)) == len(ids), f"{where} has an action id twice")


def _input(block: Block, where: str) -> None:
    optional = ("hint", "optional", "dispatch_action")
    keys(block, where, ("type", "block_id", "label", "element"), optional)
    text_object(block["label"], f"{where}.label", 2000, markup=False)
    if "hint" in block:
        text_object(block["hint"], f"{where}.hint", 2000, markup=False)
    check_element(block["element"], f"{where}.element", IN_INPUT)


_RICH = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})


def _rich_text(block: Block, where: str) -> None:
    keys(block, where, ("type", "elements"), ("block_id",))
    need(block["elements"], f"{where} is empty")
    for index, part in enumerate(block["elements"]):
        _rich_part(part, f"{where}.elements[{index}]")


def _rich_part(part: Any, where: str) -> None:
    if part.get("type") == "rich_text_list":
        keys(part, where, ("type", "style", "elements"), ("indent",))
        need(part["style"] in ("ordered", "bullet") and part["elements"], f"{where} is no list")
        for index, item in enumerate(part["elements"]):
            need(item.get("type") == "rich_text_section", f"{where}[{index}] is no section")
            _rich_part(item, f"{where}[{index}]")
        return
    keys(part, where, ("type", "elements"))
    need(part["type"] in _RICH and part["elements"], f"{where} is of unknown type {part['type']!r}")
    for index, leaf in enumerate(part["elements"]):
        keys(leaf, f"{where}[{index}]", ("type", "text"), ("style",))
        need(leaf["type"] == "text", f"{where}[{index}] is of unknown type {leaf['type']!r}")
        string(leaf["text"], f"{where}[{index}]", 3000, 1)


def _table(block: Block, where: str) -> None:
    keys(block, where, ("type", "rows"), ("block_id", "column_settings"))
    rows = block["rows"]
    need(1 <= len(rows) <= 100, f"{where} has {len(rows)} rows; 1 to 100 are allowed")
    need(1 <= len(rows[0]) <= 20, f"{where} has {len(rows[0])} columns; 1 to 20 are allowed")
    for index, row in enumerate(rows):
        need(len(row) == len(rows[0]), f"{where}.rows[{index}] has another number of cells")
        for cell in row:
            keys(cell, f"{where}.rows[{index}]", ("type", "text"))
            need(cell["type"] == "raw_text", f"{where}.rows[{index}] has a cell of unknown type")
            string(cell["text"], f"{where}.rows[{index}]", 3000, 1)


def _chart(block: Block, where: str) -> None:
    keys(block, where, ("type", "title", "chart"), ("block_id",))
    string(block["title"], f"{where}.title", 50, 1)
    chart = block["chart"]
    keys(chart, f"{where}.chart", ("type", "series", "axis_config"))
    need(chart["type"] == "line", f"{where} is no line chart")
    axes, series = chart["axis_config"], chart["series"]
    keys(axes, f"{where}.axis_config", ("categories",), ("x_label", "y_label"))
    labels = axes["categories"]
    need(1 <= len(labels) <= 20, f"{where} has {len(labels)} points; 1 to 20 are allowed")
    need(len(set(labels)) == len(labels), f"{where} has a label twice")
    need(1 <= len(series) <= 4, f"{where} has {len(series)} series; 1 to 4 are allowed")
    names = [each["name"] for each in series]
    need(len(set(names)) == len(names), f"{where} has a series twice")
    for index, each in enumerate(series):
        _chart_series(each, labels, f"{where}.series[{index}]")


def _chart_series(series: Any, labels: Sequence[str], where: str) -> None:
    keys(series, where, ("name", "data"))
    string(series["name"], f"{where}.name", 20, 1)
    need([point["label"] for point in series["data"]] == list(labels), f"{where} lacks a point of the axis")
    for point in series["data"]:
        keys(point, where, ("label", "value"))
        string(point["label"], f"{where}.label", 20, 1)
        is_number = isinstance(point["value"], int | float) and not isinstance(point["value"], bool)
        need(is_number and isfinite(point["value"]), f"{where} has a value that is no number")


_CHECKS: Mapping[str, _Check] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
    "table": _table,
    "data_visualization": _chart,
}
