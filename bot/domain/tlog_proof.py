"""The C2SP `.tlog-proof` text: one leaf's inclusion proof with the checkpoint it leads to."""

import re
from base64 import b64encode
from dataclasses import dataclass

from bot.domain.errors import NoteError
from bot.domain.note_text import canonical_base64

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's index and audit path, the signed checkpoint, and optional opaque bytes."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """Return the proof in its written form."""
        extra = [] if self.extra is None else [f"extra {b64encode(self.extra).decode()}"]
        path = [b64encode(each).decode() for each in self.hashes]
        head = [HEADER, *extra, f"index {self.index}", *path]
        return "".join(f"{line}\n" for line in head) + "\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "TlogProof":
        """Return the proof written in `text`; the checkpoint in it is not verified.

        Raises:
            NoteError: the text is not a well-formed proof.
        """
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or not checkpoint or lines.pop(0) != HEADER:
            raise NoteError("not a tlog proof")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = canonical_base64(lines.pop(0).removeprefix("extra "))
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise NoteError("the tlog proof has no index")
        hashes = tuple(canonical_base64(line) for line in lines)
        if len(hashes) > _MAX_HASHES or any(len(each) != 32 for each in hashes):
            raise NoteError("the tlog proof holds a hash that is not 32 bytes, or too many")
        return cls(int(index[1]), hashes, checkpoint, extra)
