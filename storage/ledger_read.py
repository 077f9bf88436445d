"""Entries as they are read: the stored text, what it says, and the proof that it is in the signed log."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.commitments import commitments, laid_open
from bot.domain.entry import EntryProof
from bot.domain.errors import CountersignError, LedgerBrokenError, NotFoundError
from bot.domain.merkle import leaf_hash, verify_inclusion
from bot.domain.note import Checkpoint, Verifier, open_note
from storage.ledger_keys import head_keys
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import AuditRows, Row, altered
from storage.ledger_values import ORIGIN_PREV, commitment_of


@dataclass(frozen=True)
class StoredEntry:
    """One entry: its canonical body, its leaf hash in hex, and the disclosures not erased, by path."""

    shard: int
    seq: int
    body: str
    leaf_hash: str
    disclosures: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """Return the body, parsed."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def told(self) -> dict[str, Any]:
        """Return the body, parsed, with the texts it commits to in their places; `withheld` where one was erased."""
        return laid_open(self.document, self.disclosed())

    def disclosed(self) -> dict[str, str]:
        """Return the personal and free texts of the entry that were not erased, by path."""
        return {path: json.loads(each)[2] for path, each in self.disclosures.items()}


@dataclass(frozen=True)
class ProvenEntry:
    """An entry with its audit path to the root of `Proof.checkpoint`."""

    entry: StoredEntry
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class ChangeProof:
    """Every entry of a change that lies in one shard, proved against that shard's signed head."""

    checkpoint: str
    size: int
    root: bytes
    entries: tuple[ProvenEntry, ...]


async def stored(connection: AsyncConnection, found: Sequence[Row]) -> list[StoredEntry]:
    """Return rows as entries with their disclosures."""
    made = []
    for shard, rows in groupby(found, key=lambda row: row.shard):
        inside = list(rows)
        disclosures = await AuditRows(connection, shard).disclosures([row.seq for row in inside])
        made += [
            StoredEntry(shard, row.seq, row.body, row.leaf_hash.hex(), disclosures[row.seq]) for row in inside
        ]
    return made


def opened_head(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Return the checkpoint in a note, signed by a key whose name is the checkpoint's origin.

    Raises:
        LedgerBrokenError: it is not.
    """
    try:
        opened = open_note(note, verifiers)
        checkpoint = Checkpoint.parse(opened.text)
    except CountersignError as error:
        raise broken(f"The newest checkpoint does not verify: {error}.") from error
    if checkpoint.origin not in {each.name for each in opened.verified}:
        raise broken(f"The newest checkpoint is of another log: {checkpoint.origin}.")
    return checkpoint


async def proofs_of(
    connection: AsyncConnection, change: str, verifiers: Sequence[Verifier]
) -> list[ChangeProof]:
    """Return the proofs of a change's entries, one for each shard it lies in, oldest first.

    Raises:
        LedgerBrokenError: an entry does not match its leaf hash, is not in the signed log, or the
            change's own chain has a gap.
    """
    found = await AuditRows(connection, 0).entries(
        "change_id = :change", "shard, seq", change=change, limit=100_000
    )
    entries = await stored(connection, found)
    _demand_chain(entries)
    shards = sorted({entry.shard for entry in entries})
    return [
        await _proof(connection, [each for each in entries if each.shard == shard], verifiers)
        for shard in shards
    ]


async def proof_of_entry(
    connection: AsyncConnection, entry_id: str, verifiers: Sequence[Verifier]
) -> EntryProof:
    """Return the proof of one entry against the signed head of its shard.

    Raises:
        NotFoundError: there is no such entry.
        LedgerBrokenError: the trail does not prove it.
    """
    found = await AuditRows(connection, 0).entries("id = :id", "seq", id=entry_id, limit=1)
    if not found:
        raise NotFoundError("There is no such entry in the audit trail.")
    proof = await _proof(connection, await stored(connection, found), verifiers)
    (proven,) = proof.entries
    path = tuple(each.hex() for each in proven.path)
    return EntryProof(proven.entry.seq, proven.entry.body, path, proof.checkpoint, proven.entry.disclosed())


async def _proof(
    connection: AsyncConnection, entries: Sequence[StoredEntry], verifiers: Sequence[Verifier]
) -> ChangeProof:
    rows = AuditRows(connection, entries[0].shard)
    size, note = await rows.head()
    head = opened_head(note, await head_keys(connection, rows.shard, verifiers))
    if head.size != size:
        raise broken("The newest checkpoint is stored under another size.")
    tree = TreeReader(rows, size)
    proven = []
    for entry in entries:
        leaf = leaf_hash(entry.body.encode())
        if leaf.hex() != entry.leaf_hash or entry.document["seq"] != entry.seq:
            raise broken(f"Entry {entry.seq} is not what was recorded.")
        _demand_disclosed(entry)
        try:
            path = await tree.inclusion(entry.seq)
            verify_inclusion(index=entry.seq, size=size, leaf=leaf, proof=path, root=head.root)
        except CountersignError as error:
            raise broken(f"Entry {entry.seq} is not in the signed log: {error}.") from error
        proven.append(ProvenEntry(entry, tuple(path)))
    return ChangeProof(note, size, head.root, tuple(proven))


def _demand_disclosed(entry: StoredEntry) -> None:
    """Raise LedgerBrokenError unless the entry commits to each text that is kept with it: an id is a text too."""
    committed = commitments(entry.document)
    for path, each in entry.disclosures.items():
        if committed.get(path) != commitment_of(each.encode()) or json.loads(each)[1] != path:
            raise altered(entry.seq, path)


def _demand_chain(entries: Sequence[StoredEntry]) -> None:
    prev = ORIGIN_PREV
    for n, entry in enumerate(entries):
        subject = entry.document["subject"]
        if (subject.get("n"), subject.get("prev")) != (n, prev):
            raise broken(f"The change's entries have a gap before number {n}.")
        prev = entry.leaf_hash


def broken(what: str) -> LedgerBrokenError:
    """Return the error that stops every change."""
    return LedgerBrokenError(what, advice="Stop all changes and run `countersign audit verify`.")
