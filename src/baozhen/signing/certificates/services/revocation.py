"""News of certificates, fetched where they say: CRLs and OCSP answers, checked, kept, acted upon.

CRLs lie in `<data>/trust/fetched`, so that every verification uses them, also without a database.
They and OCSP answers carry their authority's signature and nothing secret, so plain HTTP will do,
as RFC 5280 §8 expects of it; where an address says https, the certificate of the server is checked.
The address comes out of a certificate: it may not lead into our own network.
"""

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from baozhen.foundation.events.egress import may_call
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.errors import RevocationOutage
from baozhen.signing.certificates.models import CertificateBinding, RevocationSource
from baozhen.signing.certificates.services.bindings import revoke_binding
from baozhen.signing.certificates.states import BindingState
from baozhen.signing.risks.services import raise_risk
from baozhen.trust.errors import TrustError
from baozhen.trust.x509.crl import CRL_BYTES_MAX, RevocationList, parse_crl
from baozhen.trust.x509.issue import Reason
from baozhen.trust.x509.ocsp import (
    RESPONSE_BYTES_MAX,
    Status,
    build_ocsp_request,
    certificate_id,
    parse_ocsp,
)
from baozhen.trust.x509.parse import Certificate, parse_certificate, parse_pem
from baozhen.trust.x509.points import read_points
from baozhen.trust.x509.revocation import check_signed_by, judge_by_crl, judge_by_ocsp

SYSTEM: Final = "system"
FOLDER: Final = "fetched"
_SECONDS: Final = httpx.Timeout(10.0, connect=3.0)
# News is fetched again when half of its time is over, at the latest after a day.
_AGE_MAX: Final = timedelta(hours=24)
_SCHEMES: Final = frozenset({"http", "https"})
_WATCHED = (
    BindingState.PENDING,
    BindingState.ACTIVE,
    BindingState.FAILING,
    BindingState.SUSPENDED,
)


@dataclass(frozen=True)
class Watched:
    """A certificate of ours, the one above it, and the binding that rests on it."""

    certificate: Certificate
    issuer: Certificate
    binding: CertificateBinding


def refresh_revocation(*, at: datetime, http: httpx.Client | None = None) -> int:
    """Fetch what is due for every binding; return how many sources failed.

    A failure is written down and does not stop the others; what was fetched before stays in use
    until it ends. A binding that turns out to be revoked is revoked here.
    """
    refuse_inside_transaction("fetching revocation lists")
    client = http or httpx.Client(timeout=_SECONDS, follow_redirects=False)
    failures = 0
    for watched in list(_watched()):
        points = read_points(watched.certificate.der)
        for url in points.crls:
            failures += not _refresh(url, "crl", watched, _crl_fetcher(client, url, watched), at)
        for url in points.ocsps:
            failures += not _refresh(url, "ocsp", watched, _ocsp_fetcher(client, url, watched), at)
    return failures


def check_address(url: str) -> tuple[str, str]:
    """Return host and address to connect to; RevocationOutage for one in our own network.

    The address that was checked is the one that is connected to: a name that changes its mind in
    between leads nowhere else. `BAOZHEN_EGRESS_ALLOW` lists networks that may be inside.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in _SCHEMES or not host:
        raise RevocationOutage(url=url, reason="地址不是 http 或 https")
    try:
        found = socket.getaddrinfo(host, parts.port or 80, type=socket.SOCK_STREAM)
    except OSError:
        raise RevocationOutage(url=url, reason="域名无法解析") from None
    addresses = [str(item[4][0]).partition("%")[0] for item in found]
    if not all(may_call(ip_address(address)) for address in addresses):
        raise RevocationOutage(url=url, reason="地址在内部网络中")
    return host, addresses[0]


def _watched() -> Iterator[Watched]:
    """Yield each binding's certificate and those above it, with their issuers."""
    for binding in CertificateBinding.objects.filter(state__in=_WATCHED):
        pems = (binding.chain_pem, binding.anchors_pem)
        above = [
            parse_certificate(block) for pem in pems if pem for block in parse_pem(pem.encode())
        ]
        chain = [parse_certificate(bytes(binding.certificate)), *above]
        for certificate in chain:
            issuer = _issuer(certificate, chain)
            if issuer is not None and not certificate.is_self_issued:
                yield Watched(certificate, issuer, binding)


def _issuer(certificate: Certificate, chain: Sequence[Certificate]) -> Certificate | None:
    return next((item for item in chain if item.subject.der == certificate.issuer.der), None)


Fetched = tuple[bytes, datetime, datetime | None, Reason | None]


