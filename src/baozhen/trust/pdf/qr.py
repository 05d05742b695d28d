"""A QR code of a short text as a tiny one-bit PNG, fast enough for every document.

ISO/IEC 18004, byte mode, level M, versions 1 to 6. The mask is fixed: choosing the prettiest of
the eight masks is what makes general encoders slow, and readers accept each of them.
"""

import struct
import zlib
from functools import cache
from typing import NamedTuple

from baozhen.trust.errors import UnsupportedError

QUIET_MODULES = 4
_MASK = 3
_INK = bytes.maketrans(b"\x00\x01", b"10")  # in a PNG of one bit 1 is white


class _Shape(NamedTuple):
    """Codewords of one version at level M. ISO/IEC 18004 table 9."""

    version: int
    data: int
    blocks: int
    correction: int

    @property
    def size(self) -> int:
        return 17 + 4 * self.version

    @property
    def capacity(self) -> int:
        # Mode indicator (4 bits) and length (8 bits) take a byte and a half.
        return self.data - 2


_SHAPES = (
    _Shape(1, 16, 1, 10),
    _Shape(2, 28, 1, 16),
    _Shape(3, 44, 1, 26),
    _Shape(4, 64, 2, 18),
    _Shape(5, 86, 2, 24),
    _Shape(6, 108, 4, 16),
)


def qr_png(text: str, *, pixels_per_module: int = 1) -> bytes:
    """The QR code of a text as a PNG without a quiet zone; the page leaves that around it.

    Raises `UnsupportedError` when the text is longer than version 6 can hold (106 bytes).
    """
    rows = qr_rows(text)
    side = len(rows) * pixels_per_module
    width = -(-side // 8)
    lines = []
    for row in rows:
        bits = row.translate(_INK).decode()
        for bit in "01":
            bits = bits.replace(bit, bit * pixels_per_module)
        line = b"\0" + (int(bits, 2) << width * 8 - side).to_bytes(width, "big")
        lines.append(line * pixels_per_module)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(b"".join(lines), 6)),
            _chunk(b"IEND", b""),
        )
    )


def qr_rows(text: str) -> tuple[bytes, ...]:
    """The modules of the code, row by row; 1 is dark."""
    data = text.encode()
    shape = next((shape for shape in _SHAPES if len(data) <= shape.capacity), None)
    if shape is None:
        raise UnsupportedError(
            f"二维码内容过长：{len(data)} 字节，最多 {_SHAPES[-1].capacity} 字节"
        )
    stream = _with_correction(_codewords(data, shape), shape)
    modules, positions = _canvas(shape)
    cells = bytearray(modules)
    bits = bin(int.from_bytes(b"\x01" + stream, "big"))[3:]
    for position, bit in zip(positions, bits, strict=False):
        cells[position] ^= bit == "1"
    size = shape.size
    return tuple(bytes(cells[row * size : (row + 1) * size]) for row in range(size))


