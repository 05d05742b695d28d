"""The development twin of a time-stamping service: in this process, and loud about it."""

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.trust.cms.timestamp import TimestampIdentity, TimestampRequest, issue_token

logger = logging.getLogger(__name__)

_SERIAL_BITS = 120
TWIN = "进程内演示时间戳服务"


class DevelopmentTimestamper:
    """Stamps with a demonstration key and this machine's clock: worth nothing as evidence."""

    def __init__(
        self, identities: Mapping[str, TimestampIdentity], *, now: Callable[[], datetime]
    ) -> None:
        """Stamp digests by the identity of their hash name (`sm3`, `sha256`).

        Raises DevelopmentOnly in production.
        """
        if is_production():
            raise DevelopmentOnly(twin=TWIN)
        logger.warning("%s：时间戳没有法律效力，不得用于生产", TWIN)
        self._identities = dict(identities)
        self._now = now

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        """Return a DER token over the digest."""
        if hash_name not in self._identities:
            raise TimestampOutage(reason=f"演示时间戳服务不支持 {hash_name}")
        request = TimestampRequest(hash_name, digest, nonce=None, wants_certificates=True)
        return issue_token(
            self._identities[hash_name],
            request,
            at=self._now(),
            serial=secrets.randbits(_SERIAL_BITS) | 1,
        )
