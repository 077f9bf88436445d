"""The audit trail: appending inside the caller's transaction, and reading with proof."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.cosigned import BothKeys
from bot.domain.entry import NewEntry, Receipt, new_ulid
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.note import Signer, Verifier
from storage.high_water import Mark, rolled_back
from storage.ledger_append import Batch
from storage.ledger_keys import key_of_place, newest_place, stands_alone
from storage.ledger_read import (
    broken,
    opened_head,
    stored,
)
from storage.ledger_sql import AuditRows, database_trouble
from storage.ledger_values import Prepared, prepared, timestamp
from storage.ledger_view import View, rebuilt
from storage.ledger_writes import Standing, locked
from storage.privacy import privacy_of
from storage.trail_reads import TrailReads


class Ledger(TrailReads):
    """The newest shard of the audit trail, written and signed by this process.

    When somebody seals the shard or rotates its key, the next append goes on in the new shard or with the new
    key, if this process has it (`signers`). What it remembers of the log is checked against the database at every
    append. After a commit call `committed`, so that a log that is shorter later is recognised; after a rollback or
    in doubt, `forget`.
    """

    def __init__(
        self,
        *,
        signer: Signer,
        origin: str,
        shard: int = 0,
        vkeys: Sequence[str] = (),
        signers: Sequence[Signer] = (),
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
        self._signers = {each.vkey: each for each in [signer, *signers]}
        self.verifiers = tuple(Verifier.parse(each) for each in dict.fromkeys([*self._signers, *vkeys]))
        self._signer = signer
        self._bot = dict(writer)
        self._cache: View | None = None
        self._staged: WeakKeyDictionary[AsyncConnection, View] = WeakKeyDictionary()
        self._confirmed = (0, b"")
        self._mark: Mark | None = None

    @property
    def vkey(self) -> str:
        """Return the key that verifies this shard's checkpoints."""
        return self._signer.vkey

    def successor(self, signer: Signer, shard: int) -> "Ledger":
        """Return the ledger of a shard to come, under its own key, trusting whom this one trusts."""
        vkeys = [each.vkey for each in self.verifiers]
        return Ledger(signer=signer, origin=signer.name, shard=shard, vkeys=vkeys, writer=self._bot)

    async def follow(self, connection: AsyncConnection, *, opening: bool = False) -> None:
        """Go on in the newest shard, with the key that signs it now, as the database says.

        A shard signed by a stranger's key is left to the next look at its head; when `opening`, it is refused.

        Raises:
            AuditRefusedError: this process does not have that key.
        """
        place = await newest_place(connection, self.verifiers)
        if place is None or place.shard < self.shard or (place.shard, place.vkey) == (self.shard, self.vkey):
            return
        if place.shard == self.shard and not (opening or place.trusted):
            return
        self._signer = key_of_place(place, self._signers)
        if place.shard != self.shard:
            self.shard, self.origin = place.shard, place.origin
            self._confirmed = self._remembered()
        self.forget()

    async def append(
        self,
        connection: AsyncConnection,
        events: Sequence[NewEntry],
        *,
        now: datetime,
        handing_to: Signer | None = None,
    ) -> list[Receipt]:
        """Write entries and a signed checkpoint in the caller's transaction; an id written before is found.

        On SQLite the caller has begun with BEGIN IMMEDIATE. `handing_to` signs too: the key that goes on.

        Raises:
            AuditRefusedError: an entry is outside the value domain, or the trail goes on under a key that this
                process does not have; nothing was written.
            AuditBusyError: the database was locked, full or read-only.
            LedgerBrokenError: the log does not prove itself, or did not keep what it was given.
        """
        timestamp(now)  # refuses a time without a zone before anything is read
        privacy = privacy_of(connection)
        entries = [prepared(event, commits_people=privacy.commits_people) for event in events]
        with database_trouble():
            rows, standing = await self._standing(connection, entries)
            view = await self._current(rows, standing)
            batch = Batch(rows, view, self.origin, self._bot, now, standing, privacy)
            skew = batch.skew()
            receipts = []
            for entry in entries:
                if skew is not None and not batch.knows(entry):
                    batch.add(skew)
                    skew = None
                receipts.append(batch.add(entry))
            if batch.written.entries:
                await batch.store(BothKeys(self._signer, handing_to) if handing_to else self._signer)
                self._cache = self._staged[connection] = batch.view
            if handing_to is not None:
                self._cache = None  # the next append looks whose turn it is
        return receipts

    async def open_log(
        self,
        connection: AsyncConnection,
        now: datetime,
        *,
        type: str = "log.opened",
        actor: Mapping[str, Json] | None = None,
        data: Mapping[str, Json] | None = None,
    ) -> Receipt:
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
            type=type,
            actor=actor or {"kind": "countersign", "id": self._bot.get("writer", "")},
            data={**(data or {}), "shard": self.shard, "vkey": self.vkey, "previous_checkpoint": previous},
        )
        return (await self.append(connection, [opened], now=now))[0]

    async def check(self, connection: AsyncConnection) -> None:
        """Return if the log's head is signed by our key over what is there; raise LedgerBrokenError otherwise."""
        with database_trouble():
            await self._current(*await self._standing(connection, []))

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
        self._mark = mark
        self._confirmed = self._remembered()

    def _remembered(self) -> tuple[int, bytes]:
        mark = self._mark
        ours = mark is not None and (mark.shard, mark.origin) == (self.shard, self.origin)
        return (mark.size, mark.last) if mark is not None and ours else (0, b"")

    def forget(self) -> None:
        """Remember nothing that was not committed; the next append reads the log anew."""
        self._cache = None
        self._staged.clear()

    async def _standing(
        self, connection: AsyncConnection, entries: Sequence[Prepared]
    ) -> tuple[AuditRows, Standing]:
        """Let no other writer in, and return where the trail stands, in whatever shard it is now."""
        ids, changes = [each.id for each in entries], {each.change for each in entries if each.change}
        rows = AuditRows(connection, self.shard)
        standing = await locked(rows, ids, changes)
        if standing.newest > self.shard or not self._knows(standing.head[1]):
            await self.follow(connection)
        if rows.shard != self.shard:
            rows = AuditRows(connection, self.shard)
            standing = await locked(rows, ids, changes)
        return rows, standing

    def _knows(self, note: str) -> bool:
        """Return whether a head is the one we left, or one by our key alone on top of it."""
        return self._cache is not None and (self._cache.note == note or stands_alone(note, self._signer))

    async def _current(self, rows: AuditRows, standing: Standing) -> View:
        """Return a view of the log as the database has it, proved by its signed head."""
        size, (head_size, note) = standing.size, standing.head
        if head_size != size:
            raise broken(f"The audit trail has {size} entries and is signed for {head_size}.")
        if self._mark is not None and self._mark.shard > self.shard:
            raise rolled_back(f"The audit trail had a shard {self._mark.shard} and ends with {self.shard}.")
        if size < self._confirmed[0]:
            raise rolled_back(f"The audit trail had {self._confirmed[0]} entries and now has {size}.")
        view = self._cache
        if view is not None and (view.size, view.last, view.note) == (size, standing.last, note):
            return view.copy()
        view = await self._caught_up(rows, size)
        view.last, view.ts, view.note = standing.last, standing.ts, note
        if size:
            head = opened_head(note, [self._signer.verifier])
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
