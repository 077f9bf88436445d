"""A second key in a file: ECDSA on P-256 or ML-DSA-44, read each time it signs."""

import asyncio
from datetime import datetime
from pathlib import Path

from bot.domain.errors import AnchorUnavailableError, NoteError
from bot.domain.note import CosigningKey, parse_note


class KeyFileCosigner:
    """A private key in a PEM file that nobody else can read, and the public key that it must have."""

    def __init__(self, kind: str, path: Path, vkey: str) -> None:
        self.kind = kind
        self._path = path
        self._vkey = vkey

    async def cosign(self, note: str, now: datetime) -> tuple[str, str]:
        """Return the key's name and its signature line over the note's text."""
        name = self._vkey.partition("+")[0]
        try:
            key = CosigningKey.parse(name, await asyncio.to_thread(self._read))
        except NoteError as error:
            raise AnchorUnavailableError(f"The key file {self._path} cannot be used: {error}.") from None
        if key.verifier.vkey != self._vkey:
            raise AnchorUnavailableError(
                f"The key file {self._path} holds another key than [anchors.{self.kind}] vkey.",
                advice="`countersign audit keygen --public FILE --origin NAME` prints the vkey of a file.",
            )
        return name, key.line(parse_note(note)[0], int(now.timestamp()))

    def _read(self) -> str:
        try:
            mode = self._path.stat().st_mode & 0o777
            text = self._path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AnchorUnavailableError(
                f"The key file {self._path} cannot be read.", advice=f"Check [anchors.{self.kind}] key_file."
            ) from error
        if mode & 0o077:
            raise AnchorUnavailableError(
                f"Others can read the key file {self._path} (mode {mode:o}).",
                advice=f"Run `chmod 600 {self._path}`.",
            )
        return text
