"""Where a certificate says that news of it can be had: CRLs, OCSP responders, its issuer.

RFC 5280 §4.2.1.13 (cRLDistributionPoints) and §4.2.2.1 (authorityInfoAccess). These extensions are
hints and bind nobody, so what cannot be read is passed over.
"""

from dataclasses import dataclass

from baozhen.trust.errors import ParseError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.parse import parse_certificate, read_extension_list

_URI_TAG = 0x86  # GeneralName uniformResourceIdentifier [6]
_URLS_MAX = 8
_URL_CHARACTERS_MAX = 1024


@dataclass(frozen=True)
class Points:
    """Addresses in a certificate, in their order; none of them is trusted for being there."""

    crls: tuple[str, ...] = ()
    ocsps: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()


def read_points(certificate: bytes) -> Points:
    """Return the addresses of a DER certificate; ParseError when it is none."""
    found = _extensions(parse_certificate(certificate).tbs)
    crls = _crl_urls(found.get(oids.CRL_DISTRIBUTION_POINTS, b""))
    access = _access_urls(found.get(oids.AUTHORITY_INFO_ACCESS, b""))
    return Points(
        crls=crls,
        ocsps=tuple(url for method, url in access if method == oids.ACCESS_OCSP),
        issuers=tuple(url for method, url in access if method == oids.ACCESS_ISSUERS),
    )


def _extensions(tbs: bytes) -> dict[str, bytes]:
    """Walk the fields that `parse_certificate` has checked already."""
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    while not reader.is_at_end:
        if reader.next_tag() == 0xA3:  # noqa: PLR2004 -- [3] extensions
            found = read_extension_list(reader.enter(0xA3))
            return {kind: value for kind, (_, value) in found.items()}
        reader.whole()
    return {}


def _crl_urls(value: bytes) -> tuple[str, ...]:
    urls: list[str] = []
    try:
        points = der.Reader(value).enter(der.SEQUENCE) if value else der.Reader(b"")
        while not points.is_at_end:
            point = points.enter(der.SEQUENCE)
            if point.next_tag() != 0xA0:  # noqa: PLR2004 -- [0] distributionPoint
                continue
            name = point.enter(0xA0)
            if name.next_tag() != 0xA0:  # noqa: PLR2004 -- [0] fullName
                continue
            full = name.enter(0xA0)
            while not full.is_at_end:
                urls += _url(full)
    except ParseError:
        return _limited(urls)
    return _limited(urls)


def _access_urls(value: bytes) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    try:
        items = der.Reader(value).enter(der.SEQUENCE) if value else der.Reader(b"")
        while not items.is_at_end:
            item = items.enter(der.SEQUENCE)
            method = item.oid()
            found += [(method, url) for url in _url(item)]
    except ParseError:
        return tuple(found[:_URLS_MAX])
    return tuple(found[:_URLS_MAX])


def _url(reader: der.Reader) -> list[str]:
    if reader.next_tag() != _URI_TAG:
        reader.whole()
        return []
    text = reader.content(_URI_TAG).decode("ascii", "replace")
    return [text] if len(text) <= _URL_CHARACTERS_MAX and text.isprintable() else []


def _limited(urls: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urls))[:_URLS_MAX]
