"""Reads SignedData of both object identifier families, strictly where it is our own.

Strict means: the bytes are exactly what the template builds from the values read. Whatever is not
covered by the signature (versions, identifiers, certificates, order) is thereby held as well.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Final

from baozhen.trust.cms.template import CONTENT_TYPES, CmsTemplate, Profile
from baozhen.trust.crypto.keys import (
    Algorithm,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.errors import ParseError, SigningError, UnsupportedError, VerificationError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.parse import Certificate, parse_certificate

SIGNED_DATA_BYTES_MAX: Final = 1_048_576
_CERTIFICATES_MAX = 16
_TEMPLATES_CACHED = 64
_UNSIGNED_TAG, _CRLS_TAG, _SUBJECT_KEY_TAG = 0xA1, 0xA1, 0x80

_HASHES = {
    oids.identifier(dotted, *parameters): name
    for dotted, name in ((oids.SHA256, "sha256"), (oids.SM3, "sm3"))
    for parameters in ((), (der.NULL_ELEMENT,))
}
# What strangers write for the signature algorithm, parameters absent or NULL.
_SIGNATURES = {
    oids.identifier(dotted, *parameters): algorithm
    for dotted, algorithm in (
        (oids.RSA_KEY, Algorithm.RSA_SHA256),
        (oids.SHA256_WITH_RSA, Algorithm.RSA_SHA256),
        (oids.ECDSA_WITH_SHA256, Algorithm.ECDSA_P256_SHA256),
        (oids.SM2_WITH_SM3, Algorithm.SM2_SM3),
        (oids.SM2_SIGNATURE, Algorithm.SM2_SM3),
    )
    for parameters in ((), (der.NULL_ELEMENT,))
}


@dataclass(frozen=True)
class SignedData:
    """One SignedData with its single signer."""

    profile: Profile
    content_type: str  # dotted
    content: bytes | None  # None when detached
    certificates: tuple[bytes, ...]
    signer_certificate: Certificate
    hash_name: str
    algorithm: Algorithm
    signed_attributes: bytes  # DER SET OF Attribute: what the signature covers
    message_digest: bytes
    signing_time: datetime | None
    certificate_hash: tuple[str, bytes] | None  # (hash name, value) of signingCertificate(V2)
    signature: bytes
    timestamp_token: bytes | None

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The embedded certificates but the signer's."""
        return tuple(c for c in self.certificates if c != self.signer_certificate.der)

    @property
    def digest_algorithm(self) -> str:
        """The name of the digest: `sm3` or `sha256`."""
        return self.hash_name

    @property
    def signature_algorithm(self) -> Algorithm:
        """The algorithm of the signature."""
        return self.algorithm


def parse_signed_data(data: bytes, *, strict: bool = True) -> SignedData:
    """Read a DER ContentInfo with SignedData.

    Raises ParseError, and UnsupportedError for what is well formed but not ours to judge, such as
    two signers. With `strict` the bytes must be exactly what our template makes of these values.
    """
    if len(data) > SIGNED_DATA_BYTES_MAX:
        raise ParseError("签名数据过大")
    signed = _read_content_info(data)
    if strict:
        _check_canonical(data, signed)
    return signed


def verify_signed_data(
    signed: SignedData, *, message_digest: bytes, independently: bool = False
) -> None:
    """Raise VerificationError(0) unless digest, named certificate and signature all fit.

    `independently` asks for the second SM2 implementation. Trust in the certificate is not judged.
    """
    if signed.message_digest != message_digest:
        raise VerificationError(0, "签名中的消息摘要与内容不符")
    _check_named_certificate(signed)
    certificate = signed.signer_certificate
    if certificate.algorithm is not signed.algorithm:
        raise VerificationError(0, "签名算法与证书公钥不符")
    check = verify_signature_independently if independently else verify_signature
    check(
        certificate.public_key,
        signed.signed_attributes,
        signed.signature,
        algorithm=signed.algorithm,
    )


def _check_named_certificate(signed: SignedData) -> None:
    """RFC 5035 §4: the first certificate named is the signer's."""
    if signed.certificate_hash is None:
        return
    name, value = signed.certificate_hash
    if _fingerprint(name, signed.signer_certificate.der) != value:
        raise VerificationError(0, "签名属性所指的证书不是签名者证书")


def _fingerprint(hash_name: str, data: bytes) -> bytes:
    if hash_name == "sha1":  # RFC 2634: the older attribute knows nothing else
        return sha1(data, usedforsecurity=False).digest()
    return oids.DIGESTS[hash_name](data)


@lru_cache(maxsize=_TEMPLATES_CACHED)
def _template(
    certificate: bytes, chain: tuple[bytes, ...], algorithm: Algorithm, profile: Profile
) -> CmsTemplate:
    return CmsTemplate(certificate, chain, algorithm=algorithm, profile=profile)


