"""What the platform asks of a time-stamping service, and how one fails."""

from typing import Protocol

from baozhen.foundation.errors import Outage


class TimestampOutage(Outage):
    """No time-stamping service gave a usable token. A local clock never stands in for one."""

    code = "timestamp_outage"
    message = "时间戳服务暂时不可用：{reason}"


class Timestamper(Protocol):
    """Gives RFC 3161 tokens; the bound method `stamp` is what signing takes as `timestamp`."""

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        """Return a DER token over a 32-byte digest by `sm3` or `sha256`; TimestampOutage."""
