"""What answering a question gives: a message, what was seen, and perhaps files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.entry import EntryProof
from bot.ports.slack import File, Message


@dataclass(frozen=True)
class Seen:
    """An answer, what it was about, and what was seen, canonical.

    `packed` makes the files of a pack from the proof of the entry that recorded it and the trail's public key.
    """

    message: Message
    about: str
    body: bytes
    packed: Callable[[EntryProof, str], Sequence[File]] | None = None
