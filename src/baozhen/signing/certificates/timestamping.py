"""Chooses the time-stamping service: the configured ones, in development else the twin."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from baozhen.foundation import clock
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.timestamps.client import TimestampClient, TimestampService
from baozhen.foundation.timestamps.development import DevelopmentTimestamper
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.signing.certificates.demonstration import demonstration_folder
from baozhen.signing.certificates.trust import listed_anchors
from baozhen.trust.x509.hierarchy import Identity
from baozhen.trust.x509.parse import parse_pem


def build_timestamper(*, now: Callable[[], datetime]) -> Timestamper:
    """Return the Timestamper that the settings ask for; keep it, it holds connections or keys.

    | setting | meaning |
    |---|---|
    | BAOZHEN_TSA_URLS | services in the order in which they are asked; none: development twin |
    | BAOZHEN_TSA_ANCHORS | PEM file of the roots that their tokens must lead to |
    """
    if not settings.BAOZHEN_TSA_URLS:
        return DevelopmentTimestamper(demonstration_tsas(by_hash=True), now=now)
    services = [TimestampService.from_setting(url) for url in settings.BAOZHEN_TSA_URLS]
    return TimestampClient(services, anchors=timestamp_anchors(), now=now)


def process_timestamper() -> Timestamper | None:
    """Return this process's timestamper for signatures of parties; None where settings want none.

    Without tokens (`BAOZHEN_TIMESTAMP=none`) signatures rest on the certificates' validity alone.
    """
    if settings.BAOZHEN_TIMESTAMP == "none":
        return None
    return _timestamper(str(settings.BAOZHEN_DATA), tuple(settings.BAOZHEN_TSA_URLS))


@lru_cache(maxsize=4)
def _timestamper(_data: str, _urls: tuple[str, ...]) -> Timestamper:
    return build_timestamper(now=clock.now)


def timestamp_anchors() -> tuple[bytes, ...]:
    """Return the DER roots for timestamps: configured and listed, else the demonstration's."""
    path = configured("BAOZHEN_TSA_ANCHORS")
    listed = listed_anchors("timestamp", clock.now())
    if path:
        return (*parse_pem(Path(path).read_bytes()), *listed)
    return (*demonstration_folder().roots, *listed)


def demonstration_tsas(*, by_hash: bool = False) -> dict[str, Identity]:
    """Return the demonstration authorities as `sm2`, `rsa`, or by hash as `sm3`, `sha256`."""
    folder = demonstration_folder()
    names = ("sm3", "sha256") if by_hash else ("sm2", "rsa")
    return {
        name: folder.identity(family, "tsa")
        for name, family in zip(names, ("sm2", "rsa"), strict=True)
    }
