"""Pictures of seals: PNG of every usable kind becomes the same picture in PDF."""

import io
import zlib

import pytest
from PIL import Image

from baozhen.trust.errors import ParseError, UnsupportedError
from baozhen.trust.pdf.pictures import Picture, read_png


def png(mode: str, *, size: tuple[int, int] = (7, 5), **options) -> tuple[bytes, Image.Image]:
    image = Image.new("RGBA", size)
    for x in range(size[0]):
        for y in range(size[1]):
            image.putpixel((x, y), (40 * (x % 3), 50 * (y % 2), 200, 255 - 30 * x))
    shown = image.quantize(int(mode[1:])) if mode.startswith("P") else image.convert(mode)
    out = io.BytesIO()
    shown.save(out, "PNG", **options)
    return out.getvalue(), shown


def samples(picture: Picture) -> bytes:
    return zlib.decompress(picture.colours.data)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_opaque_pictures_keep_their_samples(mode: str):
    data, shown = png(mode)
    picture = read_png(data)
    assert picture.alpha is None
    assert samples(picture) == shown.tobytes()


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_becomes_a_mask(mode: str):
    data, shown = png(mode)
    picture = read_png(data)
    *colours, alpha = shown.split()
    assert samples(picture) == Image.merge(mode[:-1], colours).tobytes()
    assert picture.alpha is not None
    assert zlib.decompress(picture.alpha.data) == alpha.tobytes()


@pytest.mark.parametrize("colours", [2, 4, 16, 200])
def test_palettes_of_all_depths_are_read(colours: int):
    data, shown = png(f"P{colours}", size=(33, 9))
    picture = read_png(data)
    assert picture.colours.space.startswith(b"[/Indexed/DeviceRGB")
    assert picture.alpha is not None
    assert zlib.decompress(picture.alpha.data) == shown.convert("RGBA").getchannel("A").tobytes()


def test_a_picture_of_one_colour_is_a_pixel_under_a_mask():
    image = Image.new("P", (40, 40))
    image.putpalette([200, 16, 46] * 4)
    image.putpixel((3, 3), 2)
    out = io.BytesIO()
    image.save(out, "PNG", transparency=bytes([0, 80, 160, 255]))
    picture = read_png(out.getvalue())
    assert (picture.colours.width, picture.colours.height) == (1, 1)
    assert samples(picture) == bytes([200, 16, 46])
    assert picture.alpha is not None
    assert picture.alpha.width == 40


@pytest.mark.parametrize("kind", range(5))
def test_every_row_filter_of_png_is_undone(kind: int):
    """Photographs make the encoder use all of them; here each is written by hand."""
    from baozhen.trust.pdf.xref import undo_png_filters

    rows = [bytes((7 * x * (y + 1)) % 256 for x in range(12)) for y in range(4)]
    filtered, above = b"", bytes(12)
    for row in rows:
        filtered += bytes([kind]) + _filtered(kind, row, above)
        above = row
    assert undo_png_filters(filtered, 12, 3) == b"".join(rows)


def _filtered(kind: int, row: bytes, above: bytes, step: int = 3) -> bytes:
    out = bytearray()
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        up = above[i]
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda v: abs(guess - v))
        out.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) % 256)
    return bytes(out)


def test_other_files_are_refused():
    data, _ = png("RGBA")
    for broken in (b"", b"GIF89a", data[:-4], data[:40], data.replace(b"IDAT", b"IDAX")):
        with pytest.raises(ParseError):
            read_png(broken)
    deep = io.BytesIO()
    Image.new("I;16", (4, 4)).save(deep, "PNG")
    with pytest.raises(UnsupportedError):
        read_png(deep.getvalue())
    huge = io.BytesIO()
    Image.new("L", (3000, 3000)).save(huge, "PNG")
    with pytest.raises(UnsupportedError):
        read_png(huge.getvalue())
