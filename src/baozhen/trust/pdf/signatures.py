"""One signature of a PDF as it stands in the bytes: what it covers and what it contains.

The gap in /ByteRange must be exactly the /Contents string (ISO 32000-1 §12.8.1), so nothing else
can hide in it; and the string has one spelling only, so no digit of it can change unnoticed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from baozhen.trust.crypto.digests import Digest, new_sha256, new_sm3
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import ParseError, UnsupportedError, VerificationError
from baozhen.trust.pdf.fields import SignatureField
from baozhen.trust.pdf.objects import ObjectParser, Span, Value, read_text
from baozhen.trust.pdf.reader import PdfFile, object_span
from baozhen.trust.report import Step

CONTENTS_BYTES_MAX = 1024 * 1024
_HEX = re.compile(rb"<(?:[0-9a-f]*+|[0-9A-F]*+)>")
_DATE = re.compile(
    r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z(?:00'?00'?)?|([+-])(\d\d)'?(\d\d)?'?)?"
)
_NUMBERS = 4
_LONG_LENGTH = 0x80


class Kind(StrEnum):
    """What a signature dictionary holds."""

    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"


_KINDS = {
    "ETSI.CAdES.detached": Kind.SIGNATURE,
    "adbe.pkcs7.detached": Kind.SIGNATURE,
    "ETSI.RFC3161": Kind.TIMESTAMP,
}


# What the mark of a party's signature promises.
_PAIRS: Final = {
    "parties SM2+RSA": frozenset({Algorithm.SM2_SM3, Algorithm.RSA_SHA256}),
    "parties SM2+EC": frozenset({Algorithm.SM2_SM3, Algorithm.ECDSA_P256_SHA256}),
}


@dataclass(frozen=True)
class PdfSignature:
    """One filled signature field, read."""

    field: SignatureField
    kind: Kind
    subfilter: str
    gap: Span
    end: int
    contents: bytes
    claimed_at: datetime | None
    reason: str
    is_ours: bool
    is_one_of_two: bool
    # One of several parties signed: which (the shared part of its fields' names), and with which
    # two algorithms it said that it signs; empty when it signs once.
    party: str
    party_pair: frozenset[Algorithm]

    @property
    def name(self) -> str:
        """The name of the field."""
        return self.field.name


def read_signature(file: PdfFile, field: SignatureField) -> PdfSignature:
    """Read the signature in a filled field.

    Raises VerificationError when /ByteRange or /Contents are not what they must be,
    UnsupportedError for formats not judged here.
    """
    if field.value is None:
        raise ParseError(f"签名域 {field.name} 没有签名")
    _, body = object_span(file, field.value.number)
    parser = ObjectParser(file.data, body)
    entries = parser.dictionary(with_spans=True)
    subfilter = entries.get("SubFilter")
    if not isinstance(subfilter, str) or subfilter not in _KINDS:
        raise UnsupportedError(f"签名格式 {subfilter!r}（签名域 {field.name}）")
    if "Contents" not in entries or "ByteRange" not in entries:
        raise VerificationError(Step.COVERAGE, f"签名域 {field.name} 缺少 /Contents 或 /ByteRange")
    gap = parser.spans["Contents"]
    owner, mark = _build_mark(entries)
    return PdfSignature(
        field=field,
        kind=_KINDS[subfilter],
        subfilter=subfilter,
        gap=gap,
        end=_covered_end(file.data, gap, entries["ByteRange"], field.name),
        contents=_read_contents(file.data[gap.start : gap.end], field.name),
        claimed_at=read_date(read_text(entries.get("M"))),
        reason=read_text(entries.get("Reason")),
        is_ours=owner == "Baozhen",
        is_one_of_two=owner == "Baozhen" and mark == "SM2+RSA",
        party=_party_of(field.name) if owner == "Baozhen" and mark.startswith("parties") else "",
        party_pair=_PAIRS.get(mark, frozenset()) if owner == "Baozhen" else frozenset(),
    )


def _party_of(name: str) -> str:
    """Return the part of a field's name that both fields of one party share."""
    return name.rpartition("-")[0] or name


def _covered_end(data: bytes, gap: Span, byte_range: Value, name: str) -> int:
    numbers = byte_range if isinstance(byte_range, list) else []
    plain = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    if len(plain) != _NUMBERS or len(numbers) != _NUMBERS:
        raise VerificationError(Step.COVERAGE, f"签名域 {name} 的覆盖范围不是两段")
    start, length, second, rest = plain
    if start != 0 or length != gap.start or second != gap.end:
        raise VerificationError(Step.COVERAGE, f"签名域 {name} 的覆盖范围与签名值的位置不符")
    if rest < 0 or second + rest > len(data):
        raise VerificationError(Step.COVERAGE, f"签名域 {name} 的覆盖范围超出文件")
    return second + rest


def _read_contents(text: bytes, name: str) -> bytes:
    """Return the DER in a hexadecimal string; all digits behind it must be zero."""
    if len(text) > 2 * CONTENTS_BYTES_MAX:
        raise VerificationError(Step.MATHEMATICS, f"签名域 {name} 的签名值过大")
    if len(text) % 2 or _HEX.fullmatch(text) is None:
        raise VerificationError(Step.MATHEMATICS, f"签名域 {name} 的签名值写法不规范")
    raw = bytes.fromhex(text[1:-1].decode("ascii"))
    size = _der_size(raw)
    if size > len(raw) or raw[size:].strip(b"\x00"):
        raise VerificationError(Step.MATHEMATICS, f"签名域 {name} 的签名值之后有多余的数据")
    return raw[:size]


def _der_size(raw: bytes) -> int:
    """Return how long the first DER element says it is (X.690 §8.1.3)."""
    if len(raw) < 2 or raw[1] == _LONG_LENGTH:  # noqa: PLR2004 - tag and length
        return len(raw)
    if raw[1] < _LONG_LENGTH:
        return 2 + raw[1]
    count = raw[1] & 0x7F
    return 2 + count + int.from_bytes(raw[2 : 2 + count], "big")


def _build_mark(entries: dict[str, Value]) -> tuple[str, str]:
    """Return /Name and /REx of /Prop_Build /App."""
    build = entries.get("Prop_Build")
    app = build.get("App") if isinstance(build, dict) else None
    if not isinstance(app, dict):
        return "", ""
    name = app.get("Name")
    return name if isinstance(name, str) else "", read_text(app.get("REx"))


def covered_digest(data: bytes, signature: PdfSignature, hash_name: str) -> bytes:
    """Return the digest of the bytes that a signature covers."""
    digest: Digest = new_sm3() if hash_name == "sm3" else new_sha256()
    view = memoryview(data)
    digest.update(bytes(view[: signature.gap.start]))
    digest.update(bytes(view[signature.gap.end : signature.end]))
    return digest.finalize()


def read_date(text: str) -> datetime | None:
    """Return a PDF date (§7.9.4) that has a time zone; None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    numbers = [int(match[i + 1] or lowest) for i, lowest in enumerate(_LOWEST)]
    zone = UTC
    if match[7]:
        offset = timedelta(hours=int(match[8]), minutes=int(match[9] or 0))
        if offset >= timedelta(days=1):
            return None
        zone = timezone(offset if match[7] == "+" else -offset)
    elif "Z" not in text:
        return None
    year, month, day, hour, minute, second = numbers
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


_LOWEST = (1, 1, 1, 0, 0, 0)
