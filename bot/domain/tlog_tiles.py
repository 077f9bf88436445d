"""A log as the files of C2SP tlog-tiles: their paths, and the bytes in them."""

from collections.abc import Iterable, Iterator, Sequence

from bot.domain import merkle

TILE_WIDTH = 256


def tile_files(leaf_hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Give path and bytes of every tile of the tree over these leaf hashes, level by level."""
    level, hashes = 0, leaf_hashes
    while hashes:
        above = []
        for index, start in enumerate(range(0, len(hashes), TILE_WIDTH)):
            tile = hashes[start : start + TILE_WIDTH]
            yield _path(str(level), index, len(tile)), b"".join(tile)
            if len(tile) == TILE_WIDTH:
                above.append(merkle.root(tile))
        level, hashes = level + 1, above


def bundle_files(entries: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Give path and bytes of every bundle of entries, each entry behind its length in two bytes."""
    kept: list[bytes] = []
    index = 0
    for entry in entries:
        kept.append(len(entry).to_bytes(2, "big") + entry)
        if len(kept) == TILE_WIDTH:
            yield _path("entries", index, TILE_WIDTH), b"".join(kept)
            kept, index = [], index + 1
    if kept:
        yield _path("entries", index, len(kept)), b"".join(kept)


def _path(level: str, index: int, width: int) -> str:
    """Return where a tile lies: its index in groups of three digits, every one but the last behind an x."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{number}" + (f".p/{width}" if width < TILE_WIDTH else "")
