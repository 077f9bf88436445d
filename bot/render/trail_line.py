"""One short line of the audit channel about an entry of the trail."""

import re
from collections.abc import Mapping
from typing import Any

from bot.domain.told_events import told_words
from bot.ports.slack import Message
from bot.render.blocks import context, say
from bot.render.texts import code, is_user, sentence, words

_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,30})>")


def render_trail_line(body: Mapping[str, Any], *, named: bool) -> Message:
    """Return the line: who did what, to which deployment, and the ref of the entry.

    Not `named`, people stand there by their ids: a message that is posted so and edited afterwards notifies nobody.
    """
    actor = str(body["actor"]["id"])
    who = f"<@{actor}>" if is_user(actor) else "Countersign"
    said = f"{who} {told_words(body)}"
    shown = words(sentence(said if named else _MENTION.sub(r"\1", said)), 1500)
    resource = str(body.get("subject", {}).get("resource", ""))
    about = [code(resource.rsplit("/", 1)[-1], 80)] if resource else []
    return say(
        f"{shown}.", [context(" · ".join([shown, *about, f"ref {code(str(body['req']['ref']), 80)}"]))]
    )
