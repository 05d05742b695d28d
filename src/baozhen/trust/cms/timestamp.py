"""Timestamps of RFC 3161: requests, responses and tokens, SM2 and RSA alike (GB/T 20520)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from baozhen.trust.cms.parse import (
    SignedData,
    algorithm_protection,
    parse_signed_data,
    verify_signed_data,
)
from baozhen.trust.cms.template import (
    SignedDataParts,
    attribute,
    issuer_and_serial,
    signing_certificate,
    wrap,
)
from baozhen.trust.crypto.keys import Algorithm, Signer
from baozhen.trust.errors import ParseError, TrustError, UnsupportedError, VerificationError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.issue import Reason
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.parse import parse_certificate
from baozhen.trust.x509.path import PathResult, RevocationEvidence, Usage, validate_path

MESSAGE_BYTES_MAX: Final = 65_536
NONCE_BYTES_MAX: Final = 32
# Of the development service only; made from a UUID (ITU-T X.667), registered with nobody.
DEMO_POLICY: Final = "2.25.143717794096990243285031388254239095825"
CLOCK_SKEW: Final = timedelta(minutes=5)
_DIGEST_BYTES = 32
_STATUS_GRANTED, _STATUS_GRANTED_WITH_MODS, _STATUS_REJECTION = 0, 1, 2
_FAILURE_BAD_ALGORITHM = 0
_HASH_NAMES = {
    oids.identifier(dotted, *parameters): name
    for dotted, name in ((oids.SHA256, "sha256"), (oids.SM3, "sm3"))
    for parameters in ((), (der.NULL_ELEMENT,))
}
# RFC 3161 §4: revoked for one of these, the key is not lost and older tokens keep their worth.
_HARMLESS_REASONS = {
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
}


class TimestampIdentity(Protocol):
    """A time-stamping authority: its certificate, the authorities above it, its key."""

    @property
    def certificate(self) -> bytes:
        """The DER certificate."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The DER certificates above it, root left out."""

    @property
    def signer(self) -> Signer:
        """The private key."""


@dataclass(frozen=True)
class TimestampRequest:
    """What a client asks to be stamped."""

    hash_name: str
    digest: bytes
    nonce: int | None
    wants_certificates: bool


@dataclass(frozen=True)
class TokenContent:
    """What a token says, unverified: the TSTInfo of RFC 3161 §2.4.2."""

    policy: str
    hash_name: str
    digest: bytes
    serial: int
    gen_time: datetime
    nonce: int | None


@dataclass(frozen=True)
class TimestampInfo:
    """A verified timestamp."""

    gen_time: datetime
    hash_name: str
    digest: bytes
    serial: int
    policy: str
    tsa_name: str
    algorithm: Algorithm
    path: PathResult


def build_request(digest: bytes, *, hash_name: str, nonce: int | None = None) -> bytes:
    """Return a DER TimeStampReq over a digest that asks for the authority's certificate."""
    return der.sequence(
        der.integer(1),
        _imprint(hash_name, digest),
        *([der.integer(nonce)] if nonce is not None else []),
        der.boolean(True),
    )


def _imprint(hash_name: str, digest: bytes) -> bytes:
    if hash_name not in oids.DIGEST_IDENTIFIERS:
        raise UnsupportedError(f"时间戳的摘要算法 {hash_name}")
    if len(digest) != _DIGEST_BYTES:
        raise ParseError("时间戳的摘要应为 32 字节")
    return der.sequence(oids.DIGEST_IDENTIFIERS[hash_name], der.octets(digest))


def parse_request(data: bytes) -> TimestampRequest:
    """Read a DER TimeStampReq (RFC 3161 §2.4.1)."""
    reader = _open(data)
    if reader.integer() != 1:
        raise UnsupportedError("时间戳请求的版本")
    hash_name, digest = _read_imprint(reader)
    if reader.next_tag() == der.OID:
        raise UnsupportedError(f"时间戳策略 {reader.oid()}")
    nonce = _read_nonce(reader)
    wants_certificates = reader.boolean() if reader.next_tag() == der.BOOLEAN else False
    reader.finish()
    return TimestampRequest(hash_name, digest, nonce, wants_certificates)


