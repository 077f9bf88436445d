"""One short line of the audit channel about an entry of the trail."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from bot.domain.commitments import WITHHELD
from bot.domain.errors import NoteError
from bot.domain.note_text import Checkpoint, parse_note
from bot.domain.told_events import told_words
from bot.ports.slack import Message
from bot.render.blocks import context, say
from bot.render.texts import code, is_user, sentence, words

_ROOT = 12
_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,30})>")


def render_trail_line(body: Mapping[str, Any], *, named: bool, checkpoint: str = "") -> Message:
    """Return the line: who did what, to which deployment, the ref of the entry, and where the log stood.

    `checkpoint` is the signed note that covers the entry: its size and the beginning of its root make the line an
    anchor that people can read. Not `named`, people stand there by their ids: a message that is posted so and edited
    afterwards notifies nobody.
    """
    actor = str(body["actor"]["id"])
    who = f"<@{actor}>" if is_user(actor) else "Somebody" if actor == WITHHELD else "Countersign"
    said = f"{who} {told_words(body)}"
    shown = words(sentence(said if named else _MENTION.sub(r"\1", said)), 1500)
    resource = str(body.get("subject", {}).get("resource", ""))
    about = [code(resource.rsplit("/", 1)[-1], 80)] if resource else []
    ref = f"ref {code(str(body['req']['ref']), 80)}"
    return say(f"{shown}.", [context(" · ".join([shown, *about, ref, *_stood(body, checkpoint)]))])


def _stood(body: Mapping[str, Any], note: str) -> list[str]:
    """Return number, size and the beginning of the root as the first parts of `audit checkpoint` have them."""
    try:
        signed = Checkpoint.parse(parse_note(note)[0])
    except NoteError:
        return []
    root = b64encode(signed.root).decode()[:_ROOT]
    return [f"audit #{body.get('seq')} · size {signed.size} · root {code(root)}…"]
