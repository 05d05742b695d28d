"""A picture of one ink: how much of it lies where, as a small PNG with a palette.

The palette holds one colour in sixteen degrees of transparency, so that text under a seal stays
readable. The same coverage gives the same bytes.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from baozhen.trust.errors import SigningError

SEAL_RED: Final = "C8102E"
PEN_BLACK: Final = "1F2933"
PIXELS_A_MM: Final = 10
SEAL_OPACITY: Final = 0.82
_DEGREES = 16
_SIDE_MAX = 2_000


@dataclass(frozen=True)
class Ink:
    """A colour (RRGGBB) and how opaque it is at full coverage."""

    colour: str = SEAL_RED
    opacity: float = SEAL_OPACITY


def ink_png(coverage: bytes, width: int, height: int, ink: Ink) -> bytes:
    """Return a PNG of `coverage` (one byte a pixel, 255 is full ink)."""
    if len(coverage) != width * height or not 0 < max(width, height) <= _SIDE_MAX:
        raise SigningError("印章图片的尺寸不对")
    step = 256 // _DEGREES
    rows = []
    for start in range(0, len(coverage), width):
        row = coverage[start : start + width] + b"\0" * (width % 2)
        pairs = zip(row[0::2], row[1::2], strict=True)
        rows.append(b"\0" + bytes((left // step) << 4 | right // step for left, right in pairs))
    alphas = [round(255 * ink.opacity * degree / (_DEGREES - 1)) for degree in range(_DEGREES)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
            (b"PLTE", bytes.fromhex(ink.colour) * _DEGREES),
            (b"tRNS", bytes(alphas)),
            (b"IDAT", zlib.compress(b"".join(rows), 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
