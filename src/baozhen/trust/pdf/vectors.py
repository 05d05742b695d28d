"""Reads the SVG of our own drawings (seals, handwriting) and writes it as PDF paths.

Of SVG only what `trust.seal.shapes` writes is understood: one group with one ink, filled paths of
lines and cubic curves. Anything else is refused, so that a file of a stranger can bring nothing in.
"""

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from baozhen.trust.errors import ParseError

BYTES_MAX: Final = 4 * 1024 * 1024
_NUMBER = rb"-?[0-9]{1,6}(?:\.[0-9]{1,6})?"
_SVG = re.compile(
    rb'<svg xmlns="http://www\.w3\.org/2000/svg" width="' + _NUMBER + rb'mm" height="' + _NUMBER
    + rb'mm" viewBox="0 0 (' + _NUMBER + rb") (" + _NUMBER
    + rb')"><g fill="#([0-9A-Fa-f]{6})" fill-opacity="(' + _NUMBER + rb')">(.*)</g></svg>\s*',
    re.DOTALL,
)  # fmt: skip
_PATH = re.compile(rb'<path fill-rule="(evenodd|nonzero)" d="([^"]*)"/>')
_COMMAND = re.compile(rb"([MLCZ])([-0-9. ]*)")
_FIGURE = re.compile(_NUMBER)
_OPERATORS: Final = {b"M": (2, b"m"), b"L": (2, b"l"), b"C": (6, b"c"), b"Z": (0, b"h")}


@dataclass(frozen=True)
class VectorPicture:
    """Filled paths in one ink, as PDF operators that fill the unit square."""

    content: bytes
    opacity: bytes

    def group(self) -> bytes:
        """Return the body of a form that shows the paths with full strength."""
        return (
            b"<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Group<</S/Transparency/I true>>"
            b"/Resources<<>>/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream"
        ) % (len(self.content), self.content)

    def body(self, group_number: int) -> bytes:
        """Return the body of a form that shows the group with the opacity of the ink.

        Shapes that overlap would else be darker there.
        """
        content = b"/Ink gs/Paths Do"
        return (
            b"<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</ExtGState<</Ink<</ca %b>>>>"
            b"/XObject<</Paths %d 0 R>>>>/Length %d>>\nstream\n%b\nendstream"
        ) % (self.opacity, group_number, len(content), content)


def is_svg(data: bytes) -> bool:
    """Tell whether the bytes claim to be SVG."""
    return data.startswith(b"<svg")


@lru_cache(maxsize=32)
def read_svg(data: bytes) -> VectorPicture:
    """Read a drawing of ours; ParseError for any other SVG."""
    match = _SVG.fullmatch(data) if len(data) <= BYTES_MAX else None
    if match is None:
        raise ParseError("矢量图片不是本平台绘制的")
    width, height, colour, opacity, body = match.groups()
    if not float(width) > 0 or not float(height) > 0:
        raise ParseError("矢量图片没有大小")
    ink = b" ".join(b"%.4f" % (int(colour[i : i + 2], 16) / 255) for i in (0, 2, 4))
    # SVG counts from the top left; the unit square of a form from the lower left.
    turn = b"%.8f 0 0 -%.8f 0 1 cm" % (1 / float(width), 1 / float(height))
    content = b"\n".join((turn, ink + b" rg", *_paths(body)))
    return VectorPicture(zlib.compress(content, 9), opacity)


def _paths(body: bytes) -> list[bytes]:
    paths, position = [], 0
    for match in _PATH.finditer(body):
        if match.start() != position:
            break
        position = match.end()
        paths.append(_operators(match[2]) + (b" f*" if match[1] == b"evenodd" else b" f"))
    if position != len(body):
        raise ParseError("矢量图片中有不认识的内容")
    return paths


def _operators(data: bytes) -> bytes:
    parts, position = [], 0
    for match in _COMMAND.finditer(data):
        if match.start() != position:
            break
        position = match.end()
        count, operator = _OPERATORS[match[1]]
        numbers = match[2].split()
        if len(numbers) != count or not all(map(_FIGURE.fullmatch, numbers)):
            break
        parts.append(b" ".join((*numbers, operator)))
    else:
        if position == len(data):
            return b" ".join(parts)
    raise ParseError("矢量图片的路径无法读取")
