"""What an audit entry says, and the digest that chains it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

GENESIS = bytes(32)

# One encoder for all: json.dumps with options would build one for every entry.
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, kw_only=True)
class Act:
    """Somebody (`actor`) did something (`action`) to one object, `at` an instant.

    `facts` hold plain JSON values and no personal data: whoever may read the log may read them.
    """

    action: str
    subject_type: str
    subject_id: int
    actor: str
    at: datetime
    facts: Mapping[str, object] = field(default_factory=dict)

    def digest(self, *, position: int, previous: bytes) -> bytes:
        """Return the SHA-256 that the next entry of the same object carries as `previous`."""
        line = _canonical(
            [
                "baozhen audit v1",
                previous.hex(),
                self.subject_type,
                self.subject_id,
                position,
                self.action,
                self.actor,
                self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                self.facts,
            ]
        )
        return hashlib.sha256(line.encode()).digest()
