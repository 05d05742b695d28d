"""Verifies the bytes of a PDF: structure, signatures, coverage, mathematics, changes (steps 1–5).

Who signed and whether that may be trusted is judged by `trust.verify`. One reader serves our own
files and strangers': strict, without repair, in a few milliseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from baozhen.trust.checklist import Checklist
from baozhen.trust.cms.parse import SignedData, parse_signed_data, verify_signed_data
from baozhen.trust.cms.timestamp import read_token
from baozhen.trust.errors import ParseError, TrustError, UnsupportedError, VerificationError
from baozhen.trust.pdf.changes import check_changes, check_tail
from baozhen.trust.pdf.fields import SignatureField, has_signature_flags, signature_fields
from baozhen.trust.pdf.objects import Stream
from baozhen.trust.pdf.reader import PdfFile, open_pdf
from baozhen.trust.pdf.signatures import Kind, PdfSignature, covered_digest, read_signature
from baozhen.trust.pdf.xref import decode_stream
from baozhen.trust.report import Step, Verdict
from baozhen.trust.x509 import oids

SIGNATURES_MAX = 32
COVERED_BYTES_MAX = 512 * 1024 * 1024  # every signature reads all that it covers
VALIDATION_STREAMS_MAX = 64
_MARK = b"/ByteRange"


@dataclass(frozen=True)
class ReadSignature:
    """A signature with what its container says; `signed` is None when that cannot be read."""

    place: PdfSignature
    signed: SignedData | None
    covers_whole_file: bool
    is_valid: bool


@dataclass(frozen=True)
class PdfFindings:
    """What the bytes show: the signatures in the order in which they were made."""

    signatures: tuple[ReadSignature, ...]
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()


def verify_bytes(data: bytes, checklist: Checklist) -> PdfFindings:
    """Walk through steps 1 to 5, note the answers, return what was found.

    Raises TrustError only for what stops the walk; the caller notes it.
    """
    file = open_pdf(data)
    checklist.passed(Step.STRUCTURE, f"PDF，{len(file.sections)} 段交叉引用")
    places = _read_places(file, _find_fields(file, checklist), checklist)
    if not places:
        return PdfFindings(())
    _check_coverage(file, places, checklist)
    revisions = _open_revisions(file, places, checklist)
    _check_history(file, places, revisions, checklist)
    signatures = tuple(_read_containers(data, places, checklist))
    return PdfFindings(signatures, *_validation_data(file))


def _find_fields(file: PdfFile, checklist: Checklist) -> list[SignatureField]:
    """Return the signature fields; a signed file whose form is broken was changed."""
    try:
        return signature_fields(file)
    except UnsupportedError:
        raise
    except ParseError as error:
        if _MARK not in file.data:
            raise
        checklist.broke(Step.SIGNATURES, error)
        return []


def _read_places(
    file: PdfFile, fields: list[SignatureField], checklist: Checklist
) -> list[PdfSignature]:
    """Step 2: every filled field is understood, and no signature stands outside of the fields."""
    filled = [field for field in fields if field.value is not None]
    marks = file.data.count(_MARK)
    if not filled and marks == 0:
        checklist.failed(Step.SIGNATURES, "文件里没有签名")
        checklist.conclude(Verdict.NOT_SIGNED)
        return []
    if len(filled) > SIGNATURES_MAX or len(filled) * len(file.data) > COVERED_BYTES_MAX:
        raise UnsupportedError(f"{len(file.data)} 字节上的 {len(filled)} 个签名")
    places = []
    for field in filled:
        try:
            places.append(read_signature(file, field))
        except TrustError as error:
            checklist.broke(Step.SIGNATURES, error)
    if len({field.value for field in filled}) != len(filled) or marks != len(filled):
        checklist.failed(
            Step.SIGNATURES, f"文件里有 {marks} 处签名数据，但表单里已签的签名域有 {len(filled)} 个"
        )
    if not has_signature_flags(file) and places and places[0].is_ours:
        checklist.failed(Step.SIGNATURES, "表单没有声明含有签名")
    names = "、".join(place.name for place in places)
    checklist.passed(Step.SIGNATURES, f"{len(places)} 个签名：{names}")
    return sorted(places, key=lambda place: place.end)


def _check_coverage(file: PdfFile, places: list[PdfSignature], checklist: Checklist) -> None:
    """Step 3: the last signature covers everything, the earlier ones a whole earlier file each."""
    last = places[-1].end
    if len({place.end for place in places}) != len(places):
        checklist.failed(Step.COVERAGE, "两个签名覆盖同一范围")
    if file.end != len(file.data):
        checklist.failed(Step.COVERAGE, f"文件末尾多出 {len(file.data) - file.end} 字节")
    elif last == len(file.data):
        checklist.passed(Step.COVERAGE, "最后一个签名覆盖整个文件")
    else:
        checklist.passed(Step.COVERAGE, "最后一个签名之后另有补充内容，见第 5 步")


def _open_revisions(
    file: PdfFile, places: list[PdfSignature], checklist: Checklist
) -> list[PdfFile | None]:
    return [_open_revision(file, place, checklist) for place in places]


def _open_revision(file: PdfFile, place: PdfSignature, checklist: Checklist) -> PdfFile | None:
    """Open the file as it was when `place` was signed; it must show the same signature."""
    if place.end == len(file.data):
        return file
    try:
        revision = open_pdf(file.data, end=place.end, other=file)
        seen = next((f for f in signature_fields(revision) if f.number == place.field.number), None)
        if seen is None or seen.value is None:
            raise VerificationError(Step.COVERAGE, f"签名 {place.name} 所覆盖的版本里没有它自己")
        if read_signature(revision, seen).gap != place.gap:
            raise VerificationError(Step.COVERAGE, f"签名 {place.name} 在后来的版本里被替换")
    except TrustError as error:
        checklist.broke(Step.COVERAGE, error)
        return None
    return revision


def _check_history(
    file: PdfFile,
    places: list[PdfSignature],
    revisions: list[PdfFile | None],
    checklist: Checklist,
) -> None:
    """Step 5: from one signed state to the next, only what the white list allows."""
    states = [*revisions, file]
    try:
        for index, (before, after) in enumerate(pairwise(states)):
            if before is None or after is None:
                raise VerificationError(Step.CHANGES, "签名所覆盖的版本不完整，无法比较")
            if before is not after:
                is_last = index == len(places) - 1
                check_changes(before, after, may_add_signatures=not is_last)
        if places[-1].end != len(file.data):
            check_tail(file, places[-1].end)
        _check_invisible(file, places)
    except TrustError as error:
        checklist.broke(Step.CHANGES, error)
        return
    checklist.passed(Step.CHANGES, "各签名之间和之后没有未经允许的改动")


def _check_invisible(file: PdfFile, places: list[PdfSignature]) -> None:
    """A document timestamp may show nothing: anybody can get one, so it must not cover content."""
    for place in places:
        if place.kind is Kind.TIMESTAMP:
            rect = file.resolve(place.field.dictionary.get("Rect"))
            sides = rect if isinstance(rect, list) else [0, 0, 0, 0]
            if len(sides) != 4 or not (sides[0] == sides[2] or sides[1] == sides[3]):  # noqa: PLR2004
                raise VerificationError(Step.CHANGES, f"时间戳 {place.name} 在页面上有可见内容")


def _read_containers(
    data: bytes, places: list[PdfSignature], checklist: Checklist
) -> Iterator[ReadSignature]:
    """Step 4: the container is read, its digest is that of the bytes, its signature holds."""
    for place in places:
        signed, is_valid = None, False
        try:
            signed = _parse_container(place)
            digest = covered_digest(data, place, signed.hash_name)
            _verify_container(place, signed, data, digest)
            is_valid = True
            checklist.passed(
                Step.MATHEMATICS, f"{place.name}（{signed.algorithm}）摘要和签名值正确"
            )
        except TrustError as error:
            checklist.broke(Step.MATHEMATICS, _named(place, error))
        yield ReadSignature(place, signed, place.end == len(data), is_valid)


def _parse_container(place: PdfSignature) -> SignedData:
    if place.kind is Kind.TIMESTAMP:
        return read_token(place.contents)[0]
    signed = parse_signed_data(place.contents, strict=place.is_ours)
    if signed.content is not None:
        raise UnsupportedError("内含原文的签名数据")
    return signed


def _verify_container(place: PdfSignature, signed: SignedData, data: bytes, digest: bytes) -> None:
    if place.kind is Kind.SIGNATURE:
        verify_signed_data(signed, message_digest=digest)
        return
    _, content = read_token(place.contents)
    if content.digest != covered_digest(data, place, content.hash_name):
        raise VerificationError(Step.MATHEMATICS, "时间戳所盖的摘要与文件不符")
    embedded = oids.DIGESTS[signed.hash_name](signed.content or b"")
    verify_signed_data(signed, message_digest=embedded)


def _named(place: PdfSignature, error: TrustError) -> TrustError:
    """Return the error with the name of its field in front."""
    if isinstance(error, UnsupportedError):
        return UnsupportedError(f"{error.what}（{place.name}）")
    reason = error.reason if isinstance(error, VerificationError) else str(error)
    return VerificationError(Step.MATHEMATICS, f"{place.name}：{reason}")


def _validation_data(
    file: PdfFile,
) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Return CRLs, OCSP responses and certificates of the DSS; broken ones say nothing."""
    store = file.resolve(file.catalog.get("DSS"))
    if not isinstance(store, dict):
        return (), (), ()
    crls, ocsps, certificates = (
        tuple(_streams(file, store.get(key))) for key in ("CRLs", "OCSPs", "Certs")
    )
    return crls, ocsps, certificates


def _streams(file: PdfFile, value: object) -> Iterator[bytes]:
    listed = file.resolve(value)  # type: ignore[arg-type]
    for item in (listed if isinstance(listed, list) else [])[:VALIDATION_STREAMS_MAX]:
        try:
            stream = file.resolve(item)
            if isinstance(stream, Stream):
                yield decode_stream(stream.dictionary, stream.raw)
        except ParseError:
            continue
