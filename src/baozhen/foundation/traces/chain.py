"""What one act of a session says, and the digest that chains it to the act before. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

GENESIS: Final = bytes(32)
VERSION: Final = "baozhen trace v1"
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, kw_only=True)
class TracedAct:
    """One act. `page` is the digest of the page's version, `shown` of the page as it was served.

    `value` is masked; `value_hash` is a keyed hash of what it was, so that equal values can be
    told from different ones by whoever holds the key, and by nobody else.
    """

    session: str
    seq: int
    server_time: datetime
    client_time: datetime | None
    offset_ms: int | None
    kind: str
    page: str
    shown: str
    target: str
    value: str
    value_hash: str

    def line(self, previous: bytes) -> str:
        """Return the text whose SHA-256 is the act's digest."""
        return _canonical(
            [
                VERSION,
                previous.hex(),
                self.session,
                self.seq,
                _instant(self.server_time),
                _instant(self.client_time),
                self.offset_ms,
                self.kind,
                self.page,
                self.shown,
                self.target,
                self.value,
                self.value_hash,
            ]
        )

    def digest(self, previous: bytes) -> bytes:
        """Return the digest that the next act of the session carries as `previous`."""
        return hashlib.sha256(self.line(previous).encode()).digest()


def broken_at(acts: Iterable[tuple[TracedAct, bytes, bytes]]) -> int | None:
    """Return the first place at which a chain is not whole, or None.

    `acts` are (act, previous, digest) in their order; the first has number 1.
    """
    expected = GENESIS
    for place, (act, previous, digest) in enumerate(acts, start=1):
        if act.seq != place or previous != expected or act.digest(previous) != digest:
            return place
        expected = digest
    return None


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")
