"""ZIP archives with a list of their files: written the same way each time, read with suspicion.

Evidence packages and trace packages are both such archives. Shapes: a path is text as it stands in
the archive, its body bytes. Errors: ParseError, whatever the bytes are.
"""

import io
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from baozhen.trust.errors import ParseError

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_SHOWN_MAX: Final = 5


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the ZIP of these files in this order; the same input gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files:
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpack(
    data: bytes, *, files_max: int, bytes_max: int, needed: Collection[str]
) -> dict[str, bytes]:
    """Return the files by path; ParseError when it is no ZIP, too large, or one is missing."""
    try:
        files = _entries(data, files_max, bytes_max)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError) as error:
        raise ParseError(f"{error}") from error
    if missing := [path for path in needed if path not in files]:
        raise ParseError(f"缺少 {'、'.join(missing)}")
    return files


def _entries(data: bytes, files_max: int, left: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > files_max:
            raise ParseError(f"文件超过 {files_max} 个")
        for entry in entries:
            if entry.filename in files:
                raise ParseError(f"{entry.filename} 出现两次")
            # What the directory says of the size may be a lie: never read more than is left.
            with archive.open(entry) as stream:
                body = stream.read(left + 1)
            left -= len(body)
            if left < 0:
                raise ParseError("内容过大")
            files[entry.filename] = body
    return files


def differences(named: Mapping[str, object], there: Mapping[str, object]) -> str:
    """Say in Chinese how the list differs from the files (digests by path); empty if it does not.

    At most five paths of a kind are named.
    """
    changed = {path for path in named.keys() & there.keys() if named[path] != there[path]}
    problems = (
        ("内容不符", changed),
        ("缺少", named.keys() - there.keys()),
        ("多出", there.keys() - named.keys()),
    )
    return "；".join(
        f"{word}：{'、'.join(sorted(paths)[:_SHOWN_MAX])}" for word, paths in problems if paths
    )
