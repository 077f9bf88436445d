"""What a person can read off a message or a modal, and where the buttons are."""

from collections.abc import Iterator
from typing import Any

from sandbox.story.markup import Names, spoken
from sandbox.story.spans import plain

Json = Any
NOBODY = Names({}, {})


def words(thing: Json) -> str:
    """Every word of a message or a modal, marks removed, ids kept."""
    return "\n".join(_texts(thing["blocks"]))


def _texts(node: Json) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield plain(spoken(node["text"], NOBODY)) if node.get("type") == "mrkdwn" else node["text"]
        for name, each in node.items():
            if name not in ("text", "confirm") or isinstance(each, dict):
                yield from _texts(each)


def facts(thing: Json) -> dict[str, str]:
    """The facts of a message or a modal by label, from its fields and tables; of two of a name the first."""
    made: dict[str, str] = {}
    for block in thing["blocks"]:
        for cell in block.get("fields", []):
            shown = plain(spoken(cell["text"], NOBODY))
            label, _, value = shown.partition("\n") if "\n" in shown else shown.partition(": ")
            made.setdefault(label, value)
        for row in block.get("rows", []):
            label, value = (each.get("text", "") for each in row[:2])
            made.setdefault(label, value)
    return made


def buttons(message: Json) -> dict[str, tuple[str, Json]]:
    """The buttons of a message: action id to block id and element."""
    return {
        each["action_id"]: (block["block_id"], each)
        for block in message["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }


def inputs(view: Json) -> dict[str, Json]:
    """The input blocks of a modal by their name, without a revision behind a colon."""
    return {
        block["block_id"].partition(":")[0]: block for block in view["blocks"] if block["type"] == "input"
    }


def typed(view: Json, name: str) -> str:
    """What stands in an input of a modal."""
    block = inputs(view)[name]
    state = view["state"]["values"].get(block["block_id"], {}).get(block["element"]["action_id"], {})
    value = next((state[key] for key in state if key != "type"), None)
    return str(value["value"] if isinstance(value, dict) else value or "")


def change_of(message: Json) -> tuple[str, str]:
    """The id and state a change card carries; empty for any other message."""
    payload = ((message.get("metadata") or {}).get("event_payload")) or {}
    return str(payload.get("id", "")), str(payload.get("state", ""))
