"""Baselines and exceptions of drift in a transaction: added to, and an exception may be lifted, once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update

from bot.domain.baseline import Baseline, DriftException, Kept
from bot.domain.change import Change
from bot.domain.effect import Effect
from bot.domain.entry import EntryProof
from bot.domain.errors import ConflictError
from storage.ledger import Ledger
from storage.queries import Queries
from storage.rows import effect_of
from storage.tables import BASELINE, CHANGE, DRIFT_EXCEPTION, EFFECT


class BaselineRows(Queries):
    """The part of a transaction that holds baselines, exceptions of drift, and what was recorded of a change."""

    _ledger: Ledger

    async def trail_of(self, change: Change) -> Sequence[EntryProof]:
        """Return every entry of a change with its proof, oldest first.

        Raises:
            LedgerBrokenError: the trail does not prove them.
        """
        bundles = await self._ledger.proofs(self._connection, change.id)
        return [
            EntryProof(
                each.entry.seq,
                each.entry.body,
                tuple(map(bytes.hex, each.path)),
                bundle.checkpoint,
                each.entry.disclosed(),
            )
            for bundle in bundles
            for each in bundle.entries
        ]

    async def add_baseline(self, baseline: Baseline) -> Baseline:
        """Keep a baseline under the next number."""
        columns = {**vars(baseline), "kind": baseline.kind.value, "arm_id": baseline.arm_id.lower()}
        return _baseline(await self._added(BASELINE, columns))

    async def baselines(self, arm_id: str, limit: int) -> Sequence[Baseline]:
        """Return the last baselines of a deployment, newest first."""
        chosen = select(BASELINE).where(BASELINE.c.arm_id == arm_id.lower())
        rows = await self.all(chosen.order_by(BASELINE.c.number.desc()).limit(limit))
        return [_baseline(row) for row in rows]

    async def add_exception(self, exception: DriftException) -> DriftException:
        """Keep an exception of drift under the next number."""
        columns = {**vars(exception), "arm_id": exception.arm_id.lower()}
        return _exception(await self._added(DRIFT_EXCEPTION, columns))

    async def exceptions(self, arm_id: str) -> Sequence[DriftException]:
        """Return every exception of a deployment, newest first."""
        chosen = select(DRIFT_EXCEPTION).where(DRIFT_EXCEPTION.c.arm_id == arm_id.lower())
        rows = await self.all(chosen.order_by(DRIFT_EXCEPTION.c.number.desc()))
        return [_exception(row) for row in rows]

    async def lift_exception(self, exception: DriftException, *, by: str, at: datetime) -> bool:
        """End an exception before its time; False when it was lifted already."""
        mine = (DRIFT_EXCEPTION.c.number == exception.number, DRIFT_EXCEPTION.c.lifted_at.is_(None))
        return await self.changed(update(DRIFT_EXCEPTION).where(*mine).values(lifted_at=at, lifted_by=by))

    async def effects_on(self, arm_id: str) -> Sequence[Effect]:
        """Return every step of a change that was sent to a deployment, by change and step."""
        joined = select(EFFECT).join(CHANGE, CHANGE.c.number == EFFECT.c.number)
        chosen = joined.where(CHANGE.c.arm_id == arm_id.lower())
        rows = await self.all(chosen.order_by(EFFECT.c.number, EFFECT.c.revision, EFFECT.c.step))
        return [effect_of(row) for row in rows]

    async def _added(self, table: Table, columns: dict[str, Any]) -> Mapping[str, Any]:
        del columns["number"]
        row = await self.one(self.insert(table).values(columns).returning(*table.c))
        if row is None:
            raise ConflictError("The database did not keep it.", advice="Ask again.")
        return row


def _exception(row: Mapping[str, Any]) -> DriftException:
    return DriftException(**{**row, "lifted_by": row["lifted_by"] or ""})


def _baseline(row: Mapping[str, Any]) -> Baseline:
    return Baseline(**{**row, "kind": Kept(row["kind"])})
