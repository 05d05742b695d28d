"""Electronic seal structures: GB/T 38540-2020 (version 4) written and read, GM/T 0031 read.

The seal maker signs the DER of SES_SealInfo; what was received is verified as it was received and
never encoded again. Every byte is accounted for: what the maker's signature does not cover (the
maker's certificate) must lead to an anchor. Versions: two members are version 1 (GM/T 0031-2014);
four or five are version 4 or, by its header, version 5 (GM/T 0031-2025), which is only read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from baozhen.trust.crypto.digests import sm3
from baozhen.trust.crypto.keys import (
    Algorithm,
    Signer,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.errors import ParseError, SigningError, UnsupportedError, VerificationError
from baozhen.trust.x509 import der, oids
from baozhen.trust.x509.parse import parse_certificate
from baozhen.trust.x509.path import PathResult, RevocationEvidence, Status, validate_path

BYTES_MAX: Final = 1_048_576
CERTIFICATES_MAX: Final = 32
VENDOR: Final = "Baozhen"
UNIT_SEAL: Final = 1
PERSON_SEAL: Final = 2
_ID = "ES"
_CERTIFICATES, _DIGESTS = 1, 2
_SM3_NAME = "SM3"
_SIDE_MM_MAX = 200
_V1_MEMBERS = 2
_V4, _V5 = 4, 5


@dataclass(frozen=True)
class SealPicture:
    """What is shown: its format (PNG, GIF, OFD …) and its size in millimetres."""

    type: str
    data: bytes = field(repr=False)
    width_mm: int
    height_mm: int


@dataclass(frozen=True)
class SealInfo:
    """SES_SealInfo: what the maker vouches for. `certificates` may sign with the seal (DER)."""

    seal_id: str
    name: str
    picture: SealPicture
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    certificates: tuple[bytes, ...] = ()
    type: int = UNIT_SEAL
    vendor: str = VENDOR
    version: int = _V4
    # Where the list holds digests instead: (algorithm, digest).
    certificate_digests: tuple[tuple[str, bytes], ...] = ()
    extensions: tuple[tuple[str, bool, bytes], ...] = ()

    def admits(self, certificate: bytes) -> bool:
        """Whether the holder of this certificate may sign with the seal."""
        if self.certificates:
            return certificate in self.certificates
        return any(
            name.upper() == _SM3_NAME and digest == sm3(certificate)
            for name, digest in self.certificate_digests
        )


@dataclass(frozen=True)
class SealStructure:
    """A parsed SESeal: the information, and what the maker signed with which certificate."""

    info: SealInfo
    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed: bytes = field(repr=False)  # the received bytes that the signature covers
    timestamp: bytes = field(default=b"", repr=False)


def make_seal(info: SealInfo, *, certificate: bytes, signer: Signer) -> bytes:
    """Return the DER SESeal of version 4, verified again before it is given out.

    Raises SigningError unless the maker's key is an SM2 key, the certificate's own, and the
    information is complete.
    """
    maker = parse_certificate(certificate)
    if signer.algorithm is not Algorithm.SM2_SM3 or maker.public_key != signer.public_key:
        raise SigningError("制章者须用与证书一致的 SM2 密钥")
    _check(info)
    body = _info(info)
    signature = signer.sign(body)
    verify_signature_independently(maker.public_key, body, signature, algorithm=Algorithm.SM2_SM3)
    return der.sequence(
        body, der.octets(certificate), der.oid(oids.SM2_WITH_SM3), der.bits(signature)
    )


def parse_seal(data: bytes) -> SealStructure:
    """Read a SESeal of any version; ParseError for anything that is not canonical."""
    if len(data) > BYTES_MAX:
        raise ParseError("印章数据过大")
    outer = der.Reader(data)
    body = outer.enter(der.SEQUENCE)
    outer.finish()
    members = _members(body)
    if len(members) == _V1_MEMBERS:
        return _read_v1(*members)
    return _read_v4(members)


def verify_seal(
    seal: SealStructure,
    *,
    at: datetime,
    anchors: Iterable[bytes],
    intermediates: Iterable[bytes] = (),
    revocation: RevocationEvidence = RevocationEvidence(),  # noqa: B008 - frozen
) -> PathResult:
    """Raise VerificationError unless the seal holds at `at`; return the maker's path.

    The order is the standard's (GB/T 38540 §7): format by parsing, then 1 the maker's signature,
    2 the maker's certificate, 3 the seal's own time.
    """
    maker = parse_certificate(seal.certificate)
    if maker.algorithm is not Algorithm.SM2_SM3:
        raise VerificationError(1, "制章者证书不是 SM2 证书")
    try:
        verify_signature(maker.public_key, seal.signed, seal.signature, algorithm=Algorithm.SM2_SM3)
    except VerificationError as error:
        raise VerificationError(1, "制章者签名与印章内容不符") from error
    made = seal.info.created_at
    path = validate_path(
        seal.certificate,
        intermediates=intermediates,
        anchors=anchors,
        at=made,
        revocation=revocation,
    )
    if path.revocation_status is Status.REVOKED and (
        path.revoked_at is None or path.revoked_at <= made
    ):
        raise VerificationError(2, "制章者证书在制章前已被吊销")
    if not seal.info.valid_from <= at <= seal.info.valid_until:
        raise VerificationError(3, "印章不在有效期内")
    return path


def _check(info: SealInfo) -> None:
    if not 0 < len(info.certificates) <= CERTIFICATES_MAX:
        raise SigningError("印章中须有签章者的证书")
    if not info.valid_from < info.valid_until:
        raise SigningError("印章有效期的终点应晚于起点")
    sides = info.picture.width_mm, info.picture.height_mm
    if not all(0 < side <= _SIDE_MM_MAX for side in sides):
        raise SigningError("印章图片的尺寸不对")
    if not info.seal_id.isascii() or not info.seal_id or not info.name:
        raise SigningError("印章须有编号和名称")


def _info(info: SealInfo) -> bytes:
    """Return SES_SealInfo, GB/T 38540 §6.1."""
    header = der.sequence(
        der.text(_ID, tag=der.IA5_STRING),
        der.integer(_V4),
        der.text(info.vendor, tag=der.IA5_STRING),
    )
    properties = der.sequence(
        der.integer(info.type),
        der.text(info.name),
        der.integer(_CERTIFICATES),
        der.sequence(*(der.octets(certificate) for certificate in info.certificates)),
        der.generalized_time(info.created_at),
        der.generalized_time(info.valid_from),
        der.generalized_time(info.valid_until),
    )
    picture = der.sequence(
        der.text(info.picture.type, tag=der.IA5_STRING),
        der.octets(info.picture.data),
        der.integer(info.picture.width_mm),
        der.integer(info.picture.height_mm),
    )
    return der.sequence(header, der.text(info.seal_id, tag=der.IA5_STRING), properties, picture)


def _members(reader: der.Reader) -> list[bytes]:
    members = []
    while not reader.is_at_end:
        members.append(reader.whole())
    return members


def _read_v4(members: list[bytes]) -> SealStructure:
    if len(members) not in (4, 5):
        raise ParseError("印章数据的成员数不对")
    body, certificate, algorithm, signature, *rest = members
    info = _read_info(body)
    if info.version not in (_V4, _V5) or (rest and info.version != _V5):
        raise ParseError("印章数据的版本与结构不符")
    _expect_sm2(algorithm)
    stamp = _only(der.Reader(rest[0]).enter(0xA0)).bits() if rest else b""
    return SealStructure(
        info=info,
        certificate=_one(certificate).content(der.OCTET_STRING),
        signature=_one(signature).bits(),
        signed=body,
        timestamp=stamp,
    )


def _read_v1(body: bytes, sign_info: bytes) -> SealStructure:
    """GM/T 0031-2014 §6: the maker's certificate and algorithm are signed too."""
    info = _read_info(body)
    reader = _one(sign_info).enter(der.SEQUENCE)
    certificate, algorithm = reader.whole(der.OCTET_STRING), reader.whole(der.OID)
    signature = reader.bits()
    reader.finish()
    _expect_sm2(algorithm)
    return SealStructure(
        info=info,
        certificate=_one(certificate).content(der.OCTET_STRING),
        signature=signature,
        signed=der.sequence(body, certificate, algorithm),
    )