def _refresh(
    url: str, kind: str, watched: Watched, fetch: Callable[[datetime], Fetched], at: datetime
) -> bool:
    fingerprint = watched.certificate.sha256 if kind == "ocsp" else ""
    source, _ = RevocationSource.objects.get_or_create(url=url, kind=kind, fingerprint=fingerprint)
    if not _is_due(source, at):
        return True
    row = RevocationSource.objects.filter(pk=source.pk)
    try:
        content, this_update, next_update, revoked = fetch(at)
    except (RevocationOutage, TrustError, httpx.HTTPError) as failure:
        row.update(tried_at=at, last_error=(str(failure) or type(failure).__name__)[:255])
        return False
    if kind == "crl":
        _write(url, content)
    row.update(
        content=content if kind == "ocsp" else None,
        this_update=this_update,
        next_update=next_update,
        fetched_at=at,
        tried_at=at,
        last_error="",
    )
    if revoked is not None:
        _revoke(watched.binding, revoked, url, at=at)
    return True


def _is_due(source: RevocationSource, at: datetime) -> bool:
    if source.fetched_at is None or source.this_update is None:
        return True
    if source.last_error or at - source.fetched_at >= _AGE_MAX:
        return True
    if source.next_update is None:
        return False
    return at >= source.fetched_at + (source.next_update - source.fetched_at) / 2


def _crl_fetcher(http: httpx.Client, url: str, watched: Watched) -> Callable[[datetime], Fetched]:
    def fetch(at: datetime) -> Fetched:
        content = _get(http, url, most=CRL_BYTES_MAX)
        crl = _checked(parse_crl(content), watched.issuer)
        finding = judge_by_crl(
            content, watched.certificate, watched.issuer, at=max(at, crl.this_update)
        )
        revoked = finding.reason if finding.status is Status.REVOKED else None
        return content, crl.this_update, crl.next_update, revoked

    return fetch


def _checked(crl: RevocationList, issuer: Certificate) -> RevocationList:
    check_signed_by(crl.tbs, crl.signature_identifier, crl.signature, issuer)
    return crl


def _ocsp_fetcher(http: httpx.Client, url: str, watched: Watched) -> Callable[[datetime], Fetched]:
    def fetch(at: datetime) -> Fetched:
        asked = build_ocsp_request(watched.certificate.der, issuer=watched.issuer.der)
        content = _get(http, url, most=RESPONSE_BYTES_MAX, body=asked)
        response = parse_ocsp(content)
        finding = judge_by_ocsp(content, watched.certificate, watched.issuer, at=at)
        if finding.status is Status.UNKNOWN:
            raise RevocationOutage(url=url, reason="应答没有说明该证书的状态")
        name = certificate_id(watched.certificate, watched.issuer)
        single = next(
            (item for item in response.responses if item.certificate_id == name),
            response.responses[0],
        )
        revoked = finding.reason if finding.status is Status.REVOKED else None
        return content, single.this_update, single.next_update, revoked

    return fetch


def _get(http: httpx.Client, url: str, *, most: int, body: bytes = b"") -> bytes:
    """Fetch from the address that was checked; read no more than there can be."""
    host, address = check_address(url)
    parts = urlsplit(url)
    literal = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    target = parts._replace(netloc=literal + port).geturl()
    headers = {"Host": host + port}
    if body:
        headers |= {"Content-Type": "application/ocsp-request"}
    content = bytearray()
    with http.stream(
        "POST" if body else "GET",
        target,
        headers=headers,
        content=body or None,
        extensions={"sni_hostname": host},
    ) as answer:
        if answer.status_code != httpx.codes.OK:
            raise RevocationOutage(url=url, reason=f"HTTP 状态 {answer.status_code}")
        for part in answer.iter_bytes():
            content += part
            if len(content) > most:
                raise RevocationOutage(url=url, reason="应答过大")
    return bytes(content)


def _write(url: str, content: bytes) -> None:
    """Replace the file in one step: who reads it meanwhile sees the old or the new one, whole."""
    folder = Path(settings.BAOZHEN_DATA) / "trust" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.crl"
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with unfinished.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _revoke(binding: CertificateBinding, reason: Reason, url: str, *, at: datetime) -> None:
    binding.refresh_from_db()
    if binding.state == BindingState.REVOKED:
        return
    revoke_binding(
        binding.pk, actor=SYSTEM, at=at, reason=reason, explanation=f"吊销信息来自 {url}"
    )
    raise_risk(
        kind="certificates.revoked",
        severity="severe",
        subject_type=binding.NOUN,
        subject_id=binding.pk,
        facts={"fingerprint": binding.fingerprint, "reason": reason.value},
        at=at,
    )
