"""Builds SignedData from a DER template: everything but digest and signature is made once.

RFC 5652 SignedData over detached content, with the signed attributes of PAdES (ETSI EN 319 122-1):
contentType, messageDigest, signingCertificateV2. The GM/T 0010 object identifiers are a profile.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import SigningError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.parse import Certificate, parse_certificate

DIGEST_BYTES: Final = 32
TOKEN_BYTES_RESERVED: Final = 6144  # tokens of public services with their chain stay below this
_EC_SIGNATURE_BYTES_MAX = 72
_HEADER_BYTES_MAX = 64  # all lengths around a token grow by less than this


class Profile(StrEnum):
    """Whose object identifiers a SignedData uses."""

    RFC5652 = "rfc5652"
    GMT0010 = "gmt0010"


# Profile -> (type of SignedData, type of the signed content).
CONTENT_TYPES: Final = {
    Profile.RFC5652: (oids.SIGNED_DATA, oids.DATA),
    Profile.GMT0010: (oids.GM_SIGNED_DATA, oids.GM_DATA),
}


def attribute(kind: str, *values: bytes) -> bytes:
    """Return one Attribute (RFC 5652 §5.3)."""
    return der.sequence(der.oid(kind), der.set_of(values))


def signing_certificate(certificate: Certificate, suite: oids.Suite) -> bytes:
    """Return the attribute signingCertificateV2 that names one certificate (RFC 5035 §3)."""
    general_name = der.explicit(4, certificate.issuer.der)
    issuer_serial = der.sequence(der.sequence(general_name), der.integer(certificate.serial))
    # The hash algorithm defaults to SHA-256, and DER leaves defaults out.
    algorithm = () if suite.hash_name == "sha256" else (suite.digest_identifier,)
    identifier = der.sequence(*algorithm, der.octets(suite.digest(certificate.der)), issuer_serial)
    return attribute(oids.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(identifier)))


def issuer_and_serial(certificate: Certificate) -> bytes:
    """Return the IssuerAndSerialNumber that identifies a signer (RFC 5652 §10.2.4)."""
    return der.sequence(certificate.issuer.der, der.integer(certificate.serial))


@dataclass(frozen=True)
class SignedDataParts:
    """The encoded parts of a SignedData around its single SignerInfo."""

    wrapper_type: str  # of the outer ContentInfo
    version: int
    digest_identifier: bytes
    content_info: bytes  # EncapsulatedContentInfo
    certificates: tuple[bytes, ...]

    def prefix(self) -> bytes:
        """Return the content of the SignedData up to its signerInfos (RFC 5652 §5.1)."""
        return b"".join(
            (
                der.integer(self.version),
                der.set_of([self.digest_identifier]),
                self.content_info,
                der.explicit(0, *sorted(self.certificates)),
            )
        )


def wrap(wrapper_type: str, prefix: bytes, signer_info: bytes) -> bytes:
    """Return the ContentInfo of a SignedData with one SignerInfo."""
    signed_data = der.sequence(prefix, der.element(der.SET, signer_info))
    return der.sequence(der.oid(wrapper_type), der.explicit(0, signed_data))


class CmsTemplate:
    """Makes the detached SignedData of one identity, in one profile."""

    def __init__(
        self,
        certificate: bytes,
        chain: Iterable[bytes] = (),
        *,
        algorithm: Algorithm,
        profile: Profile | str = Profile.RFC5652,
    ) -> None:
        """Precompute for the DER `certificate` and the authorities to embed, root left out."""
        parsed = parse_certificate(certificate)
        if parsed.algorithm is not algorithm:
            raise SigningError("证书的公钥与所选签名算法不符")
        self.profile = Profile(profile)
        if self.profile is Profile.GMT0010 and algorithm is not Algorithm.SM2_SM3:
            raise SigningError("GM/T 0010 的对象标识只用于 SM2")
        self.algorithm = algorithm
        self.suite = oids.SUITES[algorithm]
        self._wrapper_type, content_type = CONTENT_TYPES[self.profile]
        self._prefix = SignedDataParts(
            wrapper_type=self._wrapper_type,
            version=1,
            digest_identifier=self.suite.digest_identifier,
            content_info=der.sequence(der.oid(content_type)),
            certificates=(certificate, *chain),
        ).prefix()
        self._before_digest, self._after_digest = self._split_attributes(parsed, content_type)
        self._signer_prefix = b"".join(
            (der.integer(1), issuer_and_serial(parsed), self.suite.digest_identifier)
        )
        self._signature_identifier = signature_identifier(algorithm, self.profile)
        is_rsa = algorithm is Algorithm.RSA_SHA256
        # An RSA signature is as long as the modulus, which the public key contains.
        self._signature_bytes_max = len(parsed.public_key) if is_rsa else _EC_SIGNATURE_BYTES_MAX

    @property
    def hash_name(self) -> str:
        """The digest that signature and timestamp use: `sm3` or `sha256`."""
        return self.suite.hash_name

    def _split_attributes(self, parsed: Certificate, content_type: str) -> tuple[bytes, bytes]:
        """Return the content of the SET OF Attribute before and after the message digest."""
        digest_attribute = attribute(oids.MESSAGE_DIGEST, der.octets(bytes(DIGEST_BYTES)))
        attributes = sorted(
            (
                attribute(oids.CONTENT_TYPE, der.oid(content_type)),
                digest_attribute,
                signing_certificate(parsed, self.suite),
            )
        )
        index = attributes.index(digest_attribute)
        before = b"".join(attributes[: index + 1])[:-DIGEST_BYTES]
        return before, b"".join(attributes[index + 1 :])

    def signed_attributes(self, message_digest: bytes) -> bytes:
        """Return the bytes to be signed: the DER SET OF Attribute (RFC 5652 §5.4)."""
        if len(message_digest) != DIGEST_BYTES:
            raise SigningError("消息摘要应为 32 字节")
        return der.element(der.SET, self._before_digest, message_digest, self._after_digest)

    def build(
        self,
        message_digest: bytes,
        sign: Callable[[bytes], bytes],
        timestamp: Callable[[bytes], bytes] | None = None,
    ) -> bytes:
        """Sign and return the DER ContentInfo.

        `sign` gets the DER SET OF Attribute. `timestamp` gets the digest (by `hash_name`) of the
        signature value and returns an RFC 3161 token.
        """
        signature = sign(self.signed_attributes(message_digest))
        token = timestamp(self.suite.digest(signature)) if timestamp else None
        return self.assemble(message_digest, signature, token)

    def assemble(self, message_digest: bytes, signature: bytes, token: bytes | None) -> bytes:
        """Return the DER ContentInfo from parts that exist already."""
        attributes = self.signed_attributes(message_digest)
        signer_info = der.sequence(
            self._signer_prefix,
            b"\xa0" + attributes[1:],  # RFC 5652 §5.4: signed as SET, sent as [0]
            self._signature_identifier,
            der.octets(signature),
            _timestamp_attribute(token) if token else b"",
        )
        return wrap(self._wrapper_type, self._prefix, signer_info)

    def reserve(self, *, with_timestamp: bool, token_bytes: int = TOKEN_BYTES_RESERVED) -> int:
        """Return how many bytes the largest result can take."""
        bare = len(self.assemble(bytes(DIGEST_BYTES), bytes(self._signature_bytes_max), None))
        return bare + (token_bytes + _HEADER_BYTES_MAX if with_timestamp else 0)


def signature_identifier(algorithm: Algorithm, profile: Profile) -> bytes:
    """Return the signatureAlgorithm of a SignerInfo."""
    if profile is Profile.GMT0010:
        return oids.identifier(oids.SM2_SIGNATURE)
    return oids.SUITES[algorithm].signature_identifier


def _timestamp_attribute(token: bytes) -> bytes:
    """Return unsignedAttrs [1] with the signature timestamp (RFC 3161 appendix A)."""
    return der.explicit(1, attribute(oids.SIGNATURE_TIMESTAMP, token))
