"""The picture of a person's signature, however it was made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from baozhen.foundation.errors import Refusal
from baozhen.trust.errors import TrustError
from baozhen.trust.seal.background import remove_background
from baozhen.trust.seal.inks import PEN_BLACK, Ink
from baozhen.trust.seal.lettering import line
from baozhen.trust.seal.shapes import Drawing
from baozhen.trust.seal.strokes import HEIGHT_MM, WIDTH_MM, draw_strokes, strokes_from_json

_POINTS_MIN: Final = 6


class SignatureUnreadable(Refusal):
    """What was drawn or photographed is no signature."""

    code = "signature_unreadable"
    message = "签名不能使用：{reason}"


def drawn_signature(strokes: Mapping[str, Any]) -> bytes:
    """Return handwriting as PNG; raises SignatureUnreadable, also for hardly a mark."""
    try:
        writing = strokes_from_json(strokes)
        if sum(map(len, writing.strokes)) < _POINTS_MIN:
            raise SignatureUnreadable(path="strokes", reason="笔迹太短，请写下完整的姓名")
        return draw_strokes(writing).png
    except TrustError as error:
        raise SignatureUnreadable(path="strokes", reason=error) from error


def photographed_signature(data: bytes) -> bytes:
    """Return a photographed signature as PNG without its ground; raises SignatureUnreadable."""
    try:
        return remove_background(
            data, is_red=False, width_mm=round(WIDTH_MM), height_mm=round(HEIGHT_MM)
        ).png
    except TrustError as error:
        raise SignatureUnreadable(path="picture", reason=error) from error


def typed_signature(name: str, *, fonts: str) -> bytes:
    """Return a typed name as PNG; for those who cannot write by hand."""
    try:
        shapes = line(
            name,
            Path(fonts),
            centre=(WIDTH_MM / 2, HEIGHT_MM / 2),
            size=HEIGHT_MM * 0.5,
            width_max=WIDTH_MM * 0.94,
        )
        return Drawing(WIDTH_MM, HEIGHT_MM, tuple(shapes), Ink(PEN_BLACK, 1.0)).png
    except TrustError as error:
        raise SignatureUnreadable(path="typed", reason=error) from error
