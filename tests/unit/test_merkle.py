"""Merkle trees: what must hold for every tree, checked against a direct reading of RFC 6962."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import merkle
from bot.domain.errors import ProofError

LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(70)]
ROOTS = [merkle.root(LEAVES[:n]) for n in range(len(LEAVES) + 1)]


def rfc_root(leaves: list[bytes]) -> bytes:
    """Return MTH as RFC 6962 section 2.1 writes it."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(rfc_root(leaves[:k]), rfc_root(leaves[k:]))


def flipped(hash_: bytes) -> bytes:
    """Return the hash with one bit changed."""
    return bytes([hash_[0] ^ 16]) + hash_[1:]


@given(st.lists(st.binary(max_size=8), max_size=80))
def test_the_root_is_the_one_the_rfc_defines(data: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(each) for each in data]
    assert merkle.root(leaves) == rfc_root(leaves)


def test_every_leaf_of_every_small_tree_has_a_proof_that_holds() -> None:
    for size in range(1, 40):
        for index in range(size):
            proof = merkle.inclusion_proof(index, LEAVES[:size])
            merkle.verify_inclusion(index=index, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size])


def test_an_inclusion_proof_with_anything_changed_is_refused() -> None:
    for size in range(1, 20):
        for index in range(size):
            good = merkle.inclusion_proof(index, LEAVES[:size])
            bad = [good[:-1]] if good else []
            bad += [[*good, ROOTS[size]], [ROOTS[size], *good], [*good, b""]]
            bad += [[*good[:i], flipped(good[i]), *good[i + 1 :]] for i in range(len(good))]
            for proof in bad:
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(
                        index=index, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size]
                    )


def test_a_leaf_at_another_index_is_refused() -> None:
    for size in range(2, 20):
        for index in range(size):
            proof = merkle.inclusion_proof(index, LEAVES[:size])
            for other in {-1, index - 1, index + 1, size}:
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(
                        index=other, size=size, leaf=LEAVES[index], proof=proof, root=ROOTS[size]
                    )


def test_every_pair_of_sizes_has_a_consistency_proof_that_holds() -> None:
    for new in range(1, 50):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, LEAVES)
            merkle.verify_consistency(old=old, new=new, old_root=ROOTS[old], new_root=ROOTS[new], proof=proof)


def test_a_consistency_proof_with_anything_changed_is_refused() -> None:
    for new in range(2, 20):
        for old in range(1, new):
            good = merkle.consistency_proof(old, new, LEAVES)
            bad = [good[:-1], [*good, ROOTS[new]], [ROOTS[old], *good]]
            bad += [[*good[:i], flipped(good[i]), *good[i + 1 :]] for i in range(len(good))]
            for proof in bad:
                with pytest.raises(ProofError):
                    merkle.verify_consistency(
                        old=old, new=new, old_root=ROOTS[old], new_root=ROOTS[new], proof=proof
                    )


def test_another_history_of_the_same_size_is_not_consistent() -> None:
    forged = [*LEAVES[:3], merkle.leaf_hash(b"forged"), *LEAVES[4:10]]
    proof = merkle.consistency_proof(7, 10, forged)
    with pytest.raises(ProofError):
        merkle.verify_consistency(old=7, new=10, old_root=ROOTS[7], new_root=merkle.root(forged), proof=proof)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (-1, 3), (1, 0)])
def test_nothing_is_proved_from_an_empty_or_a_larger_tree(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        merkle.verify_consistency(old=old, new=new, old_root=ROOTS[1], new_root=ROOTS[1], proof=[])
    with pytest.raises(ProofError):
        merkle.consistency_proof(old, new, LEAVES)


def test_a_proof_for_a_leaf_that_is_not_there_cannot_be_made() -> None:
    for index in (-1, 5):
        with pytest.raises(ProofError):
            merkle.inclusion_proof(index, LEAVES[:5])


def test_a_frontier_grows_without_touching_its_copies_and_can_be_rebuilt() -> None:
    frontier = merkle.Frontier(LEAVES[:5])
    copy = frontier.copy()
    frontier.append(LEAVES[5])
    assert (copy.size, copy.root()) == (5, ROOTS[5])
    assert (frontier.size, frontier.root()) == (6, ROOTS[6])
    rebuilt = merkle.Frontier.of_peaks(6, [merkle.root(LEAVES[:4]), merkle.root(LEAVES[4:6])])
    assert rebuilt.root() == ROOTS[6]
    with pytest.raises(ProofError):
        merkle.Frontier.of_peaks(6, [ROOTS[6]])
