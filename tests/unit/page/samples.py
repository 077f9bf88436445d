"""One message and one modal with every block the page claims to draw."""

from typing import Any

from tests.unit.page.canned_slack import plain

Json = Any
OPTIONS = [{"text": plain(words), "value": words.lower()} for words in ("Capacity", "Model", "Filter")]

MARKDOWN = (
    "# Title\n\n**bold** and [link](https://example.com)\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)


def _rich() -> dict[str, Json]:
    style = {"bold": True, "italic": True, "strike": True, "code": True}
    inline = [
        {"type": "text", "text": "styled", "style": style},
        {"type": "link", "url": "https://example.com", "text": "a link"},
        {"type": "emoji", "name": "warning"},
        {"type": "user", "user_id": "U0BOB"},
        {"type": "channel", "channel_id": "C0OPS"},
        {"type": "usergroup", "usergroup_id": "S0AIOPS"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1795340460, "format": "{date_num}", "fallback": "then"},
        {"type": "color", "value": "#0b7059"},
    ]
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "item"}]}
    return {
        "type": "rich_text",
        "block_id": "rich",
        "elements": [
            {"type": "rich_text_section", "elements": inline},
            {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [item, item]},
            {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [item]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "- a\n+ b"}]},
        ],
    }


def chart(kind: str) -> dict[str, Json]:
    """A chart of this kind."""
    if kind == "pie":
        body: dict[str, Json] = {
            "type": "pie",
            "segments": [{"label": "in", "value": 3}, {"label": "out", "value": 1}],
        }
    else:
        data = [{"label": "08:00", "value": 2}, {"label": "09:00", "value": 38}]
        series = [{"name": "HTTP 429", "data": data}, {"name": "Requests", "data": data}]
        body = {
            "type": kind,
            "series": series,
            "axis_config": {"categories": ["08:00", "09:00"], "x_label": "UTC"},
        }
    return {"type": "data_visualization", "block_id": f"chart-{kind}", "title": f"A {kind}", "chart": body}


def _raw(text: str) -> dict[str, Json]:
    return {"type": "raw_text", "text": text}


def number_rows(count: int) -> list[Json]:
    """A header and rows of a name and a number, not in order."""
    rows = [
        [_raw(f"row {n}"), {"type": "raw_number", "value": (n * 7) % count, "text": str((n * 7) % count)}]
        for n in range(count)
    ]
    return [[_raw("Name"), _raw("Count")], *rows]


def data_table(count: int = 12) -> dict[str, Json]:
    """A table one can sort and page."""
    return {
        "type": "data_table",
        "block_id": "dt",
        "caption": "Numbers",
        "page_size": 5,
        "row_header_column_index": 0,
        "rows": number_rows(count),
    }


CONFIRM = {
    "title": plain("Sure?"),
    "text": {"type": "mrkdwn", "text": "*Really*"},
    "confirm": plain("Yes"),
    "deny": plain("No"),
}


def message_blocks() -> list[Json]:
    """Every block that may stand in a message, and one nobody knows."""
    buttons: list[dict[str, Json]] = [
        {
            "type": "button",
            "text": plain("Go"),
            "action_id": "go",
            "value": "1",
            "style": "primary",
            "accessibility_label": "Go ahead",
        },
        {
            "type": "button",
            "text": plain("Stop"),
            "action_id": "stop",
            "style": "danger",
            "value": "2",
            "confirm": CONFIRM,
        },
        {"type": "static_select", "action_id": "pick", "placeholder": plain("Pick one"), "options": OPTIONS},
        {"type": "users_select", "action_id": "who", "placeholder": plain("Pick a person")},
        {"type": "datepicker", "action_id": "day"},
        {"type": "overflow", "action_id": "more", "options": OPTIONS},
    ]
    return [
        {"type": "header", "block_id": "head", "text": plain("A header")},
        {
            "type": "section",
            "block_id": "sec",
            "text": {
                "type": "mrkdwn",
                "text": "*bold* _italic_ ~strike~ `code`\n> quote\n• one\n• two\n```pre```",
            },
            "fields": [{"type": "mrkdwn", "text": "*Owner*\n<@U0BOB>"}, plain("plain :white_check_mark:")],
            "accessory": buttons[5] | {"action_id": "side"},
        },
        {"type": "divider", "block_id": "div"},
        {
            "type": "context",
            "block_id": "ctx",
            "elements": [
                {"type": "mrkdwn", "text": "small"},
                {"type": "image", "image_url": "./icon.svg", "alt_text": "the mark"},
            ],
        },
        {
            "type": "image",
            "block_id": "img",
            "image_url": "https://example.com/a.png",
            "alt_text": "A far picture",
            "title": plain("Picture"),
        },
        _rich(),
        {
            "type": "table",
            "block_id": "tab",
            "rows": number_rows(2),
            "column_settings": [{}, {"align": "right"}],
        },
        data_table(),
        *[chart(kind) for kind in ("line", "bar", "area", "pie")],
        {
            "type": "markdown",
            "block_id": "md",
            "text": MARKDOWN,
        },
        {"type": "actions", "block_id": "acts", "elements": buttons},
        {"type": "hologram", "block_id": "unknown"},
    ]


def _input(block: str, label: str, element: dict[str, Json], **more: Json) -> dict[str, Json]:
    return {
        "type": "input",
        "block_id": block,
        "label": plain(label),
        "element": {"action_id": "value"} | element,
    } | more


def modal() -> dict[str, Json]:
    """A modal with every kind of field."""
    fields = [
        {
            "type": "alert",
            "block_id": "al",
            "level": "warning",
            "text": {"type": "mrkdwn", "text": "Mind the *step*."},
        },
        _input(
            "reason",
            "Reason",
            {"type": "plain_text_input", "multiline": True, "max_length": 200, "placeholder": plain("Why")},
            hint=plain("Kept in the trail."),
        ),
        _input("ticket", "Ticket", {"type": "plain_text_input", "initial_value": "OPS-1"}),
        _input(
            "capacity",
            "Capacity",
            {"type": "number_input", "is_decimal_allowed": False, "initial_value": "120"},
        ),
        _input("kind", "Kind", {"type": "static_select", "options": OPTIONS}),
        _input("owner", "Owner", {"type": "users_select", "action_id": "user", "initial_user": "U0OWNER"}),
        _input("choice", "Decision", {"type": "radio_buttons", "action_id": "choice", "options": OPTIONS}),
        _input("flags", "Impact", {"type": "checkboxes", "options": OPTIONS}, optional=True),
        _input("many", "Targets", {"type": "multi_static_select", "options": OPTIONS}, optional=True),
        _input("day", "Day", {"type": "datepicker", "initial_date": "2026-11-24"}, optional=True),
        _input("hour", "Hour", {"type": "timepicker", "initial_time": "09:30"}, optional=True),
        _input(
            "moment", "Not before", {"type": "datetimepicker", "initial_date_time": 1795340460}, optional=True
        ),
    ]
    return {
        "id": "V1",
        "type": "modal",
        "callback_id": "change.request",
        "title": plain("Request a change"),
        "submit": plain("Ask"),
        "close": plain("Cancel"),
        "blocks": fields,
    }
