"""Our Ed25519 against OpenSSL's: they agree on every signature, whoever made it and however it was bent."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ed25519 import ORDER, PRIME, ed25519_verify, point_of
from bot.domain.errors import NoteError
from bot.domain.note import Signer, Verifier
from bot.domain.public_key import PublicKey, key_id

SEEDS = st.binary(min_size=32, max_size=32)
MESSAGES = st.binary(max_size=200)


def openssl(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return what OpenSSL says."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def bent(whole: bytes, bit: int) -> bytes:
    """Return the bytes with one bit turned over."""
    return (int.from_bytes(whole, "little") ^ 1 << bit).to_bytes(len(whole), "little")


@settings(max_examples=40, deadline=None)
@given(SEEDS, MESSAGES, st.integers(0, 511), st.integers(0, 255))
def test_both_agree_on_true_and_bent_signatures_and_keys(
    seed: bytes, message: bytes, bit: int, key_bit: int
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519_verify(public, message, signature)
    assert not ed25519_verify(public, message + b"x", signature)
    for tried in (bent(signature, bit), signature[:-1], signature + b"\0", signature[32:] + signature[:32]):
        assert ed25519_verify(public, message, tried) == openssl(public, message, tried) is False
    other = bent(public, key_bit)
    assert ed25519_verify(other, message, signature) == openssl(other, message, signature)


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=32, max_size=32), MESSAGES, st.binary(min_size=64, max_size=64))
def test_both_agree_on_what_nobody_signed(public: bytes, message: bytes, signature: bytes) -> None:
    if point_of(public) is not None:
        assert ed25519_verify(public, message, signature) == openssl(public, message, signature)


def test_a_signature_whose_s_is_not_below_the_order_is_refused() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"m")
    larger = int.from_bytes(signature[32:], "little") + ORDER
    forged = signature[:32] + larger.to_bytes(32, "little")
    assert ed25519_verify(public, b"m", signature)
    assert not ed25519_verify(public, b"m", forged)


def test_the_first_vector_of_rfc_8032() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert ed25519_verify(public, b"", signature)
    assert not ed25519_verify(public, b"\0", signature)


@pytest.mark.parametrize("public", [PRIME, PRIME + 1, 2**255 - 1, 0, 1, PRIME - 1, 2, 1 << 255 | 1])
def test_a_key_that_is_not_canonical_of_low_order_or_no_point_is_refused_at_load(public: int) -> None:
    raw = public.to_bytes(32, "little")
    written = PublicKey("log.example.test", key_id("log.example.test", 1, raw), 1, raw).vkey
    for kind in (PublicKey, Verifier):
        with pytest.raises(NoteError, match="sound"):
            kind.parse(written)


def test_a_note_opens_the_same_with_either_key() -> None:
    skey, vkey = Signer.generate("log.example.test")
    note = Signer.parse(skey).sign("a text\n")
    text, _, line = note.partition("\n\n")
    from base64 import b64decode

    signature = b64decode(line.split(" ")[2])[4:]
    for key in (PublicKey.parse(vkey), Verifier.parse(vkey)):
        assert key.verify(text.encode() + b"\n", signature)
        assert not key.verify(b"b text\n", signature)
        assert key.vkey == vkey
