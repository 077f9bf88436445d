"""Whole tiles of entries seen to be right, many at a time; whoever finds one that is not looks at each entry."""

from collections.abc import Sequence
from hashlib import sha256
from operator import contains

from storage.audit_reader import AuditReader
from storage.ledger_values import ORIGIN_PREV
from storage.ledger_view import TILE_WIDTH

TILES = 8

Leaves = Sequence[bytes]


def right_tiles(
    reader: AuditReader, shard: int, first: int, last: bytes
) -> list[tuple[Leaves, bytes]] | None:
    """Return the leaf hashes and roots of the tiles from entry `first` on, None when anything is not as it must be.

    As it must be: no gap, every body under its leaf hash, every link, every tile. `last` is the leaf hash before.
    """
    rows = reader.plain(shard, first, first + TILES * TILE_WIDTH)
    if len(rows) != TILES * TILE_WIDTH:  # a primary key: as many as there are places is one in each
        return None
    bodies = [row[0] for row in rows]
    leaves = [sha256(b"\0" + body).digest() for body in bodies]
    if leaves != [row[1] for row in rows] or not all(map(contains, bodies, _links(leaves, last))):
        return None
    tiles = [leaves[at : at + TILE_WIDTH] for at in range(0, len(leaves), TILE_WIDTH)]
    roots = [_root(each) for each in tiles]
    idx = first // TILE_WIDTH
    kept = [(bytes(hashes), bytes(root)) for hashes, root in reader.tiles(shard, idx, idx + TILES)]
    if kept != [(b"".join(each), root) for each, root in zip(tiles, roots, strict=True)]:
        return None
    return list(zip(tiles, roots, strict=True))


def link(last: bytes) -> bytes:
    """Return what stands in the body after the entry with this leaf hash.

    `prev` stands before `req` in canonical order, and nested only in a subject, which has no `req`.
    """
    return f'"prev":"{last.hex() or ORIGIN_PREV}","req":'.encode()


def _links(leaves: Leaves, last: bytes) -> list[bytes]:
    digits = b"".join(leaves).hex().encode()
    links = [b'"prev":"%b","req":' % digits[at : at + 64] for at in range(0, len(digits) - 64, 64)]
    return [link(last), *links]


def _root(hashes: Leaves) -> bytes:
    """Return the root of a perfect tree."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\1" + left + right).digest() for left, right in pairs]
    return hashes[0]
