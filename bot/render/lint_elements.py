"""The linter for what stands inside a block: buttons, selects, inputs."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.ports.slack import Block
from bot.render.lint_rules import keys, need, string, text_object

_Check = Callable[[Block, str], None]


def check_element(element: Any, where: str, allowed: frozenset[str]) -> None:
    """Check an interactive element, and that this kind of block takes it."""
    kind = element.get("type") if isinstance(element, dict) else None
    need(kind in allowed, f"{where} may not be a {kind!r}")
    string(element.get("action_id"), f"{where}.action_id", 255, 1)
    _CHECKS[str(kind)](element, where)


def _button(element: Block, where: str) -> None:
    keys(element, where, ("type", "text", "action_id", "value"), ("style", "confirm", "accessibility_label"))
    text_object(element["text"], f"{where}.text", 75, markup=False)
    string(element["value"], f"{where}.value", 2000)
    string(element.get("accessibility_label", ""), f"{where}.accessibility_label", 75)
    need(element.get("style", "primary") in ("primary", "danger"), f"{where} has an unknown style")
    if "confirm" in element:
        _confirm(element["confirm"], f"{where}.confirm")


def _confirm(confirm: Any, where: str) -> None:
    keys(confirm, where, ("title", "text", "confirm", "deny"))
    text_object(confirm["title"], f"{where}.title", 100, markup=False)
    text_object(confirm["text"], f"{where}.text", 300)
    text_object(confirm["confirm"], f"{where}.confirm", 30, markup=False)
    text_object(confirm["deny"], f"{where}.deny", 30, markup=False)


def _options(element: Block, where: str, most: int) -> list[Any]:
    options = element["options"]
    need(1 <= len(options) <= most, f"{where} has {len(options)} options; 1 to {most} are allowed")
    for index, option in enumerate(options):
        place = f"{where}.options[{index}]"
        keys(option, place, ("text", "value"), ("description",))
        text_object(option["text"], f"{place}.text", 75, markup=False)
        string(option["value"], f"{place}.value", 150, 1)
        if "description" in option:
            text_object(option["description"], f"{place}.description", 75, markup=False)
    values = [option["value"] for option in options]
    need(len(set(values)) == len(values), f"{where} has an option twice")
    return list(options)


def _one_of(most: int) -> _Check:
    def check(element: Block, where: str) -> None:
        keys(element, where, ("type", "action_id", "options"), ("initial_option", "placeholder"))
        options = _options(element, where, most)
        need(element.get("initial_option", options[0]) in options, f"{where} starts with an unknown option")

    return check


def _checkboxes(element: Block, where: str) -> None:
    keys(element, where, ("type", "action_id", "options"), ("initial_options",))
    options = _options(element, where, 10)
    initial = element.get("initial_options", options)
    need(initial and all(each in options for each in initial), f"{where} starts with an unknown option")


def _users(element: Block, where: str) -> None:
    keys(element, where, ("type", "action_id"), ("initial_user", "placeholder"))


def _text(element: Block, where: str) -> None:
    optional = ("multiline", "min_length", "max_length", "initial_value", "placeholder")
    keys(element, where, ("type", "action_id"), optional)
    most = element.get("max_length", 3000)
    need(0 < most <= 3000, f"{where} allows {most} characters; Slack allows 3000")
    string(element.get("initial_value", ""), f"{where}.initial_value", most)
    if "placeholder" in element:
        text_object(element["placeholder"], f"{where}.placeholder", 150, markup=False)


def _number(element: Block, where: str) -> None:
    keys(element, where, ("type", "action_id", "is_decimal_allowed"), ("initial_value", "placeholder"))
    string(element.get("initial_value", ""), f"{where}.initial_value", 100)


def _moment(element: Block, where: str) -> None:
    keys(element, where, ("type", "action_id"), ("initial_date_time",))
    digits = str(element.get("initial_date_time", 10**9))
    need(digits.isdigit() and len(digits) == 10, f"{where} starts with a time of {len(digits)} digits")


_CHECKS: Mapping[str, _Check] = {
    "button": _button,
    "static_select": _one_of(100),
    "radio_buttons": _one_of(10),
    "checkboxes": _checkboxes,
    "users_select": _users,
    "plain_text_input": _text,
    "number_input": _number,
    "datetimepicker": _moment,
}
IN_ACTIONS = frozenset({"button", "static_select", "radio_buttons", "checkboxes", "users_select"})
IN_INPUT = frozenset(_CHECKS) - {"button"}