def _check_canonical(data: bytes, signed: SignedData) -> None:
    try:
        template = _template(
            signed.signer_certificate.der, signed.chain, signed.algorithm, signed.profile
        )
        rebuilt = template.assemble(signed.message_digest, signed.signature, signed.timestamp_token)
    except SigningError as error:
        raise ParseError(f"签名数据不合本平台的格式：{error}") from error
    if rebuilt != data:
        raise ParseError("签名数据与其规范编码不一致")


def _read_content_info(data: bytes) -> SignedData:
    outer = der.Reader(data)
    info = outer.enter(der.SEQUENCE)
    outer.finish()
    profile = _profile_of(info.oid())
    content = info.enter(0xA0)
    info.finish()
    body = content.enter(der.SEQUENCE)
    content.finish()
    version = body.integer()
    digests = body.set_of()
    content_type, embedded = _read_encapsulated(body.enter(der.SEQUENCE))
    certificates = _read_certificates(body)
    if body.next_tag() == _CRLS_TAG:
        raise UnsupportedError("签名数据内嵌吊销列表")
    signer_infos = body.set_of()
    body.finish()
    if len(signer_infos) != 1:
        raise UnsupportedError(f"{len(signer_infos)} 个签名者（只支持一个）")
    _check_version(version, content_type)
    reader = _SignerInfoReader(der.Reader(signer_infos[0]).enter(der.SEQUENCE), certificates)
    if reader.digest_identifier not in digests:
        raise ParseError("摘要算法清单不含签名者的摘要算法")
    attributes = reader.attributes
    if attributes.content_type != content_type:
        raise ParseError("签名属性中的内容类型与实际不符")
    return SignedData(
        profile=profile,
        content_type=content_type,
        content=embedded,
        certificates=certificates,
        signer_certificate=reader.certificate,
        hash_name=reader.hash_name,
        algorithm=reader.algorithm,
        signed_attributes=reader.signed_attributes,
        message_digest=attributes.message_digest,
        signing_time=attributes.signing_time,
        certificate_hash=attributes.certificate_hash,
        signature=reader.signature,
        timestamp_token=reader.timestamp_token,
    )


def _profile_of(wrapper_type: str) -> Profile:
    for profile, (signed_data, _) in CONTENT_TYPES.items():
        if wrapper_type == signed_data:
            return profile
    raise UnsupportedError(f"内容类型 {wrapper_type}（不是 SignedData）")


def _check_version(version: int, content_type: str) -> None:
    """RFC 5652 §5.1: 1 over plain data, 3 over any other type; GM/T 0010 writes 1."""
    is_plain = content_type in (oids.DATA, oids.GM_DATA)
    if version not in ((1, 3) if is_plain else (3,)):
        raise ParseError("SignedData 的版本号有误")


def _read_encapsulated(reader: der.Reader) -> tuple[str, bytes | None]:
    content_type = reader.oid()
    if reader.is_at_end:
        return content_type, None
    wrapper = reader.enter(0xA0)
    content = wrapper.content(der.OCTET_STRING)
    wrapper.finish()
    reader.finish()
    return content_type, content


def _read_certificates(body: der.Reader) -> tuple[bytes, ...]:
    if body.next_tag() != 0xA0:  # noqa: PLR2004
        raise UnsupportedError("签名数据不含签名者证书")
    inner, found = body.enter(0xA0), []
    while not inner.is_at_end:
        found.append(inner.whole(der.SEQUENCE))
        if len(found) > _CERTIFICATES_MAX:
            raise ParseError("签名数据内嵌证书过多")
    return tuple(found)


class _SignerInfoReader:
    """Reads one SignerInfo (RFC 5652 §5.3) in the order of its fields."""

    def __init__(self, reader: der.Reader, certificates: tuple[bytes, ...]) -> None:
        version = reader.integer()
        is_by_key = reader.next_tag() == _SUBJECT_KEY_TAG
        if version != (3 if is_by_key else 1):
            raise ParseError("SignerInfo 的版本号有误")
        self.certificate = _find_signer(reader, certificates, is_by_key=is_by_key)
        self.digest_identifier = reader.whole(der.SEQUENCE)
        self.signed_attributes = _read_signed_attributes(reader)
        signature_identifier = reader.whole(der.SEQUENCE)
        self.signature = reader.content(der.OCTET_STRING)
        self.timestamp_token = _read_unsigned(reader)
        reader.finish()
        self.hash_name = _hash_of(self.digest_identifier)
        self.algorithm = _algorithm_of(signature_identifier)
        if oids.SUITES[self.algorithm].hash_name != self.hash_name:
            raise UnsupportedError(f"{self.algorithm} 与摘要 {self.hash_name} 的组合")
        self.attributes = _AttributeReader(self.signed_attributes)
        self._check_protection(signature_identifier)

    def _check_protection(self, signature_identifier: bytes) -> None:
        """RFC 6211 §3: where the algorithms are signed too, both must agree."""
        protection = self.attributes.protection
        if protection is not None and protection != algorithm_protection(
            self.digest_identifier, signature_identifier
        ):
            raise ParseError("签名属性所保护的算法与实际不符")


