"""The child that reads one picture: it limits itself, reads standard input, writes what it found.

The answer is JSON: `{"refused": why}`, or `{"found": [[text, corners], ...]}`.
"""

import contextlib
import json
import sys
from importlib import import_module
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageOps

from baozhen.foundation.confinement import confine, restrict

_LIMITS = {"cpu_seconds_max": 20, "memory_bytes_max": 4 * 1024 * 1024 * 1024}
PIXELS_MAX: Final = 64_000_000
# Less says nothing; and what is drawn out very long is made huge by the library's own scaling.
SIDE_MIN: Final = 240
_SIDES_MAX: Final = 4
# Text of a licence that fills the photo is read well at this size; more costs time and memory.
_SIDE_MAX: Final = 1600
_SURE: Final = 0.8
_SETTINGS: Final = {
    "Global.log_level": "critical",
    "Global.text_score": _SURE,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class Unusable(ValueError):
    """The picture cannot be read; the text is the key of the reason in `ocr`."""


def main() -> int:
    """Read one picture."""
    confine()
    restrict(_LIMITS)
    # A library that prints must not spoil the answer.
    with contextlib.redirect_stdout(sys.stderr):
        answer = _answer(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(answer, ensure_ascii=False))
    return 0


def opened(data: bytes) -> Image.Image:
    """Return the picture upright, in plain colours and of a moderate size; raises Unusable."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG")) as picture:
            _check_size(*picture.size)
            picture.draft(None, (_SIDE_MAX, _SIDE_MAX))  # a large JPEG is never unpacked whole
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except Image.DecompressionBombError as error:
        raise Unusable("pixels") from error
    except Unusable:
        raise
    except (OSError, ValueError, SyntaxError) as error:
        raise Unusable("damaged") from error
    upright.thumbnail((_SIDE_MAX, _SIDE_MAX))
    return upright


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS_MAX:
        raise Unusable("pixels")
    if min(width, height) < SIDE_MIN:
        raise Unusable("small")
    if max(width, height) > _SIDES_MAX * min(width, height):
        raise Unusable("narrow")


def _answer(data: bytes) -> dict[str, Any]:
    try:
        picture = opened(data)
    except Unusable as unusable:
        return {"refused": str(unusable)}
    # The library belongs to an extra: it is there when this process is started at all.
    read = import_module("rapidocr").RapidOCR(params=_SETTINGS)(picture)
    if read.txts is None:
        return {"found": []}
    corners = [[[float(x), float(y)] for x, y in box] for box in read.boxes]
    return {"found": list(zip(map(str, read.txts), corners, strict=True))}


if __name__ == "__main__":
    sys.exit(main())
