"""RFC 6962 / RFC 9162 Merkle trees over SHA-256: leaves, roots, proofs, and their verification.

Every hash is 32 bytes. Proofs list the nearest sibling first. Nothing here reads or writes anything.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from bot.domain.errors import ProofError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf: SHA-256(0x00 || data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows, kept as the roots of its perfect subtrees, largest first."""

    __slots__ = ("_peaks", "_size")

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._size = 0
        self._peaks: list[bytes] = []
        for leaf in leaf_hashes:
            self.append(leaf)

    @classmethod
    def of_peaks(cls, size: int, peaks: Sequence[bytes]) -> "Frontier":
        """Return the tree of `size` leaves whose perfect subtrees, largest first, have these roots."""
        if size < 0 or len(peaks) != size.bit_count():
            raise ProofError("the number of subtrees does not fit the size of the tree")
        frontier = cls()
        frontier._size = size
        frontier._peaks = list(peaks)
        return frontier

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Return the roots of the perfect subtrees, largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        node, index = leaf, self._size
        while index & 1:
            node = node_hash(self._peaks.pop(), node)
            index >>= 1
        self._peaks.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Return the root of the whole tree; for no leaves, SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def copy(self) -> "Frontier":
        """Return an independent copy."""
        return Frontier.of_peaks(self._size, self._peaks)


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes; for none, SHA-256 of nothing."""
    nodes = list(leaf_hashes) or [EMPTY_ROOT]
    while len(nodes) > 1:
        alone = nodes[len(nodes) & ~1 :]
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=False)] + alone
    return nodes[0]


def split(size: int) -> int:
    """Return the largest power of two smaller than `size` (`size` of at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """Return the audit path of leaf `index`.

    Raises:
        ProofError: there is no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise ProofError(f"there is no leaf {index} in a tree of {len(leaf_hashes)}")
    path: list[bytes] = []
    low, high = 0, len(leaf_hashes)
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append(root(leaf_hashes[middle:high]))
            high = middle
        else:
            path.append(root(leaf_hashes[low:middle]))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the first `old` leaves are a prefix of the first `new`.

    Raises:
        ProofError: not 0 < old <= new <= number of leaves.
    """
    if not 0 < old <= new <= len(leaf_hashes):
        raise ProofError(f"no consistency proof from {old} to {new} in a tree of {len(leaf_hashes)}")
    path: list[bytes] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + split(high - low)
        if old <= middle:
            path.append(root(leaf_hashes[middle:high]))
            high = middle
        else:
            path.append(root(leaf_hashes[low:middle]))
            low, whole = middle, False
    if not whole:
        path.append(root(leaf_hashes[low:high]))
    return path[::-1]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Return if `leaf` is the leaf at `index` of the tree of `size` leaves with this root.

    Raises:
        ProofError: it is not, or the proof is too long, too short or malformed.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    _demand_hashes(leaf, root, *proof)
    node, place, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            place, last = _skip_even(place, last)
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the inclusion proof is too short")
    if node != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return if the tree of `old` leaves is a prefix of the tree of `new` leaves.

    Raises:
        ProofError: it is not, the sizes are out of order, or the proof is malformed. Nothing is ever
            proved from an empty tree to a larger one.
    """
    if old == new:
        _verify_same(old, old_root, new_root, proof)
        return
    if not 0 < old < new:
        raise ProofError(f"no consistency can be proved from {old} to {new}")
    _demand_hashes(old_root, new_root, *proof)
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        raise ProofError("the consistency proof is empty")
    if _both_roots(old, new, steps) != (old_root, new_root):
        raise ProofError("the consistency proof leads to other roots")


def _both_roots(old: int, new: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the old and the new root that a consistency proof leads to (RFC 9162, 2.1.4.2)."""
    place, last = _skip_odd(old - 1, new - 1)
    old_node = new_node = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if place & 1 or place == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            place, last = _skip_even(place, last)
        else:
            new_node = node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the consistency proof is too short")
    return old_node, new_node


def _verify_same(size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if size < 0 or proof or old_root != new_root:
        raise ProofError("two trees of one size need equal roots and an empty proof")


def _skip_even(place: int, last: int) -> tuple[int, int]:
    """Return the node one must climb to before it is a right child, where it has no right sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _skip_odd(place: int, last: int) -> tuple[int, int]:
    """Return the lowest ancestor that is a left child."""
    while place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _demand_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError("a hash is not 32 bytes long")
