"""A look at a stored trail from outside the app: packs, proofs and signed notes, whoever serves it meanwhile."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditMissingError, NotFoundError, ProofError
from bot.domain.merkle import leaf_hash, verify_consistency, verify_inclusion
from bot.domain.note import Verifier
from bot.domain.proof_pack import ProofPack
from bot.domain.tlog_proof import TlogProof
from storage.audit_reader import AuditReader, reading
from storage.database import Database, open_engine
from storage.ledger_proofs import TreeReader
from storage.ledger_read import broken, opened_head
from storage.ledger_sql import AuditRows
from storage.privacy import PLAIN, Privacy
from storage.proof_packs import proof_pack


@dataclass(frozen=True)
class Extension:
    """That a shard's first `old` entries are a prefix of its first `new`, with the notes signed at those sizes."""

    shard: int
    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: tuple[bytes, ...]
    notes: tuple[str, str]


@dataclass(frozen=True)
class TrailLook:
    """What can be proved of a trail to somebody who trusts these keys."""

    connection: AsyncConnection
    verifiers: Sequence[Verifier]

    async def proof_pack(self, change: str, *, disclose: bool) -> ProofPack:
        """Return everything the trail holds of a change; raise NotFoundError or LedgerBrokenError."""
        return await proof_pack(self.connection, change, self.verifiers, disclose=disclose)

    async def proof_of_seq(self, shard: int | None, seq: int) -> TlogProof:
        """Return the C2SP proof that an entry is in a shard's signed log; its body is the proof's extra part.

        Raises:
            NotFoundError: there is no such entry.
            LedgerBrokenError: the trail does not prove it.
        """
        rows = await self._rows(shard)
        found = await rows.entries("shard = :shard AND seq = :seq", "seq", seq=seq)
        if not found:
            raise NotFoundError(
                f"There is no entry {seq} in shard {rows.shard} of the audit trail.",
                advice="`countersign audit checkpoint` says how many entries there are; the first is 0.",
            )
        size, note = await rows.head()
        head, body = opened_head(note, self.verifiers), found[0].body.encode()
        path = await TreeReader(rows, size).inclusion(seq)
        try:
            verify_inclusion(index=seq, size=head.size, leaf=leaf_hash(body), proof=path, root=head.root)
        except ProofError as error:
            raise broken(f"Entry {seq} is not in the signed log: {error}.") from error
        return TlogProof(seq, tuple(path), note, body)

    async def cosigned_size(self, shard: int | None) -> int:
        """Return the newest size of a shard that another key signed; raise NotFoundError where there is none."""
        size = await (await self._rows(shard)).cosigned_size()
        if not size:
            raise NotFoundError(
                "No checkpoint of it is cosigned.",
                advice="A witness or a second key signs what is anchored: see docs/anchors.md.",
            )
        return size

    async def signed_note(self, shard: int | None, size: int | None) -> tuple[int, str]:
        """Return a shard (the newest where none is named) and its signed note of a size (the newest, likewise).

        It has the cosignatures of that size. Where keys are known, the note is checked. Raises:
            NotFoundError: there is no such shard, or no commit left the log at that size.
            LedgerBrokenError: it is not signed by a known key.
        """
        rows = await self._rows(shard)
        if size is None:
            size, _ = await rows.head()
        note = await rows.note(size)
        if not note:
            raise NotFoundError(
                f"No checkpoint of size {size} was signed in shard {rows.shard}: entries of one commit share one.",
                advice="Leave --size out for the newest, or ask `countersign audit consistency` for any two sizes.",
            )
        note += await rows.cosignatures(size)
        if self.verifiers:
            opened_head(note, self.verifiers)
        return rows.shard, note

    async def extension(self, shard: int | None, old: int, new: int) -> Extension:
        """Return the proof that a shard of size `new` begins with what it was at size `old`.

        Raises:
            ProofError: the sizes are out of order, or larger than the log.
            LedgerBrokenError: the stored tree is not the one that was signed.
        """
        rows = await self._rows(shard)
        size, head = await rows.head()
        if not 0 < old <= new <= size:
            raise ProofError(
                f"There is no proof from size {old} to {new} in a log of {size} entries.",
                advice="Name the smaller size first; both lie between 1 and the newest size.",
            )
        notes = (await rows.note(old), head if new == size else await rows.note(new))
        roots = [await TreeReader(rows, each).root(0, each) for each in (old, new)]
        signed = [*zip(notes, roots, strict=True), (head, await TreeReader(rows, size).root(0, size))]
        if any(note and opened_head(note, self.verifiers).root != root for note, root in signed):
            raise broken("The stored tree is not the one that was signed.")
        proof = tuple(await TreeReader(rows, new).consistency(old))
        onwards = await TreeReader(rows, size).consistency(new)
        try:
            verify_consistency(old=old, new=new, old_root=roots[0], new_root=roots[1], proof=proof)
            verify_consistency(old=new, new=size, old_root=roots[1], new_root=signed[2][1], proof=onwards)
        except ProofError as error:
            raise broken(f"The log does not extend what it was: {error}.") from error
        return Extension(rows.shard, old, new, roots[0], roots[1], proof, notes)

    async def _rows(self, shard: int | None) -> AuditRows:
        shards = await AuditRows(self.connection, 0).shards()
        if not shards or (shard is not None and shard not in shards):
            raise NotFoundError(
                "There is no such shard of the audit trail.",
                advice=f"There are: {', '.join(map(str, shards)) or 'none'}.",
            )
        return AuditRows(self.connection, shards[-1] if shard is None else shard)


@asynccontextmanager
async def looking(url: str, vkeys: Sequence[str], privacy: Privacy = PLAIN) -> AsyncIterator[TrailLook]:
    """Give a look at a trail that is there, for who trusts these keys; nothing can be written through it.

    Raises:
        NoteError: a vkey is malformed.
        AuditMissingError: there is no trail, or it cannot be read. Nothing is created.
    """
    with reading(url) as plain:
        if AuditReader(plain).missing_tables():
            raise AuditMissingError(
                "This database holds no audit trail.", advice="Run `countersign migrate`."
            )
    database = Database(open_engine(url, privacy))
    try:
        async with database.read() as connection:
            yield TrailLook(connection, [Verifier.parse(each) for each in vkeys])
    finally:
        await database.close()
