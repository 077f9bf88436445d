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
from bot.domain.public_key import ECDSA_P256, ED25519, ML_DSA_COSIGNATURE, PublicKey, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

__all__ = ["Checkpoint", "OpenedNote", "Signature", "Signer", "Verifier", "open_note", "parse_note"]


class Verifier(PublicKey):
    """A public key that verifies by OpenSSL, of every kind."""

    @property
    def can_check(self) -> bool:
        """Return that it can."""
        return True

    def made(self, message: bytes, signature: bytes) -> bool:
        """Return whether this key made the bare signature."""
        return _verified(self.kind, self.public, message, signature)

    def cosigned(self, text: bytes, seconds: int) -> bytes:
        """Return what a cosignature of this time signs; ML-DSA signs what a checkpoint says, not its text.

        Raises:
            NoteError: the text is no checkpoint.
        """
        if self.kind != ML_DSA_COSIGNATURE:
            return super().cosigned(text, seconds)
        said = Checkpoint.parse(text.decode())
        cosigner, origin = self.name.encode(), said.origin.encode()
        if max(len(cosigner), len(origin)) > 255:
            raise NoteError("a name is too long for a cosignature")
        return b"".join(
            (
                b"subtree/v1\n\0",
                bytes([len(cosigner)]) + cosigner,
                seconds.to_bytes(8, "big"),
                bytes([len(origin)]) + origin,
                (0).to_bytes(8, "big"),
                said.size.to_bytes(8, "big"),
                said.root,
            )
        )


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


@dataclass(frozen=True, slots=True)
class CosigningKey:
    """A second private key, ECDSA on P-256 or ML-DSA-44, that signs checkpoints; it never shows in `repr`."""

    verifier: Verifier
    _key: "EllipticCurvePrivateKey | MLDSA44PrivateKey" = field(repr=False)

    @classmethod
    def parse(cls, name: str, pem: str) -> "CosigningKey":
        """Return the key in a PEM file without a password, under this name.

        Raises:
            NoteError: it is none, or of another kind. The file is never quoted.
        """
        from cryptography.hazmat.primitives.asymmetric import ec, mldsa  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError) as error:
            raise NoteError("the file holds no private key in PEM without a password") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | mldsa.MLDSA44PrivateKey):
            raise NoteError("the key is neither ECDSA nor ML-DSA-44")
        return cls(public_key_of(name, pem), key)

    def line(self, text: str, seconds: int) -> str:
        """Return the signature line over a checkpoint's text; a cosignature names the time, in seconds since 1970."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            made = self._key.sign(text.encode(), ec.ECDSA(SHA256()))
        else:
            stamp = seconds.to_bytes(8, "big")
            made = stamp + self._key.sign(self.verifier.cosigned(text.encode(), seconds))
        return Signature(self.verifier.name, self.verifier.key_id, made).line


def public_key_of(name: str, pem: str) -> Verifier:
    """Return the public key in a PEM file, or that of the private key in it, under this name.

    Raises:
        NoteError: it is neither, or neither ECDSA on P-256 nor ML-DSA-44.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, mldsa  # noqa: PLC0415

    try:
        if "PRIVATE KEY" in pem:
            key = serialization.load_pem_private_key(pem.encode(), None).public_key()
        else:
            key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as error:
        raise NoteError("the file holds no key in PEM without a password") from error
    if isinstance(key, mldsa.MLDSA44PublicKey):
        kind, public = ML_DSA_COSIGNATURE, key.public_bytes_raw()
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        kind, public = ECDSA_P256, key.public_bytes(serialization.Encoding.DER, spki)
    else:
        raise NoteError("the key is neither ECDSA on P-256 nor ML-DSA-44")
    demand_name(name)
    return Verifier(name, key_id(name, kind, public), kind, public)


def new_pem(kind: int) -> str:
    """Return a new private key of this kind, ECDSA_P256 or ML_DSA_COSIGNATURE, in PEM."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, mldsa  # noqa: PLC0415

    made = (
        mldsa.MLDSA44PrivateKey.generate()
        if kind == ML_DSA_COSIGNATURE
        else ec.generate_private_key(ec.SECP256R1())
    )
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


# Imported where they are used, so that notes can be parsed where `cryptography` is not installed.


def _private(seed: bytes) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def _verified(kind: int, public: bytes, text: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    try:
        if kind == ECDSA_P256:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public[-65:])
            key.verify(signature, text, ec.ECDSA(SHA256()))
        elif kind == ML_DSA_COSIGNATURE:
            mldsa.MLDSA44PublicKey.from_public_bytes(public).verify(signature, text)
        else:
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
