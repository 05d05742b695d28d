"""What signing asks of a certificate authority, whoever runs it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from baozhen.foundation.errors import Outage, Refusal


class Profile(StrEnum):
    """What a certificate is for: a company's long one, or a person's for one document."""

    LONG_TERM = "long_term"
    EVENT = "event"


@dataclass(frozen=True, kw_only=True)
class IssuedCertificate:
    """A fresh certificate and the authorities above it (DER); the root is left out."""

    certificate: bytes
    chain: tuple[bytes, ...] = field(default=())


class CertificateAuthority(Protocol):
    """Issues certificates for requests that prove possession of the key."""

    @property
    def name(self) -> str:
        """The name under which the settings know it."""

    def request(self, csr: bytes, *, profile: Profile | str, at: datetime) -> IssuedCertificate:
        """Return the certificate for a DER PKCS#10 request.

        Raises AuthorityOutage, AuthorityPending or AuthorityRefused. Never called inside a
        transaction.
        """


class AuthorityOutage(Outage):
    """The authority did not answer as documented."""

    code = "authority_outage"
    message = "认证机构 {authority} 暂时不可用：{reason}"


class AuthorityPending(Outage):
    """The authority has taken the request and decides later; the same request asks again."""

    code = "authority_pending"
    message = "认证机构 {authority} 正在审核证书请求，{seconds} 秒后再查"


class AuthorityRefused(Refusal):
    """The authority will not issue this certificate."""

    code = "authority_refused"
    message = "认证机构 {authority} 拒绝签发证书：{reason}"
