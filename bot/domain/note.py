"""C2SP signed notes: keys, signing, and opening a note against known keys.

Parsing needs the standard library alone; signing and verifying import `cryptography` when called.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import TYPE_CHECKING, Protocol

from bot.domain.errors import NoteError
from bot.domain.note_text import (
    MARK,
    Checkpoint,
    Signature,
    canonical_base64,
    demand_name,
    demand_text,
    parse_note,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Checkpoint", "OpenedNote", "Signature", "Signer", "Verifier", "open_note", "parse_note"]

ED25519 = 1
ED25519_COSIGNATURE = 4
_PRIME = 2**255 - 19
_LOW_ORDER_Y = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)


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

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Return whether the key made this signature (without the key id) over this text."""
        ...


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note's text with the signatures by known keys, all verified, and the others."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: Ed25519 for notes (type 1) or for timestamped cosignatures (type 4)."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Return the key written `<name>+<8 hex digits>+<base64>`.

        Raises:
            NoteError: malformed, of an unknown kind, or the digits are not the key's own.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise NoteError("a verifier key has three parts: name, key id and key")
        name, digits, encoded = parts
        key = canonical_base64(encoded)
        demand_name(name)
        if len(key) != 33 or key[0] not in (ED25519, ED25519_COSIGNATURE):
            raise NoteError("the verifier key is of an unknown kind")
        verifier = cls(name, key_id(name, key[0], key[1:]), key[0], key[1:])
        if digits != verifier.key_id.hex():
            raise NoteError("the verifier key's id does not fit the key")
        _demand_sound_point(verifier.public)
        return verifier

    @property
    def vkey(self) -> str:
        """Return the key in its written form."""
        encoded = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Return whether this key made the signature over the text."""
        if self.kind == ED25519_COSIGNATURE:
            if len(signature) != 72:
                return False
            seconds = int.from_bytes(signature[:8], "big")
            text = f"cosignature/v1\ntime {seconds}\n".encode() + text
            signature = signature[8:]
        return _ed25519_verify(self.public, text, signature)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key that signs notes; its seed never shows in `repr`."""

    name: str
    key_id: bytes
    public: bytes
    _seed: bytes = field(repr=False)

    @classmethod
    def parse(cls, skey: str) -> "Signer":
        """Return the signer written `PRIVATE+KEY+<name>+<8 hex digits>+<base64>`.

        Raises:
            NoteError: malformed, or the digits are not the key's own. The key is never quoted.
        """
        parts = skey.split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise NoteError("the signing key is malformed")
        name, digits, encoded = parts[2:]
        key = canonical_base64(encoded)
        if len(key) != 33 or key[0] != ED25519:
            raise NoteError("the signing key is of an unknown kind")
        signer = cls._of_seed(name, key[1:])
        if digits != signer.key_id.hex():
            raise NoteError("the signing key's id does not fit the key")
        return signer

    @classmethod
    def generate(cls, name: str) -> tuple[str, str]:
        """Return a new signing key and its verifier key, both in written form."""
        signer = cls._of_seed(name, token_bytes(32))
        encoded = b64encode(bytes([ED25519]) + signer._seed).decode()
        return f"PRIVATE+KEY+{name}+{signer.key_id.hex()}+{encoded}", signer.vkey

    @classmethod
    def _of_seed(cls, name: str, seed: bytes) -> "Signer":
        demand_name(name)
        public = _private(seed).public_key().public_bytes_raw()
        return cls(name, key_id(name, ED25519, public), public, seed)

    @property
    def vkey(self) -> str:
        """Return the verifier key in written form."""
        return self.verifier.vkey

    @property
    def verifier(self) -> Verifier:
        """Return the public half."""
        return Verifier(self.name, self.key_id, ED25519, self.public)

    def sign(self, text: str) -> str:
        """Return the whole note: the text, a blank line and this key's signature line.

        Raises:
            NoteError: the text does not end in a newline or holds control characters.
        """
        demand_text(text)
        made = _private(self._seed).sign(text.encode())
        return f"{text}\n{MARK}{self.name} {b64encode(self.key_id + made).decode()}\n"


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that name a key: SHA-256(name, newline, kind, public key)[:4]."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def open_note(note: str | bytes, verifiers: Iterable[Known]) -> OpenedNote:
    """Return the note with its signatures sorted into verified and unverified.

    Raises:
        NoteError: malformed; a known key is ambiguous or its signature is wrong; no key is known.
    """
    text, signatures = parse_note(note)
    known: dict[tuple[str, bytes], list[Known]] = {}
    for verifier in verifiers:
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


def _demand_sound_point(public: bytes) -> None:
    """Refuse what libraries disagree on: keys that are not canonical or of low order."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _PRIME or y in _LOW_ORDER_Y:
        raise NoteError("the verifier key is not a sound Ed25519 point")


# Imported where they are used, so that notes can be parsed where `cryptography` is not installed.


def _private(seed: bytes) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def _ed25519_verify(public: bytes, text: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
