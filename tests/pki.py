"""A demonstration hierarchy of all three families, made once for every test that needs one."""

import random
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from baozhen.trust.crypto.keys import generate
from baozhen.trust.x509.hierarchy import Family, Hierarchy, Identity, make_hierarchy
from baozhen.trust.x509.issue import CertificateRequest, Role, issue_certificate
from baozhen.trust.x509.names import build_name

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
ORGANIZATION = "示例财产保险股份有限公司"
FAMILIES = ("sm2", "rsa", "ecdsa")


@lru_cache(maxsize=1)
def hierarchy() -> Hierarchy:
    """All families; the serial numbers come from a seeded generator."""
    return make_hierarchy(
        organization=ORGANIZATION,
        now=NOW,
        random_bytes=random.Random(1).randbytes,  # noqa: S311 -- repeatable serials
        families=FAMILIES,
    )


@lru_cache(maxsize=1)
def stranger() -> Hierarchy:
    """Another authority with the very same names: only keys and serials differ."""
    return make_hierarchy(
        organization=ORGANIZATION,
        now=NOW,
        random_bytes=random.Random(2).randbytes,  # noqa: S311 -- likewise
    )


def family(name: str) -> Family:
    """One family of the hierarchy."""
    return hierarchy().families[name]


def certify(
    above: Identity, *, role: Role = Role.DOCUMENT_SIGNER, serial: int = 77, **changes: object
) -> Identity:
    """A fresh key certified by `above`, with changes to the usual request."""
    key = generate(above.signer.algorithm)
    fields = {
        "subject": build_name(common_name=f"测试 {role} {serial}", organization=ORGANIZATION),
        "public_key": key.public_key,
        "role": role,
        "serial": serial,
        "not_before": NOW - timedelta(days=1),
        "not_after": NOW + timedelta(days=365),
        **changes,
    }
    request = CertificateRequest(**fields)  # type: ignore[arg-type]
    certificate = issue_certificate(request, signer=above.signer, issuer=above.certificate)
    return Identity(certificate, key, (above.certificate, *above.chain))
