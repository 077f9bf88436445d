"""Data keys, one for each person, kept in a folder outside the database and wrapped by keys from outside both.

A text is sealed with AES-256-GCM for its place in the trail, so that it opens nowhere else. Who destroys a person's
data key makes every copy of their texts unreadable, those in backups of the database too.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from hmac import digest
from pathlib import Path
from secrets import token_bytes, token_hex

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.domain.errors import AuditRefusedError, InvalidInputError

_METHOD = "A256GCM"
SEALED_LIKE = f'%"{_METHOD}"]'  # what a sealed text is like, for SQL
_KEY_BYTES, _NONCE_BYTES = 32, 12
_FIX = "Make one with `openssl rand -base64 32`, in a file of mode 0600, and name it as @path."


class Unread(Enum):
    """Why a sealed text cannot be read: its key was destroyed, its key is not given here, or it was altered."""

    GONE = "gone"
    SHUT = "shut"
    ALTERED = "altered"


@dataclass(frozen=True)
class Vault:
    """The folder of data keys, and the keys that wrap them: the first wraps new ones, all of them unwrap."""

    folder: Path
    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def parse(cls, folder: Path, keys: Sequence[str]) -> "Vault":
        """Return the vault over keys in base64, 32 bytes each.

        Raises:
            InvalidInputError: a key is none.
        """
        try:
            found = tuple(b64decode(each, validate=True) for each in keys)
        except ValueError:
            found = ()
        if not found or any(len(each) != _KEY_BYTES for each in found):
            raise InvalidInputError(
                "COUNTERSIGN_PRIVACY_KEY holds a key that is not 32 bytes in base64.", advice=_FIX
            )
        return cls(folder, found)

    def handles(self, person: str) -> tuple[str, ...]:
        """Return what stands for a person in sealed texts, under each key: only who has the key can tell."""
        return tuple(digest(each, b"person\0" + person.encode(), "sha256")[:16].hex() for each in self.keys)

    def seal(self, disclosure: str, person: str, place: str) -> str:
        """Return a text sealed for its place under the person's data key, which is made where there is none.

        Who calls it holds the lock of the trail: no two make a key for one person.

        Raises:
            AuditRefusedError: the data key cannot be read or kept; nothing may be stored then.
        """
        handle, wrapping = self.handles(person)[0], self.keys[0]
        try:
            found = self._data_key(handle) or _made(self.folder, handle, wrapping)
        except OSError as error:
            raise _refused(f"the data keys in {self.folder} cannot be read or written") from error
        if isinstance(found, Unread):
            raise _refused(f"the data key {handle} in {self.folder} does not open")
        id_, key = found
        nonce = token_bytes(_NONCE_BYTES)
        text = AESGCM(key).encrypt(nonce, disclosure.encode(), _bound(handle, id_, place))
        return json.dumps([id_, b64encode(nonce + text).decode(), handle, _METHOD])

    def open(self, sealed: str, place: str) -> str | Unread:
        """Return the text that was sealed for a place, or why it cannot be read."""
        try:
            id_, text, handle, _ = json.loads(sealed)
            found = self._data_key(str(handle))
            if found is None or isinstance(found, Unread):
                return found or Unread.GONE
            if found[0] != id_:
                return Unread.GONE  # the person has a new key since
            raw = b64decode(text)
            bound = _bound(handle, id_, place)
            return AESGCM(found[1]).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound).decode()
        except (ValueError, TypeError, InvalidTag):
            return Unread.ALTERED
        except OSError:
            return Unread.SHUT

    def set_aside(self, person: str) -> None:
        """Put a person's data keys where nobody reads them, until it is sure that they go."""
        for handle in self.handles(person):
            if self._path(handle).exists():
                self._path(handle).replace(self._aside(handle))

    def put_back(self, person: str) -> None:
        """Undo `set_aside`: what it was for was not done."""
        for handle in self.handles(person):
            if self._aside(handle).exists():
                self._aside(handle).replace(self._path(handle))

    def destroy(self, person: str) -> None:
        """Destroy what was set aside."""
        for handle in self.handles(person):
            self._aside(handle).unlink(missing_ok=True)

    def _data_key(self, handle: str) -> tuple[str, bytes] | Unread | None:
        """Return a data key with its id, why it does not open, None where there is none."""
        try:
            found = json.loads(self._path(handle).read_text())
        except FileNotFoundError:
            return None
        except ValueError:
            return Unread.ALTERED
        try:
            id_, wrapped = str(found["id"]), b64decode(found["wrapped"])
            wrapping = next((each for each in self.keys if _name(each) == found["by"]), None)
            if wrapping is None:
                return Unread.SHUT
            opened = AESGCM(wrapping).decrypt(
                wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _bound(handle, id_)
            )
        except (ValueError, TypeError, KeyError, InvalidTag):
            return Unread.ALTERED
        return id_, opened

    def _path(self, handle: str) -> Path:
        if not handle.isalnum():
            raise ValueError(handle)
        return self.folder / f"{handle}.key"

    def _aside(self, handle: str) -> Path:
        return self.folder / f"{handle}.gone"


def is_sealed(stored: str) -> bool:
    """Return whether a stored text is a sealed one: four parts where a disclosure has three."""
    try:
        found = json.loads(stored)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and len(found) == 4 and found[3] == _METHOD


def _made(folder: Path, handle: str, wrapping: bytes) -> tuple[str, bytes]:
    """Make a data key, and return it when it is on the disk for good."""
    id_, key, nonce = token_hex(8), token_bytes(_KEY_BYTES), token_bytes(_NONCE_BYTES)
    wrapped = nonce + AESGCM(wrapping).encrypt(nonce, key, _bound(handle, id_))
    said = {"id": id_, "by": _name(wrapping), "wrapped": b64encode(wrapped).decode()}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{handle}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps(said))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / f"{handle}.key")
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return id_, key


def _name(wrapping: bytes) -> str:
    return sha256(b"name\0" + wrapping).hexdigest()[:16]


def _bound(*parts: str) -> bytes:
    return "\0".join(parts).encode()


def _refused(why: str) -> AuditRefusedError:
    return AuditRefusedError(
        f"The audit trail does not take this entry: {why}.",
        advice="Nothing was done. Look at [privacy] keys and COUNTERSIGN_PRIVACY_KEY.",
    )
