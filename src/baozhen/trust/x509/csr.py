"""Certification requests, PKCS#10 (RFC 2986), of every family: built, and read strictly.

An SM2 request is signed like an SM2 certificate: SM3 with the default id (GM/T 0015, GM/T 0009).
"""

from dataclasses import dataclass, field
from typing import Final

from baozhen.trust.crypto.keys import Algorithm, Signer, algorithm_of, verify_signature
from baozhen.trust.errors import ParseError, VerificationError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.issue import sign_body
from baozhen.trust.x509.names import Name, read_name

CSR_BYTES_MAX: Final = 65_536
_ATTRIBUTES_MAX = 16
_ATTRIBUTES_TAG = 0xA0


@dataclass(frozen=True)
class SigningRequest:
    """A request whose signature proved that the asker holds the key."""

    der: bytes
    subject: Name = field(compare=False)
    public_key: bytes = field(compare=False, repr=False)  # DER SubjectPublicKeyInfo
    algorithm: Algorithm = field(compare=False)


def build_csr(subject: bytes, signer: Signer) -> bytes:
    """Return a DER request for the DER name `subject` and the key of `signer` (RFC 2986 §4.2)."""
    body = der.sequence(
        der.integer(0),  # v1
        subject,
        signer.public_key,
        der.explicit(0),  # no attributes: the authority decides about extensions
    )
    return sign_body(body, signer=signer)


def parse_csr(data: bytes) -> SigningRequest:
    """Read one DER request and check its proof of possession.

    Raises ParseError, UnsupportedError for a key that is not one of ours, VerificationError for a
    signature of another key.
    """
    if len(data) > CSR_BYTES_MAX:
        raise ParseError("证书请求过大")
    outer = der.Reader(data)
    whole = outer.enter(der.SEQUENCE)
    outer.finish()
    body = whole.whole(der.SEQUENCE)
    identifier = whole.whole(der.SEQUENCE)
    signature = whole.bits()
    whole.finish()
    subject, public_key = _read_body(body)
    algorithm = algorithm_of(public_key)
    if oids.SIGNATURE_IDENTIFIERS.get(identifier) is not algorithm:
        raise VerificationError(0, "证书请求的签名算法与公钥不符")
    verify_signature(public_key, body, signature, algorithm=algorithm)
    return SigningRequest(data, subject, public_key, algorithm)


def _read_body(body: bytes) -> tuple[Name, bytes]:
    """Read CertificationRequestInfo (RFC 2986 §4.1)."""
    reader = der.Reader(body).enter(der.SEQUENCE)
    if reader.integer() != 0:
        raise ParseError("只接受第一版证书请求")
    subject = read_name(reader)
    public_key = reader.whole(der.SEQUENCE)
    # Some tools leave the empty set of attributes out altogether.
    if not reader.is_at_end:
        _read_attributes(reader)
    reader.finish()
    return subject, public_key


def _read_attributes(reader: der.Reader) -> None:
    """Check the shape of the attributes; what they ask for is the authority's to decide."""
    attributes = reader.set_of(_ATTRIBUTES_TAG)
    if len(attributes) > _ATTRIBUTES_MAX:
        raise ParseError("证书请求的属性过多")
    for attribute in attributes:
        inner = der.Reader(attribute).enter(der.SEQUENCE)
        inner.oid()
        inner.set_of()
        inner.finish()
