"""Attacks on a signed document, each made of the genuine one by code.

An attack is a function from the genuine bytes to the forged ones. What the verifier must answer
stands beside it, with the step at which it must notice.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from baozhen.trust.pdf.increments import Base, lay_out
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.sign import BUILD_MARK, SigningIdentity
from baozhen.trust.report import Step, Verdict
from tests import pdfs

RANGE = re.compile(rb"/ByteRange\[0 (\d+) (\d+) (\d+)\]")


@dataclass(frozen=True)
class Attack:
    """How to forge, and the answer it must get; `step` 0 means that any step may notice."""

    forge: Callable[[bytes], bytes]
    verdicts: frozenset[Verdict]
    step: int = 0


def ranges(data: bytes) -> list[tuple[int, int, int]]:
    """The numbers of every /ByteRange but for the leading zero."""
    return [tuple(map(int, match.groups())) for match in RANGE.finditer(data)]  # type: ignore[misc]


def revision_ends(data: bytes) -> list[int]:
    """Where the signed revisions end."""
    return [second + rest for _, second, rest in ranges(data)]


def base_of(data: bytes) -> Base:
    """What an honest writer needs to append to a file."""
    file = open_pdf(data)
    tail = re.search(rb"/Info \d+ 0 R/ID ?\[[^\]]*\]", data[file.sections[0].position :])
    size = file.trailer["Size"]
    assert isinstance(size, int)
    assert tail is not None
    return Base(data, file.sections[0].position, size, file.root.number, tail[0])


def append_objects(data: bytes, objects: dict[int, bytes]) -> bytes:
    """An honest incremental update without a signature."""
    base = base_of(data)
    out, position, offsets = [data], len(data), {}
    for number, body in objects.items():
        piece = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        offsets[number] = position
        out.append(piece)
        position += len(piece)
    rows = b"".join(b"%d 1\n%010d 00000 n\r\n" % (n, o) for n, o in sorted(offsets.items()))
    size = max(base.size, *(number + 1 for number in offsets))
    out.append(
        b"xref\n%btrailer\n<</Size %d/Root %d 0 R%b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
        % (rows, size, base.root, base.trailer_tail, base.table_position, position)
    )
    return b"".join(out)


def raw_object(data: bytes, number: int) -> bytes:
    """The newest text of an object, without header and end."""
    entry = open_pdf(data).entry(number)
    assert entry is not None
    start = data.index(b"obj", entry.offset) + 4
    return data[start : data.index(b"\nendobj", start)]


def first_page(data: bytes) -> int:
    """The number of the first page."""
    return pdfs.linted().parts.pages[0].number


def replace_content(data: bytes) -> bytes:
    """Another premium: the content stream of the page is defined anew."""
    number = pdfs.linted().parts.pages[0].contents[0]
    text = b"BT /f0 40 Tf 50 600 Td (0) Tj ET"
    return append_objects(
        data, {number: b"<</Length %d>>\nstream\n%b\nendstream" % (len(text), text)}
    )


def replace_page(data: bytes) -> bytes:
    """The page points to other content."""
    page, size = first_page(data), base_of(data).size
    body = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % size, raw_object(data, page))
    return append_objects(data, {page: body, size: b"<</Length 0>>\nstream\n\nendstream"})


def replace_page_tree(data: bytes) -> bytes:
    """The catalog points to another page tree."""
    base = base_of(data)
    catalog = re.sub(rb"/Pages \d+ 0 R", b"/Pages %d 0 R" % base.size, raw_object(data, base.root))
    return append_objects(data, {base.root: catalog, base.size: b"<</Type/Pages/Count 0/Kids[]>>"})


def add_annotation(data: bytes) -> bytes:
    """A stamp is laid over the page."""
    page, size = first_page(data), base_of(data).size
    body = re.sub(rb"/Annots ?\[", b"/Annots[%d 0 R " % size, raw_object(data, page))
    return append_objects(
        data, {page: body, size: b"<</Type/Annot/Subtype/Stamp/Rect[0 0 500 500]/F 4>>"}
    )


def add_text_field(data: bytes) -> bytes:
    """A form field whose look could be anything."""
    size = base_of(data).size
    form = open_pdf(data).catalog["AcroForm"].number  # type: ignore[union-attr]
    body = re.sub(rb"/Fields ?\[", b"/Fields[%d 0 R " % size, raw_object(data, form))
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/V(1)/Rect[0 0 9 9]/F 4>>"
    return append_objects(data, {form: body, size: field})


def change_seal_look(data: bytes) -> bytes:
    """The widget of the RSA signature gets another look."""
    file = open_pdf(data)
    form = file.dictionary(file.catalog["AcroForm"], "form")
    number = form["Fields"][1].number  # type: ignore[index,union-attr]
    body = re.sub(rb"/Rect\[[^\]]*\]", b"/Rect[0 0 595 841]", raw_object(data, number))
    return append_objects(data, {number: body})


def drop_sm2_field(data: bytes) -> bytes:
    """The form forgets the SM2 field."""
    form = open_pdf(data).catalog["AcroForm"].number  # type: ignore[union-attr]
    body = re.sub(rb"/Fields\[\d+ 0 R ", b"/Fields[", raw_object(data, form))
    return append_objects(data, {form: body})


def drop_form(data: bytes) -> bytes:
    """The catalog forgets the form with both signatures."""
    root = base_of(data).root
    body = re.sub(rb"/AcroForm \d+ 0 R", b"", raw_object(data, root))
    return append_objects(data, {root: body})


def trailing_body(data: bytes) -> bytes:
    """Objects behind the end without any cross-reference (some readers repair and show them)."""
    number = pdfs.linted().parts.pages[0].contents[0]
    return data + b"%d 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n" % number


def strip_rsa(data: bytes) -> bytes:
    """Cut the last update off: what is left is a whole file with a valid SM2 signature."""
    return data[: revision_ends(data)[0]]


def strip_both(data: bytes) -> bytes:
    """Cut both updates off."""
    return pdfs.plain()


def edit_range(change: Callable[[int, int, int], tuple[object, ...]]) -> Callable[[bytes], bytes]:
    """Write other numbers into the last /ByteRange, in the same room."""

    def forge(data: bytes) -> bytes:
        match = list(RANGE.finditer(data))[-1]
        numbers = change(*map(int, match.groups()))
        text = b"/ByteRange[%b]" % b" ".join(str(n).encode() for n in numbers)
        room = len(match[0]) + 10  # the spaces behind it
        assert data[match.end() : match.start() + room].strip() == b""
        return data[: match.start()] + text.ljust(room) + data[match.start() + room :]

    return forge


def edit_contents(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change the hexadecimal digits of the last signature, keeping their number."""

    def forge(data: bytes) -> bytes:
        start, end, _ = ranges(data)[-1]
        digits = data[start + 1 : end - 1]
        forged = change(digits)
        assert len(forged) == len(digits)
        assert forged != digits
        return data[: start + 1] + forged + data[end - 1 :]

    return forge


