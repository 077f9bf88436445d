"""The audit trail: appending inside the caller's transaction, and reading with proof."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.entry import EntryProof, NewEntry, Receipt, new_ulid
from bot.domain.errors import InvalidInputError
from bot.domain.note import Signer, Verifier
from bot.domain.proof_pack import ProofPack
from storage.high_water import Mark, rolled_back
from storage.ledger_append import Batch
from storage.ledger_read import (
    ChangeProof,
    StoredEntry,
    broken,
    opened_head,
    proof_of_entry,
    proofs_of,
    stored,
)
from storage.ledger_sql import AuditRows, database_trouble
from storage.ledger_values import prepared, timestamp
from storage.ledger_view import View, rebuilt
from storage.ledger_writes import Standing, locked
from storage.proof_packs import proof_pack


class Ledger:
    """One shard of the audit trail, written and signed by this process.

    What it remembers of the log is checked against the database at every append. After a commit call
    `committed`, so that a log that is shorter later is recognised; after a rollback or in doubt, `forget`.
    """

    def __init__(
        self,
        *,
        signer: Signer,
        origin: str,
        shard: int = 0,
        vkeys: Sequence[str] = (),
        writer: Mapping[str, str],
    ) -> None:
        if signer.name != origin:
            raise InvalidInputError(
                f"The signing key is for {signer.name}, the log is {origin}.",
                field="COUNTERSIGN_SIGNING_KEY",
                advice="Give the key whose name is the log's origin.",
            )
        self.origin = origin
        self.shard = shard
        self.verifiers = tuple(Verifier.parse(each) for each in dict.fromkeys([signer.vkey, *vkeys]))
        self._signer = signer
        self._bot = dict(writer)
        self._cache: View | None = None
        self._staged: WeakKeyDictionary[AsyncConnection, View] = WeakKeyDictionary()
        self._confirmed = (0, b"")
        self._later_shard = 0

    @property
    def vkey(self) -> str:
        """Return the key that verifies this shard's checkpoints."""
        return self._signer.vkey

    async def append(
        self, connection: AsyncConnection, events: Sequence[NewEntry], *, now: datetime
    ) -> list[Receipt]:
        """Write entries and a signed checkpoint in the caller's transaction; an id written before is found.

        On SQLite the caller has begun with BEGIN IMMEDIATE.

        Raises:
            AuditRefusedError: an entry is outside the value domain; nothing was written.
            AuditBusyError: the database was locked, full or read-only.
            LedgerBrokenError: the log does not prove itself, or did not keep what it was given.
        """
        timestamp(now)  # refuses a time without a zone before anything is read
        entries = [prepared(event) for event in events]
        with database_trouble():
            rows = AuditRows(connection, self.shard)
            changes = {each.change for each in entries if each.change}
            standing = await locked(rows, [each.id for each in entries], changes)
            view = await self._current(rows, standing)
            batch = Batch(rows, view, self.origin, self._bot, now, standing)
            skew = batch.skew()
            receipts = []
            for entry in entries:
                if skew is not None and not batch.knows(entry):
                    batch.add(skew)
                    skew = None
                receipts.append(batch.add(entry))
            if batch.written.entries:
                await batch.store(self._signer)
                self._cache = self._staged[connection] = batch.view
        return receipts

    async def open_log(self, connection: AsyncConnection, now: datetime) -> Receipt:
        """Write the shard's first entry, which names its key and the shard before it; once."""
        rows = AuditRows(connection, self.shard)
        with database_trouble():
            await rows.lock()
            first = await rows.entries("shard = :shard AND seq = 0", "seq")
            before = [each for each in await rows.shards() if each < self.shard]
            previous = (await AuditRows(connection, before[-1]).head())[1] if before else ""
        if first:
            entry = (await stored(connection, first))[0]
            return Receipt(0, entry.leaf_hash, entry.document["id"])
        opened = NewEntry(
            id=new_ulid(now),
            type="log.opened",
            actor={"kind": "countersign", "id": self._bot.get("writer", "")},
            data={"shard": self.shard, "vkey": self.vkey, "previous_checkpoint": previous},
        )
        return (await self.append(connection, [opened], now=now))[0]

    def committed(self, connection: AsyncConnection) -> Mark | None:
        """Remember that what was appended through this connection is durable; return how far the log is then."""
        view = self._staged.pop(connection, None)
        if view is None:
            return None
        if view.size > self._confirmed[0]:
            self._confirmed = (view.size, view.last)
        return Mark(self.origin, self.shard, view.size, view.last, view.root())

    def expect(self, mark: Mark) -> None:
        """Take no entry into a log that is shorter than it was at this mark, or differs there."""
        if mark.shard > self.shard:
            self._later_shard = mark.shard
        elif (mark.shard, mark.origin) == (self.shard, self.origin):
            self._confirmed = (mark.size, mark.last)

    def forget(self) -> None:
        """Remember nothing that was not committed; the next append reads the log anew."""
        self._cache = None
        self._staged.clear()

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

    async def _current(self, rows: AuditRows, standing: Standing) -> View:
        """Return a view of the log as the database has it, proved by its signed head."""
        size, (head_size, note) = standing.size, standing.head
        if head_size != size:
            raise broken(f"The audit trail has {size} entries and is signed for {head_size}.")
        if self._later_shard:
            raise rolled_back(f"The audit trail had a shard {self._later_shard} and ends with {self.shard}.")
        if size < self._confirmed[0]:
            raise rolled_back(f"The audit trail had {self._confirmed[0]} entries and now has {size}.")
        view = self._cache
        if view is not None and (view.size, view.last, view.note) == (size, standing.last, note):
            return view.copy()
        view = await self._caught_up(rows, size)
        view.last, view.ts, view.note = standing.last, standing.ts, note
        if size:
            head = opened_head(note, self.verifiers)
            if (head.origin, head.size, head.root) != (self.origin, size, view.root()):
                raise broken("The newest checkpoint does not describe the audit trail.")
        return view

    async def _caught_up(self, rows: AuditRows, size: int) -> View:
        """Return the cached view with what others added, or one rebuilt from the tiles."""
        confirmed_size, confirmed_last = self._confirmed
        if confirmed_size and await rows.leaf_hashes(confirmed_size - 1, confirmed_size) != [confirmed_last]:
            raise rolled_back(
                f"Entry {confirmed_size - 1} of the audit trail is not the one that was written."
            )
        view = self._cache
        if view is None or not 0 < view.size <= size:
            return await rebuilt(rows, size)
        if await rows.leaf_hashes(view.size - 1, view.size) != [view.last]:
            return await rebuilt(rows, size)
        view = view.copy()
        for leaf in await rows.leaf_hashes(view.size, size):
            view.append(leaf)
        return view
