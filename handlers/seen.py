"""What answering a question gives: a message, what was seen, and perhaps files."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.effect import Question
from bot.domain.entry import EntryProof
from bot.domain.event import AuditEvent
from bot.ports.slack import File, Message

SINCE = "since:"
AT = "at:"


def button_value(question: Question, **beside: str) -> str:
    """Return what the buttons of an answer carry; empty where it is for everybody already."""
    words: Sequence[str] = [word for word in question.words if not word.startswith((SINCE, AT))]
    return "" if question.share else json.dumps({"verb": question.verb, "names": words, **beside})


@dataclass(frozen=True)
class Seen:
    """An answer, what it was about, and what was seen, canonical.

    `packed` makes the files of a pack from the proof of the entry that recorded it and the trail's public key.
    `event` is recorded instead of the read, and then `body` is not kept: it may hold what people wrote.
    """

    message: Message
    about: str
    body: bytes
    packed: Callable[[EntryProof, str], Sequence[File]] | None = None
    event: AuditEvent | None = None
    comment: str = ""
