"""Takes a seal or a signature out of a photograph or scan: the ink stays, the paper goes.

Strangers' pictures are read here: run it in a process with limits where they come from outside.
"""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageFilter, UnidentifiedImageError

from baozhen.trust.errors import ParseError
from baozhen.trust.seal.inks import PEN_BLACK, PIXELS_A_MM, SEAL_OPACITY, SEAL_RED, Ink, ink_png

BYTES_MAX: Final = 8_388_608
PIXELS_MAX: Final = 24_000_000
_FORMATS = ("PNG", "JPEG")
_WORKING_SIDE = 1_600
_PAPER_WINDOW = 31
_INK_SHARE_MIN = 0.002
_INK_SHARE_MAX = 0.6


@dataclass(frozen=True)
class CleanPicture:
    """The ink alone: a PNG with a palette, and its size on paper."""

    png: bytes
    width_mm: int
    height_mm: int


def remove_background(
    picture: bytes, *, is_red: bool, width_mm: int, height_mm: int
) -> CleanPicture:
    """Return the ink of a picture, cut to its bounds and fitted into the size.

    `is_red` looks for the red of a seal and leaves black text behind; else for anything darker
    than the paper around it. Raises ParseError for what is no usable picture.
    """
    image = open_picture(picture)
    image.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
    coverage = _redness(image) if is_red else _darkness(image)
    bounds = coverage.point(lambda value: 255 if value > 96 else 0).getbbox()  # noqa: PLR2004
    share = sum(coverage.histogram()[97:]) / (coverage.width * coverage.height)
    if bounds is None or not _INK_SHARE_MIN <= share <= _INK_SHARE_MAX:
        what = "红色印文" if is_red else "笔迹"
        raise ParseError(f"图片中找不到清楚的{what}")
    cut = coverage.crop(bounds)
    scale = min(width_mm * PIXELS_A_MM / cut.width, height_mm * PIXELS_A_MM / cut.height)
    size = max(round(cut.width * scale), 1), max(round(cut.height * scale), 1)
    fitted = cut.resize(size, Image.Resampling.LANCZOS)
    ink = Ink(SEAL_RED, SEAL_OPACITY) if is_red else Ink(PEN_BLACK, 1.0)
    png = ink_png(fitted.tobytes(), *size, ink)
    return CleanPicture(
        png, max(round(size[0] / PIXELS_A_MM), 1), max(round(size[1] / PIXELS_A_MM), 1)
    )


def open_picture(data: bytes) -> Image.Image:
    """Read a PNG or JPEG of sensible size as RGB on white; ParseError for anything else."""
    if len(data) > BYTES_MAX:
        raise ParseError("图片超过 8 MB")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > PIXELS_MAX:
                raise ParseError("图片的像素过多")
            rgba = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ParseError("不是可以读取的 PNG 或 JPEG 图片") from error
    except Image.DecompressionBombError as error:
        raise ParseError("图片的像素过多") from error
    paper = Image.new("RGB", rgba.size, "white")
    paper.paste(rgba, mask=rgba.getchannel("A"))
    return paper


def _redness(image: Image.Image) -> Image.Image:
    """How much more red than anything else: black text and white paper both give nothing."""
    red, green, blue = image.split()
    other = ImageChops.lighter(green, blue)
    return _stretched(ImageChops.subtract(red, other), low=28)


def _darkness(image: Image.Image) -> Image.Image:
    """How much darker than the paper around: shadows of a photograph go away."""
    grey = image.convert("L")
    small = grey.resize((max(grey.width // 4, 1), max(grey.height // 4, 1)))
    paper = small.filter(ImageFilter.MaxFilter(_PAPER_WINDOW)).filter(
        ImageFilter.GaussianBlur(_PAPER_WINDOW / 2)
    )
    return _stretched(ImageChops.subtract(paper.resize(grey.size), grey), low=24)


def _stretched(image: Image.Image, *, low: int) -> Image.Image:
    """Stretch so that `low` becomes nothing and the strongest hundredth full ink."""
    strong = image.histogram()
    inked = sum(strong[low:])
    if not inked:
        return Image.new("L", image.size)
    high, seen = 255, 0
    while high > low + 1 and seen < inked * 0.2:
        seen += strong[high]
        high -= 1
    reach = max(high - low, 1)
    return image.point(lambda value: min(max((value - low) * 255 // reach, 0), 255))
