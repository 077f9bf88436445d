"""What the appender remembers of the log: enough to add to it and to sign it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.errors import LedgerBrokenError
from bot.domain.merkle import Frontier
from storage.ledger_sql import AuditRows, Tile

TILE_WIDTH = 256


@dataclass
class View:
    """A log of some size: the hashes of the tiles not full yet, level by level, and its signed head."""

    size: int = 0
    open_tiles: list[list[bytes]] = field(default_factory=lambda: [[]])
    trees: list[Frontier] = field(default_factory=lambda: [Frontier()])
    last: bytes = b""
    note: str = ""
    ts: str = ""

    def copy(self) -> "View":
        """Return an independent copy."""
        open_tiles = [list(each) for each in self.open_tiles]
        trees = [each.copy() for each in self.trees]
        return View(self.size, open_tiles, trees, self.last, self.note, self.ts)

    def root(self) -> bytes:
        """Return the root over all entries."""
        peaks = [peak for tree in reversed(self.trees) for peak in tree.peaks]
        return Frontier.of_peaks(self.size, peaks).root()

    def append(self, leaf: bytes) -> list[Tile]:
        """Add a leaf hash and return the tiles it fills, lowest level first."""
        self.size += 1
        self.last = leaf
        return self._filled(0, leaf)

    def append_tile(self, leaves: Sequence[bytes], root: bytes) -> list[Tile]:
        """Add a whole tile of leaf hashes with the root over them; return the tiles above that are filled."""
        if self.size % TILE_WIDTH or len(leaves) != TILE_WIDTH:
            raise ValueError("a whole tile is added where a tile begins")
        self.size += TILE_WIDTH
        self.last = leaves[-1]
        self._demand_level(1)
        return self._filled(1, root)

    def _filled(self, level: int, node: bytes) -> list[Tile]:
        """Add a hash at a level, and return the tiles this fills there and above."""
        filled: list[Tile] = []
        while True:
            hashes, tree = self.open_tiles[level], self.trees[level]
            hashes.append(node)
            tree.append(node)
            if len(hashes) < TILE_WIDTH:
                return filled
            node = tree.root()
            filled.append(Tile(level, (self.size >> 8 * (level + 1)) - 1, b"".join(hashes), node))
            self.open_tiles[level], self.trees[level] = [], Frontier()
            level += 1
            self._demand_level(level)

    def _demand_level(self, level: int) -> None:
        if level == len(self.open_tiles):
            self.open_tiles.append([])
            self.trees.append(Frontier())


async def rebuilt(rows: AuditRows, size: int) -> View:
    """Return the view of a log of this size from its tiles; nothing in it is proved yet.

    Raises:
        LedgerBrokenError: leaves or tiles are missing.
    """
    open_tiles: list[list[bytes]] = []
    level = 0
    while level == 0 or size >> 8 * level:
        high = size >> 8 * level
        low = high // TILE_WIDTH * TILE_WIDTH
        if level == 0:
            hashes = await rows.leaf_hashes(low, high)
        else:
            hashes = await rows.tile_roots(level - 1, low, high)
        if len(hashes) != high - low:
            raise LedgerBrokenError(
                f"The audit trail has {len(hashes)} of {high - low} hashes at level {level}.",
                advice="Stop all changes and run `countersign audit verify`.",
            )
        open_tiles.append(hashes)
        level += 1
    return View(size, open_tiles, [Frontier(hashes) for hashes in open_tiles])
