"""Proofs out of the stored tiles: a handful of reads whatever the size of the log."""

from bot.domain import merkle
from bot.domain.errors import LedgerBrokenError, ProofError
from storage.ledger_sql import AuditRows
from storage.ledger_view import TILE_WIDTH


class TreeReader:
    """The tree of the first `size` entries of one shard, read as far as a proof needs it."""

    def __init__(self, rows: AuditRows, size: int) -> None:
        self._rows = rows
        self.size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}
        self._roots: dict[tuple[int, int], bytes] = {}

    async def inclusion(self, index: int) -> list[bytes]:
        """Return the audit path of one entry."""
        if not 0 <= index < self.size:
            raise ProofError(f"there is no leaf {index} in a tree of {self.size}")
        path: list[bytes] = []
        low, high = 0, self.size
        while high - low > 1:
            middle = low + merkle.split(high - low)
            if index < middle:
                path.append(await self.root(middle, high))
                high = middle
            else:
                path.append(await self.root(low, middle))
                low = middle
        return path[::-1]

    async def consistency(self, old: int) -> list[bytes]:
        """Return the proof that the first `old` entries are a prefix of this tree."""
        if not 0 < old <= self.size:
            raise ProofError(f"no consistency proof from {old} to {self.size}")
        path: list[bytes] = []
        low, high, whole = 0, self.size, True
        while old != high:
            middle = low + merkle.split(high - low)
            if old <= middle:
                path.append(await self.root(middle, high))
                high = middle
            else:
                path.append(await self.root(low, middle))
                low, whole = middle, False
        if not whole:
            path.append(await self.root(low, high))
        return path[::-1]

    async def root(self, low: int, high: int) -> bytes:
        """Return the root over the entries from `low` up to but not including `high`.

        The range is one that RFC 6962 splits into: perfect and aligned, or at the right edge.
        """
        if (low, high) not in self._roots:
            self._roots[low, high] = await self._root(low, high)
        return self._roots[low, high]

    async def _root(self, low: int, high: int) -> bytes:
        width = high - low
        if width == 0:
            return merkle.EMPTY_ROOT
        if width & (width - 1):
            middle = low + merkle.split(width)
            return merkle.node_hash(await self.root(low, middle), await self.root(middle, high))
        level = (width.bit_length() - 1) // 8
        first, last = low >> 8 * level, high >> 8 * level
        tile = await self._tile(level, first // TILE_WIDTH)
        start = first % TILE_WIDTH
        return merkle.root(tile[start : start + last - first])

    async def _tile(self, level: int, idx: int) -> list[bytes]:
        if (level, idx) not in self._tiles:
            self._tiles[level, idx] = await self._read(level, idx)
        return self._tiles[level, idx]

    async def _read(self, level: int, idx: int) -> list[bytes]:
        low = idx * TILE_WIDTH
        high = min(low + TILE_WIDTH, self.size >> 8 * level)
        full = await self._rows.tile_hashes(level, idx) if high - low == TILE_WIDTH else None
        if full is not None:
            return [full[at : at + 32] for at in range(0, len(full), 32)]
        if level == 0:
            hashes = await self._rows.leaf_hashes(low, high)
        else:
            hashes = await self._rows.tile_roots(level - 1, low, high)
        if len(hashes) != high - low:
            raise LedgerBrokenError(
                "Hashes of the audit trail are missing.",
                advice="Stop all changes and run `countersign audit verify`.",
            )
        return hashes
