"""Reading the trail as the ledger of a process does: plainly, or with proof."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.entry import EntryProof
from bot.domain.note import Verifier
from bot.domain.proof_pack import ProofPack
from storage.ledger_read import ChangeProof, StoredEntry, proof_of_entry, proofs_of, stored
from storage.ledger_sql import AuditRows
from storage.proof_packs import proof_pack


class TrailReads:
    """What can be read of the trail by who stands in a shard and trusts some keys."""

    shard: int
    verifiers: tuple[Verifier, ...]

    async def entries(
        self,
        connection: AsyncConnection,
        *,
        change: str | None = None,
        limit: int = 50,
        before_seq: int | None = None,
    ) -> list[StoredEntry]:
        """Return entries, newest first: of one change in every shard, or of this shard; not verified."""
        before = 2**62 if before_seq is None else before_seq
        where = "shard = :shard" if change is None else "change_id = :change"
        scope = {} if change is None else {"change": change}
        rows = AuditRows(connection, self.shard)
        found = await rows.entries(
            f"{where} AND seq < :before", "shard DESC, seq DESC", before=before, limit=limit, **scope
        )
        return await stored(connection, found)

    async def entries_from(
        self, connection: AsyncConnection, first_seq: int, *, limit: int = 1000
    ) -> list[StoredEntry]:
        """Return this shard's entries from a number on, oldest first; not verified."""
        rows = AuditRows(connection, self.shard)
        found = await rows.entries("shard = :shard AND seq >= :first", "seq", first=first_seq, limit=limit)
        return await stored(connection, found)

    async def proofs(self, connection: AsyncConnection, change: str) -> list[ChangeProof]:
        """Return a change's entries with their proofs, one bundle for each shard they lie in.

        Raises:
            LedgerBrokenError: the trail does not prove them.
        """
        return await proofs_of(connection, change, self.verifiers)

    async def proof_pack(self, connection: AsyncConnection, change: str, *, disclose: bool) -> ProofPack:
        """Return a change's proof pack; raise NotFoundError or LedgerBrokenError."""
        return await proof_pack(connection, change, self.verifiers, disclose=disclose)

    async def proof_of_entry(self, connection: AsyncConnection, entry_id: str) -> EntryProof:
        """Return the proof that an entry is in the signed log; raise NotFoundError or LedgerBrokenError."""
        return await proof_of_entry(connection, entry_id, self.verifiers)

    async def verified_entries(self, connection: AsyncConnection, change: str) -> list[StoredEntry]:
        """Return a change's entries, oldest first, each proved to be in the signed log and none missing.

        Raises:
            LedgerBrokenError: the trail does not prove them.
        """
        bundles = await self.proofs(connection, change)
        return [each.entry for bundle in bundles for each in bundle.entries]