def _read_info(body: bytes) -> SealInfo:
    reader = _one(body).enter(der.SEQUENCE)
    header = reader.enter(der.SEQUENCE)
    if _ascii(header) != _ID:
        raise ParseError("不是电子印章数据")
    version = header.integer()
    vendor = _ascii(header)
    header.finish()
    seal_id = _ascii(reader)
    properties = _read_properties(reader.enter(der.SEQUENCE))
    picture = reader.enter(der.SEQUENCE)
    shown = SealPicture(
        _ascii(picture), picture.content(der.OCTET_STRING), picture.integer(), picture.integer()
    )
    picture.finish()
    if not all(0 < side <= _SIDE_MM_MAX for side in (shown.width_mm, shown.height_mm)):
        raise ParseError("印章图片的尺寸不对")
    extensions = () if reader.is_at_end else _read_extensions(reader)
    reader.finish()
    return SealInfo(
        seal_id=seal_id,
        vendor=vendor,
        version=version,
        picture=shown,
        extensions=extensions,
        **properties,  # type: ignore[arg-type]
    )


def _read_properties(reader: der.Reader) -> dict[str, object]:
    kind = reader.integer()
    if kind not in (UNIT_SEAL, PERSON_SEAL):
        raise ParseError("印章类型只能是单位或个人")
    found: dict[str, object] = {"type": kind, "name": _utf8(reader)}
    # Version 1 has no type of list before the list.
    listed = reader.integer() if reader.next_tag() == der.INTEGER else _CERTIFICATES
    entries = reader.enter(der.SEQUENCE)
    if listed == _CERTIFICATES:
        certificates = []
        while not entries.is_at_end:
            certificates.append(entries.content(der.OCTET_STRING))
        found["certificates"] = tuple(certificates)
    elif listed == _DIGESTS:
        found["certificate_digests"] = _read_digests(entries)
    else:
        raise ParseError("签章者证书列表的类型不对")
    created, begin, end = reader.time(), reader.time(), reader.time()
    reader.finish()
    if not begin < end:
        raise ParseError("印章有效期的终点应晚于起点")
    return found | {"created_at": created, "valid_from": begin, "valid_until": end}


