"""Second keys: ECDSA signs a note's text, ML-DSA signs what a checkpoint says; what can be checked where."""

import struct
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

from bot.domain.errors import NoteError
from bot.domain.note import CosigningKey, Signer, Verifier, new_pem, open_note, parse_note, public_key_of
from bot.domain.note_text import Checkpoint
from bot.domain.public_key import ECDSA_P256, ML_DSA_COSIGNATURE, PublicKey

LOG, NAME = "example.test/log", "example.test/hsm"
HEAD = Checkpoint(LOG, 7, bytes(range(32)))
SECONDS = 1_795_000_000
KINDS = pytest.mark.parametrize("kind", [ECDSA_P256, ML_DSA_COSIGNATURE])


def second(kind: int) -> CosigningKey:
    """Return a fresh second key."""
    return CosigningKey.parse(NAME, new_pem(kind))


def signed(kind: int) -> tuple[str, CosigningKey, Signer]:
    """Return a checkpoint that the log's key and a second one signed, and both keys."""
    log, key = Signer.parse(Signer.generate(LOG)[0]), second(kind)
    return log.sign(HEAD.text()) + key.line(HEAD.text(), SECONDS), key, log


@KINDS
def test_a_second_signature_stands_beside_the_logs_own_and_is_verified(kind: int) -> None:
    note, key, log = signed(kind)
    opened = open_note(note, [log.verifier, Verifier.parse(key.verifier.vkey)])
    assert [each.name for each in opened.verified] == [LOG, NAME]
    forged = note.replace("\n7\n", "\n8\n")
    with pytest.raises(NoteError, match=f"invalid signature for key {NAME}"):
        open_note(forged, [key.verifier])


@KINDS
def test_the_standard_library_alone_leaves_it_unchecked_and_takes_it_for_nothing_else(kind: int) -> None:
    note, key, log = signed(kind)
    alone = PublicKey.parse(key.verifier.vkey)
    opened = open_note(note, [PublicKey.parse(log.vkey), alone])
    assert [each.name for each in opened.unverified] == [NAME]
    with pytest.raises(NoteError, match="not signed by a known key"):
        open_note(note, [alone])


def test_ecdsa_signs_the_text_and_its_key_id_is_of_the_public_key_alone() -> None:
    note, key, _ = signed(ECDSA_P256)
    _, (_, line) = parse_note(note)
    der = b64decode(key.verifier.vkey.split("+", 2)[2])[1:]
    public = serialization.load_der_public_key(der)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(line.signature, HEAD.text().encode(), ec.ECDSA(hashes.SHA256()))
    assert line.key_id == sha256(der).digest()[:4]
    assert key.verifier.signed_at(line.signature) is None


def test_ml_dsa_signs_the_structure_of_the_specification_and_says_when() -> None:
    note, key, _ = signed(ML_DSA_COSIGNATURE)
    _, (_, line) = parse_note(note)
    raw = b64decode(key.verifier.vkey.split("+", 2)[2])[1:]
    said = struct.pack(
        f">12sB{len(NAME)}sQB{len(LOG)}sQQ32s",
        b"subtree/v1\n\0",
        len(NAME),
        NAME.encode(),
        SECONDS,
        len(LOG),
        LOG.encode(),
        0,
        HEAD.size,
        HEAD.root,
    )
    mldsa.MLDSA44PublicKey.from_public_bytes(raw).verify(line.signature[8:], said)
    assert line.key_id == sha256(NAME.encode() + b"\n\x06" + raw).digest()[:4]
    assert key.verifier.signed_at(line.signature) == SECONDS
    assert len(line.signature) == 8 + 2420


def test_a_cosignature_of_another_time_or_length_is_refused() -> None:
    note, key, log = signed(ML_DSA_COSIGNATURE)
    text, (_, line) = parse_note(note)
    later = bytes([*line.signature[:7], line.signature[7] ^ 1]) + line.signature[8:]
    assert not key.verifier.verify(text.encode(), later)
    assert not key.verifier.verify(text.encode(), line.signature[:-1])
    with pytest.raises(NoteError):
        key.verifier.verify(b"no checkpoint\n", line.signature)
    assert log.verifier.verify(text.encode(), parse_note(note)[1][0].signature)


def test_a_second_key_never_shows_in_its_repr() -> None:
    assert "_key" not in repr(second(ECDSA_P256))


def test_keys_of_other_kinds_and_no_keys_are_refused() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1())
    for key in (p384, ed25519.Ed25519PrivateKey.generate()):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        with pytest.raises(NoteError, match="neither ECDSA"):
            CosigningKey.parse(NAME, pem)
    for pem in ("", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(NoteError, match="PEM"):
            public_key_of(NAME, pem)
        with pytest.raises(NoteError, match="PEM"):
            CosigningKey.parse(NAME, pem)
    with pytest.raises(NoteError, match="name"):
        CosigningKey.parse("two words", new_pem(ECDSA_P256))


def test_a_public_key_that_is_no_point_of_the_curve_is_refused() -> None:
    der = b64decode(second(ECDSA_P256).verifier.vkey.split("+", 2)[2])[1:]
    for bad in (der[:-1] + bytes([der[-1] ^ 1]), der[:-64] + b"\xff" * 64, b"\x31" + der[1:]):
        encoded = b64encode(b"\x02" + bad).decode()
        with pytest.raises(NoteError, match="P-256"):
            PublicKey.parse(f"{NAME}+{sha256(bad).hexdigest()[:8]}+{encoded}")


@pytest.mark.parametrize("kind", [2, 6])
def test_a_public_key_of_another_length_is_refused(kind: int) -> None:
    with pytest.raises(NoteError, match="unknown kind"):
        PublicKey.parse(f"{NAME}+00000000+{b64encode(bytes([kind]) + bytes(32)).decode()}")
