"""Static files: what pages fetch, gathered in one folder and compressed beside.

The packages of the libraries hold hundreds of files and 80 MB; pages fetch the few named here.
"""

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder, get_finders
from django.core.management import call_command


@dataclass(frozen=True)
class Library:
    """A package's folder below `node_modules`, and of its files those that pages fetch."""

    prefix: str
    folder: str
    files: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Tell whether pages fetch the file."""
        return any(fnmatchcase(path, wanted) for wanted in self.files)


LIBRARIES: Final = (
    Library("htmx", "htmx.org/dist", ("htmx.min.js",)),
    Library(
        "weui",
        "weui/dist/style",
        ("base/base.min.css", "widget/weui-button/weui-button.min.css"),
    ),
    Library("pdfjs", "pdfjs-dist/legacy/build", ("pdf.min.mjs", "pdf.worker.min.mjs")),
    Library("pdfjs-cmaps", "pdfjs-dist/cmaps", ("*.bcmap",)),
    Library("signature_pad", "signature_pad/dist", ("signature_pad.umd.min.js",)),
    Library("echarts", "echarts/dist", ("echarts.min.js",)),
    Library("rrweb", "rrweb/dist", ("rrweb.umd.min.cjs",)),
    Library("rrweb-player", "rrweb-player/dist", ("rrweb-player.umd.min.cjs", "style.min.css")),
)
_BY_PREFIX: Final = {library.prefix: library for library in LIBRARIES}


class LibraryFinder(FileSystemFinder):
    """Finds in the folders of STATICFILES_DIRS what pages fetch, and nothing beside."""

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        """Return the file's place, or None."""
        library = _BY_PREFIX[prefix or ""]
        if not library.has(path.removeprefix(f"{library.prefix}/")):
            return None
        found: str | None = super().find_location(root, path, prefix)
        return found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Any]]:
        """Give each file's path in its folder, and the folder."""
        for path, storage in super().list(ignore_patterns):
            if _BY_PREFIX[storage.prefix].has(path):
                yield path, storage


def gather() -> None:
    """Bring this release's files into STATIC_ROOT, once for all processes that share the folder."""
    root = Path(settings.STATIC_ROOT)
    with root.with_name("static.state").open("a+b") as state:
        fcntl.flock(state, fcntl.LOCK_EX)
        state.seek(0)
        release = _fingerprint()
        if state.read() == release and any(root.iterdir()):
            return
        state.truncate(0)
        # Emptied first: packages bear dates of long ago, so a newer file need not look newer.
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        state.write(release)


def _fingerprint() -> bytes:
    """Return what changes with any file that would be gathered."""
    found = []
    for finder in get_finders():
        for path, storage in finder.list(None):
            facts = Path(storage.path(path)).stat()
            found.append((storage.path(path), facts.st_size, facts.st_mtime_ns, facts.st_ino))
    return sha256(repr(sorted(found)).encode()).hexdigest().encode()
