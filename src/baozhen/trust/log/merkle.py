"""The Merkle tree of RFC 6962: roots, inclusion proofs, consistency proofs.

Shapes and verification follow RFC 6962 §2.1 and RFC 9162 §2.1.3 and §2.1.4. The hash is SHA-256
unless SM3 is asked for. Sizes are checked before any content is hashed.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.errors import ParseError, VerificationError

__all__ = [
    "MerkleTree",
    "consistency_path",
    "inclusion_path",
    "leaf_hash",
    "root",
    "sha256",
    "sm3",
    "verify_consistency",
    "verify_inclusion",
]

HashFunction = Callable[[bytes], bytes]

HASH_BYTES: Final = 32
SIZE_MAX: Final = 1 << 62
_LEAF_PREFIX, _NODE_PREFIX = b"\x00", b"\x01"


def leaf_hash(entry: bytes, *, hash_function: HashFunction = sha256) -> bytes:
    """Return the hash of one entry; the prefix keeps leaves from passing as nodes."""
    return hash_function(_LEAF_PREFIX + entry)


def _node(left: bytes, right: bytes, hash_function: HashFunction) -> bytes:
    return hash_function(_NODE_PREFIX + left + right)


def root(leaves: Sequence[bytes], *, hash_function: HashFunction = sha256) -> bytes:
    """Return the root over leaf hashes; the root of nothing is the hash of nothing."""
    return MerkleTree(leaves, hash_function=hash_function).root()


class MerkleTree:
    """A growing list of leaf hashes; complete subtrees are hashed once and kept."""

    def __init__(
        self, leaves: Iterable[bytes] = (), *, hash_function: HashFunction = sha256
    ) -> None:
        """Begin with these leaf hashes."""
        self._hash = hash_function
        # _levels[k][i] is the root of the complete subtree over leaves i·2^k … (i+1)·2^k - 1.
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        if len(leaf) != HASH_BYTES:
            raise ParseError("默克尔树的叶子应为 32 字节的摘要")
        self._levels[0].append(leaf)
        for level, nodes in enumerate(self._levels):
            if len(nodes) % 2:
                break
            if level + 1 == len(self._levels):
                self._levels.append([])
            self._levels[level + 1].append(_node(nodes[-2], nodes[-1], self._hash))

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, all by default."""
        wanted = len(self) if size is None else size
        _check_size(wanted, at_most=len(self))
        return self._subtree(0, wanted) if wanted else self._hash(b"")

    def inclusion_path(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the audit path of leaf `index` in the tree of `size` leaves (§2.1.1)."""
        wanted = len(self) if size is None else size
        _check_size(wanted, at_most=len(self))
        if not 0 <= index < wanted:
            raise ParseError("默克尔证明的序号超出树的大小")
        return self._inclusion(index, 0, wanted)

    def consistency_path(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of `old_size` is a prefix of that of `size` (§2.1.2)."""
        wanted = len(self) if size is None else size
        _check_size(wanted, at_most=len(self))
        _check_size(old_size, at_most=wanted)
        if old_size in (0, wanted):
            return ()
        return self._consistency(old_size, 0, wanted, is_known=True)

    def _subtree(self, start: int, end: int) -> bytes:
        """Return the root over leaves [start, end); complete subtrees come from the levels."""
        size = end - start
        level = size.bit_length() - 1
        if size == 1 << level and start % size == 0:
            return self._levels[level][start >> level]
        middle = start + _split(size)
        return _node(self._subtree(start, middle), self._subtree(middle, end), self._hash)

    def _inclusion(self, index: int, start: int, end: int) -> tuple[bytes, ...]:
        if end - start == 1:
            return ()
        middle = start + _split(end - start)
        if index < middle:
            return (*self._inclusion(index, start, middle), self._subtree(middle, end))
        return (*self._inclusion(index, middle, end), self._subtree(start, middle))

    def _consistency(
        self, old_size: int, start: int, end: int, *, is_known: bool
    ) -> tuple[bytes, ...]:
        """SUBPROOF of RFC 6962 §2.1.2; `is_known`: the old root itself need not be sent."""
        if old_size == end:
            return () if is_known else (self._subtree(start, end),)
        middle = start + _split(end - start)
        if old_size <= middle:
            left = self._consistency(old_size, start, middle, is_known=is_known)
            return (*left, self._subtree(middle, end))
        right = self._consistency(old_size, middle, end, is_known=False)
        return (*right, self._subtree(start, middle))


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _check_size(size: int, *, at_most: int) -> None:
    if not 0 <= size <= at_most:
        raise ParseError("默克尔树的大小超出范围")


def inclusion_path(
    leaves: Sequence[bytes], index: int, *, hash_function: HashFunction = sha256
) -> tuple[bytes, ...]:
    """Return the audit path of leaf `index` among leaf hashes."""
    return MerkleTree(leaves, hash_function=hash_function).inclusion_path(index)


def consistency_path(
    leaves: Sequence[bytes], old_size: int, *, hash_function: HashFunction = sha256
) -> tuple[bytes, ...]:
    """Return the proof that the first `old_size` leaf hashes are the beginning of all."""
    return MerkleTree(leaves, hash_function=hash_function).consistency_path(old_size)


def verify_inclusion(
    leaf: bytes,
    *,
    index: int,
    size: int,
    path: Sequence[bytes],
    expected_root: bytes,
    hash_function: HashFunction = sha256,
) -> None:
    """Raise VerificationError unless leaf hash `leaf` is number `index` of the tree (§2.1.3.2)."""
    if not 0 <= index < size <= SIZE_MAX:
        raise VerificationError(0, "默克尔证明的序号超出树的大小")
    _check_hashes((leaf, expected_root, *path))
    inner = (index ^ (size - 1)).bit_length()
    if len(path) != inner + (index >> inner).bit_count():
        raise VerificationError(0, "默克尔证明的长度与树的大小不符")
    node = leaf
    for level, sibling in enumerate(path):
        # Above `inner` the leaf lies on the right border, where only left siblings exist.
        is_right = level >= inner or index >> level & 1
        pair = (sibling, node) if is_right else (node, sibling)
        node = _node(*pair, hash_function)
    if node != expected_root:
        raise VerificationError(0, "默克尔证明与树根不符")


def verify_consistency(
    *,
    old_size: int,
    old_root: bytes,
    size: int,
    new_root: bytes,
    path: Sequence[bytes],
    hash_function: HashFunction = sha256,
) -> None:
    """Raise VerificationError unless the old tree is the beginning of the new one (§2.1.4.2)."""
    if not 0 <= old_size <= size <= SIZE_MAX:
        raise VerificationError(0, "旧树大于新树")
    _check_hashes((old_root, new_root, *path))
    if old_size in (0, size):
        _check_trivial(old_size, (old_root, new_root), path, hash_function)
        return
    # The node where the old tree ends: counted in whole subtrees, below it nothing is new.
    shift = (old_size & -old_size).bit_length() - 1
    index = old_size - 1 >> shift
    inner = (old_size - 1 ^ size - 1).bit_length() - shift
    proof = list(path)
    seed = old_root if index == 0 else (proof.pop(0) if proof else b"")
    if len(proof) != inner + (index >> inner).bit_count():
        raise VerificationError(0, "一致性证明的长度与树的大小不符")
    old_node = new_node = seed
    for level, sibling in enumerate(proof):
        if level >= inner or index >> level & 1:
            old_node = _node(sibling, old_node, hash_function)
            new_node = _node(sibling, new_node, hash_function)
        else:
            new_node = _node(new_node, sibling, hash_function)
    if (old_node, new_node) != (old_root, new_root):
        raise VerificationError(0, "一致性证明与树根不符")


def _check_trivial(
    old_size: int, roots: tuple[bytes, bytes], path: Sequence[bytes], hash_function: HashFunction
) -> None:
    """An empty tree begins every tree; equal sizes mean equal roots. Neither needs a path."""
    old_root, new_root = roots
    expected = hash_function(b"") if old_size == 0 else new_root
    if path or old_root != expected:
        raise VerificationError(0, "一致性证明与树根不符")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise VerificationError(0, "默克尔证明中的摘要应为 32 字节")
