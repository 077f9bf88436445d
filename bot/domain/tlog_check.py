"""Checking a C2SP `.tlog-proof`: that one entry is in a signed log."""

from base64 import b64encode
from collections.abc import Sequence

from bot.domain.errors import NoteError, ProofError
from bot.domain.merkle import leaf_hash, verify_inclusion
from bot.domain.note_open import Known, open_checkpoint
from bot.domain.proof_words import Verdict
from bot.domain.tlog_proof import TlogProof

_UNPROVED = (
    "That the log shown to you is the one shown to others: compare size and root with somebody who has them.",
    "That what the entry says is true, or which people are behind its ids.",
    "Anything about other entries, before or after it.",
)


def check_tlog_proof(text: str, keys: Sequence[Known]) -> Verdict:
    """Return whether the entry that the proof carries in its `extra` line is in the log, and what that proves."""
    try:
        proof = TlogProof.parse(text)
        if proof.extra is None:
            return Verdict(exit=2, code="T1", message="The proof carries no entry in an `extra` line.")
        head = open_checkpoint(proof.checkpoint, keys)
    except NoteError as error:
        return Verdict(exit=1, code="T2", message=f"It is malformed, or no key you trust signed it: {error}.")
    try:
        verify_inclusion(
            index=proof.index,
            size=head.size,
            leaf=leaf_hash(proof.extra),
            proof=proof.hashes,
            root=head.root,
        )
    except ProofError as error:
        return Verdict(exit=1, code="T3", message=f"The entry is not in the signed log: {error}.")
    said = f"Entry {proof.index} is in {head.origin}, size {head.size}, and says: "
    return Verdict(
        exit=0,
        origin=head.origin,
        size=head.size,
        root=b64encode(head.root).decode(),
        proved=(said + proof.extra.decode(errors="replace"),),
        unproved=_UNPROVED,
    )
