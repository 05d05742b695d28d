"""Photos of papers become pieces of text, in a process of their own; the extra `[ocr]` reads them.

The pictures come from strangers and meet large native libraries: a child reads one picture and
ends, so that no person's paper meets another's. It gets no keys, no database and no network, and
is limited in time and memory. Half of its three seconds go into loading: that is the price.
Without the extra nobody is offered to take a photo, and everything is typed.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import chain
from math import isfinite
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final, Protocol

from baozhen.foundation.confinement import PROXIES_TO_NOWHERE, obstacle
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.applications.ocr_worker import PIXELS_MAX, SIDE_MIN
from baozhen.insurance.applications.pieces import Found, Piece, levelled

PICTURE_BYTES_MAX: Final = 8 * 1024 * 1024
_SECONDS_MAX: Final = 25.0
_PIECES_MAX, _PIECE_MAX, _CORNERS = 200, 200, 4
# A child takes half a gigabyte and a core: so many at once in a process, and so long a wait.
_places: Final = BoundedSemaphore(2)
_WAIT_SECONDS_MAX: Final = 10.0
_LIBRARIES = ("rapidocr", "onnxruntime")
_SOURCE = Path(__file__).parents[3]
_WORKER = "baozhen.insurance.applications.ocr_worker"
_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
# Why a picture is refused, by a key that goes through addresses and between processes.
REASONS: Final[Mapping[str, str]] = {
    "missing": "没有收到照片",
    "bytes": f"超过 {PICTURE_BYTES_MAX // 1024 // 1024} MB",
    "kind": "不是 JPEG 或 PNG",
    "damaged": "文件不完整或已损坏",
    "pixels": f"超过 {PIXELS_MAX // 10_000} 万像素",
    "small": f"太小，短边不到 {SIDE_MIN} 像素",
    "narrow": "太窄长，请拍证件的整页",
    "unclear": "没有看清，请对齐四角、避免反光",
}


class PictureRefused(Refusal):
    """The upload is no picture that can be read."""

    code = "picture_refused"
    message = "照片不能识别：{reason}。请重拍，或直接填写"


class TextReaderOutage(Outage):
    """The reader came to no good end."""

    code = "text_reader_outage"
    message = "照片识别暂时不可用，请直接填写；已填的内容不受影响"


class TextReader(Protocol):
    """Reads what is written on a picture."""

    def read(self, picture: bytes) -> tuple[Piece, ...]:
        """Return the pieces of text; raises PictureRefused or TextReaderOutage."""
        ...


class ChildTextReader:
    """RapidOCR, run by a child that does one picture and ends."""

    def read(self, picture: bytes) -> tuple[Piece, ...]:
        """Check the picture's head and size, then have it read."""
        refuse_inside_transaction("reading a photo")
        if len(picture) > PICTURE_BYTES_MAX:
            raise refused("bytes")
        if not picture.startswith(_HEADS):
            raise refused("kind")
        obstacle()  # for the log: a child that keeps the network works all the same
        try:
            with _a_place():
                answer = _ask(picture)
            if "refused" not in answer:
                return levelled([_found(piece) for piece in answer["found"][:_PIECES_MAX]])
            refusal = refused(answer["refused"])
        except (subprocess.SubprocessError, OSError, ValueError, TypeError, KeyError):
            # Without its cause: what the child says may quote the paper.
            raise TextReaderOutage from None
        raise refusal


def refused(why: str) -> PictureRefused:
    """Return the refusal for a reason's key."""
    return PictureRefused(why=why, reason=REASONS[why])


@cache
def is_available() -> bool:
    """Tell whether the extra `[ocr]` is installed here."""
    return all(find_spec(name) is not None for name in _LIBRARIES)


def get_text_reader() -> TextReader:
    """Return this process's way to read a photo."""
    return ChildTextReader()


@contextmanager
def _a_place() -> Iterator[None]:
    if not _places.acquire(timeout=_WAIT_SECONDS_MAX):
        raise TimeoutError
    try:
        yield
    finally:
        _places.release()


def _ask(picture: bytes) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 -- our own interpreter, our own module
        [sys.executable, "-m", _WORKER],
        input=picture,
        capture_output=True,
        timeout=_SECONDS_MAX,
        check=True,
        env={
            "PYTHONPATH": ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)])),
            "PYTHONUTF8": "1",
            "OMP_NUM_THREADS": "1",
            **PROXIES_TO_NOWHERE,
        },
        cwd="/",
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _found(piece: Any) -> Found:
    text, corners = piece
    places = [(float(x), float(y)) for x, y in corners]
    if len(places) != _CORNERS or not all(map(isfinite, chain.from_iterable(places))):
        raise ValueError
    return str(text)[:_PIECE_MAX], places
