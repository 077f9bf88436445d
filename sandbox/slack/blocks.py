"""Checks of blocks and views as strict as Slack's own: one bad block refuses the whole message."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.slack.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, element
from sandbox.slack.limits import Check

Json = Any
BlockCheck = Callable[[Check, dict[str, Json], str], None]
BASE = ("type", "block_id")

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000


def _image_fields(check: Check, value: dict[str, Json], pointer: str) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        check.wrong(pointer, "must provide either image_url or slack_file")
    check.optional_string(value, "image_url", pointer, 3000)
    if "alt_text" in value:
        check.string(value["alt_text"], f"{pointer}/alt_text", 2000)


def _image_element(check: Check, value: dict[str, Json], pointer: str) -> None:
    if check.mapping(value, pointer, ("image_url", "slack_file"), ("type", "alt_text")):
        _image_fields(check, value, pointer)


def section(check: Check, block: dict[str, Json], pointer: str) -> None:
    """A section: text 3000, up to ten fields of 2000, one accessory."""
    check.mapping(block, pointer, (*BASE, "text", "fields", "accessory", "expand"))
    if "text" not in block and "fields" not in block:
        check.wrong(pointer, "missing required field: text")
    if "text" in block:
        check.text(block["text"], f"{pointer}/text", 3000)
    if "fields" in block:
        for entry, place in check.items(block["fields"], f"{pointer}/fields", 1, 10):
            check.text(entry, place, 2000)
    accessory = block.get("accessory")
    if isinstance(accessory, dict) and accessory.get("type") == "image":
        _image_element(check, accessory, f"{pointer}/accessory")
    elif accessory is not None:
        element(check, accessory, f"{pointer}/accessory", IN_SECTION)


def header(check: Check, block: dict[str, Json], pointer: str) -> None:
    """A header: plain text, 150."""
    if check.mapping(block, pointer, (*BASE, "level"), ("text",)):
        check.plain(block["text"], f"{pointer}/text", 150)


def divider(check: Check, block: dict[str, Json], pointer: str) -> None:
    """A divider: nothing but itself."""
    check.mapping(block, pointer, BASE)


def image(check: Check, block: dict[str, Json], pointer: str) -> None:
    """An image with alternative text."""
    if check.mapping(block, pointer, (*BASE, "image_url", "slack_file", "title"), ("alt_text",)):
        _image_fields(check, block, pointer)
        check.optional(block, "title", pointer, lambda entry, place: check.plain(entry, place, 2000))


def actions(check: Check, block: dict[str, Json], pointer: str) -> None:
    """Actions: one to 25 elements, their action ids unique in the block."""
    if not check.mapping(block, pointer, BASE, ("elements",)):
        return
    seen: set[str] = set()
    for entry, place in check.items(block["elements"], f"{pointer}/elements", 1, 25):
        element(check, entry, place, IN_ACTIONS)
        action_id = entry.get("action_id") if isinstance(entry, dict) else None
        if action_id in seen:
            check.wrong(f"{place}/action_id", f"`action_id` `{action_id}` already exists for this block")
        if isinstance(action_id, str):
            seen.add(action_id)


def context(check: Check, block: dict[str, Json], pointer: str) -> None:
    """Context: one to ten texts or images."""
    if not check.mapping(block, pointer, BASE, ("elements",)):
        return
    for entry, place in check.items(block["elements"], f"{pointer}/elements", 1, 10):
        if isinstance(entry, dict) and entry.get("type") == "image":
            _image_element(check, entry, place)
        else:
            check.text(entry, place, 3000)


def input_block(check: Check, block: dict[str, Json], pointer: str) -> None:
    """An input: label and hint 2000, one element."""
    if check.mapping(block, pointer, (*BASE, "hint", "optional", "dispatch_action"), ("label", "element")):
        check.plain(block["label"], f"{pointer}/label", 2000)
        check.optional(block, "hint", pointer, lambda entry, place: check.plain(entry, place, 2000))
        element(check, block["element"], f"{pointer}/element", IN_INPUT)


def markdown(check: Check, block: dict[str, Json], pointer: str) -> None:
    """Markdown text; 12,000 characters for all of them together."""
    if check.mapping(block, pointer, BASE, ("text",)):
        check.string(block["text"], f"{pointer}/text", 12_000, 1)


_RICH_PARENTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
_RICH_LEAVES = ("text", "link", "emoji", "user", "usergroup", "channel", "team", "date", "broadcast", "color")


def _rich_parent(check: Check, entry: Json, place: str) -> None:
    fields = ("style", "indent", "offset", "border", "language")
    if not check.mapping(entry, place, fields, ("type", "elements")):
        return
    if not check.one_of(entry["type"], f"{place}/type", _RICH_PARENTS):
        return
    for child, where in check.items(entry["elements"], f"{place}/elements", 0, 1000):
        if entry["type"] == "rich_text_list":
            _rich_parent(check, child, where)
        elif not isinstance(child, dict) or child.get("type") not in _RICH_LEAVES:
            check.wrong(where, "unsupported rich text element")
        elif child["type"] == "text":
            check.string(child.get("text"), f"{where}/text", 12_000, 1)


def rich_text(check: Check, block: dict[str, Json], pointer: str) -> None:
    """Rich text: sections, lists, quotes and preformatted parts."""
    if check.mapping(block, pointer, BASE, ("elements",)):
        for entry, place in check.items(block["elements"], f"{pointer}/elements", 1, 1000):
            _rich_parent(check, entry, place)


def alert(check: Check, block: dict[str, Json], pointer: str) -> None:
    """An alert: 200 characters, in modals only."""
    if check.mapping(block, pointer, (*BASE, "level"), ("text",)):
        check.text(block["text"], f"{pointer}/text", 200)
        if "level" in block:
            check.one_of(
                block["level"], f"{pointer}/level", ("default", "info", "warning", "error", "success")
            )


def _cell(check: Check, cell: Json, place: str, *, rich: bool) -> int:
    kinds = ("raw_text", "raw_number", *(("rich_text",) if rich else ()))
    if not isinstance(cell, dict) or not check.one_of(cell.get("type"), f"{place}/type", kinds):
        return 0
    if cell["type"] == "rich_text":
        rich_text(check, cell, place)
        return sum(len(text) for text in _texts(cell))
    if cell["type"] == "raw_number":
        if check.mapping(cell, place, ("text",), ("type", "value")):
            check.number(cell["value"], f"{place}/value")
        return len(str(cell.get("text") or cell.get("value")))
    if check.mapping(cell, place, (), ("type", "text")):
        check.string(cell["text"], f"{place}/text", 10_000, 1)
    return len(str(cell.get("text")))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for child in value.get("elements") or ():
            yield from _texts(child)


def _grid(check: Check, block: dict[str, Json], pointer: str, rows: tuple[int, int], letters: int) -> None:
    widths: set[int] = set()
    total = 0
    data_table = block["type"] == "data_table"
    for index, (row, place) in enumerate(check.items(block["rows"], f"{pointer}/rows", *rows)):
        cells = check.items(row, place, 1, 20)
        widths.add(len(cells))
        total += sum(_cell(check, cell, where, rich=not data_table or index > 0) for cell, where in cells)
    if len(widths) > 1:
        check.wrong(f"{pointer}/rows", "every row must have the same number of cells")
    if total > letters:
        check.wrong(f"{pointer}/rows", f"no more than {letters} characters allowed in all cells")


def table(check: Check, block: dict[str, Json], pointer: str) -> None:
    """A table: 100 rows, 20 columns, 10,000 characters."""
    if not check.mapping(block, pointer, (*BASE, "column_settings"), ("rows",)):
        return
    _grid(check, block, pointer, (1, 100), 10_000)
    for entry, place in check.items(block.get("column_settings", []), f"{pointer}/column_settings", 0, 20):
        if entry is None:
            continue
        if check.mapping(entry, place, ("align", "is_wrapped")) and "align" in entry:
            check.one_of(entry["align"], f"{place}/align", ("left", "center", "right"))


def data_table(check: Check, block: dict[str, Json], pointer: str) -> None:
    """A data table: caption, header and 1 to 100 rows, pages of 1 to 100."""
    if not check.mapping(
        block, pointer, (*BASE, "page_size", "row_header_column_index"), ("caption", "rows")
    ):
        return
    check.string(block["caption"], f"{pointer}/caption", 2000, 1)
    _grid(check, block, pointer, (2, 101), 20_000)
    if "page_size" in block:
        check.whole(block["page_size"], f"{pointer}/page_size", 1, 100)
    if "row_header_column_index" in block:
        check.whole(block["row_header_column_index"], f"{pointer}/row_header_column_index", 0, 19)


def _point(check: Check, point: Json, place: str) -> str:
    if check.mapping(point, place, (), ("label", "value")):
        check.string(point["label"], f"{place}/label", 20, 1)
        check.number(point["value"], f"{place}/value")
        return str(point["label"])
    return ""


def _axes(check: Check, axis: Json, pointer: str) -> list[str]:
    if not check.mapping(axis, pointer, ("x_label", "y_label"), ("categories",)):
        return []
    check.optional_string(axis, "x_label", pointer, 50)
    check.optional_string(axis, "y_label", pointer, 50)
    categories = check.items(axis["categories"], f"{pointer}/categories", 1, 20)
    for entry, place in categories:
        check.string(entry, place, 20, 1)
    return [str(entry) for entry, _ in categories]


def _series(check: Check, chart: dict[str, Json], pointer: str) -> None:
    if not check.mapping(chart, pointer, ("type",), ("series", "axis_config")):
        return
    categories = _axes(check, chart["axis_config"], f"{pointer}/axis_config")
    names: list[str] = []
    for entry, place in check.items(chart["series"], f"{pointer}/series", 1, 6):
        if not check.mapping(entry, place, (), ("name", "data")):
            continue
        check.string(entry["name"], f"{place}/name", 20, 1)
        names.append(str(entry["name"]))
        labels = [_point(check, *point) for point in check.items(entry["data"], f"{place}/data", 1, 20)]
        if sorted(labels) != sorted(categories):
            check.wrong(f"{place}/data", "must hold one data point for each category of the axis")
    if len(set(names)) != len(names):
        check.wrong(f"{pointer}/series", "series names must be unique")


def data_visualization(check: Check, block: dict[str, Json], pointer: str) -> None:
    """A chart: title 50; line, bar or area with up to six series of 20, or a pie of six."""
    if not check.mapping(block, pointer, BASE, ("title", "chart")):
        return
    check.string(block["title"], f"{pointer}/title", 50, 1)
    chart, place = block["chart"], f"{pointer}/chart"
    if not isinstance(chart, dict):
        check.wrong(place, "must provide an object")
    elif chart.get("type") == "pie":
        if check.mapping(chart, place, ("type",), ("segments",)):
            for point, where in check.items(chart["segments"], f"{place}/segments", 1, 6):
                _point(check, point, where)
    elif check.one_of(chart.get("type"), f"{place}/type", ("line", "bar", "area", "pie")):
        _series(check, chart, place)


EVERYWHERE: dict[str, BlockCheck] = {
    "section": section,
    "header": header,
    "divider": divider,
    "image": image,
    "actions": actions,
    "context": context,
    "input": input_block,
    "rich_text": rich_text,
}
IN_MESSAGES = EVERYWHERE | {
    "markdown": markdown,
    "table": table,
    "data_table": data_table,
    "data_visualization": data_visualization,
}
SURFACES: dict[str, dict[str, BlockCheck]] = {
    "message": IN_MESSAGES,
    "modal": EVERYWHERE | {"alert": alert},
    "home": EVERYWHERE,
}


def _each_block(check: Check, blocks: Json, pointer: str, surface: str) -> None:
    allowed = SURFACES[surface]
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    seen: set[str] = set()
    for block, place in check.items(blocks, pointer, 0, most):
        if not isinstance(block, dict) or block.get("type") not in allowed:
            kind = block.get("type") if isinstance(block, dict) else block
            check.wrong(f"{place}/type", f"unsupported type: {kind}")
            continue
        check.optional_string(block, "block_id", place, 255)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id in seen:
            check.wrong(f"{place}/block_id", f"`block_id` `{block_id}` already exists")
        if isinstance(block_id, str):
            seen.add(block_id)
        allowed[block["type"]](check, block, place)


def _whole_message(check: Check, blocks: list[Json]) -> None:
    charts = sum(
        1 for block in blocks if isinstance(block, dict) and block.get("type") == "data_visualization"
    )
    if charts > 2:
        check.wrong("/blocks", "no more than 2 data_visualization blocks allowed")
    written = sum(
        len(str(b.get("text", ""))) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"
    )
    if written > 12_000:
        check.wrong("/blocks", "markdown blocks must be less than 12001 characters together")


def check_message(blocks: Json) -> list[str]:
    """Every problem Slack would find in the blocks of a message."""
    check = Check()
    _each_block(check, blocks, "/blocks", "message")
    if isinstance(blocks, list):
        _whole_message(check, blocks)
    return check.problems


_VIEW_FIELDS = ("private_metadata", "callback_id", "external_id", "clear_on_close", "notify_on_close")


def check_view(view: Json, surfaces: tuple[str, ...] = ("modal", "home")) -> list[str]:
    """Every problem Slack would find in a view."""
    check = Check()
    if not isinstance(view, dict):
        return ["must provide an object [json-pointer:/view]"]
    kind = view.get("type")
    if kind not in surfaces or not isinstance(kind, str):
        return [f"must be one of: {', '.join(surfaces)} [json-pointer:/view/type]"]
    modal_only = ("title", "submit", "close", "submit_disabled") if kind == "modal" else ()
    required = ("type", "blocks", "title") if kind == "modal" else ("type", "blocks")
    check.mapping(view, "/view", (*_VIEW_FIELDS, *modal_only), required)
    for key in ("title", "submit", "close"):
        check.optional(view, key, "/view", lambda entry, place: check.plain(entry, place, 24))
    check.optional_string(view, "private_metadata", "/view", 3000)
    check.optional_string(view, "callback_id", "/view", 255)
    check.optional_string(view, "external_id", "/view", 255)
    _each_block(check, view.get("blocks", []), "/view/blocks", kind)
    blocks = view.get("blocks")
    inputs = isinstance(blocks, list) and any(
        isinstance(b, dict) and b.get("type") == "input" for b in blocks
    )
    if kind == "modal" and inputs and not view.get("submit"):
        check.wrong("/view/submit", "`submit` is required when an `input` block is within the `blocks` array")
    return check.problems


def view_is_too_large(view: Json) -> bool:
    """Whether the view is over 250 kB."""
    return len(json.dumps(view).encode()) > VIEW_BYTES
