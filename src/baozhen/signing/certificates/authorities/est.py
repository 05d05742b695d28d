"""Enrolment over Secure Transport (RFC 7030): PKCS#10 up, PKCS#7 down, both in Base64 over HTTPS.

Any authority, or the registration authority before it, that speaks EST will do. CMP (RFC 9810) is
not spoken: no maintained Python library serves it.
"""

import base64
import binascii
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from baozhen.foundation.links import require_link
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.authorities.port import (
    AuthorityOutage,
    AuthorityPending,
    AuthorityRefused,
    IssuedCertificate,
    Profile,
)
from baozhen.trust.errors import TrustError
from baozhen.trust.x509.certs_only import leaf_first, parse_certs_only
from baozhen.trust.x509.csr import parse_csr
from baozhen.trust.x509.parse import parse_pem
from baozhen.trust.x509.path import Usage, validate_path

_SECONDS: Final = httpx.Timeout(20.0, connect=3.0)
_RETRY_SECONDS_DEFAULT: Final = 60
_RETRY_SECONDS_MAX: Final = 86_400
_ANSWER_BYTES_MAX: Final = 2_097_152


@dataclass(frozen=True, kw_only=True)
class ESTSettings:
    """An EST server, how we show who we are, and the roots its certificates must lead to."""

    name: str
    url: str
    anchors: tuple[bytes, ...]
    username: str = ""
    password: str = field(default="", repr=False)
    # RFC 7030 §3.2.2: a label in the path chooses a profile of the authority.
    labels: Mapping[Profile, str] = field(default_factory=dict)


class ESTAuthority:
    """A CertificateAuthority behind an EST server."""

    def __init__(self, settings: ESTSettings, *, http: httpx.Client | None = None) -> None:
        require_link("authority", address=settings.url)
        self._settings = settings
        self._http = http or httpx.Client(timeout=_SECONDS, follow_redirects=False)

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, str]) -> "ESTAuthority":
        """Build from `url`, `anchors` (PEM file), `username`/`password` or `client_pem`, labels.

        `server_pem` names the roots of the TLS certificate where they are not the system's.
        """
        labels = {
            kind: settings[f"label_{kind}"] for kind in Profile if f"label_{kind}" in settings
        }
        context = ssl.create_default_context(cafile=settings.get("server_pem"))
        if "client_pem" in settings:
            context.load_cert_chain(settings["client_pem"])
        return cls(
            ESTSettings(
                name=name,
                url=settings["url"],
                anchors=tuple(parse_pem(Path(settings["anchors"]).read_bytes())),
                username=settings.get("username", ""),
                password=settings.get("password", ""),
                labels=labels,
            ),
            http=httpx.Client(timeout=_SECONDS, follow_redirects=False, verify=context),
        )

    @property
    def name(self) -> str:
        """The name under which the settings know it."""
        return self._settings.name

    def request(self, csr: bytes, *, profile: Profile | str, at: datetime) -> IssuedCertificate:
        """Enrol (RFC 7030 §4.2.1); a 202 is AuthorityPending, and the same request asks again."""
        refuse_inside_transaction("a certificate request")
        answer = self._post(self._path(Profile(profile)), csr)
        if answer.status_code == httpx.codes.ACCEPTED:
            raise AuthorityPending(authority=self.name, seconds=_retry_after(answer, at=at))
        if answer.status_code != httpx.codes.OK:
            raise self._failure(answer)
        return self._issued(answer.content[:_ANSWER_BYTES_MAX], csr, at=at)

    def _path(self, profile: Profile) -> str:
        label = self._settings.labels.get(profile, "")
        return (
            f"/.well-known/est/{label}/simpleenroll" if label else "/.well-known/est/simpleenroll"
        )

    def _post(self, path: str, csr: bytes) -> httpx.Response:
        settings = self._settings
        credentials = httpx.BasicAuth(settings.username, settings.password)
        try:
            return self._http.post(
                settings.url.rstrip("/") + path,
                content=base64.encodebytes(csr),
                headers={
                    "Content-Type": "application/pkcs10",
                    "Content-Transfer-Encoding": "base64",
                    "Accept": "application/pkcs7-mime",
                },
                auth=credentials if settings.username else httpx.USE_CLIENT_DEFAULT,
            )
        except httpx.HTTPError as error:
            raise AuthorityOutage(authority=self.name, reason=type(error).__name__) from error

    def _failure(self, answer: httpx.Response) -> AuthorityOutage | AuthorityRefused:
        reason = f"HTTP 状态 {answer.status_code}"
        later = answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        if later:
            return AuthorityOutage(authority=self.name, reason=reason)
        return AuthorityRefused(authority=self.name, reason=reason)

    def _issued(self, body: bytes, csr: bytes, *, at: datetime) -> IssuedCertificate:
        """Read the answer and hold it against the request: our key, our trust."""
        try:
            found = parse_certs_only(base64.b64decode(b"".join(body.split()), validate=True))
            leaf, *above = leaf_first(found, parse_csr(csr).public_key)
            path = validate_path(
                leaf,
                intermediates=above,
                anchors=self._settings.anchors,
                at=at,
                usage=Usage.DOCUMENT,
            )
        except (binascii.Error, TrustError) as error:
            raise AuthorityOutage(authority=self.name, reason=f"应答无法使用：{error}") from error
        chain = tuple(item.der for item in path.chain[1:] if not item.is_self_issued)
        return IssuedCertificate(certificate=leaf, chain=chain)


def _retry_after(answer: httpx.Response, *, at: datetime) -> int:
    """Return the seconds of Retry-After, which is a number or a date (RFC 9110 §10.2.3)."""
    text = answer.headers.get("Retry-After", "")
    if text.isdecimal():
        return min(int(text), _RETRY_SECONDS_MAX)
    try:
        seconds = (parsedate_to_datetime(text) - at).total_seconds()
    except (ValueError, TypeError):
        return _RETRY_SECONDS_DEFAULT
    return min(max(1, round(seconds)), _RETRY_SECONDS_MAX)
