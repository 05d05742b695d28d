"""What a download was, and whether all of it came."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from baozhen.client.errors import DownloadDamaged

_SHA256 = re.compile(r'"?([0-9a-f]{64})"?')


@dataclass(frozen=True, kw_only=True)
class Download:
    """What was written: how much, its digest, its type."""

    size: int
    sha256: str
    type: str


def expected_digest(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 that the platform says in ETag, if it says one."""
    found = _SHA256.fullmatch(headers.get("ETag", "").removeprefix("W/"))
    return found[1] if found else None


def check_whole(expected: str | None, found: str) -> None:
    """Raise DownloadDamaged when the digests differ."""
    if expected is not None and expected != found:
        raise DownloadDamaged(f"摘要应为 {expected}，实为 {found}")
