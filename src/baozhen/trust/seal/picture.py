"""Draws the insurer's round electronic seal: a red ring, the name along it, a star, a line of use.

The picture is one colour in sixteen degrees of transparency, so that the text under the seal stays
readable and the file small. The same name and font give the same bytes.
"""

import math
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from baozhen.trust.errors import SigningError

DIAMETER_MM = 40
_PIXELS = 400
_OVERSAMPLING = 4
_SEAL_RED = bytes.fromhex("C8102E")
_DEGREES = 16
_OPACITY = 0.82
_RING = 0.028
_STAR = 0.165
_NAME_RADIUS = 0.385
_NAME_SIZE = 0.098
# The name spans this much of the ring; a short one spans less, with letters no further apart.
_NAME_ARC = math.radians(226)
_NAME_STEP = math.radians(20.5)
_NAME_LENGTH_MAX = 28


@dataclass(frozen=True)
class SealDesign:
    """What stands on a seal: whose it is, what it is for, and a note for demonstrations."""

    organization: str
    purpose: str = "电子保单专用章"
    note: str = ""


@lru_cache(maxsize=8)
def draw_seal(design: SealDesign, font: Path) -> bytes:
    """The seal as a PNG with a palette; `font` is a TrueType file that has the characters.

    Raises `SigningError` when the name is empty or too long for the ring.
    """
    if not 0 < len(design.organization) <= _NAME_LENGTH_MAX:
        raise SigningError(f"印章上的单位名称须为 1 至 {_NAME_LENGTH_MAX} 个字")
    side = _PIXELS * _OVERSAMPLING
    canvas = Image.new("L", (side, side))
    _draw_ring(canvas)
    _draw_star(canvas)
    _draw_name(canvas, design.organization, font)
    _draw_line(canvas, design.purpose, font, at=0.735, size=0.074)
    if design.note:
        _draw_line(canvas, design.note, font, at=0.83, size=0.05)
    small = canvas.resize((_PIXELS, _PIXELS), Image.Resampling.BOX)
    return _encode(small.tobytes())


def _draw_ring(canvas: Image.Image) -> None:
    side = canvas.width
    ImageDraw.Draw(canvas).ellipse(
        (2, 2, side - 3, side - 3), outline=255, width=round(_RING * side)
    )


def _draw_star(canvas: Image.Image) -> None:
    side = canvas.width
    # The inner corners of a five-pointed star lie at this share of the outer ones.
    inner = math.sin(math.radians(18)) / math.sin(math.radians(54))
    points = []
    for corner in range(10):
        radius = _STAR * side * (inner if corner % 2 else 1)
        angle = math.radians(36 * corner - 90)
        points.append((side / 2 + radius * math.cos(angle), side * 0.48 + radius * math.sin(angle)))
    ImageDraw.Draw(canvas).polygon(points, fill=255)


def _draw_name(canvas: Image.Image, name: str, font: Path) -> None:
    side = canvas.width
    step = min(_NAME_STEP, _NAME_ARC / max(len(name) - 1, 1))
    # Letters that stand closer than they are wide become smaller.
    size = min(_NAME_SIZE, step * _NAME_RADIUS * 0.98)
    face = ImageFont.truetype(str(font), round(size * side))
    box = round(size * side * 1.5)
    for index, character in enumerate(name):
        angle = (index - (len(name) - 1) / 2) * step
        letter = Image.new("L", (box, box))
        ImageDraw.Draw(letter).text((box / 2, box / 2), character, font=face, fill=255, anchor="mm")
        turned = letter.rotate(-math.degrees(angle), resample=Image.Resampling.BICUBIC)
        x = side / 2 + _NAME_RADIUS * side * math.sin(angle) - box / 2
        y = side / 2 - _NAME_RADIUS * side * math.cos(angle) - box / 2
        canvas.paste(255, (round(x), round(y)), turned)


def _draw_line(canvas: Image.Image, text: str, font: Path, *, at: float, size: float) -> None:
    side = canvas.width
    face = ImageFont.truetype(str(font), round(size * side))
    ImageDraw.Draw(canvas).text((side / 2, at * side), text, font=face, fill=255, anchor="mm")


def _encode(coverage: bytes) -> bytes:
    """A PNG of four bits a pixel: the index is the degree of ink, the palette its transparency."""
    step = 256 // _DEGREES
    high, low = coverage[0::2], coverage[1::2]
    packed = bytes(
        (left // step) << 4 | right // step for left, right in zip(high, low, strict=True)
    )
    width = _PIXELS // 2
    rows = b"".join(b"\0" + packed[start : start + width] for start in range(0, len(packed), width))
    alphas = [round(255 * _OPACITY * degree / (_DEGREES - 1)) for degree in range(_DEGREES)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", _PIXELS, _PIXELS, 4, 3, 0, 0, 0)),
            (b"PLTE", _SEAL_RED * _DEGREES),
            (b"tRNS", bytes(alphas)),
            (b"IDAT", zlib.compress(rows, 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
