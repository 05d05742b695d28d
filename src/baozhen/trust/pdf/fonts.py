"""A set of fonts: the folder, the hash that names it, and which characters it can print.

The hash is recorded with every document; the coverage answers at once whether a name can be
printed, so that the question is asked when a proposal arrives and never when it is issued.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from baozhen.trust.errors import SigningError

COVERAGE_FILE = "coverage.json"


@dataclass(frozen=True)
class FontSet:
    """Fonts in one folder. `_starts` and `_ends` are the inclusive ranges that they cover."""

    folder: Path
    sha256: str
    _starts: tuple[int, ...]
    _ends: tuple[int, ...]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read the coverage of a prepared folder; raises `SigningError` when it isn't prepared."""
        try:
            facts = json.loads((folder / COVERAGE_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise SigningError(f"字库 {folder} 尚未准备好") from error
        ranges = facts["ranges"]
        return cls(
            folder=folder,
            sha256=facts["sha256"],
            _starts=tuple(start for start, _ in ranges),
            _ends=tuple(end for _, end in ranges),
        )

    def unprintable(self, text: str) -> list[str]:
        """The characters of a text that no font of the set can show, each once, in order."""
        return [character for character in dict.fromkeys(text) if not self._covers(ord(character))]

    def _covers(self, point: int) -> bool:
        index = bisect_right(self._starts, point) - 1
        return index >= 0 and point <= self._ends[index]


def write_coverage(folder: Path, points: Iterable[int]) -> None:
    """Write the ranges of the code points and the hash over the font files into the folder."""
    ranges: list[list[int]] = []
    for point in sorted(points):
        if ranges and point == ranges[-1][1] + 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    facts = {"sha256": hash_fonts(folder), "ranges": ranges}
    (folder / COVERAGE_FILE).write_text(json.dumps(facts), encoding="utf-8")


def hash_fonts(folder: Path) -> str:
    """SHA-256 over name and content of every font file, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.ttf")):
        content = path.read_bytes()
        digest.update(f"{len(path.name)}:{path.name}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()
