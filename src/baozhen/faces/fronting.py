"""The word of a front server about a visitor's address: signed, fresh, about this request alone."""

import hashlib
import hmac
import time
from typing import Final

HEADER: Final = "Baozhen-Front"
SKEW_SECONDS: Final = 60


def front_header(key: bytes, *, method: str, target: str, address: str, at: float) -> str:
    """Return the header for a request; `target` is the path and query as they are sent."""
    stamp = str(int(at))
    return f"t={stamp},a={address},v1={_mac(key, method, target, address, stamp)}"


def fronted_address(key: bytes, header: str, *, method: str, target: str, at: float) -> str | None:
    """Return the visitor's address that a front server vouches for, or None."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    stamp, address = parts.get("t", ""), parts.get("a", "")
    if not stamp.isdecimal() or abs(at - int(stamp)) > SKEW_SECONDS:
        return None
    expected = _mac(key, method, target, address, stamp)
    return address if hmac.compare_digest(expected, parts.get("v1", "")) else None


def now_seconds() -> float:
    """Return the machine's time, which front and core share whatever a demonstration shows."""
    return time.time()


def _mac(key: bytes, method: str, target: str, address: str, stamp: str) -> str:
    text = "\n".join((method, target, address, stamp))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
