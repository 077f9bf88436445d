"""What a person entered: element state as Slack reports it, and what is missing."""

from typing import Any

from sandbox.slack.records import NOT_STATEFUL, elements_of

Json = Any

# element type -> (field of the state, field of the element with the initial value)
_FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "overflow": ("selected_option", ""),
    "button": ("value", ""),
}
_MANY = ("multi_static_select", "checkboxes", "multi_users_select", "multi_channels_select")
_OPTIONS = ("static_select", "radio_buttons", "multi_static_select", "checkboxes", "overflow")
_TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input")


class NoSuchOptionError(ValueError):
    """The chosen value is not among the element's options."""


def state_field(kind: str) -> str:
    """The field that holds the value of this kind of element."""
    return _FIELDS[kind][0]


def _all_options(element: dict[str, Json]) -> list[dict[str, Json]]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def _option(element: dict[str, Json], chosen: Json) -> dict[str, Json]:
    value = chosen.get("value") if isinstance(chosen, dict) else chosen
    for option in _all_options(element):
        if option["value"] == value:
            return option
    raise NoSuchOptionError(str(value))


def completed(element: dict[str, Json], given: Json) -> dict[str, Json]:
    """The full element state for a plain value or for a state object."""
    kind = element["type"]
    name = state_field(kind)
    value = given.get(name) if isinstance(given, dict) and ("type" in given or name in given) else given
    if kind in _MANY:
        chosen = value if isinstance(value, list) else ([] if value in (None, "") else [value])
        value = [_option(element, entry) for entry in chosen] if kind in _OPTIONS else chosen
    elif kind in _OPTIONS:
        value = None if value in (None, "") else _option(element, value)
    elif kind in _TYPED:
        value = None if value in (None, "") else str(value)
    else:
        value = None if value == "" else value
    return {"type": kind, name: value}


def initial_state(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """The state before anybody touched anything."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in elements_of(block):
            kind = element["type"]
            if kind not in NOT_STATEFUL:
                state = completed(element, element.get(_FIELDS[kind][1]))
                values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _too_long_or_short(element: dict[str, Json], text: str) -> str | None:
    if element["type"] == "plain_text_input":
        if len(text) > int(element.get("max_length", 3000)):
            return f"Please use at most {element.get('max_length', 3000)} characters."
        if len(text) < int(element.get("min_length", 0)):
            return f"Please use at least {element['min_length']} characters."
    return None


def _not_a_number(element: dict[str, Json], text: str) -> str | None:
    try:
        number = float(text) if element["is_decimal_allowed"] else int(text)
    except ValueError:
        return "Please enter a number." if element["is_decimal_allowed"] else "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None


def entry_errors(blocks: list[Json], values: dict[str, dict[str, Json]]) -> dict[str, str]:
    """What the client itself refuses to submit, by block."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        value = state.get(state_field(element["type"]))
        if value in (None, "", []):
            if not block.get("optional", False):
                errors[block["block_id"]] = "Please complete this required field."
            continue
        check = _not_a_number if element["type"] == "number_input" else _too_long_or_short
        problem = check(element, str(value)) if element["type"] in _TYPED else None
        if problem:
            errors[block["block_id"]] = problem
    return errors
