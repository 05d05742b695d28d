"""Many objects as lines of JSON (NDJSON), through a file instead of memory."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any


def lines_of(items: Iterable[Mapping[str, Any] | bytes]) -> Iterator[bytes]:
    """Yield each item as one line; bytes are taken as they are."""
    for item in items:
        if isinstance(item, bytes):
            line = item.strip()
        else:
            line = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
        yield line + b"\n"


def spooled(lines: Iterable[bytes], file: IO[bytes]) -> IO[bytes]:
    """Write the lines to the file and return it, rewound."""
    file.writelines(lines)
    file.seek(0)
    return file
