"""What may be signed, and what lint says of everything else."""

import contextlib
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.trust.errors import LintError
from baozhen.trust.pdf.lint import FORBIDDEN, LintedPdf, LintLimits, lint
from tests import pdfs


def findings(pdf: bytes, limits: LintLimits | None = None) -> tuple[str, ...]:
    with pytest.raises(LintError) as caught:
        lint(pdf, limits)
    return caught.value.findings


def edited(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """Replace text inside one object and rewrite the table, as an honest producer would."""
    assert old in pdf
    return retable(pdf.replace(old, new, 1))


def retable(pdf: bytes) -> bytes:
    """Write the cross-reference table anew."""
    body, _, rest = pdf.rpartition(b"xref\n0 ")
    offsets = {int(m[1]): m.start(1) for m in re.finditer(rb"(?m)^(\d+) 0 obj$", body)}
    size = max(offsets) + 1
    rows = b"".join(b"%010d 00000 n\r\n" % offsets[n] for n in range(1, size))
    trailer = rest[rest.index(b"trailer") : rest.index(b"startxref")]
    return b"%bxref\n0 %d\n0000000000 65535 f\r\n%b%bstartxref\n%d\n%%%%EOF" % (
        body,
        size,
        rows,
        trailer,
        len(body),
    )


def with_catalog_entry(entry: bytes) -> bytes:
    return edited(pdfs.plain(), b"<</Type/Catalog", b"<</Type/Catalog" + entry)


def test_our_own_document_passes():
    document = lint(pdfs.plain(3))
    assert document.data == pdfs.plain(3)
    assert len(document.parts.pages) == 3


def test_only_lint_makes_a_linted_document():
    document = pdfs.linted()
    with pytest.raises(LintError):
        LintedPdf(document.data, document.parts, object())


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_a_forbidden_name_is_found_as_key_and_as_value(name: str):
    assert FORBIDDEN[name] in findings(with_catalog_entry(b"/%b<<>>" % name.encode()))
    assert FORBIDDEN[name] in findings(with_catalog_entry(b"/X[/%b]" % name.encode()))


def test_an_escaped_name_is_found_too():
    assert FORBIDDEN["JavaScript"] in findings(with_catalog_entry(b"/X/Java#53cript"))


def test_a_forbidden_word_in_a_text_is_no_finding():
    lint(with_catalog_entry(b"/X(/JavaScript /AA #)"))


def test_a_link_must_be_https():
    pdf = pdfs.lay_out('#set text(font: "Noto Sans SC")\n#link("http://a.example")[x]')
    assert findings(pdf) == ("链接不是 https 网址",)


def test_the_claim_of_pdfa_must_be_there():
    # Typst has no such switch on the document itself: a plain PDF 1.7 makes no claim.
    pdf = pdfs.lay_out('#set text(font: "Noto Sans SC")\n甲', standards=("1.7",))
    assert "没有声明 PDF/A-2b" in findings(pdf)


def test_fonts_must_be_embedded():
    pdf = re.sub(rb"/FontFile2 \d+ 0 R", b"", pdfs.plain())
    assert any("没有嵌入" in finding for finding in findings(retable(pdf)))
    simple = edited(pdfs.plain(), b"/Subtype/Type0", b"/Subtype/Type1")
    assert any("复合字体" in finding for finding in findings(simple))


def test_a_missing_glyph_is_found():
    number = pdfs.linted().parts.pages[0].contents[0]
    content = zlib.compress(b"BT/f0 9 Tf[(\\000\\001\\000\\000\\000\\002)]TJ ET")
    pdf = re.sub(
        rb"\n%d 0 obj\n.*?\nendobj" % number,
        lambda _: (
            b"\n%d 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n%b\nendstream\nendobj"
            % (number, len(content), content)
        ),
        pdfs.plain(),
        count=1,
        flags=re.DOTALL,
    )
    assert findings(retable(pdf)) == ("有文字缺少字形（.notdef）",)


def test_two_zero_bytes_across_two_glyphs_are_no_missing_glyph():
    number = pdfs.linted().parts.pages[0].contents[0]
    content = b"BT/f0 9 Tf[(\\001\\000\\000\\002)]TJ ET"
    pdf = re.sub(
        rb"\n%d 0 obj\n.*?\nendobj" % number,
        lambda _: (
            b"\n%d 0 obj\n<</Length %d>>\nstream\n%b\nendstream\nendobj"
            % (number, len(content), content)
        ),
        pdfs.plain(),
        count=1,
        flags=re.DOTALL,
    )
    lint(retable(pdf))


def test_limits_hold():
    assert findings(pdfs.plain(), LintLimits(bytes_max=1000)) == ("文件超过 1000 字节",)
    assert findings(pdfs.plain(3), LintLimits(pages_max=2)) == ("页数超过 2",)


def test_all_findings_come_at_once():
    pdf = edited(
        with_catalog_entry(b"/OpenAction[]/Perms<<>>"), b"/OutputIntents", b"/OtherIntents"
    )
    assert len(findings(pdf)) == 3


def test_a_signed_document_is_not_signed_again():
    assert findings(pdfs.signed())


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf + b"x",
        lambda pdf: pdf[:-200],
        lambda pdf: pdf.replace(b"endobj", b"enddef", 1),
        lambda pdf: pdf.replace(b"\n2 0 obj", b"\n7 0 obj", 1),
        lambda pdf: pdf.replace(b"/Length ", b"/Length 1", 1),
        lambda pdf: pdf.replace(b"\n2 0 obj", b"\n%  0 obj", 1),
        lambda pdf: b"",
    ],
)
def test_any_other_structure_is_refused(change):
    assert findings(change(pdfs.plain()))


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 10_000))
def test_any_bytes_give_a_document_or_findings(noise: bytes, place: int):
    pdf = pdfs.plain()
    place %= len(pdf)
    for data in (noise, pdf[:place] + noise + pdf[place + len(noise) :]):
        with contextlib.suppress(LintError):
            lint(data)
