"""C2SP signed notes: keys, signing, and opening a note against known keys.

Signing and verifying import `cryptography` when called; `public_key.py` verifies without it.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import TYPE_CHECKING

from bot.domain.errors import NoteError
from bot.domain.note_open import OpenedNote, open_note
from bot.domain.note_text import (
    MARK,
    Checkpoint,
    Signature,
    canonical_base64,
    demand_name,
    demand_text,
    parse_note,
)
from bot.domain.public_key import ED25519, PublicKey, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Checkpoint", "OpenedNote", "Signature", "Signer", "Verifier", "open_note", "parse_note"]


class Verifier(PublicKey):
    """A public key that verifies by OpenSSL."""

    def made(self, message: bytes, signature: bytes) -> bool:
        """Return whether this key made the bare signature."""
        return _ed25519_verify(self.public, message, signature)


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
