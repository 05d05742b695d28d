"""Whose certificates a U-key may present: told by the app above, which keeps the trust lists."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from baozhen.trust.x509.revocation import RevocationEvidence


@dataclass(frozen=True)
class KeyTrust:
    """DER roots that U-key certificates may lead to, and the revocation lists at hand."""

    anchors: tuple[bytes, ...] = ()
    revocation: RevocationEvidence = field(default_factory=RevocationEvidence)


_sources: list[Callable[[datetime], KeyTrust]] = []


def install_key_trust(source: Callable[[datetime], KeyTrust]) -> None:
    """Install what says which authorities' U-keys are believed; called at start-up."""
    _sources[:] = [source]


def key_trust(at: datetime) -> KeyTrust:
    """Return whom to believe at `at`; nobody when nothing is installed."""
    return _sources[0](at) if _sources else KeyTrust()