def _open(data: bytes) -> der.Reader:
    if len(data) > MESSAGE_BYTES_MAX:
        raise ParseError("时间戳消息过大")
    outer = der.Reader(data)
    inner = outer.enter(der.SEQUENCE)
    outer.finish()
    return inner


def _read_imprint(reader: der.Reader) -> tuple[str, bytes]:
    inner = reader.enter(der.SEQUENCE)
    algorithm, digest = inner.whole(der.SEQUENCE), inner.content(der.OCTET_STRING)
    inner.finish()
    if algorithm not in _HASH_NAMES:
        raise UnsupportedError("时间戳的摘要算法")
    if len(digest) != _DIGEST_BYTES:
        raise ParseError("时间戳的摘要长度有误")
    return _HASH_NAMES[algorithm], digest


def _read_nonce(reader: der.Reader) -> int | None:
    if reader.next_tag() != der.INTEGER:
        return None
    nonce = reader.integer()
    if nonce.bit_length() > 8 * NONCE_BYTES_MAX:
        raise ParseError("时间戳的随机数过长")
    return nonce


def issue_token(
    identity: TimestampIdentity, request: TimestampRequest, *, at: datetime, serial: int
) -> bytes:
    """Return a DER token (ContentInfo with SignedData over TSTInfo) for the instant `at`."""
    certificate = parse_certificate(identity.certificate)
    suite = oids.SUITES[identity.signer.algorithm]
    info = _token_content(request, at=at, serial=serial)
    signature_identifier = suite.signature_identifier
    attributes = der.set_of(
        (
            attribute(oids.CONTENT_TYPE, der.oid(oids.TST_INFO)),
            attribute(oids.MESSAGE_DIGEST, der.octets(suite.digest(info))),
            attribute(
                oids.ALGORITHM_PROTECTION,
                algorithm_protection(suite.digest_identifier, signature_identifier),
            ),
            signing_certificate(certificate, suite),
        )
    )
    parts = SignedDataParts(
        wrapper_type=oids.SIGNED_DATA,
        version=3,  # RFC 5652 §5.1: the content is not plain data
        digest_identifier=suite.digest_identifier,
        content_info=der.sequence(der.oid(oids.TST_INFO), der.explicit(0, der.octets(info))),
        certificates=(identity.certificate, *identity.chain),
    )
    signer_info = der.sequence(
        der.integer(1),
        issuer_and_serial(certificate),
        suite.digest_identifier,
        b"\xa0" + attributes[1:],
        signature_identifier,
        der.octets(identity.signer.sign(attributes)),
    )
    return wrap(parts.wrapper_type, parts.prefix(), signer_info)


def _token_content(request: TimestampRequest, *, at: datetime, serial: int) -> bytes:
    return der.sequence(
        der.integer(1),
        der.oid(DEMO_POLICY),
        _imprint(request.hash_name, request.digest),
        der.integer(serial),
        der.generalized_time(at),
        *([der.integer(request.nonce)] if request.nonce is not None else []),
    )


def issue_response(
    identity: TimestampIdentity, request: bytes, *, at: datetime, serial: int
) -> bytes:
    """Return a DER TimeStampResp; a request that cannot be read is answered with a rejection."""
    try:
        token = issue_token(identity, parse_request(request), at=at, serial=serial)
    except TrustError:
        failure = der.named_bits([_FAILURE_BAD_ALGORITHM])
        return der.sequence(der.sequence(der.integer(_STATUS_REJECTION), failure))
    return der.sequence(der.sequence(der.integer(_STATUS_GRANTED)), token)