def _codewords(data: bytes, shape: _Shape) -> bytes:
    # Byte mode is 0100, then the length in eight bits, the data and four zero bits.
    length = len(data)
    number = (0b0100 << 8 | length) << (8 * length) | int.from_bytes(data, "big")
    head = (number << 4).to_bytes(length + 2, "big")
    padding = b"\xec\x11" * (shape.data // 2)
    return (head + padding)[: shape.data]


def _with_correction(data: bytes, shape: _Shape) -> bytes:
    width = shape.data // shape.blocks
    blocks = [data[i * width : (i + 1) * width] for i in range(shape.blocks)]
    parities = [_parity(block, shape.correction) for block in blocks]
    interleaved = bytes(byte for column in zip(*blocks, strict=True) for byte in column)
    return interleaved + bytes(byte for column in zip(*parities, strict=True) for byte in column)


def _parity(block: bytes, degree: int) -> bytes:
    """The Reed-Solomon remainder; each step uses a ready multiple of the generator."""
    table = _multiples(degree)
    keep = (1 << 8 * (degree - 1)) - 1
    shift = 8 * (degree - 1)
    remainder = 0
    for byte in block:
        remainder = (remainder & keep) << 8 ^ table[byte ^ remainder >> shift]
    return remainder.to_bytes(degree, "big")


@cache
def _multiples(degree: int) -> tuple[int, ...]:
    generator = [1]
    for power in range(degree):
        root = _exponent(power)
        generator = [
            high ^ _multiply(low, root)
            for high, low in zip([*generator, 0], [0, *generator], strict=True)
        ]
    tail = generator[1:]
    return tuple(
        int.from_bytes(bytes(_multiply(value, factor) for value in tail), "big")
        for factor in range(256)
    )


def _exponent(power: int) -> int:
    value = 1
    for _ in range(power):
        value = _multiply(value, 2)
    return value


def _multiply(left: int, right: int) -> int:
    """A product in GF(256) with the field polynomial 0x11D."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = left << 1 ^ (0x11D if left & 0x80 else 0)
        right >>= 1
    return product


@cache
def _canvas(shape: _Shape) -> tuple[bytes, tuple[int, ...]]:
    """The function patterns with the mask already laid over the data area, and the order of it."""
    size = shape.size
    fixed: dict[tuple[int, int], bool] = {}
    for row, column in ((0, 0), (0, size - 7), (size - 7, 0)):
        _finder(fixed, row, column, size)
    for index in range(8, size - 8):
        fixed[6, index] = fixed[index, 6] = index % 2 == 0
    if shape.version > 1:
        _alignment(fixed, size - 7)
    _format(fixed, size)
    positions = [cell for cell in _zigzag(size) if cell not in fixed]
    cells = bytearray(size * size)
    for (row, column), dark in fixed.items():
        cells[row * size + column] = dark
    for row, column in positions:
        cells[row * size + column] = (row + column) % 3 == 0  # mask 3
    return bytes(cells), tuple(row * size + column for row, column in positions)


def _finder(fixed: dict[tuple[int, int], bool], top: int, left: int, size: int) -> None:
    for row in range(-1, 8):
        for column in range(-1, 8):
            if 0 <= top + row < size and 0 <= left + column < size:
                ring = max(abs(row - 3), abs(column - 3))
                fixed[top + row, left + column] = ring in (0, 1, 3)


def _alignment(fixed: dict[tuple[int, int], bool], centre: int) -> None:
    for row in range(-2, 3):
        for column in range(-2, 3):
            fixed[centre + row, centre + column] = max(abs(row), abs(column)) != 1


def _format(fixed: dict[tuple[int, int], bool], size: int) -> None:
    # Level M is 00; BCH(15,5) with generator 0x537, masked with 0x5412.
    value = _MASK
    remainder = value << 10
    for bit in range(14, 9, -1):
        if remainder >> bit & 1:
            remainder ^= 0x537 << (bit - 10)
    word = (value << 10 | remainder) ^ 0x5412
    around = [(8, 0), (8, 1), (8, 2), (8, 3), (8, 4), (8, 5), (8, 7), (8, 8)]
    around += [(7, 8), (5, 8), (4, 8), (3, 8), (2, 8), (1, 8), (0, 8)]
    split = [(size - 1 - i, 8) for i in range(7)] + [(8, size - 8 + i) for i in range(8)]
    for cells in (around, split):
        for index, cell in enumerate(cells):
            fixed[cell] = bool(word >> (14 - index) & 1)
    fixed[size - 8, 8] = True


def _zigzag(size: int) -> list[tuple[int, int]]:
    cells = []
    columns = [*range(size - 1, 6, -2), *range(5, 0, -2)]
    for index, column in enumerate(columns):
        rows = range(size) if index % 2 else range(size - 1, -1, -1)
        cells += [(row, column - side) for row in rows for side in (0, 1)]
    return cells


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
