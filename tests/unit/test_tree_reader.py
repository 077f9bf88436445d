"""Proofs out of tiles are those of the whole tree, whatever its size, and read a handful of tiles at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pytest

from bot.domain import merkle
from bot.domain.errors import LedgerBrokenError
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import Hashes

SIZES = (1, 2, 255, 256, 257, 511, 512, 1_000, 65_792)


@dataclass
class Rows:
    """A stored tree in memory, which counts how often it is read."""

    leaves: Sequence[bytes]
    no_tiles: bool = False
    reads: list[int] = field(default_factory=list)

    async def hashes(self, wanted: Sequence[Hashes]) -> list[bytes]:
        """Return the hashes of each."""
        self.reads.append(len(wanted))
        return [b"" if each.full and self.no_tiles else self._found(each) for each in wanted]

    def _found(self, each: Hashes) -> bytes:
        if not self.leaves:
            return b""
        width = 256**each.level
        nodes = [merkle.root(self.leaves[at * width : (at + 1) * width]) for at in range(each.low, each.high)]
        return b"".join(nodes)


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    """Give the leaf hashes of a long log."""
    return [sha256(n.to_bytes(4)).digest() for n in range(max(SIZES))]


def reader(rows: Rows, size: int) -> TreeReader:
    """Return a reader of these rows."""
    return TreeReader(rows, size)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_proofs_out_of_tiles_are_those_of_the_whole_tree(leaves: list[bytes], size: int) -> None:
    tree, root = leaves[:size], merkle.root(leaves[:size])
    assert await reader(Rows(tree), size).root(0, size) == root == merkle.Frontier(tree).root()
    for index in sorted({0, size // 3, size // 2, size - 1}):
        rows = Rows(tree)
        path = await reader(rows, size).inclusion(index)
        merkle.verify_inclusion(index=index, size=size, leaf=tree[index], proof=path, root=root)
        assert len(rows.reads) <= 1
        assert sum(rows.reads) <= 6
        old = index + 1
        proof = await reader(rows, size).consistency(old)
        old_root = merkle.root(tree[:old])
        merkle.verify_consistency(old=old, new=size, old_root=old_root, new_root=root, proof=proof)


async def test_a_second_proof_of_the_same_place_reads_nothing(leaves: list[bytes]) -> None:
    rows = Rows(leaves[:1_000])
    tree = reader(rows, 1_000)
    first = await tree.inclusion(700)
    assert await tree.inclusion(700) == first
    assert len(rows.reads) == 1


async def test_without_its_tiles_a_log_proves_the_same_and_without_its_hashes_nothing(
    leaves: list[bytes],
) -> None:
    whole, bare = Rows(leaves[:1_000]), Rows(leaves[:1_000], no_tiles=True)
    assert await reader(bare, 1_000).inclusion(300) == await reader(whole, 1_000).inclusion(300)
    with pytest.raises(LedgerBrokenError, match="missing"):
        await reader(Rows([]), 1_000).inclusion(300)
