"""Turns a PNG picture into PDF image objects: the colours, and the transparency as a soft mask.

PDF has no image with an alpha channel (ISO 32000-1 §11.6.5.3), so transparency becomes a second,
grey image. A picture is converted once a process and then remembered.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from baozhen.trust.errors import ParseError, UnsupportedError
from baozhen.trust.pdf.xref import inflate, undo_png_filters

PIXELS_MAX = 2_000_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS = 8
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_SAMPLES = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGB_ALPHA: 4}
_PALETTE_DEPTHS = (1, 2, 4, 8)
_CHUNKS_MAX = 1000


@dataclass(frozen=True)
class Raster:
    """One PDF image: its samples, packed."""

    width: int
    height: int
    space: bytes
    bits: int
    data: bytes

    def body(self, *, alpha_number: int | None = None) -> bytes:
        """Return the body of the image XObject, masked by object `alpha_number`."""
        mask = b"/SMask %d 0 R" % alpha_number if alpha_number is not None else b""
        return (
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace%b/BitsPerComponent %d"
            b"%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream"
        ) % (self.width, self.height, self.space, self.bits, mask, len(self.data), self.data)


@dataclass(frozen=True)
class Picture:
    """A picture as its colours and, where it is not opaque, a soft mask."""

    colours: Raster
    alpha: Raster | None = None


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    bits: int
    kind: int

    @property
    def row_bytes(self) -> int:
        return (self.width * self.bits * _SAMPLES[self.kind] + 7) // 8

    @property
    def pixel_bytes(self) -> int:
        return max(1, self.bits * _SAMPLES[self.kind] // 8)


@lru_cache(maxsize=8)
def read_png(data: bytes) -> Picture:
    """Read a PNG (ISO/IEC 15948) of 8 bits a sample, or with a palette, not interlaced.

    Raises ParseError for what is not a PNG, UnsupportedError for other kinds.
    """
    chunks: dict[bytes, bytes] = {}
    for kind, body in _chunks(data):
        chunks[kind] = chunks.get(kind, b"") + body
    header = _header(chunks.get(b"IHDR", b""))
    packed = inflate(chunks.get(b"IDAT", b""))
    rows = undo_png_filters(packed, header.row_bytes, header.pixel_bytes)
    if len(rows) != header.row_bytes * header.height:
        raise ParseError("PNG 的像素数据不完整")
    if header.kind == _PALETTE:
        return _with_palette(header, rows, chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b""))
    return _with_channels(header, rows)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise ParseError("印章图片不是 PNG")
    position = len(_SIGNATURE)
    for _ in range(_CHUNKS_MAX):
        length = int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        check = data[position + 8 + length : position + 12 + length]
        if check != zlib.crc32(kind + body).to_bytes(4, "big"):
            raise ParseError("PNG 数据块已损坏")
        yield kind, body
        position += 12 + length
        if kind == b"IEND":
            return
    raise ParseError("PNG 没有结束")


def _header(body: bytes) -> _Header:
    if len(body) != 13:  # noqa: PLR2004 - ISO/IEC 15948 §11.2.2
        raise ParseError("PNG 没有文件头")
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    bits, kind, interlaced = body[8], body[9], body[12]
    if not 0 < width * height <= PIXELS_MAX:
        raise UnsupportedError(f"{width}×{height} 像素的印章图片")
    allowed = _PALETTE_DEPTHS if kind == _PALETTE else (_BITS,)
    if kind not in _SAMPLES or bits not in allowed or interlaced:
        raise UnsupportedError("这种 PNG（请用 8 位、不隔行）")
    return _Header(width, height, bits, kind)


def _with_palette(header: _Header, rows: bytes, palette: bytes, transparency: bytes) -> Picture:
    count = len(palette) // 3
    if not 0 < count <= 1 << header.bits or len(palette) % 3:
        raise ParseError("PNG 的调色板不规范")
    space = b"[/Indexed/DeviceRGB %d<%b>]" % (count - 1, palette.hex().encode())
    colours = Raster(header.width, header.height, space, header.bits, _pack(rows))
    if not transparency:
        return Picture(colours)
    table = transparency[:count].ljust(256, b"\xff")
    alpha = _grey(header, _indices(header, rows).translate(table))
    if palette == palette[:3] * count:
        # A seal of one colour: a single pixel under the mask says it all (§11.6.5.3).
        colours = Raster(1, 1, b"/DeviceRGB", _BITS, _pack(palette[:3]))
    return Picture(colours, alpha)


def _indices(header: _Header, rows: bytes) -> bytes:
    """Return one byte a pixel, whatever the depth of the palette."""
    if header.bits == _BITS:
        return rows
    mask = (1 << header.bits) - 1
    shifts = range(8 - header.bits, -1, -header.bits)
    out = bytearray()
    for start in range(0, len(rows), header.row_bytes):
        row = rows[start : start + header.row_bytes]
        pixels = bytes(octet >> shift & mask for octet in row for shift in shifts)
        out += pixels[: header.width]
    return bytes(out)


def _with_channels(header: _Header, rows: bytes) -> Picture:
    samples = _SAMPLES[header.kind]
    space = b"/DeviceGray" if header.kind in {_GREY, _GREY_ALPHA} else b"/DeviceRGB"
    if header.kind in {_GREY, _RGB}:
        return Picture(Raster(header.width, header.height, space, _BITS, _pack(rows)))
    colours = bytearray(len(rows) // samples * (samples - 1))
    for channel in range(samples - 1):
        colours[channel :: samples - 1] = rows[channel::samples]
    shown = Raster(header.width, header.height, space, _BITS, _pack(bytes(colours)))
    return Picture(shown, _grey(header, rows[samples - 1 :: samples]))


def _grey(header: _Header, samples: bytes) -> Raster:
    return Raster(header.width, header.height, b"/DeviceGray", _BITS, _pack(samples))


def _pack(data: bytes) -> bytes:
    return zlib.compress(data, 9)
