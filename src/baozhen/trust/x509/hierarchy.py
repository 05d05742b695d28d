"""The development hierarchy of both families: root, issuing CA, document signer, TSA, OCSP signer.

Every name says loudly that it is a demonstration; nothing here may serve production.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from baozhen.trust.crypto.keys import Algorithm, SoftwareSigner, generate
from baozhen.trust.x509.issue import CertificateRequest, Role, issue_certificate, issue_crl
from baozhen.trust.x509.names import build_name

DEMO_MARK: Final = "演示 DEMO"
DEMO_WARNING: Final = "演示 DEMO - 无法律效力 NOT FOR PRODUCTION"
CRL_DAYS: Final = 90
_DEMO_AUTHORITY = "演示 DEMO 认证机构 (仅供测试)"
_SERIAL_BYTES = 16
_DAYS_A_YEAR = 365
_CLOCK_SKEW = timedelta(hours=1)

FAMILIES: Final = {
    "sm2": Algorithm.SM2_SM3,
    "rsa": Algorithm.RSA_SHA256,
    "ecdsa": Algorithm.ECDSA_P256_SHA256,
}


@dataclass(frozen=True)
class Identity:
    """A certificate, its key, and the authorities above it: issuing first, the root left out."""

    certificate: bytes
    signer: SoftwareSigner
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Family:
    """Everything of one algorithm; `crls` are the root's and the issuing authority's."""

    algorithm: Algorithm
    root: Identity
    issuing: Identity
    signer: Identity
    tsa: Identity
    ocsp: Identity
    crls: tuple[bytes, ...]


@dataclass(frozen=True)
class Hierarchy:
    """The families by name: `sm2` and `rsa`, or those asked for."""

    families: dict[str, Family]

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The certificates of all roots."""
        return tuple(family.root.certificate for family in self.families.values())


@dataclass(frozen=True)
class Lifetimes:
    """How long the certificates of the hierarchy last, in years."""

    root: int = 20
    issuing: int = 10
    leaf: int = 3


def make_hierarchy(
    *,
    organization: str,
    now: datetime,
    random_bytes: Callable[[int], bytes],
    lifetimes: Lifetimes = Lifetimes(),
    families: tuple[str, ...] = ("sm2", "rsa"),
) -> Hierarchy:
    """Make fresh keys and certificates for `organization`, valid from an hour before `now`."""
    maker = _Maker(organization=organization, now=now, random=random_bytes, lifetimes=lifetimes)
    return Hierarchy({name: maker.family(FAMILIES[name]) for name in families})


def make_crls(
    root: Identity, issuing: Identity, *, now: datetime, number: int = 1
) -> tuple[bytes, ...]:
    """Return the empty revocation lists of both authorities, good for CRL_DAYS."""
    return tuple(
        issue_crl(
            issuer=authority.certificate,
            signer=authority.signer,
            number=number,
            this_update=now,
            next_update=now + timedelta(days=CRL_DAYS),
        )
        for authority in (root, issuing)
    )


@dataclass(frozen=True)
class _Maker:
    organization: str
    now: datetime
    random: Callable[[int], bytes]
    lifetimes: Lifetimes

    def family(self, algorithm: Algorithm) -> Family:
        label = _LABELS[algorithm]
        root = self._identity(
            algorithm, (f"{DEMO_WARNING} {label} 根 Root CA", _DEMO_AUTHORITY), Role.AUTHORITY
        )
        issuing = self._identity(
            algorithm,
            (f"{DEMO_WARNING} {label} 签发 Issuing CA", _DEMO_AUTHORITY),
            Role.AUTHORITY,
            above=root,
        )
        signer = self._identity(
            algorithm,
            (f"{self.organization} {label} ({DEMO_WARNING})", self.organization),
            Role.DOCUMENT_SIGNER,
            above=issuing,
        )
        tsa = self._identity(
            algorithm,
            (f"{DEMO_WARNING} {label} 时间戳 TSA", _DEMO_AUTHORITY),
            Role.TIMESTAMP_AUTHORITY,
            above=issuing,
        )
        ocsp = self._identity(
            algorithm,
            (f"{DEMO_WARNING} {label} OCSP", _DEMO_AUTHORITY),
            Role.OCSP_SIGNER,
            above=issuing,
        )
        crls = make_crls(root, issuing, now=self.now)
        return Family(algorithm, root, issuing, signer, tsa, ocsp, crls)

    def _identity(
        self,
        algorithm: Algorithm,
        names: tuple[str, str],
        role: Role,
        *,
        above: Identity | None = None,
    ) -> Identity:
        key = generate(algorithm)
        common_name, organization = names
        is_ca = role is Role.AUTHORITY
        request = CertificateRequest(
            subject=build_name(common_name=common_name, organization=organization, unit=DEMO_MARK),
            public_key=key.public_key,
            role=role,
            serial=self._serial(),
            not_before=self.now - _CLOCK_SKEW,
            not_after=self.now + timedelta(days=_DAYS_A_YEAR * self._years(role, above)),
            path_length=0 if is_ca and above else None,
        )
        if above is None:
            return Identity(issue_certificate(request, signer=key), key)
        certificate = issue_certificate(request, signer=above.signer, issuer=above.certificate)
        chain = () if is_ca else (above.certificate,)
        return Identity(certificate, key, chain)

    def _years(self, role: Role, above: Identity | None) -> int:
        if role is not Role.AUTHORITY:
            return self.lifetimes.leaf
        return self.lifetimes.issuing if above else self.lifetimes.root

    def _serial(self) -> int:
        # RFC 5280 §4.1.2.2: positive; the top bit is cleared, the next set, so it has full length.
        drawn = bytearray(self.random(_SERIAL_BYTES))
        drawn[0] = drawn[0] & 0x7F | 0x40
        return int.from_bytes(drawn, "big")


_LABELS = {
    Algorithm.SM2_SM3: "SM2",
    Algorithm.RSA_SHA256: "RSA",
    Algorithm.ECDSA_P256_SHA256: "ECDSA",
}
