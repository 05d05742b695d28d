"""The light check of a freshly signed file before it leaves the process.

The two updates are read back from the bytes and compared with what a signature may bring, and both
raw signatures are verified, SM2 by the second implementation.
A fault that strikes one signature in a million strikes daily at two million a day.
"""

import re
from dataclasses import dataclass

from baozhen.trust.cms.parse import parse_signed_data, verify_signed_data
from baozhen.trust.cms.timestamp import read_token
from baozhen.trust.crypto.digests import Digest, new_sha256, new_sm3
from baozhen.trust.crypto.digests import digest as digest_by_name
from baozhen.trust.crypto.keys import verify_signature_independently
from baozhen.trust.errors import SigningError, TrustError
from baozhen.trust.pdf.fields import SignatureField
from baozhen.trust.pdf.lint import LintedPdf
from baozhen.trust.pdf.objects import Ref, read_header, read_text
from baozhen.trust.pdf.reader import PdfFile
from baozhen.trust.pdf.sign import RSA_FIELD, SM2_FIELD, SigningIdentity
from baozhen.trust.pdf.signatures import PdfSignature, read_signature
from baozhen.trust.pdf.xref import Section, read_section
from baozhen.trust.x509 import der
from baozhen.trust.x509.parse import parse_certificate

_TAIL_WINDOW = 64
_CLOSING = b"\nendobj\n"
_FORM = re.compile(rb"/AcroForm \d+ 0 R")
_FIRST_ANNOTATIONS = re.compile(rb"/Annots\[\d+ 0 R(?: \d+ 0 R)*\]")
_MORE_ANNOTATIONS = re.compile(rb" ?\d+ 0 R(?: \d+ 0 R)*")
_SM2_SIZES = (72, 71, 70, 69, 68, 67, 66)  # two integers, seldom short (GB/T 35276)
_RSA_SIZES = (256, 384, 512)
_NEW_REVISION_OBJECTS = 2  # the RSA field and its signature


class ReleaseError(SigningError):
    """A signed file failed the check before release; `algorithm` is the signature at fault."""

    def __init__(self, reason: str, algorithm: str = "") -> None:
        """Keep the reason and, where one signature is at fault, its algorithm."""
        super().__init__(reason)
        self.algorithm = algorithm


@dataclass(frozen=True)
class FileDigests:
    """The digests of a whole released file."""

    sha256: bytes
    sm3: bytes


def check_before_release(
    signed: bytes, original: LintedPdf, *, sm2: SigningIdentity, rsa: SigningIdentity
) -> FileDigests:
    """Raise ReleaseError unless `signed` is `original` with exactly these two signatures.

    The digests of the whole file come with it: the check has hashed nearly all of it anyway.
    """
    try:
        return _check(signed, original, sm2=sm2, rsa=rsa)
    except ReleaseError:
        raise
    except TrustError as error:
        raise ReleaseError(f"放行前检查未通过：{error}") from error


@dataclass(frozen=True)
class _Pair:
    """The two signatures as read back."""

    sm2: PdfSignature
    rsa: PdfSignature


def _check(
    signed: bytes, original: LintedPdf, *, sm2: SigningIdentity, rsa: SigningIdentity
) -> FileDigests:
    if not signed.startswith(original.data):
        raise ReleaseError("签署改动了原文")
    second, first = _read_updates(signed, original)
    _check_objects(first, second, original)
    file = PdfFile(signed, (second, first), len(signed))
    _check_content(file, original)
    pair = _read_pair(file)
    # The first signature covers exactly the file that the second update continues.
    if pair.rsa.end != len(signed) or signed[: pair.sm2.end][-6:] != b"%%EOF\n":
        raise ReleaseError("签名没有覆盖整个文件")
    if not first.end < pair.sm2.end <= min(e.offset for e in second.entries.values()):
        raise ReleaseError("SM2 签名的覆盖范围不对")
    covered, sm3 = _digests(signed, pair.sm2, new_sm3())
    check_signature(pair.sm2, sm2, covered)
    covered, sha256 = _digests(signed, pair.rsa, new_sha256())
    check_signature(pair.rsa, rsa, covered)
    return FileDigests(sha256=sha256, sm3=sm3)


def _read_updates(signed: bytes, original: LintedPdf) -> tuple[Section, Section]:
    tail = signed[-_TAIL_WINDOW:].split(b"startxref\n")[-1]
    position, _, mark = tail.partition(b"\n")
    if mark != b"%%EOF\n" or not position.isdigit():
        raise ReleaseError("签署后的文件没有正常结尾")
    second = read_section(signed, int(position))
    previous = second.trailer.get("Prev")
    first = read_section(signed, previous if isinstance(previous, int) else -1)
    if first.trailer.get("Prev") != original.parts.table_position:
        raise ReleaseError("签署的增量没有接在原文之后")
    root = Ref(original.parts.root, 0)
    if first.trailer.get("Root") != root or second.trailer.get("Root") != root:
        raise ReleaseError("签署后的目录对象不对")
    return second, first


def _check_objects(first: Section, second: Section, original: LintedPdf) -> None:
    """Only the catalog and pages may be written anew; all other objects must be new ones."""
    parts = original.parts
    allowed = {parts.root, *(page.number for page in parts.pages)}
    if any(number < parts.size and number not in allowed for number in first.entries):
        raise ReleaseError("签署改写了不该改写的对象")
    if len(second.entries) != _NEW_REVISION_OBJECTS or min(second.entries) < parts.size:
        raise ReleaseError("第二个签名带来了多余的对象")
    entries = [*first.entries.values(), *second.entries.values()]
    if any(entry.free or entry.offset < len(original.data) for entry in entries):
        raise ReleaseError("签署的对象不在增量之内")


