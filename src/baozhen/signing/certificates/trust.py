"""Which roots are trusted for what: the platform's own, the authorities', and the listed ones."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.trust_folder import read_trust_folder
from baozhen.signing.certificates.demonstration import demonstration_folder
from baozhen.signing.certificates.errors import CertificateUntrusted
from baozhen.signing.certificates.models import TrustAnchor
from baozhen.signing.certificates.states import AnchorState
from baozhen.signing.identity.ukeys import KeyTrust
from baozhen.trust.x509.parse import parse_certificate

_IN_FORCE = (AnchorState.LISTED, AnchorState.REMOVAL_PROPOSED)


def listed_anchors(use: str, at: datetime) -> tuple[bytes, ...]:
    """Return the DER roots that the console's trust list holds for this use at `at`."""
    rows = TrustAnchor.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at),
        state__in=_IN_FORCE,
        use=use,
        effective_from__lte=at,
    )
    return tuple(map(bytes, rows.order_by("pk").values_list("certificate", flat=True)))


def stranger_anchors(at: datetime) -> tuple[bytes, ...]:
    """Return the roots that strangers' document signatures may lead to, beside our own."""
    return listed_anchors("document", at)


def key_trust_at(at: datetime) -> KeyTrust:
    """Return whose U-keys are believed: the listed authorities, in development the demo's too."""
    folder = read_trust_folder(
        Path(settings.BAOZHEN_DATA) / "trust", with_demonstration=not is_production()
    )
    roots = (*listed_anchors("ukey", at), *folder.anchors.roots)
    return KeyTrust(anchors=tuple(dict.fromkeys(roots)), revocation=folder.revocation)


def authority_anchors(chain: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the roots, among those at hand, that a fresh certificate's chain ends in.

    Raises CertificateUntrusted when none of them issued its uppermost certificate.
    """
    top = parse_certificate(chain[-1])
    for root in _known_roots():
        if parse_certificate(root).subject.der == top.issuer.der:
            return (root,)
    raise CertificateUntrusted(reason=f"信任目录中没有 {top.issuer}")


def _known_roots() -> tuple[bytes, ...]:
    folder = read_trust_folder(Path(settings.BAOZHEN_DATA) / "trust", with_demonstration=False)
    roots = [*folder.anchors.roots]
    roots += map(
        bytes, TrustAnchor.objects.filter(state__in=_IN_FORCE).values_list("certificate", flat=True)
    )
    if not is_production():
        demonstration = demonstration_folder()
        roots += demonstration.roots if demonstration.exists else ()
    return tuple(dict.fromkeys(roots))
