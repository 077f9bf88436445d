"""One batch of entries going into the log, inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.cosigned import BothKeys
from bot.domain.entry import NewEntry, Receipt, new_ulid
from bot.domain.errors import AuditRefusedError
from bot.domain.merkle import leaf_hash
from bot.domain.note import Checkpoint, Signer
from storage.key_chain import GENESIS
from storage.ledger_sql import AuditRows, Row, silently_dropped
from storage.ledger_values import ORIGIN_PREV, Place, Prepared, body_of, prepared
from storage.ledger_view import View

_TOLERATED_SECONDS = 1.0


@dataclass
class Batch:
    """Entries on their way in: the view they are added to, and what was written so far."""

    rows: AuditRows
    view: View
    log: str
    bot: Mapping[str, str]
    now: datetime
    written: list[Row] = field(default_factory=list)
    _heads: dict[str, tuple[int, str]] = field(default_factory=dict)

    async def add(self, entry: Prepared) -> Receipt:
        """Write one entry, or find it written already; return where it is."""
        old = await self.rows.entries("id = :id", "seq", id=entry.id)
        if old:
            return _repeated(entry, old[0])
        if self.view.size == 0 and entry.type not in GENESIS:
            raise AuditRefusedError(
                f"The log {self.log} is not open.", advice="Run `countersign migrate` first."
            )
        subject_n, subject_prev = await self._place_in_change(entry.change)
        prev = self.view.last.hex() or ORIGIN_PREV
        place = Place(self.log, self.view.size, prev, subject_n, subject_prev)
        row = await self._write(entry, body_of(entry, place, now=self.now, bot=self.bot))
        if entry.change:
            self._heads[entry.change] = (subject_n + 1, row.leaf_hash.hex())
        return Receipt(row.seq, row.leaf_hash.hex(), entry.id)

    async def sign(self, signer: Signer | BothKeys) -> None:
        """Sign the log as it is now, and see that everything written is really there."""
        self.view.note = signer.sign(Checkpoint(self.log, self.view.size, self.view.root()).text())
        await self.rows.insert("audit_checkpoint", size=self.view.size, note=self.view.note)
        if await self.rows.head() != (self.view.size, self.view.note):
            raise silently_dropped("audit_checkpoint")
        found = await self.rows.entries(
            "shard = :shard AND seq >= :low", "seq", low=self.written[0].seq, limit=len(self.written) + 1
        )
        if found != self.written or any(leaf_hash(row.body.encode()) != row.leaf_hash for row in found):
            raise silently_dropped("audit_entry")

    def skew(self) -> Prepared | None:
        """Return the entry that says the clock went back, None when it did not."""
        if not self.view.ts:
            return None
        behind = (datetime.fromisoformat(self.view.ts) - self.now).total_seconds()
        if behind <= _TOLERATED_SECONDS:
            return None
        return prepared(
            NewEntry(
                id=new_ulid(self.now),
                type="clock.skew",
                actor={"kind": "countersign", "id": self.bot.get("writer", "")},
                data={"behind_ms": int(behind * 1000)},
            )
        )

    async def _write(self, entry: Prepared, body: str) -> Row:
        row = Row(self.rows.shard, self.view.size, body, leaf_hash(body.encode()))
        await self.rows.insert("audit_entry", seq=row.seq, body=body, leaf_hash=row.leaf_hash)
        for path, disclosure in entry.disclosures.items():
            await self.rows.insert("audit_disclosure", seq=row.seq, path=path, disclosure=disclosure)
        for tile in self.view.append(row.leaf_hash):
            await self.rows.insert(
                "audit_tile", level=tile.level, idx=tile.idx, hashes=tile.hashes, root=tile.root
            )
        self.view.ts = json.loads(body)["ts"]
        self.written.append(row)
        return row

    async def _place_in_change(self, change: str) -> tuple[int, str]:
        """Return the next number in a change's own chain and the leaf hash before it."""
        if not change:
            return 0, ORIGIN_PREV
        if change not in self._heads:
            found = await self.rows.entries("change_id = :change", "shard DESC, seq DESC", change=change)
            self._heads[change] = (
                (json.loads(found[0].body)["subject"]["n"] + 1, found[0].leaf_hash.hex())
                if found
                else (0, ORIGIN_PREV)
            )
        return self._heads[change]


def _repeated(entry: Prepared, row: Row) -> Receipt:
    body = json.loads(row.body)
    if body["type"] != entry.type or body["subject"].get("change", "") != entry.change:
        raise AuditRefusedError(
            f"Another entry already has the id {entry.id}.",
            advice="Nothing was done. This is a defect of Countersign; please report it.",
        )
    return Receipt(row.seq, row.leaf_hash.hex(), entry.id)