def _check_content(file: PdfFile, original: LintedPdf) -> None:
    """The catalog gains a form and each page annotations; not a byte of them differs otherwise."""
    for number, entry in file.sections[1].entries.items():
        if number >= original.parts.size:
            continue
        _, start = read_header(file.data, entry.offset)
        end = file.data.find(_CLOSING, start)
        was, now = original.parts.body(number), file.data[start + 1 : end]
        is_catalog = number == original.parts.root
        if not (_gained_form(was, now) if is_catalog else _gained_annotations(was, now)):
            raise ReleaseError(f"目录或页面对象 {number} 的内容被改动")


def _gained_form(was: bytes, now: bytes) -> bool:
    return _between(now, was[:-2], b">>", _FORM)


def _gained_annotations(was: bytes, now: bytes) -> bool:
    start = was.find(b"/Annots[")
    if start < 0:
        return _between(now, was[:-2], b">>", _FIRST_ANNOTATIONS)
    end = was.find(b"]", start)
    return _between(now, was[:end], was[end:], _MORE_ANNOTATIONS)


def _between(text: bytes, before: bytes, after: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Say whether `text` is `before`, something that fits `pattern`, and `after`."""
    middle = text[len(before) : len(text) - len(after)]
    framed = text.startswith(before) and text.endswith(after)
    return framed and pattern.fullmatch(middle) is not None


def _read_pair(file: PdfFile) -> _Pair:
    form = file.dictionary(file.catalog.get("AcroForm"), "表单")
    fields: dict[str, SignatureField] = {}
    for item in file.array(form.get("Fields"), "表单域清单"):
        node = file.dictionary(item, "签名域")
        value, name = node.get("V"), read_text(node.get("T"))
        if not isinstance(item, Ref) or not isinstance(value, Ref) or node.get("FT") != "Sig":
            raise ReleaseError("签名域不是预期的样子")
        fields[name] = SignatureField(name, item.number, value, node)
    wanted = {SM2_FIELD.decode(): "sm2", RSA_FIELD.decode(): "rsa"}
    if fields.keys() != wanted.keys():
        raise ReleaseError("签名域不是预期的两个")
    read = {wanted[name]: read_signature(file, field) for name, field in fields.items()}
    if not all(signature.is_one_of_two for signature in read.values()):
        raise ReleaseError("签名没有标明双签")
    return _Pair(**read)


def _digests(signed: bytes, place: PdfSignature, digest: Digest) -> tuple[bytes, bytes]:
    """Return the digest of what a signature covers, and the one of the whole file.

    Both begin with all that stands before the signature's value; it is hashed once.
    """
    view = memoryview(signed)
    digest.update(view[: place.gap.start])
    whole = digest.copy()
    digest.update(view[place.gap.end : place.end])
    whole.update(view[place.gap.start :])
    return digest.finalize(), whole.finalize()


def check_signature(place: PdfSignature, identity: SigningIdentity, digest: bytes) -> None:
    """Raise ReleaseError unless the signature in `place` is this identity's over `digest`."""
    signature = _last_octets(place.contents)
    # Without a token the container must be exactly what the identity's template makes of the
    # digest and the signature: certificates, names and order are thereby the planned ones.
    if identity.template.assemble(digest, signature, None) == place.contents:
        _verify_raw(identity, identity.template.signed_attributes(digest), signature)
    else:
        _check_container(place, identity, digest)


def _last_octets(contents: bytes) -> bytes:
    """Return the content of the OCTET STRING that ends a container; empty when there is none."""
    for size in (*_SM2_SIZES, *_RSA_SIZES):
        header = der.element(der.OCTET_STRING, bytes(size))[:-size]
        if contents[-size - len(header) : -size] == header:
            return contents[-size:]
    return b""


def _verify_raw(identity: SigningIdentity, attributes: bytes, signature: bytes) -> None:
    algorithm = identity.signer.algorithm
    public_key = parse_certificate(identity.certificate).public_key
    try:
        verify_signature_independently(public_key, attributes, signature, algorithm=algorithm)
    except TrustError as error:
        raise ReleaseError(f"{algorithm} 签名没有通过放行前检查：{error}", algorithm) from error


def _check_container(place: PdfSignature, identity: SigningIdentity, digest: bytes) -> None:
    """Check a container by reading it: one with a timestamp, and any that looked unusual."""
    algorithm = identity.signer.algorithm
    try:
        container = parse_signed_data(place.contents)
        verify_signed_data(container, message_digest=digest, independently=True)
    except TrustError as error:
        raise ReleaseError(f"{algorithm} 签名没有通过放行前检查：{error}", algorithm) from error
    if container.signer_certificate.der != identity.certificate:
        raise ReleaseError("签名所用的不是本机构的证书", algorithm)
    if set(container.certificates) != {identity.certificate, *identity.chain}:
        raise ReleaseError("签名所附的证书链不对", algorithm)
    if container.timestamp_token is not None:
        _, content = read_token(container.timestamp_token)
        if content.digest != digest_by_name(content.hash_name, container.signature):
            raise ReleaseError("时间戳盖的不是这个签名", algorithm)
