"""The Merkle tree of the log on tiles: it grows and proves without reading everything.

A tile holds up to 256 neighbouring hashes. Level 0 holds leaves, level n the roots of complete
subtrees of 256ⁿ leaves; nodes between two levels are computed from one tile.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from baozhen.trust.log.merkle import HASH_BYTES, HashFunction, MerkleTree, sha256

TILE_WIDTH = 256
_TILE_HEIGHT = 8

ReadTile = Callable[[int, int], bytes]  # (level, number) -> the hashes of one tile


class TiledTree(MerkleTree):
    """A tree of a known size whose complete subtrees come from tiles (RFC 6962 §2.1)."""

    def __init__(
        self, size: int, read_tile: ReadTile, *, hash_function: HashFunction = sha256
    ) -> None:
        """Take the size of the tree and the function that reads a tile."""
        super().__init__(hash_function=hash_function)
        self._size = size
        self._read_tile = read_tile

    def __len__(self) -> int:
        return self._size

    def append(self, leaf: bytes) -> None:
        """Refuse: the tree grows by its tiles."""
        raise TypeError("a tiled tree is read-only")

    def _subtree(self, start: int, end: int) -> bytes:
        size = end - start
        height = size.bit_length() - 1
        if size != 1 << height or start % size:
            return super()._subtree(start, end)
        level, above = divmod(height, _TILE_HEIGHT)
        first = start >> (height - above)
        number, offset = divmod(first, TILE_WIDTH)
        hashes = split_tile(self._read_tile(level, number))[offset : offset + (1 << above)]
        return _fold(hashes, self._hash)


class Frontier:
    """The right border of a growing tree: enough to know every root, whatever the size."""

    def __init__(self, *, hash_function: HashFunction = sha256) -> None:
        self.size = 0
        self._hash = hash_function
        self._peaks: list[tuple[int, bytes]] = []  # (height, root) of complete subtrees

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        height, node = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            node = self._join(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return self._hash(b"")
        node = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            node = self._join(peak, node)
        return node

    def _join(self, left: bytes, right: bytes) -> bytes:
        return _fold((left, right), self._hash)


def split_tile(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[start : start + HASH_BYTES] for start in range(0, len(tile), HASH_BYTES)]


def grow(first: int, hashes: Iterable[bytes], *, tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number, content) of the tiles of one level that change when hashes are added.

    `first` is the number of hashes that the level held before, `tail` its last incomplete tile.
    """
    number, content = first // TILE_WIDTH, bytearray(tail)
    for one in hashes:
        content += one
        if len(content) == TILE_WIDTH * HASH_BYTES:
            yield number, bytes(content)
            number, content = number + 1, bytearray()
    if content:
        yield number, bytes(content)


def tile_root(tile: bytes, hash_function: HashFunction) -> bytes:
    """Return the root over the hashes of one full tile."""
    return _fold(split_tile(tile), hash_function)


def _fold(hashes: Sequence[bytes], hash_function: HashFunction) -> bytes:
    """Return the root over a power of two of hashes (RFC 6962 §2.1, the node's prefix is 01)."""
    level = list(hashes)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [hash_function(b"\x01" + left + right) for left, right in pairs]
    return level[0]