def algorithm_protection(digest_identifier: bytes, signature_identifier: bytes) -> bytes:
    """Return CMSAlgorithmProtection for a SignerInfo (RFC 6211 §2)."""
    return der.sequence(digest_identifier, b"\xa1" + signature_identifier[1:])


def _find_signer(
    reader: der.Reader, certificates: tuple[bytes, ...], *, is_by_key: bool
) -> Certificate:
    if is_by_key:
        key = reader.content(_SUBJECT_KEY_TAG)
        issuer, serial = b"", 0
    else:
        inner = reader.enter(der.SEQUENCE)
        issuer, serial, key = inner.whole(der.SEQUENCE), inner.integer(), b""
        inner.finish()
    for candidate in map(parse_certificate, certificates):
        if is_by_key and candidate.extensions.subject_key_id == key:
            return candidate
        if not is_by_key and (candidate.issuer.der, candidate.serial) == (issuer, serial):
            return candidate
    raise ParseError("签名数据中没有签名者所指的证书")


def _read_signed_attributes(reader: der.Reader) -> bytes:
    if reader.next_tag() != 0xA0:  # noqa: PLR2004
        raise UnsupportedError("没有签名属性的签名")
    return bytes((der.SET,)) + reader.whole(0xA0)[1:]


def _hash_of(identifier: bytes) -> str:
    if identifier not in _HASHES:
        raise UnsupportedError("签名的摘要算法")
    return _HASHES[identifier]


def _algorithm_of(identifier: bytes) -> Algorithm:
    if identifier not in _SIGNATURES:
        raise UnsupportedError("签名算法")
    return _SIGNATURES[identifier]


def _read_unsigned(reader: der.Reader) -> bytes | None:
    """Take unsignedAttrs: a signature timestamp or nothing; anything else is unaccounted for."""
    if reader.is_at_end:
        return None
    attributes = reader.set_of(_UNSIGNED_TAG)
    if len(attributes) != 1:
        raise UnsupportedError("多个未签名属性")
    inner = der.Reader(attributes[0]).enter(der.SEQUENCE)
    if inner.oid() != oids.SIGNATURE_TIMESTAMP:
        raise UnsupportedError("签名时间戳以外的未签名属性")
    values = inner.set_of()
    inner.finish()
    if len(values) != 1:
        raise UnsupportedError("一个签名上的多个时间戳")
    return values[0]


class _AttributeReader:
    """Reads the signed attributes; each type comes at most once and has one value."""

    def __init__(self, attributes: bytes) -> None:
        values = _single_values(attributes)
        if oids.CONTENT_TYPE not in values or oids.MESSAGE_DIGEST not in values:
            raise ParseError("缺少必需的签名属性")  # RFC 5652 §5.3
        self.content_type = _only(values[oids.CONTENT_TYPE]).oid()
        self.message_digest = der.Reader(values[oids.MESSAGE_DIGEST]).content(der.OCTET_STRING)
        time = values.get(oids.SIGNING_TIME)
        self.signing_time = _only(time).time() if time else None
        self.protection = values.get(oids.ALGORITHM_PROTECTION)
        self.certificate_hash = _read_certificate_hash(values)


def _only(value: bytes) -> der.Reader:
    return der.Reader(value)


def _single_values(attributes: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in der.Reader(attributes).set_of():
        inner = der.Reader(item).enter(der.SEQUENCE)
        kind, values = inner.oid(), inner.set_of()
        inner.finish()
        if kind in found or len(values) != 1:
            raise ParseError("签名属性重复或不是单值")
        found[kind] = values[0]
    return found


def _read_certificate_hash(values: dict[str, bytes]) -> tuple[str, bytes] | None:
    for kind, default in (
        (oids.SIGNING_CERTIFICATE_V2, "sha256"),
        (oids.SIGNING_CERTIFICATE, "sha1"),
    ):
        if kind in values:
            return _first_certificate_id(values[kind], default)
    return None


def _first_certificate_id(value: bytes, default: str) -> tuple[str, bytes]:
    first = der.Reader(value).enter(der.SEQUENCE).enter(der.SEQUENCE).enter(der.SEQUENCE)
    name = default
    if first.next_tag() == der.SEQUENCE:
        name = _hash_of(first.whole())
    return name, first.content(der.OCTET_STRING)
