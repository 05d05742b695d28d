"""Certificates without a signature in SignedData, as authorities hand them out (RFC 5652 §5).

Read for EST (RFC 7030 §4.1.3, §4.2.3) and for *.p7b files; GM/T 0010 wrappers too.
"""

from typing import Final

from baozhen.trust.errors import ParseError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.parse import parse_certificate

BYTES_MAX: Final = 1_048_576
_CERTIFICATES_MAX = 64
_CERTIFICATES_TAG = 0xA0


def parse_certs_only(data: bytes) -> tuple[bytes, ...]:
    """Return the DER certificates of a certs-only message, in its order; ParseError otherwise."""
    if len(data) > BYTES_MAX:
        raise ParseError("证书文件过大")
    outer = der.Reader(data)
    info = outer.enter(der.SEQUENCE)
    outer.finish()
    if info.oid() not in (oids.SIGNED_DATA, oids.GM_SIGNED_DATA):
        raise ParseError("不是 PKCS#7 证书文件")
    body = info.enter(0xA0).enter(der.SEQUENCE)
    body.integer()
    body.whole(der.SET)
    body.whole(der.SEQUENCE)
    if body.next_tag() != _CERTIFICATES_TAG:
        raise ParseError("PKCS#7 文件中没有证书")
    # Many writers leave the SET OF in the order of the chain instead of the canonical one, and
    # nothing here is signed: each certificate carries its own signature.
    inner, found = body.enter(_CERTIFICATES_TAG), []
    while not inner.is_at_end:
        found.append(inner.whole(der.SEQUENCE))
        if len(found) > _CERTIFICATES_MAX:
            raise ParseError("PKCS#7 文件中的证书过多")
    return tuple(parse_certificate(item).der for item in found)


def build_certs_only(certificates: tuple[bytes, ...]) -> bytes:
    """Return a certs-only message with these DER certificates."""
    return der.sequence(
        der.oid(oids.SIGNED_DATA),
        der.explicit(
            0,
            der.sequence(
                der.integer(1),
                der.set_of(()),
                der.sequence(der.oid(oids.DATA)),
                der.element(_CERTIFICATES_TAG, *certificates),
                der.set_of(()),
            ),
        ),
    )


def leaf_first(certificates: tuple[bytes, ...], public_key: bytes) -> tuple[bytes, ...]:
    """Return the chain that begins with the certificate of this key, self-signed ones left out.

    Raises ParseError when none of them is the key's.
    """
    parsed = [parse_certificate(item) for item in certificates]
    current = next((item for item in parsed if item.public_key == public_key), None)
    if current is None:
        raise ParseError("所给证书中没有这把密钥的证书")
    chain = [current.der]
    while not current.is_self_issued:
        above = next((item for item in parsed if item.subject.der == current.issuer.der), None)
        if above is None or above.is_self_issued or above.der in chain:
            break
        chain.append(above.der)
        current = above
    return tuple(chain)
