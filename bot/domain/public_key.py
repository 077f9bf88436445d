"""Public keys of signed notes in their written form, and a key that verifies with the standard library alone."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from bot.domain.ed25519 import PRIME, ed25519_verify, point_of
from bot.domain.errors import NoteError
from bot.domain.note_text import canonical_base64, demand_name

ED25519 = 1
ED25519_COSIGNATURE = 4
_LOW_ORDER_Y = frozenset(
    {
        0,
        1,
        PRIME - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)

Key = TypeVar("Key", bound="PublicKey")


@dataclass(frozen=True)
class PublicKey:
    """A public key: Ed25519 for notes (type 1) or for timestamped cosignatures (type 4)."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def parse(cls: type[Key], vkey: str) -> Key:
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
        made = cls(name, key_id(name, key[0], key[1:]), key[0], key[1:])
        if digits != made.key_id.hex():
            raise NoteError("the verifier key's id does not fit the key")
        _demand_sound_point(made.public)
        return made

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
        return self.made(text, signature)

    def made(self, message: bytes, signature: bytes) -> bool:
        """Return whether this key made the bare signature, by the standard library alone."""
        return ed25519_verify(self.public, message, signature)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that name a key: SHA-256(name, newline, kind, public key)[:4]."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _demand_sound_point(public: bytes) -> None:
    """Refuse what libraries disagree on: keys that are no point, not canonical or of low order."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y in _LOW_ORDER_Y or point_of(public) is None:
        raise NoteError("the verifier key is not a sound Ed25519 point")
