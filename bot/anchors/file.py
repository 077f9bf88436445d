"""`file`: one checkpoint a line, appended to a file on another mount."""

import asyncio
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.domain.anchoring import anchor_line, newest_line
from bot.domain.errors import AnchorContradictsError, AnchorUnavailableError
from bot.ports.anchors import OurLog, Published, Seen

_T = TypeVar("_T")
_SECONDS = 10.0
_TAIL_BYTES = 4 * 1024 * 1024
_WHAT_IT_IS = (
    'Each line of an anchor file is {"at": "…", "note": "…"}, as [anchors.file] writes it: name the file of its '
    "`path`, or a copy of it. See docs/anchors.md."
)


class FileAnchor:
    """An append-only file. Its ref is the path and the length after the line, so that a shorter file is seen.

    A copy of one that somebody brings has a `kind` of its own: the rows say nothing of it.
    """

    def __init__(self, path: Path, kind: str = "file") -> None:
        self.kind = kind
        self._path = path
        self._is_brought = kind != "file"

    async def publish(self, log: OurLog) -> Published:
        """Append the checkpoint, and have it on the disk before this returns."""
        end = await self._on_disk(
            partial(
                _append, self._path, anchor_line(log.note, log.at).encode(), _length_of(log.ref, self._path)
            )
        )
        return Published(f"{self._path}#{end}")

    async def newest(self, log: OurLog) -> Seen | None:
        """Return the newest checkpoint of this log in the file.

        Raises:
            AnchorUnavailableError: it cannot be read, or somebody brings a file that is no anchor.
        """
        found = await self._on_disk(partial(_tail, self._path))
        if found is None:
            return Seen(0, edited="the file is gone") if _length_of(log.ref, self._path) else None
        text, length = found
        before = _length_of(log.ref, self._path)
        lost = f"it had {before} bytes and has {length}" if length < before else ""
        lines = newest_line(text, log.origin)
        if self._is_brought and not lines.is_anchor:
            raise AnchorUnavailableError(
                f"{self.kind} holds no checkpoint of this trail.", advice=_WHAT_IT_IS
            )
        spoilt = "a line after the newest checkpoint cannot be read" if lines.unreadable else ""
        if not (lines.note or lost or spoilt):
            return None
        return Seen(lines.size, lines.note, unreadable=spoilt, edited=lost)

    async def _on_disk(self, work: Callable[[], _T]) -> _T:
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.to_thread(work)
        except (OSError, TimeoutError) as error:
            raise AnchorUnavailableError(
                f"The anchor file {self._path} cannot be used.",
                advice="Mount its disk, and let this program append to the file.",
            ) from error


def _append(path: Path, line: bytes, at_least: int) -> int:
    """Append one line and return the file's length; refuse a file that is shorter than it was."""
    if at_least and not path.exists():
        raise _shrank(path, at_least, 0)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise AnchorUnavailableError(f"{path} is no file.", advice="Name a file in [anchors.file] path.")
        if found.st_size < at_least:
            raise _shrank(path, at_least, found.st_size)
        if found.st_size and os.pread(file, 1, found.st_size - 1) != b"\n":
            line = b"\n" + line  # a line that a crash cut off stays, by itself
        if os.write(file, line) != len(line):
            raise AnchorUnavailableError(f"{path} took only a part of the line.", advice="Is its disk full?")
        os.fsync(file)
        length = os.fstat(file).st_size
    finally:
        os.close(file)
    if not found.st_size:
        _sync_folder(path.parent)
    return length


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _tail(path: Path) -> tuple[str, int] | None:
    """Return the end of the file, from a whole line on, and its length; None when there is no file."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(max(0, length - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return None
    return (text.partition("\n")[2] if length > _TAIL_BYTES else text), length


def _length_of(ref: str, path: Path) -> int:
    """Return how long the file was; 0 where the ref is of another file."""
    before, _, digits = ref.rpartition("#")
    return int(digits) if before == str(path) and digits.isascii() and digits.isdigit() else 0


def _shrank(path: Path, before: int, now: int) -> AnchorContradictsError:
    return AnchorContradictsError(
        f"the anchor file {path} had {before} bytes and has {now}",
        code="A5",
        advice="Somebody cut it: keep it as it is, compare it with its backup, name another file.",
    )
