"""Rows as CSV that a spreadsheet opens, sent as they are read, however many there are."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def streamed(
    name: str, head: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """Send the rows as a CSV file of this name; texts in them are made safe."""
    return StreamingHttpResponse(
        _lines(head, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


class _Echo:
    """A file that hands back what is written into it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Excel reads UTF-8 by the mark in front.
    yield "\ufeff" + str(writer.writerow(head))
    for row in rows:
        yield str(writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row]))
