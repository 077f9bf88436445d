"""Checks of interactive elements, options and confirm dialogs, with Slack's limits."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.slack.limits import Check

Json = Any
ElementCheck = Callable[[Check, dict[str, Json], str], None]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}")
COMMON = ("type", "action_id")


def confirm(check: Check, value: Json, pointer: str) -> None:
    """A confirm dialog: title 100, text 300, buttons 30."""
    if check.mapping(value, pointer, ("style",), ("title", "text", "confirm", "deny")):
        check.plain(value["title"], f"{pointer}/title", 100)
        check.text(value["text"], f"{pointer}/text", 300)
        check.plain(value["confirm"], f"{pointer}/confirm", 30)
        check.plain(value["deny"], f"{pointer}/deny", 30)
        if "style" in value:
            check.one_of(value["style"], f"{pointer}/style", ("primary", "danger"))


def option(check: Check, value: Json, pointer: str, kinds: tuple[str, ...] = ("plain_text",)) -> None:
    """An option: text 75, value 150, description 75."""
    if check.mapping(value, pointer, ("description", "url"), ("text", "value")):
        check.text(value["text"], f"{pointer}/text", 75, kinds)
        check.string(value["value"], f"{pointer}/value", 150)
        if "description" in value:
            check.text(value["description"], f"{pointer}/description", 75, kinds)


def button(check: Check, value: dict[str, Json], pointer: str) -> None:
    """A button: text 75, value 2000, url 3000, accessibility label 75."""
    fields = (*COMMON, "url", "value", "style", "confirm", "accessibility_label", "visible_to_user_ids")
    if not check.mapping(value, pointer, fields, ("text",)):
        return
    check.plain(value["text"], f"{pointer}/text", 75)
    check.optional_string(value, "value", pointer, 2000)
    check.optional_string(value, "url", pointer, 3000)
    check.optional_string(value, "accessibility_label", pointer, 75)
    if "style" in value:
        check.one_of(value["style"], f"{pointer}/style", ("primary", "danger"))


def _options(
    check: Check, value: dict[str, Json], pointer: str, most: int, kinds: tuple[str, ...]
) -> list[str]:
    values: list[str] = []
    for entry, place in check.items(value.get("options"), f"{pointer}/options", 1, most):
        option(check, entry, place, kinds)
        if isinstance(entry, dict) and isinstance(entry.get("value"), str):
            values.append(entry["value"])
    if len(set(values)) != len(values):
        check.wrong(f"{pointer}/options", "option values must be unique")
    return values


def _initial(check: Check, value: dict[str, Json], pointer: str, values: list[str]) -> None:
    chosen = list(value.get("initial_options") or [])
    if value.get("initial_option") is not None:
        chosen.append(value["initial_option"])
    for entry in chosen:
        if not isinstance(entry, dict) or entry.get("value") not in values:
            check.wrong(pointer, "initial option must be one of the provided options")


def overflow(check: Check, value: dict[str, Json], pointer: str) -> None:
    """An overflow menu: one to five options."""
    if check.mapping(value, pointer, (*COMMON, "confirm"), ("options",)):
        _options(check, value, pointer, 5, ("plain_text",))


def choices(check: Check, value: dict[str, Json], pointer: str) -> None:
    """Radio buttons or checkboxes: one to ten options."""
    initial = "initial_option" if value.get("type") == "radio_buttons" else "initial_options"
    if check.mapping(value, pointer, (*COMMON, initial, "confirm", "focus_on_load"), ("options",)):
        values = _options(check, value, pointer, 10, ("plain_text", "mrkdwn"))
        _initial(check, value, pointer, values)


def static_select(check: Check, value: dict[str, Json], pointer: str) -> None:
    """A static select, single or multi: up to 100 options, or 100 groups of them."""
    initial = "initial_options" if value["type"].startswith("multi_") else "initial_option"
    fields = (*COMMON, "options", "option_groups", initial, "placeholder", "confirm", "focus_on_load")
    check.mapping(value, pointer, (*fields, "max_selected_items"))
    if ("options" in value) == ("option_groups" in value):
        check.wrong(pointer, "must provide either options or option_groups")
        return
    if "options" in value:
        values = _options(check, value, pointer, 100, ("plain_text",))
    else:
        values = []
        for group, place in check.items(value["option_groups"], f"{pointer}/option_groups", 1, 100):
            if check.mapping(group, place, (), ("label", "options")):
                check.plain(group["label"], f"{place}/label", 75)
                values += _options(check, group, place, 100, ("plain_text",))
    _initial(check, value, pointer, values)


def _people_or_places(initial: str, *more: str) -> ElementCheck:
    def run(check: Check, value: dict[str, Json], pointer: str) -> None:
        fields = (*COMMON, initial, "placeholder", "confirm", "focus_on_load", "max_selected_items", *more)
        check.mapping(value, pointer, fields)

    return run


def plain_text_input(check: Check, value: dict[str, Json], pointer: str) -> None:
    """A text field: at most 3000 characters, placeholder 150."""
    fields = ("initial_value", "multiline", "min_length", "max_length", "dispatch_action_config")
    check.mapping(value, pointer, (*COMMON, *fields, "focus_on_load", "placeholder"))
    check.optional_string(value, "initial_value", pointer, 3000)
    for key in ("min_length", "max_length"):
        if key in value:
            check.whole(value[key], f"{pointer}/{key}", 0, 3000)


def number_input(check: Check, value: dict[str, Json], pointer: str) -> None:
    """A number field; its bounds and initial value are strings."""
    fields = (
        "initial_value",
        "min_value",
        "max_value",
        "dispatch_action_config",
        "focus_on_load",
        "placeholder",
    )
    check.mapping(value, pointer, (*COMMON, *fields), ("is_decimal_allowed",))
    for key in ("initial_value", "min_value", "max_value"):
        check.optional_string(value, key, pointer, 100)


def other_input(check: Check, value: dict[str, Json], pointer: str) -> None:
    """An e-mail or URL field."""
    fields = ("initial_value", "dispatch_action_config", "focus_on_load", "placeholder")
    check.mapping(value, pointer, (*COMMON, *fields))


def _pattern(initial: str, pattern: re.Pattern[str]) -> ElementCheck:
    def run(check: Check, value: dict[str, Json], pointer: str) -> None:
        check.mapping(
            value, pointer, (*COMMON, initial, "placeholder", "confirm", "focus_on_load", "timezone")
        )
        if initial in value and not pattern.fullmatch(str(value[initial])):
            check.wrong(f"{pointer}/{initial}", "must match the documented format")

    return run


def datetimepicker(check: Check, value: dict[str, Json], pointer: str) -> None:
    """A date and time picker; its value is whole seconds since the epoch."""
    check.mapping(value, pointer, (*COMMON, "initial_date_time", "confirm", "focus_on_load"))
    if "initial_date_time" in value:
        check.whole(value["initial_date_time"], f"{pointer}/initial_date_time", 1_000_000_000, 9_999_999_999)


ELEMENTS: dict[str, ElementCheck] = {
    "button": button,
    "overflow": overflow,
    "radio_buttons": choices,
    "checkboxes": choices,
    "static_select": static_select,
    "multi_static_select": static_select,
    "users_select": _people_or_places("initial_user"),
    "multi_users_select": _people_or_places("initial_users"),
    "channels_select": _people_or_places("initial_channel", "response_url_enabled"),
    "multi_channels_select": _people_or_places("initial_channels"),
    "conversations_select": _people_or_places(
        "initial_conversation", "response_url_enabled", "filter", "default_to_current_conversation"
    ),
    "plain_text_input": plain_text_input,
    "number_input": number_input,
    "email_text_input": other_input,
    "url_text_input": other_input,
    "datepicker": _pattern("initial_date", _DATE),
    "timepicker": _pattern("initial_time", _TIME),
    "datetimepicker": datetimepicker,
}
_TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
IN_ACTIONS = tuple(name for name in ELEMENTS if name not in _TYPED)
IN_SECTION = (*(name for name in IN_ACTIONS if name != "datetimepicker"), "image")
IN_INPUT = tuple(name for name in ELEMENTS if name not in ("button", "overflow"))


def element(check: Check, value: Json, pointer: str, allowed: tuple[str, ...]) -> None:
    """Any interactive element that may stand in this place."""
    if not isinstance(value, dict):
        check.wrong(pointer, "must provide an object")
        return
    kind = value.get("type")
    if kind not in allowed or not isinstance(kind, str):
        check.wrong(f"{pointer}/type", f"unsupported type: {kind}")
        return
    check.optional_string(value, "action_id", pointer, 255)
    check.optional(value, "placeholder", pointer, lambda entry, place: check.plain(entry, place, 150))
    check.optional(value, "confirm", pointer, lambda entry, place: confirm(check, entry, place))
    ELEMENTS[kind](check, value, pointer)
