"""Photos of papers become lines of text, in a process of their own; the extra `[ocr]` reads them.

The pictures come from strangers and meet large native libraries: the child that reads them gets no
keys, no database and no network address of ours, and is limited in time and memory. Without the
extra nobody is offered to take a photo, and everything is typed.
"""

import json
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.transactions import refuse_inside_transaction

PICTURE_BYTES_MAX: Final = 8 * 1024 * 1024
_SECONDS_MAX: Final = 25.0
_LINES_MAX, _LINE_MAX = 200, 200
_SOURCE = Path(__file__).parents[3]
_WORKER = "baozhen.insurance.applications.ocr_worker"
_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class PictureRefused(Refusal):
    """The upload is no picture that can be read."""

    code = "picture_refused"
    message = "照片不能识别：{reason}。请重拍，或直接填写"


class TextReaderOutage(Outage):
    """The reader came to no good end."""

    code = "text_reader_outage"
    message = "照片识别暂时不可用，请直接填写；已填的内容不受影响"


class TextReader(Protocol):
    """Reads the lines of a picture, top to bottom."""

    def lines(self, picture: bytes) -> list[str]:
        """Return the lines; raises PictureRefused or TextReaderOutage."""
        ...


class ChildTextReader:
    """RapidOCR, run by a child that does one picture and ends."""

    def lines(self, picture: bytes) -> list[str]:
        """Check the picture's head and size, then have it read."""
        refuse_inside_transaction("reading a photo")
        if len(picture) > PICTURE_BYTES_MAX:
            raise PictureRefused(reason=f"超过 {PICTURE_BYTES_MAX // 1024 // 1024} MB")
        if not picture.startswith(_HEADS):
            raise PictureRefused(reason="不是 JPEG 或 PNG")
        paths = [str(_SOURCE), *(path for path in sys.path if "site-packages" in path)]
        try:
            done = subprocess.run(  # noqa: S603 -- our own interpreter, our own module
                [sys.executable, "-m", _WORKER],
                input=picture,
                capture_output=True,
                timeout=_SECONDS_MAX,
                check=True,
                env={"PYTHONPATH": ":".join(paths), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
            )
            read = json.loads(done.stdout)
        except (subprocess.SubprocessError, OSError, ValueError):
            # Without its cause: what the child says may quote the paper.
            raise TextReaderOutage from None
        return [str(line)[:_LINE_MAX] for line in read[:_LINES_MAX]]


@cache
def is_available() -> bool:
    """Tell whether the extra `[ocr]` is installed here."""
    return find_spec("rapidocr") is not None


def get_text_reader() -> TextReader:
    """Return this process's way to read a photo."""
    return ChildTextReader()
