"""Block Kit as lines of text: what a person sees of a message or a modal."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.story.markup import Names, spoken
from sandbox.story.spans import Line, beside, columns, joined, length, padded, plain, wrapped

Json = Any
LABEL = 20
LONG = 6
SHORT = 40
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Surface:
    """What the lines are made for: whose names, how wide, what was typed and what is wrong with it."""

    names: Names
    room: int
    values: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self, content: Json, style: str = "") -> Line:
        """A text object as styled text."""
        if content["type"] == "mrkdwn":
            return spoken(content["text"], self.names, style)
        return [(content["text"], style)]


def drawn(block: Json, on: Surface) -> list[Line]:
    """One block as lines."""
    return _DRAWERS[block["type"]](block, on)


def drawn_all(blocks: list[Json], on: Surface) -> list[Line]:
    """Every block as lines, with air around what stands apart."""
    made: list[Line] = []
    last = ""
    for block in blocks:
        apart = "divider" not in (block["type"], last) and (block["type"] != "input" or last != "input")
        if made and apart:
            made.append([])
        made += drawn(block, on)
        last = block["type"]
    return made


def _header(block: Json, on: Surface) -> list[Line]:
    text = block["text"]["text"]
    return [[(text, "head")], [("─" * min(on.room, columns(text)), "dim")]]


def _section(block: Json, on: Surface) -> list[Line]:
    made = wrapped(on.text(block["text"]), on.room) if block.get("text") else []
    made += _fields(block.get("fields", []), on)
    if "accessory" in block:
        made.append(element(block["accessory"], on, None))
    return made


def _fields(cells: list[Json], on: Surface) -> list[Line]:
    half = (on.room - 3) // 2
    pairs = [_pair(on.text(cell)) for cell in cells]
    sides = [pairs[0::2], pairs[1::2]]
    labels = [max((length(label) for label, _ in side), default=0) + 2 for side in sides]
    left = [_cell(*pair, labels[0], half) for pair in sides[0]]
    right = [_cell(*pair, labels[1], half) for pair in sides[1]]
    made: list[Line] = []
    for at, cell in enumerate(left):
        made += beside(cell, right[at] if at < len(right) else [], half + 3)
    return made


def _pair(cell: Line) -> tuple[Line, Line]:
    """The label above the first line break, and the value below it."""
    for at, (text, style) in enumerate(cell):
        if "\n" in text:
            above, _, below = text.partition("\n")
            return [*cell[:at], (above, style)], [(below, style), *cell[at + 1 :]]
    return [], cell


def _cell(label: Line, value: Line, width: int, room: int) -> list[Line]:
    value = [(text.lstrip("\n") if at == 0 else text, style) for at, (text, style) in enumerate(value)]
    if not plain(label):
        return wrapped(value, room)
    name = [(text, "dim") for text, _ in label]
    return beside([name], _broken(wrapped(value, room - width), room - width), width)


def _broken(lines: list[Line], room: int) -> list[Line]:
    """The lines, with words cut that are wider than the room."""
    made: list[Line] = []
    for line in lines:
        if length(line) <= room:
            made.append(line)
            continue
        style = line[0][1] if line else ""
        made += [[(part, style)] for part in textwrap.wrap(plain(line), room)]
    return made


def _context(block: Json, on: Surface) -> list[Line]:
    parts = [_kept(on.text(part)) for part in block["elements"] if part["type"] != "image"]
    faint = [(text, "dim") for text, _ in joined(parts, (" · ", ""))]
    return wrapped(faint, on.room)


def _kept(part: Line) -> Line:
    """The part, without a place to break it when it is short."""
    return part if length(part) > SHORT else [(text.replace(" ", "\u00a0"), style) for text, style in part]


def _divider(block: Json, on: Surface) -> list[Line]:
    return [[("─" * on.room, "dim")]]


def _actions(block: Json, on: Surface) -> list[Line]:
    return wrapped(joined([element(each, on, None) for each in block["elements"]], (" ", "")), on.room)


def button(made: Json) -> Line:
    """`[Approve…]`, without a space inside that could break."""
    style = {"primary": "primary", "danger": "danger"}.get(made.get("style", ""), "bold")
    return [(f"[{made['text']['text']}]".replace(" ", "\u00a0"), style)]


def _rich_text(block: Json, on: Surface) -> list[Line]:
    made: list[Line] = []
    for part in block["elements"]:
        made += _RICH[part["type"]](part, on)
    return made


def _leaves(part: Json, on: Surface) -> Line:
    line: Line = []
    for leaf in part["elements"]:
        if leaf["type"] == "user":
            line.append((f"@{on.names.person(leaf['user_id'])}", "name"))
        else:
            style = leaf.get("style", {})
            line.append((leaf.get("text", ""), "bold" if style.get("bold") else ""))
    return line


def _rich_section(part: Json, on: Surface) -> list[Line]:
    return wrapped(_leaves(part, on), on.room)


def _rich_list(part: Json, on: Surface) -> list[Line]:
    made: list[Line] = []
    for number, item in enumerate(part["elements"], start=1):
        mark = f"{number}. " if part["style"] == "ordered" else "• "
        made += wrapped([(mark, "dim"), *_leaves(item, on)], on.room, hang=len(mark))
    return made


def _rich_quote(part: Json, on: Surface) -> list[Line]:
    return [[("▏ ", "dim"), *line] for line in wrapped(_leaves(part, on), on.room - 2)]


def _preformatted(part: Json, on: Surface) -> list[Line]:
    lines = plain(_leaves(part, on)).split("\n")
    room = on.room - 2
    if len(lines) > LONG:
        shown = [line if len(line) <= room else f"{line[: room - 1]}…" for line in lines[: LONG // 2]]
        lines = [*shown, f"… and {len(lines) - LONG // 2} more lines"]
    made: list[Line] = []
    for line in lines:
        style = {"+": "good", "-": "bad", "…": "dim"}.get(line[:1], "code")
        folded = textwrap.wrap(line, room, subsequent_indent="    ", break_on_hyphens=False) or [""]
        made += [[("  ", ""), (text, style)] for text in folded]
    return made


_RICH: Mapping[str, Callable[[Json, Surface], list[Line]]] = {
    "rich_text_section": _rich_section,
    "rich_text_list": _rich_list,
    "rich_text_quote": _rich_quote,
    "rich_text_preformatted": _preformatted,
}


def _table(block: Json, on: Surface) -> list[Line]:
    rows = [[str(cell.get("text", "")) for cell in row] for row in block["rows"]]
    widths = [max(columns(row[at]) for row in rows) for at in range(len(rows[0]))]
    aligned = [each.get("align", "left") for each in block.get("column_settings", [])]
    made: list[Line] = []
    for number, row in enumerate(rows):
        cells: Line = []
        for at, text in enumerate(row):
            fill = " " * (widths[at] - columns(text))
            is_right = at < len(aligned) and aligned[at] == "right"
            cells.append((f"{fill}{text}  " if is_right else f"{text}{fill}  ", "" if number else "dim"))
        made.append(cells)
    return made


def _chart(block: Json, on: Surface) -> list[Line]:
    """A chart as one row of bars per series, all on one scale."""
    series = block["chart"]["series"]
    labels = block["chart"]["axis_config"]["categories"]
    top = max((point["value"] for each in series for point in each["data"]), default=0) or 1
    width = max(columns(each["name"]) for each in series)
    made: list[Line] = [[(f"{block['title']}  ", "bold"), (f"{labels[0]} to {labels[-1]}", "dim")]]
    for each in series:
        bars = "".join(BARS[min(7, int(max(0, point["value"]) / top * 7.99))] for point in each["data"])
        last = f"{each['data'][-1]['value']:,}"
        made.append([(each["name"].ljust(width + 2), "dim"), (bars, ""), (f"  {last}", "dim")])
    return made


def _input(block: Json, on: Surface) -> list[Line]:
    given = on.values.get(block["block_id"], {}).get(block["element"]["action_id"])
    label = block["label"]["text"] + (" (optional)" if block.get("optional") else "")
    value = wrapped(element(block["element"], on, given), on.room - LABEL)
    made = beside([padded([(label, "bold")], LABEL)], value, LABEL)
    problem = on.errors.get(block["block_id"])
    if problem:
        made.append([(" " * LABEL, ""), (f"↑ {problem}", "bad")])
    return made


def element(made: Json, on: Surface, given: Json) -> Line:
    """An interactive element with what is chosen or typed in it."""
    match made["type"]:
        case "button":
            return button(made)
        case "radio_buttons" | "checkboxes":
            return _boxes(made, given or {})
        case "static_select":
            chosen = (given or {}).get("selected_option") or made.get("initial_option")
            return [(f"[{chosen['text']['text'] if chosen else 'choose'} ▾]", "")]
        case "users_select":
            user = (given or {}).get("selected_user") or made.get("initial_user")
            return [(f"[@{on.names.person(user)} ▾]" if user else "[choose a person ▾]", "name")]
        case _:
            return _typed(made, given or {})


def _boxes(made: Json, given: Json) -> Line:
    several = made["type"] == "checkboxes"
    name = "selected_options" if several else "selected_option"
    chosen = given.get(name) or made.get("initial_options" if several else "initial_option") or []
    values = {each["value"] for each in (chosen if isinstance(chosen, list) else [chosen])}
    full, empty = ("[x]", "[ ]") if several else ("(•)", "( )")
    shown = [
        f"{full if each['value'] in values else empty} {each['text']['text']}".replace(" ", "\u00a0")
        for each in made["options"]
    ]
    return [("   ".join(shown) if not several else "\n".join(shown), "")]


def _typed(made: Json, given: Json) -> Line:
    text = given.get("value") or made.get("initial_value")
    if text:
        return [(f"[{text}]", "")]
    example = made.get("placeholder", {}).get("text", "")
    return [("[__________]", ""), (f" such as: {example}" if example else "", "dim")]


_DRAWERS: Mapping[str, Callable[[Json, Surface], list[Line]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "rich_text": _rich_text,
    "table": _table,
    "data_visualization": _chart,
    "input": _input,
}
