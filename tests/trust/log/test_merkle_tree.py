"""The Merkle tree against RFC 6962's own values and against the definition, read naively."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.trust.errors import ParseError, TrustError, VerificationError
from baozhen.trust.log.merkle import (
    MerkleTree,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root,
    sha256,
    sm3,
    verify_consistency,
    verify_inclusion,
)

# The eight inputs and the roots that Certificate Transparency's implementations test RFC 6962
# with (see tests/vectors/rfc6962/PROVENANCE.md).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243",
        "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HASHES = [sha256, sm3]


def naive_root(leaves: list[bytes], h: Callable[[bytes], bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return h(b"\x01" + naive_root(leaves[:k], h) + naive_root(leaves[k:], h))


def naive_path(m: int, leaves: list[bytes], h: Callable[[bytes], bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k], h), naive_root(leaves[k:], h)]
    return [*naive_path(m - k, leaves[k:], h), naive_root(leaves[:k], h)]


def naive_proof(
    m: int, leaves: list[bytes], h: Callable[[bytes], bytes], complete: bool = True
) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if m == len(leaves):
        return [] if complete else [naive_root(leaves, h)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_proof(m, leaves[:k], h, complete), naive_root(leaves[k:], h)]
    return [*naive_proof(m - k, leaves[k:], h, False), naive_root(leaves[:k], h)]


def some_leaves(count: int, h: Callable[[bytes], bytes] = sha256) -> list[bytes]:
    return [leaf_hash(bytes([number % 256]), hash_function=h) for number in range(count)]


def test_the_published_roots() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    assert root([]).hex() == EMPTY_ROOT == hashlib.sha256(b"").hexdigest()
    for size, expected in enumerate(ROOTS, start=1):
        assert root(leaves[:size]).hex() == expected


def test_the_published_proofs() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    assert [item.hex() for item in inclusion_path(leaves[:3], 1)] == [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    ]
    assert [item.hex() for item in consistency_path(leaves[:7], 3)[:1]] == [
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7"
    ]


@pytest.mark.parametrize("h", HASHES)
@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33, 100])
def test_every_proof_of_every_small_tree(size: int, h: Callable[[bytes], bytes]) -> None:
    leaves = some_leaves(size, h)
    tree = MerkleTree(leaves, hash_function=h)
    assert tree.root() == naive_root(leaves, h)
    for index in range(size):
        path = tree.inclusion_path(index)
        assert list(path) == naive_path(index, leaves, h)
        verify_inclusion(
            leaves[index],
            index=index,
            size=size,
            path=path,
            expected_root=tree.root(),
            hash_function=h,
        )
    for old_size in range(size + 1):
        proof = tree.consistency_path(old_size)
        assert list(proof) == (naive_proof(old_size, leaves, h) if old_size else [])
        verify_consistency(
            old_size=old_size,
            old_root=tree.root(old_size),
            size=size,
            new_root=tree.root(),
            path=proof,
            hash_function=h,
        )


@given(st.integers(1, 300), st.data())
@settings(max_examples=60)
def test_an_earlier_size_gives_the_earlier_tree(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    tree = MerkleTree(leaves)
    earlier = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, earlier - 1))
    assert tree.root(earlier) == root(leaves[:earlier])
    assert tree.inclusion_path(index, earlier) == inclusion_path(leaves[:earlier], index)


@given(st.integers(2, 40), st.data())
def test_no_proof_holds_for_another_place_size_leaf_or_root(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    index = data.draw(st.integers(0, size - 1))
    good = {
        "leaf": leaves[index],
        "index": index,
        "size": size,
        "path": list(inclusion_path(leaves, index)),
        "expected_root": root(leaves),
    }
    bad_path = list(good["path"])
    at = data.draw(st.integers(0, len(bad_path) - 1))
    bad_path[at] = bytes(32)
    for change in (
        {"leaf": leaf_hash(b"other")},
        {"index": (index + 1) % size},
        {"expected_root": bytes(32)},
        {"path": bad_path},
        {"path": good["path"][:-1]},
        {"path": [*good["path"], bytes(32)]},
        {"path": [b"short", *good["path"][1:]]},
        {"index": -1},
        {"index": size},
        {"size": 0},
    ):
        arguments = {**good, **change}
        with pytest.raises(VerificationError):
            verify_inclusion(arguments.pop("leaf"), **arguments)


@given(st.integers(2, 60), st.data())
def test_a_log_that_was_rewritten_is_caught(size: int, data: st.DataObject) -> None:
    """The twin: the honest log passes, the one with a changed early leaf does not."""
    old_size = data.draw(st.integers(1, size))
    changed_at = data.draw(st.integers(0, old_size - 1))
    honest = some_leaves(size)
    rewritten = list(honest)
    rewritten[changed_at] = leaf_hash(b"rewritten")
    for leaves, is_honest in ((honest, True), (rewritten, False)):
        arguments = {
            "old_size": old_size,
            "old_root": root(honest[:old_size]),
            "size": size,
            "new_root": root(leaves),
            "path": consistency_path(leaves, old_size),
        }
        if is_honest:
            verify_consistency(**arguments)
            continue
        with pytest.raises(VerificationError):
            verify_consistency(**arguments)


@given(
    st.integers(0, 70),
    st.integers(0, 70),
    st.lists(st.binary(min_size=32, max_size=32), max_size=9),
)
def test_invented_consistency_proofs_are_refused(
    old_size: int, size: int, path: list[bytes]
) -> None:
    with pytest.raises(VerificationError):
        verify_consistency(
            old_size=old_size, old_root=bytes(32), size=size, new_root=b"\x01" * 32, path=path
        )


def test_a_removed_leaf_is_caught() -> None:
    leaves = some_leaves(9)
    shorter = [*leaves[:4], *leaves[5:]]
    with pytest.raises(VerificationError):
        verify_consistency(
            old_size=6,
            old_root=root(leaves[:6]),
            size=8,
            new_root=root(shorter),
            path=consistency_path(shorter, 6),
        )


def test_a_node_cannot_pass_as_a_leaf() -> None:
    """The danger without prefixes: the two children of a node are its preimage."""
    leaves = some_leaves(2)
    forged = leaf_hash(leaves[0] + leaves[1])
    assert forged != root(leaves)
    assert hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest() == root(leaves)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 4), (0, 0)])
def test_sizes_are_checked_before_content(index: int, size: int) -> None:
    tree = MerkleTree(some_leaves(3))
    with pytest.raises(ParseError):
        tree.inclusion_path(index, size)


def test_leaves_are_hashes() -> None:
    with pytest.raises(ParseError):
        MerkleTree([b"an entry, not its hash"])
    with pytest.raises(TrustError):
        MerkleTree(some_leaves(3)).root(4)


def test_appending_is_the_same_as_building() -> None:
    tree = MerkleTree()
    for size, leaf in enumerate(some_leaves(70), start=1):
        tree.append(leaf)
        assert len(tree) == size
    assert tree.root() == root(some_leaves(70))
