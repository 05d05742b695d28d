"""What one process makes once and keeps: sealer, timestamper, the fonts' coverage."""

import gc
import threading
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from baozhen.foundation.clock import now
from baozhen.foundation.sealing import (
    BoundCertificate,
    Sealer,
    build_sealer,
    certificates_at,
)
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.insurance.proposals.printing import Printable
from baozhen.signing.certificates.timestamping import build_timestamper
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import seal_of, seal_picture
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.pdf.fonts import FontSet

# The typesetter of a process serves one thread at a time.
SEALING = threading.Lock()


def process_sealer(seal: Seal) -> Sealer:
    """Return this process's sealer, made anew when other certificates or another seal are in use.

    One query tells: a certificate that was suspended, revoked or replaced signs nothing more.
    """
    certificates = certificates_at(now())
    look = (seal.public_id, seal.version)
    return _sealer(str(settings.BAOZHEN_DATA), tuple(sorted(certificates.items())), look)


def process_timestamper() -> Timestamper:
    """Return this process's timestamper, for the services that the settings name now."""
    return _timestamper(str(settings.BAOZHEN_DATA), tuple(settings.BAOZHEN_TSA_URLS))


def printable_check() -> Printable:
    """Return the function that finds the characters which our fonts can't show."""
    return _fonts(str(settings.BAOZHEN_FONTS)).unprintable


@lru_cache(maxsize=1)
def _sealer(
    _data: str,
    certificates: tuple[tuple[Algorithm, BoundCertificate], ...],
    look: tuple[str, int],
) -> Sealer:
    sealer = build_sealer(dict(certificates), seal_picture(seal_of(look[0])))
    # What is loaded by now stays until the process ends. The collector need not look through it
    # again and again: that was a twentieth of the time of issuing.
    gc.collect()
    gc.freeze()
    return sealer


@lru_cache(maxsize=4)
def _timestamper(_data: str, _urls: tuple[str, ...]) -> Timestamper:
    return build_timestamper(now=now)


@lru_cache(maxsize=4)
def _fonts(folder: str) -> FontSet:
    return FontSet.open(Path(folder))


def forget() -> None:
    """Let go of what was kept, for a process whose keys or settings have changed."""
    for kept in (_sealer, _timestamper, _fonts):
        kept.cache_clear()
