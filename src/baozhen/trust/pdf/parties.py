"""Signs a PDF for one of several parties, behind the signatures that it bears already.

Each party adds two lean updates: first its marks on paper with the SM2 signature, then the RSA or
ECDSA signature over everything so far (PAdES B-B or B-T). The earlier bytes stay, so the earlier
signatures stay valid; a file whose last signature was cut off shows an empty field and says so.
An identity with one key only signs once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from baozhen.trust.checklist import Checklist
from baozhen.trust.cms.template import CmsTemplate
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.crypto.second import content_sm3
from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.appearance import rectangle, text_string
from baozhen.trust.pdf.fields import form_of, signature_fields
from baozhen.trust.pdf.increments import Base, Layout, lay_out
from baozhen.trust.pdf.lint import LintedPdf
from baozhen.trust.pdf.objects import Ref, Value
from baozhen.trust.pdf.pages import Rect, SeenPage, seen_pages
from baozhen.trust.pdf.party_marks import Look, Mark, Piece, pieces_by_page
from baozhen.trust.pdf.pictures import read_png
from baozhen.trust.pdf.prepare import acting_parts
from baozhen.trust.pdf.reader import PdfFile, open_pdf
from baozhen.trust.pdf.sign import SigningIdentity, Timestamp
from baozhen.trust.pdf.vectors import is_svg, read_svg
from baozhen.trust.pdf.verify import verify_bytes
from baozhen.trust.pdf.writing import write_value
from baozhen.trust.report import Step

__all__ = [
    "Mark",
    "Party",
    "PartyOrder",
    "SignablePdf",
    "sign_for_party",
    "signable",
    "signable_linted",
]

_BUILD: Final = b"/Prop_Build<</App<</Name/Baozhen/REx(parties%b)>>>>"
_KINDS: Final = {
    Algorithm.SM2_SM3: "SM2",
    Algorithm.RSA_SHA256: "RSA",
    Algorithm.ECDSA_P256_SHA256: "EC",
}
_FLAGS = 4 | 128  # Print and Locked (ISO 32000-1 table 165)
_MARKS_MAX = 64
_NOWHERE: Rect = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Party:
    """Who signs: a name to show, and one or two keys with their certificates.

    Beside SM2 a company has an RSA key; a person, whose keys live for one signature, an ECDSA key,
    which is made in no time.
    """

    name: str
    sm2: SigningIdentity | None
    rsa: SigningIdentity | None = None
    ecdsa: SigningIdentity | None = None

    def __post_init__(self) -> None:
        """Refuse a party without a key."""
        if not self.identities:
            raise SigningError("签署方没有可用的签名密钥")
        if self.rsa is not None and self.ecdsa is not None:
            raise SigningError("签署方只能有一种国际算法的签名密钥")

    @property
    def identities(self) -> tuple[SigningIdentity, ...]:
        """The identities in the order in which they sign: SM2 first, the other last."""
        keys = (self.sm2, self.rsa, self.ecdsa)
        return tuple(identity for identity in keys if identity is not None)


@dataclass(frozen=True)
class SignablePdf:
    """A document that may be signed; only `signable` and `signable_linted` make one."""

    data: bytes
    file: PdfFile = field(repr=False)
    pages: tuple[SeenPage, ...] = field(repr=False)
    _seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse to exist without having been looked at."""
        if self._seal is not _SEAL:
            raise LintError(["SignablePdf 只能由 signable 产生"])


_SEAL: Final = object()


def signable(data: bytes) -> SignablePdf:
    """Return a prepared document, or one that bears valid signatures of parties, as signable.

    Raises LintError with the reasons for any other.
    """
    file = open_pdf(data)
    if signature_fields(file):
        checklist = Checklist()
        verify_bytes(data, checklist)
        if checklist.has_failed(*(step for step in Step if step <= Step.CHANGES)):
            failed = [check.detail for check in checklist.checks() if check.result == "failed"]
            raise LintError([f"已有的签名无效：{reason}" for reason in failed])
    else:
        findings = tuple(dict.fromkeys(acting_parts(file)))
        if findings:
            raise LintError(findings)
    return SignablePdf(data, file, seen_pages(file), _SEAL)


def signable_linted(document: LintedPdf) -> SignablePdf:
    """Return a document of our own producer as signable; lint has looked at it."""
    file = open_pdf(document.data)
    return SignablePdf(document.data, file, seen_pages(file), _SEAL)


@dataclass(frozen=True)
class PartyOrder:
    """What one party does to a document: when, under which field name, why, with which marks."""

    field: str
    at: datetime
    reason: str
    marks: Sequence[Mark] = ()


def sign_for_party(
    document: SignablePdf, party: Party, order: PartyOrder, *, timestamp: Timestamp | None = None
) -> bytes:
    """Return the document with the party's marks and signatures behind all that was there.

    Raises SigningError, and whatever `timestamp` raises.
    """
    _check(document, order)
    plan = _Plan(document, party, order)
    entries = _entries(party, order)
    data, base = document.data, plan.base
    for step, identity in enumerate(party.identities):
        layout = lay_out(
            base,
            plan.objects(step),
            number=plan.signature_numbers[step],
            entries=entries,
            reserve=identity.reserve(with_timestamp=timestamp is not None),
        )
        data = _fill(layout, identity, timestamp)
        position, size = layout.next_base
        base = Base(data, position, size, base.root, base.trailer_tail)
    return data


