"""The linter refuses what Slack refuses, and what our own rules forbid."""

from dataclasses import replace
from typing import Any

import pytest

from bot.ports.slack import Message
from bot.render.blocks import (
    actions,
    button,
    fields,
    header,
    mrkdwn,
    option,
    rich_line,
    rich_text,
    section,
    table,
)
from bot.render.chart_blocks import native_chart
from bot.render.lint import check_message, check_view
from bot.render.modal import Ask, Modal, ask, choice, metadata_json, modal, number_input, text_input
from tests.golden import charts

VIEW = modal(Modal("Title", "id", submit="Go"), [ask(Ask("ticket", "Ticket"), text_input(limit=10))])


def message(*blocks: dict[str, Any], text: str = "A sentence.") -> Message:
    return Message(text, blocks)


def raw(text: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": "section", "text": {"type": kind, "text": text}}


def test_two_sound_charts_pass() -> None:
    check_message(message(chart(), chart()))
    check_message(message(chart(series=[series(name) for name in "abcd"])))


def test_a_sound_message_passes() -> None:
    check_message(message(header("H"), section("a &amp; b <@U0BOB>"), *fields([("A", "b")])))
    check_message(Message("Only a sentence."))
    check_view(VIEW)


def chart(**changed: Any) -> dict[str, Any]:
    """A native chart of two points, with parts of it changed."""
    native = native_chart(replace(charts.TOKENS, lines=(charts.line("Now", 1, 2),), usual=(), marks=()))
    assert native is not None
    return {**native, "chart": {**native["chart"], **changed}}


def series(name: str = "Now", *values: Any) -> dict[str, Any]:
    """A series on the axis of `chart`."""
    data = zip(("09:00", "09:05"), values or (1, 2), strict=False)
    return {"name": name, "data": [{"label": label, "value": value} for label, value in data]}


WRONG: dict[str, Message] = {
    "three charts": message(*[chart()] * 3),
    "a chart without a title": message({**chart(), "title": ""}),
    "a title of 51": message({**chart(), "title": "x" * 51}),
    "a pie": message(chart(type="pie")),
    "five series": message(chart(series=[series(name) for name in "abcde"])),
    "no series": message(chart(series=[])),
    "a series twice": message(chart(series=[series(), series()])),
    "a series name of 21": message(chart(series=[series("x" * 21)])),
    "a series that lacks a point": message(chart(series=[series("Now", 1)])),
    "a value that is no number": message(chart(series=[series("Now", 1, None)])),
    "a value without end": message(chart(series=[series("Now", 1, float("inf"))])),
    "21 points": message(chart(axis_config={"categories": [str(n) for n in range(21)]})),
    "a label twice": message(chart(axis_config={"categories": ["09:00", "09:00"]})),
    "no text": message(section("x"), text=""),
    "a text of 4001": message(section("x"), text="x" * 4001),
    "51 blocks": message(*[section("x")] * 51),
    "a section of 3001": message(raw("x" * 3001)),
    "1501 emoji beyond the basic plane": message(raw("😀" * 1501)),
    "an empty section": message(raw("")),
    "a header of 151": message({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}),
    "a header in mrkdwn": message({"type": "header", "text": mrkdwn("x")}),
    "eleven fields": message({"type": "section", "fields": [mrkdwn("x")] * 11}),
    "a section of nothing": message({"type": "section"}),
    "an unknown block": message({"type": "video"}),
    "an input in the wrong type": message({"type": "context", "elements": []}),
    "an unescaped <": message(raw("a < b")),
    "an unescaped >": message(raw("a > b")),
    "an unescaped &": message(raw("a & b")),
    "a broadcast": message(raw("<!channel>")),
    "a link": message(raw("<https://example.com|here>")),
    "an unescaped < in the text": message(section("x"), text="a <b"),
    "an unknown key": message({**section("x"), "colour": "red"}),
    "two primaries": message(
        *actions([button("a", "a", "v", style="primary"), button("b", "b", "v", style="primary")])
    ),
    "an action id twice": message(*actions([button("a", "a", "v"), button("b", "a", "v")])),
    "an unknown style": message(*actions([button("a", "a", "v", style="green")])),
    "a value of 2001": message(*actions([button("a", "a", "v" * 2001)])),
    "a block id twice": message({**section("x"), "block_id": "b"}, {**section("x"), "block_id": "b"}),
    "ragged rows": message(table([["a", "b"], ["c"]])),
    "a lone surrogate": message(
        rich_text({"type": "rich_text_section", "elements": [{"type": "text", "text": "\ud800"}]})
    ),
    "an empty rich text": message({"type": "rich_text", "elements": []}),
    "emoji on mrkdwn": message({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}),
    "metadata beyond ids": Message(
        "x", [section("x")], {"event_type": "a", "event_payload": {"x": "y" * 9000}}
    ),
    "metadata of another shape": Message("x", [section("x")], {"id": "a"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_message_slack_would_refuse_does_not_leave(name: str) -> None:
    with pytest.raises(ValueError):
        check_message(WRONG[name])


def with_element(element: dict[str, Any]) -> dict[str, Any]:
    return {**VIEW, "blocks": [ask(Ask("b", "B"), element)]}


WRONG_VIEWS: dict[str, dict[str, Any]] = {
    "a title of 25": {**VIEW, "title": {"type": "plain_text", "text": "x" * 25}},
    "a title in mrkdwn": {**VIEW, "title": {"type": "mrkdwn", "text": "x"}},
    "no title": {key: value for key, value in VIEW.items() if key != "title"},
    "inputs and no submit": {key: value for key, value in VIEW.items() if key != "submit"},
    "no blocks": {**VIEW, "blocks": []},
    "101 blocks": {**VIEW, "blocks": [section("x")] * 101},
    "3001 of metadata": {**VIEW, "private_metadata": "x" * 3001},
    "a workflow step": {**VIEW, "type": "workflow_step"},
    "an unknown key": {**VIEW, "colour": "red"},
    "a table in a modal": {**VIEW, "blocks": [table([["a"]])]},
    "a button as input": with_element(button("a", "a", "v")),
    "no options": with_element(choice("static_select", [])),
    "101 options": with_element(choice("static_select", [option(str(n), str(n)) for n in range(101)])),
    "11 radios": with_element(choice("radio_buttons", [option(str(n), str(n)) for n in range(11)])),
    "an option twice": with_element(choice("static_select", [option("a", "a"), option("b", "a")])),
    "an unknown start": with_element(
        {**choice("radio_buttons", [option("a", "a")]), "initial_option": option("b", "b")}
    ),
    "no boxes ticked": with_element(
        {"type": "checkboxes", "options": [option("a", "a")], "initial_options": []}
    ),
    "more than the field takes": with_element({**text_input(limit=3), "initial_value": "1234"}),
    "a field of 3001": with_element(text_input(limit=3001)),
    "no decision on decimals": with_element({"type": "number_input"}),
    "250 kB": {**VIEW, "blocks": [rich_text(*[rich_line("x" * 2900)] * 10)] * 10},
}


@pytest.mark.parametrize("name", WRONG_VIEWS)
def test_a_view_slack_would_refuse_does_not_leave(name: str) -> None:
    with pytest.raises(ValueError):
        check_view(WRONG_VIEWS[name])


def test_too_much_private_metadata_is_noticed_while_it_is_made() -> None:
    with pytest.raises(ValueError, match="3000"):
        metadata_json({"draft": "x" * 3000})
    assert metadata_json({}) == ""


@pytest.mark.parametrize(("typed", "kept"), [("150", "150"), ("", None), ("1.5", None), ("一", None)])
def test_only_whole_numbers_are_pre_filled(typed: str, kept: str | None) -> None:
    assert number_input(typed).get("initial_value") == kept
