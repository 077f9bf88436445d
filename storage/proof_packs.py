"""The proof pack of a change, built from the stored trail."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import NotFoundError, PackRefusedError
from bot.domain.note import Checkpoint, Verifier, parse_note
from bot.domain.proof_entry import read_entry
from bot.domain.proof_pack import Bundle, Consistency, Disclosure, PackAnchor, PackEntry, ProofPack
from bot.domain.proof_rules import how_it_ended
from storage.ledger_proofs import TreeReader
from storage.ledger_read import ChangeProof, proofs_of
from storage.ledger_sql import AuditRows


async def proof_pack(
    connection: AsyncConnection, change: str, verifiers: Sequence[Verifier], *, disclose: bool
) -> ProofPack:
    """Return everything the trail holds of a change; `disclose` lays people's own words open.

    Raises:
        NotFoundError: the trail holds nothing of it.
        LedgerBrokenError: the trail does not prove its entries.
    """
    found = await proofs_of(connection, change, verifiers)
    if not found:
        raise NotFoundError(
            f"The audit trail holds nothing of {change}.",
            advice="Look for its number with `/cs change list`; a draft is recorded when it is submitted.",
        )
    bundles, anchors = [], []
    for each in found:
        shard = each.entries[0].entry.shard
        since, published = await _anchored(connection, shard, each)
        anchors += published
        signed = each.checkpoint + await AuditRows(connection, shard).cosignatures(each.size)
        bundles.append(_bundle(replace(each, checkpoint=signed), since, disclose=disclose))
    ended = _ended(change, bundles)
    return ProofPack(change, ended, tuple(bundles), tuple(anchors), tuple(each.vkey for each in verifiers))


def _bundle(proof: ChangeProof, since: Consistency | None, *, disclose: bool) -> Bundle:
    entries = [(each.entry, each.path) for each in proof.entries]
    return Bundle(
        proof.checkpoint,
        tuple(PackEntry(entry.seq, entry.body, path) for entry, path in entries),
        tuple(
            Disclosure(entry.seq, path, text)
            for entry, _ in entries
            for path, text in sorted(entry.disclosures.items())
            if disclose
        ),
        since,
    )


def _ended(change: str, bundles: Sequence[Bundle]) -> str:
    read = [
        read_entry(each, change, _checkpoint(bundle.checkpoint).origin)
        for bundle in bundles
        for each in bundle.entries
    ]
    try:
        return how_it_ended(read)
    except PackRefusedError:
        return ""  # the check of the pack says what is wrong


async def _anchored(
    connection: AsyncConnection, shard: int, proof: ChangeProof
) -> tuple[Consistency | None, list[PackAnchor]]:
    """Return the newest published checkpoint of a shard, that the log extends it, and where it was published."""
    rows = AuditRows(connection, shard)
    found = await rows.anchors(proof.size)
    if not found:
        return None, []
    size, note = found[0].size, await rows.note(found[0].size)
    anchors = [PackAnchor(each.kind, each.ref, note) for each in found]
    if size == proof.size:
        return None, anchors
    note += await rows.cosignatures(size)
    return Consistency(note, tuple(await TreeReader(rows, proof.size).consistency(size))), anchors


def _checkpoint(note: str) -> Checkpoint:
    return Checkpoint.parse(parse_note(note)[0])
