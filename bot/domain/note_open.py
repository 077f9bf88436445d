"""Opening a signed note against known keys, whatever they verify with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.errors import NoteError
from bot.domain.note_text import Checkpoint, Signature, parse_note


class Known(Protocol):
    """A key whose signatures can be checked."""

    @property
    def name(self) -> str:
        """Return the name the key signs with."""
        ...

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that begin its signatures."""
        ...

    @property
    def can_check(self) -> bool:
        """Return whether signatures of this kind can be checked here; else they count as a stranger's."""
        ...

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Return whether the key made this signature (without the key id) over this text."""
        ...

    def signed_at(self, signature: bytes) -> int | None:
        """Return the seconds since 1970 that a signature names, None for a kind that names none."""
        ...


@dataclass(frozen=True)
class OpenedNote:
    """A note's text with the signatures by known keys, all verified, and the others."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def open_note(note: str | bytes, verifiers: Iterable[Known]) -> OpenedNote:
    """Return the note with its signatures sorted into verified and unverified.

    Raises:
        NoteError: malformed; a known key is ambiguous or its signature is wrong; no key is known.
    """
    text, signatures = parse_note(note)
    known: dict[tuple[str, bytes], list[Known]] = {}
    for verifier in verifiers:
        if verifier.can_check:
            known.setdefault((verifier.name, verifier.key_id), []).append(verifier)
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: dict[Signature, None] = {}
    for each in signatures:
        keys = known.get((each.name, each.key_id), [])
        if not keys:
            unverified[each] = None
            continue
        if len(keys) > 1:
            raise NoteError(f"ambiguous key {each.name}+{each.key_id.hex()}")
        if not keys[0].verify(text.encode(), each.signature):
            raise NoteError(f"invalid signature for key {each.name}+{each.key_id.hex()}")
        verified.setdefault((each.name, each.key_id), each)
    if not verified:
        raise NoteError("the note is not signed by a known key")
    return OpenedNote(text, tuple(verified.values()), tuple(unverified))


def open_checkpoint(note: str, verifiers: Iterable[Known]) -> Checkpoint:
    """Return the checkpoint in a note, signed by a known key whose name is the log's origin.

    Raises:
        NoteError: it is not one, or not so signed.
    """
    opened = open_note(note, verifiers)
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin not in {each.name for each in opened.verified}:
        raise NoteError(f"the checkpoint of {checkpoint.origin} is not signed by that log's own key")
    return checkpoint
