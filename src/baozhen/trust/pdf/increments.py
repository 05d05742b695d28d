"""Writes one incremental update with a signature in it (ISO 32000-1 §7.5.6, §12.8).

No object model: the new objects are given as bytes, laid out behind the old file, and listed in a
classic cross-reference table. The old bytes stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from baozhen.trust.errors import SigningError

# Room for the numbers of /ByteRange, filled with spaces, so that they can be known last.
BYTE_RANGE_WIDTH = 36


@dataclass(frozen=True)
class Base:
    """The file that an update continues."""

    data: bytes
    table_position: int
    size: int
    root: int
    trailer_tail: bytes


@dataclass(frozen=True)
class Layout:
    """An update with a hole: `left`, then `<` Contents `>` of `reserve` bytes, then `right`."""

    left: bytes
    right: bytes
    reserve: int
    next_base: tuple[int, int]  # position of the new table, new size

    def fill(self, contents: bytes) -> bytes:
        """Return the whole file with the signature's bytes in the hole."""
        if len(contents) > self.reserve:
            raise SigningError(f"签名数据 {len(contents)} 字节，超出预留的 {self.reserve} 字节")
        digits = contents.hex().encode("ascii").ljust(self.reserve * 2, b"0")
        return b"".join((self.left, b"<", digits, b">", self.right))


def lay_out(
    base: Base, objects: Mapping[int, bytes], *, number: int, entries: bytes, reserve: int
) -> Layout:
    """Lay out an update of `objects` and signature dictionary `number` with its `entries`."""
    pieces = [base.data] if base.data.endswith(b"\n") else [base.data, b"\n"]
    position = sum(map(len, pieces))
    offsets: dict[int, int] = {}
    for key, body in objects.items():
        piece = b"%d 0 obj\n%b\nendobj\n" % (key, body)
        offsets[key] = position
        pieces.append(piece)
        position += len(piece)
    offsets[number] = position
    head = b"%d 0 obj\n<<%b/ByteRange[0 " % (number, entries)
    hole = position + len(head) + BYTE_RANGE_WIDTH + len(b"/Contents")
    behind = hole + 2 * reserve + 2
    closing = b">>\nendobj\n"
    size = max(base.size, *(key + 1 for key in offsets))
    table = behind + len(closing)
    right = closing + _table(offsets) + _trailer(base, size, table)
    numbers = b"%d %d %d]" % (hole, behind, len(right))
    pieces += [head, numbers.ljust(BYTE_RANGE_WIDTH), b"/Contents"]
    return Layout(b"".join(pieces), right, reserve, (table, size))


def _table(offsets: Mapping[int, int]) -> bytes:
    """Return a cross-reference table with one subsection for each run of numbers (§7.5.4)."""
    runs: list[list[int]] = []
    for number in sorted(offsets):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    lines = [b"xref\n"]
    for run in runs:
        lines.append(b"%d %d\n" % (run[0], len(run)))
        lines += [b"%010d 00000 n\r\n" % offsets[number] for number in run]
    return b"".join(lines)


def _trailer(base: Base, size: int, table: int) -> bytes:
    return b"trailer\n<</Size %d/Root %d 0 R%b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        base.root,
        base.trailer_tail,
        base.table_position,
        table,
    )
