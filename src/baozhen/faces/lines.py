"""Cut a stream of bytes into lines without ever holding more than one long line. Pure."""

from collections.abc import Iterable, Iterator

# One byte more than a batch takes: the batch refuses the line, and nothing beyond is kept.
LINE_BYTES_KEPT = 65_537


def lines_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines without their newline; of a line that is too long only its beginning."""
    rest = b""
    for chunk in chunks:
        *whole, last = chunk.split(b"\n")
        for part in whole:
            yield (rest + part[:LINE_BYTES_KEPT])[:LINE_BYTES_KEPT]
            rest = b""
        rest = (rest + last[:LINE_BYTES_KEPT])[:LINE_BYTES_KEPT]
    if rest:
        yield rest
