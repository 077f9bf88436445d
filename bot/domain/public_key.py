"""Public keys of signed notes in their written form, and a key that verifies with the standard library alone."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from bot.domain.ed25519 import PRIME, ed25519_verify, point_of
from bot.domain.errors import NoteError
from bot.domain.note_text import canonical_base64, demand_name

ED25519 = 1
ECDSA_P256 = 2
ED25519_COSIGNATURE = 4
ML_DSA_COSIGNATURE = 6
P256_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_LENGTHS = {
    ED25519: 32,
    ECDSA_P256: len(P256_HEAD) + 64,
    ED25519_COSIGNATURE: 32,
    ML_DSA_COSIGNATURE: 1312,
}
_TIMESTAMPED = {ED25519_COSIGNATURE: 8 + 64, ML_DSA_COSIGNATURE: 8 + 2420}
_P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
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
    """A public key: of notes, Ed25519 (type 1) or ECDSA on P-256 (2); of cosignatures, Ed25519 (4) or ML-DSA-44 (6).

    The standard library alone checks Ed25519; signatures of the other two stay unchecked here.
    """

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
        if not key or len(key) - 1 != _LENGTHS.get(key[0]):
            raise NoteError("the verifier key is of an unknown kind")
        made = cls(name, key_id(name, key[0], key[1:]), key[0], key[1:])
        if digits != made.key_id.hex():
            raise NoteError("the verifier key's id does not fit the key")
        _demand_sound_key(made.kind, made.public)
        return made

    @property
    def vkey(self) -> str:
        """Return the key in its written form."""
        encoded = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @property
    def can_check(self) -> bool:
        """Return whether this key's signatures can be checked here."""
        return self.kind in (ED25519, ED25519_COSIGNATURE)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Return whether this key made the signature over the text."""
        if self.kind not in _TIMESTAMPED:
            return self.made(text, signature)
        seconds = self.signed_at(signature)
        return seconds is not None and self.made(self.cosigned(text, seconds), signature[8:])

    def signed_at(self, signature: bytes) -> int | None:
        """Return the seconds since 1970 that a cosignature names, None for any other signature."""
        if len(signature) != _TIMESTAMPED.get(self.kind):
            return None
        return int.from_bytes(signature[:8], "big")

    def cosigned(self, text: bytes, seconds: int) -> bytes:
        """Return what a cosignature of this time signs."""
        return f"cosignature/v1\ntime {seconds}\n".encode() + text

    def made(self, message: bytes, signature: bytes) -> bool:
        """Return whether this key made the bare signature, by the standard library alone."""
        return ed25519_verify(self.public, message, signature)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that name a key: SHA-256(name, newline, kind, public key)[:4]; of ECDSA the key alone."""
    prefix = b"" if kind == ECDSA_P256 else name.encode() + b"\n" + bytes([kind])
    return sha256(prefix + public).digest()[:4]


def _demand_sound_key(kind: int, public: bytes) -> None:
    if kind == ECDSA_P256:
        _demand_p256_point(public)
    elif kind != ML_DSA_COSIGNATURE:
        _demand_sound_point(public)


def _demand_p256_point(public: bytes) -> None:
    x, y = (int.from_bytes(each, "big") for each in (public[-64:-32], public[-32:]))
    on_curve = (y * y - x * x * x + 3 * x - _P256_B) % _P256_PRIME == 0
    if not public.startswith(P256_HEAD) or max(x, y) >= _P256_PRIME or not on_curve:
        raise NoteError("the verifier key is no point of the curve P-256")


def _demand_sound_point(public: bytes) -> None:
    """Refuse what libraries disagree on: keys that are no point, not canonical or of low order."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y in _LOW_ORDER_Y or point_of(public) is None:
        raise NoteError("the verifier key is not a sound Ed25519 point")