def sign_over(data: bytes, who: SigningIdentity, *, field: bytes = b"Extra") -> bytes:
    """An honest further signature by `who`: a new invisible field, filled."""
    base = base_of(data)
    form = open_pdf(data).catalog["AcroForm"].number  # type: ignore[union-attr]
    page, name, value = first_page(data), base.size, base.size + 1
    objects = {
        form: raw_object(data, form)
        .replace(b"/Fields[", b"/Fields[", 1)
        .replace(b"]", b" %d 0 R]" % name, 1),
        page: re.sub(rb"(/Annots\[[^\]]*)\]", rb"\1 %d 0 R]" % name, raw_object(data, page)),
        name: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%b)/F 132/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>"
        % (field, page, value),
    }
    return fill(base, objects, value, who)


def fill(base: Base, objects: dict[int, bytes], number: int, who: SigningIdentity) -> bytes:
    """Append `objects` and a signature by `who` over everything."""
    entries = (
        b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20260601120000+08'00')"
    )
    layout = lay_out(
        base, objects, number=number, entries=entries, reserve=who.reserve(with_timestamp=False)
    )
    digest = who.template.suite.digest(layout.left + layout.right)
    return layout.fill(who.template.build(digest, who.signer.sign))


def stranger_signs_too(data: bytes) -> bytes:
    """A further signature by somebody with our names but without our authority."""
    return sign_over(data, pdfs.identities("stranger")["rsa"])


def stranger_replaces_rsa(data: bytes) -> bytes:
    """The RSA update is cut off and the waiting field is filled by somebody else."""
    stripped = strip_rsa(data)
    file = open_pdf(stripped)
    form = file.dictionary(file.catalog["AcroForm"], "form")
    number = form["Fields"][1].number  # type: ignore[index,union-attr]
    base = base_of(stripped)
    body = raw_object(stripped, number)[:-2] + b"/V %d 0 R>>" % base.size
    return fill(base, {number: body}, base.size, pdfs.identities("stranger")["rsa"])


def stranger_signs_all(data: bytes) -> bytes:
    """The whole document signed anew with certificates of the same names."""
    return pdfs.signed(of="stranger")


def stranger_changes_and_signs(data: bytes) -> bytes:
    """Content replaced, then signed over by a stranger so that the last signature covers it."""
    return sign_over(replace_content(data), pdfs.identities("stranger")["rsa"])


def loop_tables(data: bytes) -> bytes:
    """The chain of cross-reference tables bites its tail."""
    last = open_pdf(data).sections[0].position
    head, _, tail = data[last:].partition(b"/Prev ")
    old = re.match(rb"\d+", tail)
    assert old is not None
    return (
        data[:last] + head + b"/Prev " + (b"%d" % last).rjust(len(old[0]), b"0") + tail[old.end() :]
    )


