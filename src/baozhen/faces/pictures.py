"""Draw a page of a PDF as a PNG: a program of its own, so that a bad file kills only it.

Run as `python -m baozhen.faces.pictures <page, from 0>`: PDF on standard input, PNG on standard
output.
"""

import io
import resource
import subprocess
import sys

import pypdfium2
from PIL import Image

from baozhen.foundation.errors import Outage

_SCALE = 1.5
_MEMORY_BYTES_MAX = 1024**3
_SECONDS_MAX = 20


class PictureFailed(Outage):
    """The drawing program did not return a picture in time."""

    code = "picture_failed"
    message = "暂时无法生成预览，请直接下载文件"


def first_page(pdf: bytes) -> bytes:
    """Return the first page as a PNG, drawn in a process with limits; raises PictureFailed."""
    return page_picture(pdf, 0)


def page_picture(pdf: bytes, number: int) -> bytes:
    """Return a page, counted from 0, as a PNG, drawn in a process with limits."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own interpreter and module, no shell
            [sys.executable, "-m", "baozhen.faces.pictures", str(number)],
            input=pdf,
            capture_output=True,
            timeout=_SECONDS_MAX,
            check=True,
        )
    except subprocess.SubprocessError as exc:
        raise PictureFailed from exc
    return done.stdout


def main() -> None:
    """Read a PDF, write a picture."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS_MAX, _SECONDS_MAX))
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    document.init_forms()  # the seal is drawn by the signature's field
    page = document[int(sys.argv[1]) if len(sys.argv) > 1 else 0]
    picture = io.BytesIO()
    drawn = page.render(scale=_SCALE).to_pil().convert("RGB")
    # A palette keeps the picture small; without dithering the pale grounds stay even.
    drawn.quantize(colors=160, dither=Image.Dither.NONE).save(picture, "PNG", optimize=True)
    sys.stdout.buffer.write(picture.getvalue())


if __name__ == "__main__":
    main()
