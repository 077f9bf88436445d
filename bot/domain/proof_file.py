"""A file that proves something: which kind it is, and what the check of that kind says."""

from collections.abc import Sequence

from bot.domain.note_open import Known
from bot.domain.proof_check import check_pack
from bot.domain.proof_words import Verdict
from bot.domain.tlog_check import check_tlog_proof
from bot.domain.tlog_proof import HEADER


def check_proof(raw: bytes, keys: Sequence[Known]) -> Verdict:
    """Return what a file proves to somebody who trusts these keys."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Verdict(exit=1, code="P1", message="The file is not UTF-8.")
    return check_tlog_proof(text, keys) if text.startswith(HEADER) else check_pack(text, keys)
