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
from storage.ledger_sql import AuditRows, Row
from storage.ledger_values import ORIGIN_PREV, Disclosed, Place, Prepared, body_of, prepared, timestamp
from storage.ledger_view import View
from storage.ledger_writes import Standing, Written
from storage.privacy import Privacy

_TOLERATED_SECONDS = 1.0


@dataclass
class Batch:
    """Entries on their way in: the view they are added to, what the log has of them, and what is to be stored."""

    rows: AuditRows
    view: View
    log: str
    bot: Mapping[str, str]
    now: datetime
    standing: Standing
    privacy: Privacy
    written: Written = field(default_factory=Written)

    def knows(self, entry: Prepared) -> bool:
        """Return whether the entry is in the log already."""
        return entry.id in self.standing.ids

    def add(self, entry: Prepared) -> Receipt:
        """Give one entry its place, or find it there already; return where it is."""
        if self.knows(entry):
            return _repeated(entry, self.standing.ids[entry.id])
        if self.view.size == 0 and entry.type not in GENESIS:
            raise AuditRefusedError(
                f"The log {self.log} is not open.", advice="Run `countersign migrate` first."
            )
        subject_n, subject_prev = self._place_in_change(entry.change)
        prev = self.view.last.hex() or ORIGIN_PREV
        place = Place(self.log, self.view.size, prev, subject_n, subject_prev)
        body = body_of(entry, place, now=self.now, bot=self.bot)
        row = Row(self.rows.shard, self.view.size, body, leaf_hash(body.encode()))
        self.standing.ids[entry.id] = row
        if entry.change:
            self.standing.changes[entry.change] = row
        self._keep(entry, row)
        return Receipt(row.seq, row.leaf_hash.hex(), entry.id)

    async def store(self, signer: Signer | BothKeys) -> None:
        """Write it all, sign the log as it is then, and see that everything is really there."""
        self.view.note = signer.sign(Checkpoint(self.log, self.view.size, self.view.root()).text())
        await self.written.store(self.rows, self.view.size, self.view.note)

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

    def _keep(self, entry: Prepared, row: Row) -> None:
        """Let the view grow by a row, and put down what is to be stored with it."""
        self.written.tiles += self.view.append(row.leaf_hash)
        self.written.disclosures += [
            {"seq": row.seq, "path": each.path, "disclosure": self._stored(each, row)}
            for each in entry.disclosures
        ]
        self.view.ts = timestamp(self.now)
        self.written.entries.append(row)

    def _stored(self, text: Disclosed, row: Row) -> str:
        return self.privacy.stored(text.disclosure, text.person, (row.shard, row.seq, text.path))

    def _place_in_change(self, change: str) -> tuple[int, str]:
        """Return the next number in a change's own chain and the leaf hash before it."""
        before = self.standing.changes.get(change)
        if before is None:
            return 0, ORIGIN_PREV
        return json.loads(before.body)["subject"]["n"] + 1, before.leaf_hash.hex()


def _repeated(entry: Prepared, row: Row) -> Receipt:
    body = json.loads(row.body)
    if body["type"] != entry.type or body["subject"].get("change", "") != entry.change:
        raise AuditRefusedError(
            f"Another entry already has the id {entry.id}.",
            advice="Nothing was done. This is a defect of Countersign; please report it.",
        )
    return Receipt(row.seq, row.leaf_hash.hex(), entry.id)
