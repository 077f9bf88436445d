"""Holding the trail against what is anchored outside the database: signature, size, root, and one against another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bot.domain.anchoring import checkpoint_in
from bot.domain.errors import NoteError
from bot.domain.merkle import Frontier
from bot.domain.note import Checkpoint, Verifier, open_note
from bot.ports.anchors import Seen
from storage.audit_findings import Finding, Findings, VerifyReport
from storage.audit_reader import AuditReader, reading
from storage.key_chain import read_key_chain
from storage.ledger_view import TILE_WIDTH


@dataclass(frozen=True)
class Witnessed:
    """What one anchor said of one log: what it holds, or the finding it proves.

    `anchored` is the size that the rows say it holds.
    """

    kind: str
    origin: str
    seen: Seen | None = None
    anchored: int = 0
    finding: str = ""
    why: str = ""


def with_anchors(
    report: VerifyReport, source: str | Connection, vkeys: Sequence[str], witnessed: Sequence[Witnessed]
) -> VerifyReport:
    """Return the report with what the anchors find; they were asked before the trail was read.

    Raises:
        AuditMissingError: the database cannot be read.
    """
    verifiers = [Verifier.parse(each) for each in dict.fromkeys(vkeys)]
    with reading(source) as connection:
        reader = AuditReader(connection)
        chain = read_key_chain(reader, verifiers)
        trusted = {each.vkey: each for shard in [*chain.shards, -1] for each in chain.trusted(shard)}
        lost = chain.lost()
        anew = [each for each in witnessed if not _is_lost(each, reader, lost)]
        found = _against(reader, list(trusted.values()), anew)
    return replace(report, ok=report.ok and not found, findings=(*report.findings, *found))


def _is_lost(each: Witnessed, reader: AuditReader, lost: dict[str, int]) -> bool:
    """Return whether an anchor holds what a restored shard says was lost, no more: then nothing can be compared."""
    size = each.seen.size if each.seen is not None else 0
    return _shards(reader).get(each.origin, (-1, 0))[1] < size <= lost.get(each.origin, 0)


def _against(
    reader: AuditReader, verifiers: Sequence[Verifier], witnessed: Sequence[Witnessed]
) -> tuple[Finding, ...]:
    findings, shards = Findings(), _shards(reader)
    checkpoints: list[tuple[str, Checkpoint]] = []
    for each in witnessed:
        if each.finding:
            findings.add(each.finding, None, f"{each.kind}: {each.why}")
            continue
        if each.seen is None:
            if each.anchored:
                findings.add("A5", None, f"{each.kind} held size {each.anchored} and holds nothing")
            continue
        if not each.seen.note and each.seen.size > shards.get(each.origin, (-1, 0))[1]:
            findings.add("A2", None, f"{each.kind} has seen {each.seen.size} entries of {each.origin}")
        checkpoint = _checked(each, each.seen, verifiers, findings)
        if checkpoint is not None:
            _demand_prefix(each.kind, checkpoint, reader, shards, findings)
            checkpoints.append((each.kind, checkpoint))
    _demand_agreement(checkpoints, findings)
    return findings.all()


def _checked(
    each: Witnessed, seen: Seen, verifiers: Sequence[Verifier], findings: Findings
) -> Checkpoint | None:
    """Return the checkpoint that an anchor holds, signed by a pinned key; say what is wrong with the anchor."""
    if seen.edited:
        findings.add("A5", None, f"{each.kind}: {seen.edited}")
    if seen.unreadable:
        findings.add("A1", None, f"{each.kind}: {seen.unreadable}")
    if not seen.note:
        return None
    if seen.size < each.anchored and not seen.edited:
        findings.add("A5", None, f"{each.kind} held size {each.anchored} and holds {seen.size}")
    try:
        opened = open_note(seen.note, verifiers)
        checkpoint = Checkpoint.parse(opened.text)
    except NoteError as error:
        findings.add("A1", None, f"{each.kind}: {error}")
        return None
    if checkpoint.origin != each.origin or each.origin not in {one.name for one in opened.verified}:
        findings.add("A1", None, f"{each.kind}: it is of another log, {checkpoint.origin}")
        return None
    return checkpoint


def _demand_prefix(
    kind: str,
    anchored: Checkpoint,
    reader: AuditReader,
    shards: dict[str, tuple[int, int]],
    findings: Findings,
) -> None:
    shard, size = shards.get(anchored.origin, (-1, 0))
    if anchored.size > size:
        words = f"{kind} holds {anchored.size} entries of {anchored.origin}, there are {size}"
        findings.add("A2", size or None, words)
    elif root_at(reader, shard, anchored.size) != anchored.root:
        findings.add("A3", None, f"{kind} at size {anchored.size}")


def _demand_agreement(checkpoints: Sequence[tuple[str, Checkpoint]], findings: Findings) -> None:
    for at, (kind, one) in enumerate(checkpoints):
        for other_kind, other in checkpoints[at + 1 :]:
            if (one.origin, one.size) == (other.origin, other.size) and one.root != other.root:
                findings.add("A4", None, f"{kind} and {other_kind} at size {one.size}")


def _shards(reader: AuditReader) -> dict[str, tuple[int, int]]:
    """Return (number, entries) of every shard by its origin, as its newest checkpoint names it."""
    found = {}
    for shard in reader.shards():
        head = checkpoint_in(reader.head(shard)[1])
        last = reader.rows("SELECT max(seq) FROM {}audit_entry WHERE shard = :shard", shard=shard)[0][0]
        if head is not None:
            found[head.origin] = (shard, 0 if last is None else int(last) + 1)
    return found


def origins_of(source: str | Connection) -> list[str]:
    """Return the names of the shards, oldest first; raise AuditMissingError where the database cannot be read."""
    with reading(source) as connection:
        return list(_shards(AuditReader(connection)))


def root_at(reader: AuditReader, shard: int, size: int) -> bytes:
    """Return the root over the first entries of a shard, from its tiles (verified on their own) and leaves.

    Nothing where some of them are missing.
    """
    full = size // TILE_WIDTH
    tiles = reader.rows(
        "SELECT root FROM {}audit_tile WHERE shard = :shard AND level = 0 AND idx < :full ORDER BY idx",
        shard=shard,
        full=full,
    )
    leaves = reader.rows(
        "SELECT leaf_hash FROM {}audit_entry WHERE shard = :shard AND seq >= :low AND seq < :high ORDER BY seq",
        shard=shard,
        low=full * TILE_WIDTH,
        high=size,
    )
    if len(tiles) != full or len(leaves) != size - full * TILE_WIDTH:
        return b""
    peaks = [peak for rows in (tiles, leaves) for peak in Frontier([bytes(row[0]) for row in rows]).peaks]
    return Frontier.of_peaks(size, peaks).root()
