"""The timestamper of this process for signatures of parties."""

from functools import lru_cache

from django.conf import settings

from baozhen.foundation.clock import now
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.signing.certificates.timestamping import build_timestamper


def process_timestamper() -> Timestamper | None:
    """Return the timestamper, or None where the settings ask for signatures without tokens."""
    if settings.BAOZHEN_TIMESTAMP == "none":
        return None
    return _timestamper(str(settings.BAOZHEN_DATA), tuple(settings.BAOZHEN_TSA_URLS))


@lru_cache(maxsize=4)
def _timestamper(_data: str, _urls: tuple[str, ...]) -> Timestamper:
    return build_timestamper(now=now)
