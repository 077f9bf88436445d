"""Proofs out of the stored tiles: one read of a handful of tiles whatever the size of the log."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain import merkle
from bot.domain.errors import LedgerBrokenError, ProofError
from storage.ledger_sql import AuditRows, Hashes
from storage.ledger_view import TILE_WIDTH

Range = tuple[int, int]
Tile = tuple[int, int]


class TreeReader:
    """The tree of the first `size` entries of one shard, read as far as a proof needs it."""

    def __init__(self, rows: AuditRows, size: int) -> None:
        self._rows = rows
        self.size = size
        self._tiles: dict[Tile, list[bytes]] = {}
        self._known: dict[Range, bytes] = {}

    async def inclusion(self, index: int) -> list[bytes]:
        """Return the audit path of one entry."""
        if not 0 <= index < self.size:
            raise ProofError(f"there is no leaf {index} in a tree of {self.size}")
        path: list[Range] = []
        low, high = 0, self.size
        while high - low > 1:
            middle = low + merkle.split(high - low)
            if index < middle:
                path.append((middle, high))
                high = middle
            else:
                path.append((low, middle))
                low = middle
        return await self._roots(path[::-1])

    async def consistency(self, old: int) -> list[bytes]:
        """Return the proof that the first `old` entries are a prefix of this tree."""
        if not 0 < old <= self.size:
            raise ProofError(f"no consistency proof from {old} to {self.size}")
        path: list[Range] = []
        low, high, whole = 0, self.size, True
        while old != high:
            middle = low + merkle.split(high - low)
            if old <= middle:
                path.append((middle, high))
                high = middle
            else:
                path.append((low, middle))
                low, whole = middle, False
        if not whole:
            path.append((low, high))
        return await self._roots(path[::-1])

    async def root(self, low: int, high: int) -> bytes:
        """Return the root over the entries from `low` up to but not including `high`.

        The range is one that RFC 6962 splits into: perfect and aligned, or at the right edge.
        """
        return (await self._roots([(low, high)]))[0]

    async def _roots(self, ranges: Sequence[Range]) -> list[bytes]:
        """Return the roots over ranges, once all tiles they need are read."""
        wanted = {_place(*each)[0] for low, high in ranges for each in _perfect(low, high)}
        missing = sorted(wanted - self._tiles.keys())
        if missing:
            await self._read([self._hashes(level, idx) for level, idx in missing])
        return [self._root(low, high) for low, high in ranges]

    def _root(self, low: int, high: int) -> bytes:
        if (low, high) not in self._known:
            nodes = [self._of_tile(*each) for each in _perfect(low, high)]
            node = nodes.pop() if nodes else merkle.EMPTY_ROOT
            while nodes:
                node = merkle.node_hash(nodes.pop(), node)
            self._known[low, high] = node
        return self._known[low, high]

    def _of_tile(self, low: int, high: int) -> bytes:
        if (low, high) not in self._known:
            tile, start, width = _place(low, high)
            self._known[low, high] = merkle.root(self._tiles[tile][start : start + width])
        return self._known[low, high]

    def _hashes(self, level: int, idx: int) -> Hashes:
        low = idx * TILE_WIDTH
        high = min(low + TILE_WIDTH, self.size >> 8 * level)
        return Hashes(level, low, high, full=high - low == TILE_WIDTH)

    async def _read(self, wanted: Sequence[Hashes]) -> None:
        found = dict(zip(wanted, await self._rows.hashes(wanted), strict=True))
        lost = [each for each in wanted if each.full and not found[each]]
        if lost:  # the log has them below, if not as tiles
            below = await self._rows.hashes([replace(each, full=False) for each in lost])
            found.update(zip(lost, below, strict=True))
        for each, hashes in found.items():
            if len(hashes) != (each.high - each.low) * merkle.HASH_BYTES:
                raise LedgerBrokenError(
                    "Hashes of the audit trail are missing.",
                    advice="Stop all changes and run `countersign audit verify`.",
                )
            tile = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
            self._tiles[each.level, each.low // TILE_WIDTH] = tile


def _perfect(low: int, high: int) -> Iterator[Range]:
    """Give the perfect subtrees of a range, largest first."""
    while low < high:
        width = 1 << (high - low).bit_length() - 1
        yield low, low + width
        low += width


def _place(low: int, high: int) -> tuple[Tile, int, int]:
    """Return the tile that has a perfect range, and where in it that begins and how wide it is."""
    level = ((high - low).bit_length() - 1) // 8
    first, last = low >> 8 * level, high >> 8 * level
    return (level, first // TILE_WIDTH), first % TILE_WIDTH, last - first
