"""The written form of C2SP signed notes and checkpoints: strict parsing, standard library alone."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from bot.domain.errors import NoteError

MAX_SIGNATURES = 100
MARK = "— "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, read but not necessarily verified."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """Return the line as it stands in a note."""
        return f"{MARK}{self.name} {b64encode(self.key_id + self.signature).decode()}\n"


def parse_note(note: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """Return a note's text and its signature lines, none of them verified.

    Raises:
        NoteError: the note is malformed.
    """
    whole = _decoded(note)
    demand_text(whole)
    at = whole.rfind("\n\n")
    if at < 0 or at + 2 == len(whole):
        raise NoteError("the note is malformed: no signatures after a blank line")
    lines = whole[at + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("the note is malformed: more than 100 signatures")
    return whole[: at + 1], tuple(_signature(line) for line in lines)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root a log had at one moment, in its own words."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text to be signed: origin, size, root and extension lines."""
        lines = [self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]
        text = "".join(f"{line}\n" for line in lines)
        if Checkpoint.parse(text) != self:
            raise NoteError("the checkpoint cannot be written as text")
        return text

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Return the checkpoint in a note's text.

        Raises:
            NoteError: fewer than three lines, a blank line, a size that is not a plain decimal number,
                or a root that is not 32 bytes in canonical base64.
        """
        demand_text(text)
        lines = text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise NoteError("a checkpoint has an origin, a size, a root and no blank lines")
        if not _DECIMAL.fullmatch(lines[1]) or int(lines[1]) >= 2**64:
            raise NoteError("the checkpoint's size is not a decimal number")
        root = canonical_base64(lines[2])
        if len(root) != 32:
            raise NoteError("the checkpoint's root is not 32 bytes")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))


def _signature(line: str) -> Signature:
    parts = line.removeprefix(MARK).split(" ", 1)
    if not line.startswith(MARK) or len(parts) != 2:
        raise NoteError("the note is malformed: a line after the blank line is no signature")
    demand_name(parts[0])
    raw = canonical_base64(parts[1])
    if len(raw) < 5:
        raise NoteError("the note is malformed: a signature is too short")
    return Signature(parts[0], raw[:4], raw[4:])


def _decoded(note: str | bytes) -> str:
    try:
        return note.decode() if isinstance(note, bytes) else note
    except UnicodeDecodeError as error:
        raise NoteError("the note is malformed: not UTF-8") from error


def demand_text(text: str) -> None:
    """Raise NoteError unless the text ends in a newline and holds no other control character."""
    if not text.endswith("\n"):
        raise NoteError("the text does not end in a newline")
    if any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in text):
        raise NoteError("the text holds control characters or is not valid Unicode")


def demand_name(name: str) -> None:
    """Raise NoteError unless this can be the name of a key."""
    if not name or "+" in name or any(c.isspace() or "\ud800" <= c <= "\udfff" for c in name):
        raise NoteError("a key's name is not empty and has no spaces and no plus sign")


def canonical_base64(encoded: str) -> bytes:
    """Return the bytes; raise NoteError for anything but the one way to write them."""
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteError("not base64") from error
    if b64encode(raw).decode() != encoded:
        raise NoteError("not canonical base64")
    return raw
