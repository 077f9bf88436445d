"""What every modal has in common: title, buttons, inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.json import Json, canonical
from bot.ports.slack import Block
from bot.render.blocks import TITLE, plain
from bot.render.texts import shorten, tidy

METADATA = 3000


@dataclass(frozen=True)
class Modal:
    """The frame of a modal: a modal without `submit` only informs."""

    title: str
    callback_id: str
    submit: str = ""
    close: str = "Cancel"
    metadata: str = ""


def modal(frame: Modal, blocks: Sequence[Block]) -> Block:
    """Return a modal view."""
    view: Block = {
        "type": "modal",
        "callback_id": frame.callback_id,
        "title": plain(frame.title, TITLE),
        "close": plain(frame.close, TITLE),
        "blocks": list(blocks),
    }
    if frame.submit:
        view["submit"] = plain(frame.submit, TITLE)
    if frame.metadata:
        view["private_metadata"] = frame.metadata
    return view


def metadata_json(values: Mapping[str, Json]) -> str:
    """Return private metadata as JSON; raise ValueError when it is more than Slack keeps."""
    text = canonical(values).decode() if values else ""
    if len(text) > METADATA:
        raise ValueError(f"private_metadata of {len(text)} characters; Slack keeps {METADATA}")
    return text


@dataclass(frozen=True)
class Ask:
    """One input: where its answer goes and what the person reads beside it."""

    block: str
    label: str
    hint: str = ""
    action: str = "value"
    required: bool = True
    redraw: bool = False


def ask(what: Ask, element: Block) -> Block:
    """Return an input block around an element."""
    made: Block = {
        "type": "input",
        "block_id": what.block,
        "label": plain(what.label, 2000),
        "element": {"action_id": what.action, **element},
        "optional": not what.required,
    }
    if what.hint:
        made["hint"] = plain(what.hint, 2000)
    if what.redraw:
        made["dispatch_action"] = True
    return made


def text_input(initial: str = "", *, limit: int, placeholder: str = "", multiline: bool = False) -> Block:
    """Return a text field; what was typed before is kept, cut to the field's own limit."""
    made: Block = {"type": "plain_text_input", "multiline": multiline, "max_length": limit}
    if kept := shorten(tidy(initial), limit):
        made["initial_value"] = kept
    if placeholder:
        made["placeholder"] = plain(placeholder, 150)
    return made


def number_input(initial: str = "") -> Block:
    """Return a field for a whole number."""
    made: Block = {"type": "number_input", "is_decimal_allowed": False}
    if initial.isascii() and initial.isdigit() and len(initial) <= 12:
        made["initial_value"] = initial
    return made


def choice(kind: str, options: Sequence[Block], chosen: str = "") -> Block:
    """Return a static_select or radio_buttons element with `chosen` already picked, if it is there."""
    made: Block = {"type": kind, "options": list(options)}
    picked = next((option for option in options if chosen and option["value"] == chosen), None)
    if picked is not None:
        made["initial_option"] = picked
    return made
