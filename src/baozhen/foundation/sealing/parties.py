"""Signs documents for parties: companies with their bound keys, persons with keys of one event.

The keys of an event are made here, certified, used once and forgotten; nobody ever holds them.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol

from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.sealing.failures import count_failure
from baozhen.foundation.sealing.identities import BoundCertificate
from baozhen.foundation.sealing.opening import open_key
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.lint import lint
from baozhen.trust.pdf.parties import (
    Mark,
    Party,
    PartyOrder,
    SignablePdf,
    sign_for_party,
    signable,
    signable_linted,
)
from baozhen.trust.pdf.party_release import check_party_release
from baozhen.trust.pdf.release import ReleaseError
from baozhen.trust.pdf.sign import SigningIdentity
from baozhen.trust.x509.csr import build_csr
from baozhen.trust.x509.parse import parse_certificate

__all__ = ["Mark", "PartyOrder", "SignedByParty", "event_party", "organization_party", "sign_party"]

logger = logging.getLogger(__name__)

_SIGNING_TRIES: Final = 2
_BOTH: Final = (Algorithm.SM2_SM3, Algorithm.RSA_SHA256)


class EventCertificate(Protocol):
    """What a certificate authority gives back."""

    @property
    def certificate(self) -> bytes:
        """The certificate (DER)."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The authorities above it (DER), root left out."""


class EventAuthority(Protocol):
    """A certificate authority, as far as one-off certificates need it."""

    def request(self, csr: bytes, *, profile: str, at: datetime) -> EventCertificate:
        """Return the certificate for a PKCS#10 request."""


@dataclass(frozen=True)
class SignedByParty:
    """The released bytes with their digest in lower-case hex."""

    data: bytes
    sha256: str


def organization_party(
    certificates: Mapping[Algorithm, BoundCertificate], *, at: datetime
) -> Party:
    """Open the keys bound to one company; SigningError when there is none that is valid at `at`."""
    usable = [
        certificates[a] for a in _BOTH if a in certificates and at <= certificates[a].not_after
    ]
    if not usable:
        raise SigningError("这家公司没有可用的签名证书")
    names = {bound.organization for bound in usable}
    if len(names) != 1:
        raise SigningError("证书不属于同一家公司")
    opened = {bound.algorithm: _open(bound) for bound in usable}
    return Party(
        name=names.pop(),
        sm2=opened.get(Algorithm.SM2_SM3),
        rsa=opened.get(Algorithm.RSA_SHA256),
    )


def event_party(
    *,
    name: str,
    subject: bytes,
    authority: EventAuthority,
    at: datetime,
    algorithms: Sequence[Algorithm] | None = None,
) -> Party:
    """Make keys for one event and have them certified for the DER name `subject`.

    SM2 and ECDSA P-256 by default, for RSA keys are slow to make; `BAOZHEN_EVENT_ALGORITHM` names
    `rsa-sha256` where the authority certifies no ECDSA key. Raises what the authority raises.
    Never called inside a transaction.
    """
    wanted = algorithms or (Algorithm.SM2_SM3, _event_algorithm())
    made = {algorithm: _event(subject, algorithm, authority, at) for algorithm in wanted}
    return Party(
        name=name,
        sm2=made.get(Algorithm.SM2_SM3),
        rsa=made.get(Algorithm.RSA_SHA256),
        ecdsa=made.get(Algorithm.ECDSA_P256_SHA256),
    )


def _event_algorithm() -> Algorithm:
    return Algorithm(configured("BAOZHEN_EVENT_ALGORITHM") or Algorithm.ECDSA_P256_SHA256)


def accept(pdf: bytes, *, is_own: bool = False) -> SignablePdf:
    """Return the document as signable; `is_own` for one that our typesetter has just made.

    Raises LintError with every reason in Chinese.
    """
    try:
        return signable_linted(lint(pdf)) if is_own else signable(pdf)
    except LintError:
        count_failure("lint")
        raise


def sign_party(
    document: SignablePdf,
    party: Party,
    order: PartyOrder,
    *,
    timestamper: Timestamper | None = None,
) -> SignedByParty:
    """Sign for one party and check the result before it leaves.

    Raises SigningError, and TimestampOutage of the timestamper.
    """
    order = PartyOrder(order.field, order.at.replace(microsecond=0), order.reason, order.marks)
    stamp = timestamper.stamp if timestamper else None
    for attempt in range(1, _SIGNING_TRIES + 1):
        try:
            data = sign_for_party(document, party, order, timestamp=stamp)
            digest = check_party_release(data, document, party, order)
        except ReleaseError as error:
            count_failure("release", error.algorithm)
            logger.critical("a party's signature failed its check before release: %s", error)
            if attempt == _SIGNING_TRIES:
                raise
        except SigningError:
            count_failure("sign")
            raise
        else:
            break
    return SignedByParty(data, digest.hex())


# Opening decrypts the key and parses the certificate: bulk signing would do little else. Whether a
# binding may still sign is asked of the database each time, before it comes here.
@lru_cache(maxsize=256)
def _open(bound: BoundCertificate) -> SigningIdentity:
    certificate = parse_certificate(bound.certificate)
    signer = open_key(bound.key_reference, certificate)
    return SigningIdentity(bound.certificate, bound.chain, signer)


def _event(
    subject: bytes, algorithm: Algorithm, authority: EventAuthority, at: datetime
) -> SigningIdentity:
    signer = generate(algorithm)
    issued = authority.request(build_csr(subject, signer), profile="event", at=at)
    certificate = parse_certificate(issued.certificate)
    if certificate.public_key != signer.public_key:
        raise SigningError("认证机构签发的证书不是所申请的密钥的")
    if not certificate.is_valid_at(at + timedelta(seconds=1)):
        raise SigningError("认证机构签发的证书不在有效期内")
    return SigningIdentity(issued.certificate, issued.chain, signer)
