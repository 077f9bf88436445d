"""What the appender remembers of the log: enough to add to it and to sign it."""

from dataclasses import dataclass, field

from bot.domain.errors import LedgerBrokenError
from bot.domain.merkle import Frontier, root
from storage.ledger_sql import AuditRows, Tile

TILE_WIDTH = 256


@dataclass
class View:
    """A log of some size: its tree, the hashes of tiles not full yet, and its signed head."""

    tree: Frontier = field(default_factory=Frontier)
    open_tiles: list[list[bytes]] = field(default_factory=lambda: [[]])
    last: bytes = b""
    note: str = ""
    ts: str = ""

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self.tree.size

    def copy(self) -> "View":
        """Return an independent copy."""
        open_tiles = [list(each) for each in self.open_tiles]
        return View(self.tree.copy(), open_tiles, self.last, self.note, self.ts)

    def append(self, leaf: bytes) -> list[Tile]:
        """Add a leaf hash and return the tiles it fills, lowest level first."""
        self.tree.append(leaf)
        self.last = leaf
        filled: list[Tile] = []
        level, node = 0, leaf
        while True:
            self.open_tiles[level].append(node)
            if len(self.open_tiles[level]) < TILE_WIDTH:
                return filled
            hashes = self.open_tiles[level]
            node = root(hashes)
            idx = (self.size >> 8 * (level + 1)) - 1
            filled.append(Tile(level, idx, b"".join(hashes), node))
            self.open_tiles[level] = []
            level += 1
            if level == len(self.open_tiles):
                self.open_tiles.append([])


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
    peaks = [peak for hashes in reversed(open_tiles) for peak in Frontier(hashes).peaks]
    return View(Frontier.of_peaks(size, peaks), open_tiles)
