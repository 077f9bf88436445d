"""The anchors of the trail: what is signed, what of it was anchored where, and what waits; rows only, no memory."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot.domain.anchoring import OWN_ENTRIES, AnchorState, checkpoint_in
from bot.domain.errors import LedgerBrokenError
from bot.ports.anchors import Anchored, Head
from storage.audit_schema import prefix
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import AuditRows
from storage.queries import Queries

_OWN = ", ".join(f"'{name}'" for name in OWN_ENTRIES)
_NEWEST = "SELECT shard, size, note FROM {}audit_checkpoint ORDER BY shard DESC, size DESC LIMIT 1"
_LAST = (
    "SELECT seq FROM {}audit_entry WHERE change_id = :change"
    " AND shard = (SELECT max(shard) FROM {}audit_checkpoint) ORDER BY seq DESC LIMIT 1"
)
_ANCHOR = (
    "SELECT size, ref, at FROM {}audit_anchor WHERE shard = :shard AND kind = :kind"
    " ORDER BY size DESC LIMIT 1"
)
_WAITING = (
    "SELECT ts FROM {}audit_entry WHERE shard = :shard AND seq >= :size"  # noqa: S608 (names of types)
    f" AND type NOT IN ({_OWN}) ORDER BY seq LIMIT 1"
)
_FAILED = (
    "SELECT ts, body FROM {}audit_entry WHERE shard = :shard AND seq >= :size"
    " AND type = 'anchor.failed' ORDER BY seq DESC"
)


class AnchorRows(Queries):
    """The part of a transaction that knows the anchors."""

    async def trail_head(self) -> Head | None:
        """Return the newest checkpoint of the newest shard, None for an empty trail.

        Raises:
            LedgerBrokenError: it is no checkpoint of that size.
        """
        found = await self._told(_NEWEST)
        if not found:
            return None
        shard, size, note = found[0]
        checkpoint = checkpoint_in(note)
        if checkpoint is None or checkpoint.size != size:
            raise LedgerBrokenError(
                "The newest checkpoint of the audit trail cannot be read.",
                advice="Stop all changes and run `countersign audit verify`.",
            )
        return Head(shard, note, checkpoint.origin, size, checkpoint.root)

    async def last_entry_of(self, change: str) -> int | None:
        """Return the number of a change's newest entry in the newest shard, None when it has none there."""
        found = await self._told(_LAST, change=change)
        return found[0][0] if found else None

    async def trail_consistency(self, shard: int, old: int, new: int) -> Sequence[bytes]:
        """Return the proof that the first `old` entries of a shard are a prefix of the first `new`."""
        return await TreeReader(AuditRows(self._connection, shard), new).consistency(old)

    async def anchor_states(self, kinds: Sequence[str]) -> Sequence[AnchorState]:
        """Return what each of these kinds holds of the newest shard."""
        found = await self._told(_NEWEST) if kinds else []
        return [await self._state(kind, found[0][0], found[0][1]) for kind in kinds] if found else []

    async def add_anchor(self, anchored: Anchored) -> bool:
        """Keep an anchor with its cosignatures; False when that size was anchored so already."""
        rows = AuditRows(self._connection, anchored.shard)
        await rows.lock()
        place = {"shard": anchored.shard, "size": anchored.size}
        exists = "SELECT 1 FROM {}audit_anchor WHERE shard = :shard AND size = :size AND kind = :kind"
        if await self._told(exists, **place, kind=anchored.kind):
            return False
        await rows.insert(
            "audit_anchor",
            size=anchored.size,
            kind=anchored.kind,
            ref=anchored.ref,
            at=anchored.at.isoformat(),
        )
        for signer, line in anchored.cosignatures:
            known = (
                "SELECT 1 FROM {}audit_cosignature WHERE shard = :shard AND size = :size AND signer = :signer"
            )
            if not await self._told(known, **place, signer=signer):
                await rows.insert("audit_cosignature", size=anchored.size, signer=signer, line=line)
        return True

    async def _state(self, kind: str, shard: int, log_size: int) -> AnchorState:
        anchored = await self._told(_ANCHOR, shard=shard, kind=kind)
        size, ref, at = anchored[0] if anchored else (0, "", None)
        waiting = await self._told(_WAITING, shard=shard, size=size)
        failed = await self._failed(kind, shard, size) if waiting else {}
        return AnchorState(
            kind,
            log_size,
            size,
            ref,
            None if at is None else datetime.fromisoformat(at),
            datetime.fromisoformat(waiting[0][0]) if waiting else None,
            **failed,
        )

    async def _failed(self, kind: str, shard: int, size: int) -> dict[str, Any]:
        """Return when and why a kind last failed since its newest anchor, nothing when it did not."""
        for ts, body in await self._told(_FAILED, shard=shard, size=size):
            data = json.loads(body)["data"]
            if data["anchor"] == kind:
                return {
                    "failed_at": datetime.fromisoformat(ts),
                    "why": data["why"],
                    "finding": data["finding"],
                }
        return {}

    async def _told(self, sql: str, **values: Any) -> Sequence[Any]:
        inside = prefix(self._connection.dialect.name)
        return (await self._connection.execute(text(sql.replace("{}", inside)), values)).all()
