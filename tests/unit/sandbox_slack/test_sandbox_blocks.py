"""Every limit of Block Kit refuses the whole message, and what is allowed passes."""

from typing import Any

import pytest

from sandbox.slack.blocks import check_message, check_view
from tests.unit.sandbox_slack.desk import REASON, actions, button, input_block, modal, option, plain, section


def _chart(**more: Any) -> dict[str, Any]:
    data = [{"label": "a", "value": 1}, {"label": "b", "value": 2.5}]
    chart = {
        "type": "line",
        "series": [{"name": "HTTP 429", "data": data}],
        "axis_config": {"categories": ["a", "b"], "x_label": "UTC"},
    }
    return {"type": "data_visualization", "title": "Requests", "chart": chart, **more}


def _data_table(rows: int = 2, **more: Any) -> dict[str, Any]:
    row = [{"type": "raw_text", "text": "x"}, {"type": "raw_number", "value": 1, "text": "1"}]
    return {"type": "data_table", "caption": "Facts", "rows": [row] * rows, **more}


def _select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "s", "options": [option("a"), option("b")], **more}


def _confirm(text: str = "Sure?") -> dict[str, Any]:
    return {"title": plain("Sure"), "text": plain(text), "confirm": plain("Yes"), "deny": plain("No")}


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": plain(text)}


def _context(count: int) -> dict[str, Any]:
    return {"type": "context", "elements": [plain("x")] * count}


def _table(rows: int, letters: int = 1) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * letters}]] * rows}


def _fields(count: int, letters: int = 1) -> dict[str, Any]:
    return {"type": "section", "fields": [plain("x" * letters)] * count}