def _read_digests(entries: der.Reader) -> tuple[tuple[str, bytes], ...]:
    digests = []
    while not entries.is_at_end:
        one = entries.enter(der.SEQUENCE)
        name = _text(one.content(der.PRINTABLE_STRING), "ascii")
        digests.append((name, one.content(der.OCTET_STRING)))
        one.finish()
    return tuple(digests)


def _read_extensions(reader: der.Reader) -> tuple[tuple[str, bool, bytes], ...]:
    """Read extDatas, which vendors write untagged or as [0]; an unknown critical one refuses."""
    if reader.next_tag() == 0xA0:  # noqa: PLR2004 -- [0] EXPLICIT
        reader = _only(reader.enter(0xA0))
    entries, found = reader.enter(der.SEQUENCE), []
    while not entries.is_at_end:
        one = entries.enter(der.SEQUENCE)
        name = one.oid()
        is_critical = one.boolean() if one.next_tag() == der.BOOLEAN else False
        if is_critical:
            raise UnsupportedError(f"印章的关键扩展 {name}")
        found.append((name, is_critical, one.content(der.OCTET_STRING)))
        one.finish()
    return tuple(found)


def _expect_sm2(algorithm: bytes) -> None:
    name = _one(algorithm).oid()
    if name != oids.SM2_WITH_SM3:
        raise UnsupportedError(f"印章签名算法 {name}")


def _one(element: bytes) -> der.Reader:
    """Return a reader over exactly this element."""
    reader = der.Reader(element)
    reader.whole()
    reader.finish()
    return der.Reader(element)


def _only(reader: der.Reader) -> der.Reader:
    """Return a reader over the one element that is left."""
    return _one(reader.data[reader.position : reader.end])


def _ascii(reader: der.Reader) -> str:
    return _text(reader.content(der.IA5_STRING), "ascii")


def _utf8(reader: der.Reader) -> str:
    return _text(reader.content(der.UTF8_STRING), "utf-8")


def _text(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ParseError("印章数据中的文字不能读取") from error
