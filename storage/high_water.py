"""How far this process has written the trail, kept in a second place: an older database in its place is seen."""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.domain.errors import InvalidInputError, LedgerBrokenError

_SLOT_BYTES = 512  # one sector, so that a slot is written whole or not at all; the other one stays
_SLOTS = 2


@dataclass(frozen=True)
class Mark:
    """The end of a shard as it was committed: its size, its last leaf hash and its root."""

    origin: str
    shard: int
    size: int
    last: bytes
    root: bytes

    @property
    def place(self) -> tuple[int, int]:
        """Return what only grows."""
        return self.shard, self.size


class HighWater:
    """A file of two slots that are written in turn, each with its digest; the newer one that is whole counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None
        self._written = (-1, -1)
        self._turn = 0

    def read(self) -> Mark | None:
        """Return the mark, None where there is none yet.

        Raises:
            InvalidInputError: there is a file, and no mark in it.
        """
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable() from error
        slots = [_mark_in(raw[at : at + _SLOT_BYTES]) for at in range(0, _SLOTS * _SLOT_BYTES, _SLOT_BYTES)]
        marks = [mark for mark in slots if mark is not None]
        if not marks:
            if raw.strip(b"\0"):
                raise self._unusable()
            return None
        newest = max(marks, key=lambda mark: mark.place)
        self._written, self._turn = newest.place, 1 - slots.index(newest)
        return newest

    def write(self, mark: Mark) -> None:
        """Keep a mark that is further on, durably; one that is not is left out.

        Raises:
            InvalidInputError: the file cannot be written.
        """
        if mark.place <= self._written:
            return
        try:
            if self._file is None:
                self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.pwrite(self._file, _slot_of(mark), self._turn * _SLOT_BYTES)
            os.fdatasync(self._file)
        except OSError as error:
            raise self._unusable() from error
        self._written, self._turn = mark.place, 1 - self._turn

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _unusable(self) -> InvalidInputError:
        return InvalidInputError(
            f"The high-water mark {self.path} cannot be used.",
            advice="Let this program read and write it. Where it is spoilt, verify the trail against its anchors "
            "(`countersign audit verify --anchor all`) before you remove it.",
        )


def rolled_back(what: str) -> LedgerBrokenError:
    """Return the error for a database that is not the one this process wrote to last."""
    return LedgerBrokenError(
        f"{what} An older or another copy of the database is in its place.",
        advice="Nothing is changed any more. Put the right database back; where this copy is all there is, "
        "`countersign audit restore` goes on from it in a new shard. See docs/anchors.md.",
    )


def _slot_of(mark: Mark) -> bytes:
    said: dict[str, Any] = {
        "origin": mark.origin,
        "shard": mark.shard,
        "size": mark.size,
        "last": b64encode(mark.last).decode(),
        "root": b64encode(mark.root).decode(),
    }
    text = json.dumps(said, ensure_ascii=False)
    slot = f"{sha256(text.encode()).hexdigest()} {text}\n".encode()
    if len(slot) > _SLOT_BYTES:
        raise InvalidInputError("The trail's name is too long.", advice="Shorten [audit] origin.")
    return slot.ljust(_SLOT_BYTES, b"\0")


def _mark_in(slot: bytes) -> Mark | None:
    digest, _, text = slot.rstrip(b"\0\n").partition(b" ")
    if sha256(text).hexdigest().encode() != digest:
        return None
    said = json.loads(text)
    return Mark(said["origin"], said["shard"], said["size"], b64decode(said["last"]), b64decode(said["root"]))