ALLOWED: dict[str, list[dict[str, Any]]] = {
    "fifty blocks": [section()] * 50,
    "a section of 3000": [section("x" * 3000)],
    "ten fields of 2000": [_fields(10, 2000)],
    "a header of 150": [_header("x" * 150)],
    "ten context elements": [_context(10)],
    "25 buttons": [actions(*(button(f"b{n}") for n in range(25)))],
    "a button of 75 with a value of 2000": [actions(button(value="x" * 2000, text=plain("x" * 75)))],
    "a select with a preset": [actions(_select(initial_option=option("b")))],
    "a confirm dialog": [actions(button(confirm=_confirm("x" * 300)))],
    "a table of 100 rows": [_table(100)],
    "a data table": [_data_table(101, page_size=100, row_header_column_index=0)],
    "two charts": [_chart(), _chart()],
    "a pie": [{**_chart(), "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]}}],
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
    "an image": [{"type": "image", "image_url": "https://example.org/a.png", "alt_text": "A"}],
    "an image of Slack": [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": "A"}],
    "a section with a person picker": [
        {**section(), "accessory": {"type": "users_select", "action_id": "u", "placeholder": plain("Who")}}
    ],
}

REFUSED: dict[str, tuple[list[Any], str]] = {
    "51 blocks": ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "a section of 3001": (
        [section("x" * 3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "an empty text": ([section("")], "must be more than 0 characters"),
    "11 fields": ([_fields(11)], "no more than 10 items"),
    "a field of 2001": ([_fields(1, 2001)], "must be less than 2001 characters"),
    "a header of 151": ([_header("x" * 151)], "must be less than 151 characters"),
    "a header in mrkdwn": (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "must be one of: plain_text",
    ),
    "11 context elements": ([_context(11)], "no more than 10 items"),
    "26 buttons": ([actions(*(button(f"b{n}") for n in range(26)))], "no more than 25 items"),
    "a button of 76": ([actions(button(text=plain("x" * 76)))], "must be less than 76 characters"),
    "a value of 2001": ([actions(button(value="x" * 2001))], "must be less than 2001 characters"),
    "a style nobody knows": ([actions(button(style="loud"))], "must be one of: primary, danger"),
    "a misspelt field": ([actions(button(valeu="1"))], "invalid additional property: valeu"),
    "an action id of 256": ([actions(button("x" * 256))], "must be less than 256 characters"),
    "an action id twice": ([actions(button("a"), button("a"))], "already exists for this block"),
    "a block id twice": (
        [actions(button(), block_id="a"), actions(button(), block_id="a")],
        "`a` already exists",
    ),
    "a block id of 256": ([actions(button(), block_id="x" * 256)], "must be less than 256 characters"),
    "six overflow options": (
        [actions({"type": "overflow", "action_id": "o", "options": [option(str(n)) for n in range(6)]})],
        "no more than 5 items",
    ),
    "eleven radio options": (
        [
            actions(
                {"type": "radio_buttons", "action_id": "o", "options": [option(str(n)) for n in range(11)]}
            )
        ],
        "no more than 10 items",
    ),
    "101 options": (
        [actions(_select(options=[option(str(n)) for n in range(101)]))],
        "no more than 100 items",
    ),
    "an option value of 151": (
        [actions(_select(options=[option("x" * 151)]))],
        "must be less than 151 characters",
    ),
    "the same option twice": ([actions(_select(options=[option("a"), option("a")]))], "must be unique"),
    "a preset that is not offered": ([actions(_select(initial_option=option("z")))], "initial option"),
    "a confirm text of 301": (
        [actions(button(confirm=_confirm("x" * 301)))],
        "must be less than 301 characters",
    ),
    "a confirm without deny": (
        [actions(button(confirm={k: v for k, v in _confirm().items() if k != "deny"}))],
        "missing required field: deny",
    ),
    "a table of 101 rows": ([_table(101)], "no more than 100 items"),
    "a table of 10,001 letters": ([_table(2, 5001)], "no more than 10000 characters"),
    "rows of different length": (
        [
            {
                "type": "table",
                "rows": [[{"type": "raw_text", "text": "x"}], [{"type": "raw_text", "text": "x"}] * 2],
            }
        ],
        "same number of cells",
    ),
    "a data table without rows": ([_data_table(1)], "no fewer than 2 items"),
    "a data table of 102 rows": ([_data_table(102)], "no more than 101 items"),
    "a data table without caption": ([{**_data_table(), "caption": None}], "missing required field: caption"),
    "a page of 101": ([_data_table(page_size=101)], "from 1 to 100"),
    "three charts": ([_chart()] * 3, "no more than 2 data_visualization"),
    "a chart title of 51": ([_chart(title="x" * 51)], "must be less than 51 characters"),
    "a chart of an unknown kind": (
        [{**_chart(), "chart": {"type": "radar"}}],
        "must be one of: line, bar, area, pie",
    ),
    "a point outside the axis": (
        [{**_chart(), "chart": {**_chart()["chart"], "axis_config": {"categories": ["a"]}}}],
        "one data point for each category",
    ),
    "an alert in a message": ([{"type": "alert", "text": plain("x")}], "unsupported type: alert"),
    "an unknown block": ([{"type": "hologram"}], "unsupported type: hologram"),
    "no block at all": (["words"], "unsupported type: words"),
    "a text input among actions": (
        [actions({"type": "plain_text_input"})],
        "unsupported type: plain_text_input",
    ),
    "an image without alt text": (
        [{"type": "image", "image_url": "https://example.org"}],
        "required field: alt_text",
    ),
    "markdown of 12,001": ([{"type": "markdown", "text": "x" * 12_001}], "must be less than 12001"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_slack_allows_passes(name: str) -> None:
    assert check_message(ALLOWED[name]) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_slack_refuses_is_refused_with_the_reason(name: str) -> None:
    blocks, reason = REFUSED[name]
    problems = check_message(blocks)
    assert any(reason in problem for problem in problems), problems


def test_each_problem_gets_its_own_line_with_a_pointer() -> None:
    problems = check_message([_header("x" * 151), actions(button(text=plain("x" * 76)))])
    assert [problem.split("json-pointer:")[1] for problem in problems] == [
        "/blocks/0/text/text]",
        "/blocks/1/elements/0/text/text]",
    ]


GOOD_VIEWS = {
    "a modal": modal(REASON, private_metadata="x" * 3000),
    "a modal of 100 blocks": modal(*[section()] * 100),
    "an alert in a modal": modal({"type": "alert", "text": plain("Careful"), "level": "warning"}),
    "a home tab": {"type": "home", "blocks": [section()]},
}
BAD_VIEWS = {
    "a title of 25": (modal(section(), title=plain("x" * 25)), "must be less than 25 characters"),
    "a submit of 25": (modal(section(), submit=plain("x" * 25)), "must be less than 25 characters"),
    "metadata of 3001": (modal(section(), private_metadata="x" * 3001), "must be less than 3001"),
    "101 blocks": (modal(*[section()] * 101), "no more than 100 items"),
    "inputs without submit": (
        {k: v for k, v in modal(REASON).items() if k != "submit"},
        "`submit` is required",
    ),
    "a table in a modal": (modal(_table(1)), "unsupported type: table"),
    "an alert of 201": (modal({"type": "alert", "text": plain("x" * 201)}), "must be less than 201"),
    "a button as an input": (modal(input_block("b", button())), "unsupported type: button"),
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title"),
    "an unknown field": (modal(section(), colour="red"), "invalid additional property: colour"),
    "an alert at home": (
        {"type": "home", "blocks": [{"type": "alert", "text": plain("x")}]},
        "unsupported type",
    ),
    "a strange type": ({"type": "window", "blocks": []}, "must be one of: modal, home"),
}


@pytest.mark.parametrize("name", GOOD_VIEWS)
def test_views_slack_allows_pass(name: str) -> None:
    assert check_view(GOOD_VIEWS[name]) == []


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_views_slack_refuses_are_refused(name: str) -> None:
    view, reason = BAD_VIEWS[name]
    problems = check_view(view)
    assert any(reason in problem for problem in problems), problems