def _check(document: SignablePdf, order: PartyOrder) -> None:
    if order.at.tzinfo is None:
        raise SigningError("签署时间必须带时区")
    if not order.field.isascii() or not order.field.isalnum():
        raise SigningError("签名域名称只能用字母和数字")
    if len(order.marks) > _MARKS_MAX:
        raise SigningError(f"一次签署的签章位置超过 {_MARKS_MAX} 处")
    for mark in order.marks:
        if mark.is_riding:
            continue
        if not 0 <= mark.page < len(document.pages):
            raise SigningError(f"签章位置所在的第 {mark.page + 1} 页不存在")
        if not document.pages[mark.page].contains(mark.rect):
            raise SigningError(f"签章位置不在第 {mark.page + 1} 页之内")


def _fill(layout: Layout, identity: SigningIdentity, timestamp: Timestamp | None) -> bytes:
    template: CmsTemplate = identity.template
    content = layout.left + layout.right
    # SM3 by the second implementation: the check before release hashes with the first one.
    is_sm2 = identity.signer.algorithm is Algorithm.SM2_SM3
    digest = content_sm3(content) if is_sm2 else sha256(content)
    stamp = (lambda value: timestamp(value, template.hash_name)) if timestamp else None
    return layout.fill(template.build(digest, identity.signer.sign, stamp))


def _entries(party: Party, order: PartyOrder) -> bytes:
    moment = order.at.strftime("D:%Y%m%d%H%M%S%z").encode("ascii")
    zone = b"%b'%b'" % (moment[-5:-2], moment[-2:])
    return b"".join(
        (
            b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached",
            b"/M(%b%b)" % (moment[:-5], zone),
            b"/Name%b/Reason%b" % (text_string(party.name), text_string(order.reason)),
            _BUILD % _pair_mark(party),
        )
    )


def _pair_mark(party: Party) -> bytes:
    """Return ` SM2+RSA` or ` SM2+EC`: who said that they sign twice is held to it."""
    kinds = [_KINDS[identity.signer.algorithm] for identity in party.identities]
    return f" {'+'.join(kinds)}".encode("ascii") if len(kinds) > 1 else b""