def forget_mark(data: bytes) -> bytes:
    """The mark that says SM2+RSA is overwritten, then the RSA update cut off."""
    return strip_rsa(data.replace(BUILD_MARK, BUILD_MARK.replace(b"SM2+RSA", b"SM2    ")))


TAMPERED = frozenset({Verdict.TAMPERED})
UNTRUSTED = frozenset({Verdict.UNTRUSTED})

ATTACKS: dict[str, Attack] = {
    "append a byte": Attack(lambda data: data + b"\n", TAMPERED, Step.COVERAGE),
    "append a comment": Attack(lambda data: data + b"%x\n", TAMPERED, Step.COVERAGE),
    "append a second end": Attack(
        lambda data: data + data[data.rindex(b"startxref") :], TAMPERED, Step.CHANGES
    ),
    "trailing body without table": Attack(trailing_body, TAMPERED, Step.COVERAGE),
    "replace content": Attack(replace_content, TAMPERED, Step.CHANGES),
    "replace page": Attack(replace_page, TAMPERED, Step.CHANGES),
    "replace page tree": Attack(replace_page_tree, TAMPERED, Step.CHANGES),
    "add an annotation": Attack(add_annotation, TAMPERED, Step.CHANGES),
    "add a text field": Attack(add_text_field, TAMPERED, Step.CHANGES),
    "change the look of the seal": Attack(change_seal_look, TAMPERED, Step.CHANGES),
    "drop the SM2 field": Attack(drop_sm2_field, TAMPERED, Step.SIGNATURES),
    "drop the form": Attack(drop_form, TAMPERED, Step.SIGNATURES),
    "strip the RSA signature": Attack(strip_rsa, TAMPERED, Step.BOTH_ALGORITHMS),
    "strip and forget the mark": Attack(forget_mark, TAMPERED, Step.MATHEMATICS),
    "strip both signatures": Attack(strip_both, frozenset({Verdict.NOT_SIGNED}), Step.SIGNATURES),
    "range with a wider gap": Attack(
        edit_range(lambda a, b, c: (0, a, b + 2, c - 2)), TAMPERED, Step.COVERAGE
    ),
    "range that overlaps": Attack(
        edit_range(lambda a, b, c: (0, a, a, c)), TAMPERED, Step.COVERAGE
    ),
    "range in the wrong order": Attack(
        edit_range(lambda a, b, c: (b, c, 0, a)), TAMPERED, Step.COVERAGE
    ),
    "range that starts later": Attack(
        edit_range(lambda a, b, c: (1, a - 1, b, c)), TAMPERED, Step.COVERAGE
    ),
    "range that is negative": Attack(
        edit_range(lambda a, b, c: (0, a, b, -1)), TAMPERED, Step.COVERAGE
    ),
    "range beyond the end": Attack(
        edit_range(lambda a, b, c: (0, a, b, c + 1)), TAMPERED, Step.COVERAGE
    ),
    "range of three parts": Attack(
        edit_range(lambda a, b, c: (0, a, b, 5, b + 5, 1)), TAMPERED, Step.COVERAGE
    ),
    "hexadecimal in capitals": Attack(
        edit_contents(lambda digits: digits[:40] + digits[40:80].upper() + digits[80:]),
        TAMPERED,
        Step.MATHEMATICS,
    ),
    "padding that is not zero": Attack(
        edit_contents(lambda digits: digits[:-1] + b"1"), TAMPERED, Step.MATHEMATICS
    ),
    "white space in the digits": Attack(
        edit_contents(lambda digits: digits[:-2] + b" 0"), TAMPERED, Step.MATHEMATICS
    ),
    "a stranger signs too": Attack(stranger_signs_too, UNTRUSTED, Step.CHAIN),
    "a stranger replaces the RSA signature": Attack(stranger_replaces_rsa, UNTRUSTED, Step.CHAIN),
    "a stranger signs all anew": Attack(stranger_signs_all, UNTRUSTED, Step.CHAIN),
    "a stranger changes and signs": Attack(stranger_changes_and_signs, TAMPERED, Step.CHANGES),
    "tables in a loop": Attack(loop_tables, frozenset({Verdict.UNREADABLE, Verdict.TAMPERED})),
}


def single_sm2() -> bytes:
    """A document with one SM2 signature that nothing says should have been two."""
    base = base_of(pdfs.plain())
    page = pdfs.linted().parts.pages[0].number
    form, field, value = base.size, base.size + 1, base.size + 2
    catalog = raw_object(pdfs.plain(), base.root)
    objects = {
        base.root: catalog[:-2] + b"/AcroForm %d 0 R>>" % form,
        form: b"<</Fields[%d 0 R]/SigFlags 3>>" % field,
        field: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(S)/F 132/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>"
        % (page, value),
    }
    return fill(base, objects, value, pdfs.identities()["sm2"])
