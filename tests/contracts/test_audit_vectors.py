"""The published vectors of the formats the audit trail uses."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import pytest
import rfc8785

from bot.domain import merkle
from bot.domain.errors import NoteError, ProofError
from bot.domain.note import Checkpoint, Signer, Verifier, open_note, parse_note
from bot.domain.tlog_proof import TlogProof
from tests.contracts.audit_spec import spec, spec_path

ROOT64 = b64encode(bytes(32)).decode()


def test_the_reference_tree_has_the_published_roots_and_nodes() -> None:
    tree = spec("merkle_reference_tree.json")
    leaves = [merkle.leaf_hash(bytes.fromhex(each)) for each in tree["leaf_inputs_hex"]]
    for size, expected in enumerate(tree["root_hex_by_size"]):
        assert merkle.root(leaves[:size]).hex() == expected
    level = leaves
    for hashes in tree["node_hash_hex"].values():
        assert [each.hex() for each in level] == hashes
        level = [merkle.node_hash(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]


def included(case: dict[str, Any]) -> bool:
    """Return whether the case's proof holds."""
    try:
        merkle.verify_inclusion(
            index=case["leafIdx"],
            size=case["treeSize"],
            leaf=b64decode(case["leafHash"]),
            proof=[b64decode(each) for each in case["proof"] or []],
            root=b64decode(case["root"]),
        )
    except ProofError:
        return False
    return True


def test_every_published_inclusion_probe_is_judged_as_published() -> None:
    cases = spec("merkle_inclusion.json")["cases"]
    assert len(cases) == 98
    wrong = [case["file"] for case in cases if included(case) == case["wantErr"]]
    assert wrong == []


def test_published_notes_are_signed_to_the_byte() -> None:
    vectors = spec("signed_note.json")
    for case in vectors["sign"]:
        key = vectors["keys"][case["key"]]
        assert signer_of(key).sign(case["text"]) == case["note"]
    for text in vectors["sign_bad_text"]:
        with pytest.raises(NoteError):
            signer_of(vectors["keys"]["peter"]).sign(text)


def signer_of(key: dict[str, str]) -> Signer:
    """Return the signer of a vector, given as written key or as seed."""
    if "skey" in key:
        return Signer.parse(key["skey"])
    name, digits, _ = key["vkey"].split("+", 2)
    encoded = b64encode(b"\x01" + bytes.fromhex(key["seed_hex"])).decode()
    return Signer.parse(f"PRIVATE+KEY+{name}+{digits}+{encoded}")


def test_published_notes_are_opened_or_refused_as_published() -> None:
    vectors = spec("signed_note.json")
    for case in vectors["open"]:
        verifiers = [Verifier.parse(each) for each in case["vkeys"]]
        if "error" in case:
            with pytest.raises(NoteError):
                open_note(case["note"], verifiers)
            continue
        opened = open_note(case["note"], verifiers)
        assert (len(opened.verified), len(opened.unverified)) == (case["verified"], case["unverified"])
    for hexed in vectors["open_bytes_bad_hex"]:
        with pytest.raises(NoteError):
            open_note(bytes.fromhex(hexed), [Verifier.parse(vectors["keys"]["peter"]["vkey"])])
    example = vectors["c2sp_example"]
    assert open_note(example["note"], [Verifier.parse(example["vkey"])]).verified


def test_no_mangled_key_is_read() -> None:
    vectors = spec("signed_note.json")
    peter = vectors["keys"]["peter"]
    for key, parse in ((peter["vkey"], Verifier.parse), (peter["skey"], Signer.parse)):
        parse(key)
        mangled = [key[:n] for n in range(len(key))] + [key[n:] for n in range(1, len(key))]
        mangled += [key[:n] + chr(ord(key[n]) + 1) + key[n + 1 :] for n in range(len(key))]
        for each in mangled:
            with pytest.raises(NoteError):
                parse(each)
    for bad in vectors["bad_vkeys"]:
        with pytest.raises(NoteError):
            Verifier.parse(bad)


def test_published_checkpoints_are_read_or_refused() -> None:
    vectors = spec("checkpoint_parse.json")
    for text, origin, size in vectors["valid"]:
        lines = text.split("\n")
        lines[2] = ROOT64
        read = Checkpoint.parse("\n".join(lines))
        assert (read.origin, read.size, read.root) == (origin, size, bytes(32))
        with pytest.raises(NoteError, match="32 bytes"):
            Checkpoint.parse(text)
    for text in vectors["invalid"]:
        with pytest.raises(NoteError):
            Checkpoint.parse(text)


def test_published_tlog_proofs_are_written_and_refused() -> None:
    vectors = spec("tlog_proof.json")
    for case in vectors["marshal"]:
        extra = None if case["extra"] is None else case["extra"].encode()
        hashes = tuple(sha256(each.encode()).digest() for each in case["hash_of"])
        expected = case["want"]
        for name, digest in zip(case["hash_of"], hashes, strict=True):
            expected = expected.replace(f"{{sha256b64({name})}}", b64encode(digest).decode())
        expected = expected.replace("{b64(extra)}", b64encode(extra or b"").decode())
        proof = TlogProof(case["index"], hashes, case["checkpoint"], extra)
        assert proof.text() == expected
        assert TlogProof.parse(expected) == proof
    for text in vectors["errors"]:
        with pytest.raises(NoteError):
            TlogProof.parse(text)


def test_published_cosignatures_carry_their_time() -> None:
    vectors = spec("cosignature.json")
    witness = Verifier.parse(vectors["ed25519_cosig_vkey"])
    assert witness.kind == 4
    for encoded, expected in (
        (vectors["timestamp"]["sig_b64"], vectors["timestamp"]["unix"]),
        (vectors["not_a_cosignature_b64"], None),
    ):
        _, (signature,) = parse_note(f"text\n\n— witness {encoded}\n")
        assert witness.signed_at(signature.signature) == expected
    with pytest.raises(NoteError, match="id does not fit"):
        Verifier.parse(vectors["mldsa44_vkey"])
    name, _, encoded = vectors["mldsa44_vkey"].split("+", 2)
    raw = b64decode(encoded)
    digits = sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    assert Verifier.parse(f"{name}+{digits}+{encoded}").kind == 6


def test_canonical_json_is_the_published_one() -> None:
    folder = spec_path("jcs")
    inputs = sorted((folder / "input").glob("*.json"))
    assert len(inputs) == 6
    for each in inputs:
        expected = (folder / "output" / each.name).read_bytes()
        assert rfc8785.dumps(json.loads(each.read_text("utf-8"))) == expected.rstrip(b"\n")
