"""The signatures of other keys over checkpoints, of witnesses and our own second keys, held against their vkeys."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import NoteError
from bot.domain.note import Verifier, parse_note
from storage.audit_findings import Findings
from storage.audit_reader import AuditReader

_NEWEST = 1_000  # sizes, where not every signature is looked at


@dataclass
class Cosigned:
    """How many cosignatures were verified, and how many are of keys that nobody gave."""

    verified: int = 0
    unchecked: int = 0


def check_cosignatures(
    reader: AuditReader, verifiers: Sequence[Verifier], findings: Findings, *, deep: bool
) -> Cosigned:
    """Find every stored cosignature that its key did not make, and every one that an entry names and that is gone.

    Of each shard those of the newest sizes are looked at, or all.
    """
    counts = Cosigned()
    keys = {(each.name, each.key_id): each for each in verifiers}
    for shard in reader.shards():
        after, kept = 0 if deep else reader.head(shard)[0] - _NEWEST, set()
        for size, signer, line, note in reader.cosignatures(shard, after):
            wrong = _fault(signer, line, note, keys, counts)
            kept.add((size, signer))
            if wrong:
                findings.add("M9", size - 1, f"size {size}, {signer}: {wrong}")
        for seq, size, signer in reader.cosigners(shard, after):
            if (size, signer) not in kept:
                findings.add("M9", seq, f"size {size}, {signer}: it was kept and is gone")
    return counts


def _fault(
    signer: str, line: str, note: str | None, keys: dict[tuple[str, bytes], Verifier], counts: Cosigned
) -> str:
    """Return what is wrong with a stored cosignature, nothing for one that holds or that nobody can check."""
    try:
        text, _ = parse_note(note or "")
        _, lines = parse_note(f"{text}\n{line}")
    except NoteError as error:
        return str(error)
    if len(lines) != 1 or lines[0].name != signer:
        return "it is another's"
    key = keys.get((signer, lines[0].key_id))
    if key is None:
        counts.unchecked += 1
        return ""
    try:
        holds = key.verify(text.encode(), lines[0].signature)
    except NoteError as error:
        return str(error)
    counts.verified += holds
    return "" if holds else "its key did not make it"