class _Plan:
    """The numbers and bodies of all new objects of one party."""

    def __init__(self, document: SignablePdf, party: Party, order: PartyOrder) -> None:
        self._file = document.file
        self._pages = document.pages
        self._names = _field_names(party, order.field)
        _check_names(self._file, self._names)
        size = self._file.trailer.get("Size")
        self._next = size if isinstance(size, int) else 0
        self.base = _base(document, self._next)
        self._fields = [self._take() for _ in self._names]
        self.signature_numbers = [self._take() for _ in self._names]
        self._form = _form_number(self._file) or self._take()
        self._new: dict[int, bytes] = {}
        self._pictures: dict[bytes, int] = {}
        looks = [
            self._look(index, pieces)
            for index, pieces in pieces_by_page(order.marks, self._pages).items()
        ]
        # A signature field has one place on paper (ISO 32000-1 §12.7.4.5), and some readers see no
        # signature in a field with several. So the first page's marks are the last field's, whose
        # signature ordinary readers can check, and those of all other pages the SM2 field's.
        is_several = len(looks) > 1 and len(self._fields) == 1
        self._main = looks.pop(0) if looks and not is_several else None
        self._kids = {self._add(self._kid(look)): look for look in looks}

    def objects(self, step: int) -> dict[int, bytes]:
        """Return the objects of one update: all that can be seen in the first."""
        if step:
            return {self._fields[step]: self._field(step, is_filled=True)}
        pages = {
            self._pages[index].number: self._annotated(self._pages[index], added)
            for index, added in self._annotations().items()
        }
        fields = {
            number: self._field(place, is_filled=not place)
            for place, number in enumerate(self._fields)
        }
        return {**self._catalog(), **pages, self._form: self._form_body(), **fields, **self._new}

    def _take(self) -> int:
        self._next += 1
        return self._next - 1

    def _annotations(self) -> dict[int, list[int]]:
        """Return what each page gains; a field without a mark is invisible, on the first page."""
        found: dict[int, list[int]] = {}
        for number, look in self._kids.items():
            found.setdefault(look.index, []).append(number)
        for place, number in enumerate(self._fields):
            shown = self._shown_by(place)
            if shown is not None:
                found.setdefault(shown.index, []).append(number)
            elif not self._has_kids(place):
                found.setdefault(0, []).append(number)
        return found

    def _shown_by(self, place: int) -> Look | None:
        return self._main if place == len(self._fields) - 1 else None

    def _has_kids(self, place: int) -> bool:
        return bool(self._kids) and place == 0

    def _field(self, place: int, *, is_filled: bool) -> bytes:
        value = b"/V %d 0 R" % self.signature_numbers[place] if is_filled else b""
        title = b"/FT/Sig/T(%b)%b" % (self._names[place].encode("ascii"), value)
        look = self._shown_by(place)
        if look is None and self._has_kids(place):
            return b"<<%b/Kids[%b]>>" % (title, b" ".join(b"%d 0 R" % kid for kid in self._kids))
        where = (
            self._widget(look)
            if look
            else b"/Rect%b/P %d 0 R"
            % (
                rectangle(_NOWHERE),
                self._pages[0].number,
            )
        )
        return b"<</Type/Annot/Subtype/Widget%b/F %d%b>>" % (title, _FLAGS, where)

    def _widget(self, look: Look) -> bytes:
        page = self._pages[look.index]
        place = rectangle(page.to_user_space(look.rect))
        return b"/Rect%b/P %d 0 R/AP<</N %d 0 R>>" % (place, page.number, look.form)

    def _kid(self, look: Look) -> bytes:
        return b"<</Type/Annot/Subtype/Widget/Parent %d 0 R/F %d%b>>" % (
            self._fields[0],
            _FLAGS,
            self._widget(look),
        )

    def _catalog(self) -> dict[int, bytes]:
        if _form_number(self._file) is not None:
            return {}
        catalog: dict[str, Value] = {**self._file.catalog, "AcroForm": Ref(self._form, 0)}
        return {self._file.root.number: write_value(catalog)}

    def _form_body(self) -> bytes:
        form = form_of(self._file)
        listed = self._file.array(form["Fields"], "表单域清单") if "Fields" in form else []
        fields: list[Value] = [*listed, *(Ref(number, 0) for number in self._fields)]
        # SigFlags 3: signatures exist, and only appending keeps them (table 219).
        return write_value({**form, "Fields": fields, "SigFlags": 3})

    def _annotated(self, page: SeenPage, added: Sequence[int]) -> bytes:
        there = page.dictionary.get("Annots")
        listed = self._file.array(there, "批注清单") if there is not None else []
        annotations: list[Value] = [*listed, *(Ref(number, 0) for number in added)]
        return write_value({**page.dictionary, "Annots": annotations})

    def _add(self, body: bytes) -> int:
        number = self._take()
        self._new[number] = body
        return number

    def _look(self, index: int, pieces: Sequence[Piece]) -> Look:
        """Add the appearance of all pieces of one page, upright as it is seen."""
        left, bottom = (min(piece.rect[side] for piece in pieces) for side in (0, 1))
        right, top = (max(piece.rect[side] for piece in pieces) for side in (2, 3))
        pictures = {piece.picture: self._picture(piece.picture) for piece in pieces}
        names = {picture: b"Seal%d" % place for place, picture in enumerate(pictures)}
        content = b"\n".join(
            piece.operators(names[piece.picture], (left, bottom)) for piece in pieces
        )
        form = self._add(
            b"<</Type/XObject/Subtype/Form/BBox%b/Matrix[%b]/Resources<</XObject<<%b>>>>"
            b"/Length %d>>\nstream\n%b\nendstream"
            % (
                rectangle((0, 0, right - left, top - bottom)),
                b" ".join(b"%d" % number for number in self._pages[index].matrix),
                b"".join(b"/%b %d 0 R" % (names[key], pictures[key]) for key in pictures),
                len(content),
                content,
            )
        )
        return Look(index, (left, bottom, right, top), form)

    def _picture(self, data: bytes) -> int:
        if data not in self._pictures:
            self._pictures[data] = self._vector(data) if is_svg(data) else self._raster(data)
        return self._pictures[data]

    def _raster(self, png: bytes) -> int:
        picture = read_png(png)
        alpha = None if picture.alpha is None else self._add(picture.alpha.body())
        return self._add(picture.colours.body(alpha_number=alpha))

    def _vector(self, svg: bytes) -> int:
        picture = read_svg(svg)
        return self._add(picture.body(self._add(picture.group())))


def _field_names(party: Party, base: str) -> list[str]:
    return [f"{base}-{_KINDS[identity.signer.algorithm]}" for identity in party.identities]


def _check_names(file: PdfFile, names: Sequence[str]) -> None:
    taken = {field.name for field in signature_fields(file)}
    if taken & set(names):
        raise SigningError("这个签署方已经签过这份文件")


def _form_number(file: PdfFile) -> int | None:
    value = file.catalog.get("AcroForm")
    if value is not None and not isinstance(value, Ref):
        raise SigningError("文件的表单不是独立对象")
    return value.number if isinstance(value, Ref) else None


def _base(document: SignablePdf, size: int) -> Base:
    file = document.file
    tail = b"".join(
        b"/%b %b" % (key.encode("ascii"), write_value(file.trailer[key]))
        for key in ("Info", "ID")
        if key in file.trailer
    )
    return Base(document.data, file.sections[0].position, size, file.root.number, tail)