def parse_response(response: bytes, *, request: bytes) -> bytes:
    """Return the token of a TimeStampResp after checking that it answers `request`.

    Raises VerificationError for a refusal or an answer to another question. Signature and trust of
    the token are for `verify_token`.
    """
    reader = _open(response)
    status = reader.enter(der.SEQUENCE).integer()
    if status not in (_STATUS_GRANTED, _STATUS_GRANTED_WITH_MODS):
        raise VerificationError(0, f"时间戳服务拒绝了请求（状态 {status}）")
    token = reader.whole(der.SEQUENCE)
    reader.finish()
    asked, answered = parse_request(request), read_token(token)[1]
    if (asked.hash_name, asked.digest) != (answered.hash_name, answered.digest):
        raise VerificationError(0, "时间戳所盖的摘要不是所请求的")
    if asked.nonce != answered.nonce:
        raise VerificationError(0, "时间戳应答的随机数与请求不符")
    return token


def read_token(token: bytes) -> tuple[SignedData, TokenContent]:
    """Read a DER token without judging its signature."""
    signed = parse_signed_data(token, strict=False)
    if signed.content_type != oids.TST_INFO or signed.content is None:
        raise ParseError("不是时间戳令牌")
    if signed.certificate_hash is None:  # RFC 3161 §2.4.2: the attribute must be there
        raise ParseError("时间戳令牌未指明其证书")
    return signed, _read_content(signed.content)


def _read_content(content: bytes) -> TokenContent:
    reader = _open(content)
    if reader.integer() != 1:
        raise UnsupportedError("时间戳令牌的版本")
    policy = reader.oid()
    hash_name, digest = _read_imprint(reader)
    serial, gen_time = reader.integer(), reader.generalized_time()
    if reader.next_tag() == der.SEQUENCE:
        reader.whole()  # accuracy: signed, and nothing is decided by it
    if reader.next_tag() == der.BOOLEAN:
        reader.boolean()  # ordering
    nonce = _read_nonce(reader)
    if reader.next_tag() == 0xA0:  # noqa: PLR2004
        reader.whole()  # the authority's name: its certificate says it
    if reader.next_tag() == 0xA1:  # noqa: PLR2004
        raise UnsupportedError("时间戳令牌的扩展")
    reader.finish()
    return TokenContent(policy, hash_name, digest, serial, gen_time, nonce)


def verify_token(
    token: bytes,
    *,
    digest: bytes,
    anchors: Iterable[bytes],
    at: datetime,
    revocation: RevocationEvidence = RevocationEvidence(),  # noqa: B008 - frozen
) -> TimestampInfo:
    """Return what a token proves: that `digest` existed at its `gen_time`.

    `digest` is by the hash that the token names (`read_token` tells which); `at` is the time of
    verification. Raises VerificationError, or ParseError for bytes that are no token.
    """
    signed, content = read_token(token)
    if content.digest != digest:
        raise VerificationError(0, "时间戳所盖的摘要与数据不符")
    if content.gen_time > at + CLOCK_SKEW:
        raise VerificationError(0, "时间戳的时间在验证时间之后")
    verify_signed_data(signed, message_digest=oids.DIGESTS[signed.hash_name](_content(signed)))
    path = validate_path(
        signed.signer_certificate.der,
        intermediates=signed.chain,
        anchors=anchors,
        at=content.gen_time,
        revocation=revocation,
        usage=Usage.TIMESTAMP,
    )
    _check_revocation(path)
    if not path.accounts_for(signed.certificates):
        raise VerificationError(0, "时间戳令牌内有与路径无关的证书")
    return TimestampInfo(
        gen_time=content.gen_time,
        hash_name=content.hash_name,
        digest=content.digest,
        serial=content.serial,
        policy=content.policy,
        tsa_name=signed.signer_certificate.common_name,
        algorithm=signed.algorithm,
        path=path,
    )


def _content(signed: SignedData) -> bytes:
    if signed.content is None:
        raise ParseError("不是时间戳令牌")
    return signed.content


def _check_revocation(path: PathResult) -> None:
    """RFC 3161 §4: a lost key makes every token worthless, a retired one only later tokens."""
    if path.revocation_status is Status.REVOKED:
        raise VerificationError(0, "时间戳机构的证书在盖戳前已被吊销")
    if path.revoked_at is not None and path.revocation_reason not in _HARMLESS_REASONS:
        raise VerificationError(0, "时间戳机构的密钥已失信，其时间戳一律无效")
