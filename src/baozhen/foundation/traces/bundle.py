"""The files that a page needs to look as it did: found in its HTML, its styles and its scripts."""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

from baozhen.trust.crypto.digests import sha256, sm3

FILES_MAX: Final = 300
FILE_BYTES_MAX: Final = 8 * 1024 * 1024
_TAGS = re.compile(r"<(?:link|script|img|source)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"", re.IGNORECASE)
_STYLE = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)|@import\s+['"]([^'"]+)['"]""")
_MODULE = re.compile(r"""\b(?:import|from)\s*\(?\s*['"](\.{1,2}/[^'"]+)['"]""")
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}
_INNER = {".css": _STYLE, ".js": _MODULE, ".mjs": _MODULE}


@dataclass(frozen=True)
class PageFile:
    """One file of a page: its place under the static files, what it is, and its digests."""

    path: str
    media_type: str
    size: int
    sha256: str
    sm3: str

    def line(self) -> list[object]:
        """Return the file as a version keeps it."""
        return [self.path, self.media_type, self.size, self.sha256, self.sm3]


def page_files(html: str) -> list[PageFile]:
    """Return the static files that a page needs, with those that they need, by path.

    What does not lie under the static files was not the same for all visitors and stays out.
    """
    waiting = [path for found in _TAGS.finditer(html) if (path := static_path(found[1]))]
    known: dict[str, PageFile] = {}
    while waiting and len(known) < FILES_MAX:
        path = waiting.pop()
        if path in known:
            continue
        found = find_file(path)
        if found is None:
            continue
        file, needs = found
        known[path] = file
        waiting += needs
    return [known[path] for path in sorted(known)]


def read_file(path: str) -> bytes:
    """Return the bytes of a static file."""
    place = _place(path)
    if place is None:
        raise FileNotFoundError(path)
    return place.read_bytes()


def static_path(address: str, *, base: str = "") -> str | None:
    """Return the path under the static files that an address names, or None."""
    parts = urlsplit(address)
    root = str(settings.STATIC_URL)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    path = unquote(parts.path)
    if path.startswith(root):
        path = path[len(root) :]
    elif base and not path.startswith("/"):
        path = join(dirname(base), path)
    else:
        return None
    path = normpath(path)
    return None if path.startswith(("..", "/")) else path


def find_file(path: str) -> tuple[PageFile, tuple[str, ...]] | None:
    """Return a static file and the paths that it names itself; read anew when it has changed."""
    place = _place(path)
    if place is None:
        return None
    stat = place.stat()
    if stat.st_size > FILE_BYTES_MAX:
        return None
    return _read(path, str(place), stat.st_mtime_ns, stat.st_size)


def _place(path: str) -> Path | None:
    place = Path(_found(path) or str(Path(settings.STATIC_ROOT) / path))
    return place if place.is_file() else None


@lru_cache(maxsize=2_000)
def _found(path: str) -> str:
    """Return where the finders see a static file; it stays there while the process runs."""
    return str(finders.find(path) or "")


@lru_cache(maxsize=2_000)
def _read(path: str, place: str, _changed: int, _size: int) -> tuple[PageFile, tuple[str, ...]]:
    data = Path(place).read_bytes()
    ending = Path(path).suffix.lower()
    media_type = _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    file = PageFile(path, media_type, len(data), sha256(data).hex(), sm3(data).hex())
    return file, tuple(_needs(path, ending, data))


def _needs(path: str, ending: str, data: bytes) -> Iterator[str]:
    pattern = _INNER.get(ending)
    if pattern is None:
        return
    for found in pattern.finditer(data.decode("utf-8", "replace")):
        named = next((one for one in found.groups() if one), "")
        inner = static_path(named, base=path)
        if inner is not None:
            yield inner
