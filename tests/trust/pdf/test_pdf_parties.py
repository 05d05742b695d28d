"""Several parties sign one document: everybody's signatures hold, and every trick shows."""

import io
from datetime import timedelta

import pikepdf
import pypdfium2
import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.validation import SignatureCoverageLevel

from baozhen.trust.errors import LintError, ParseError, SigningError
from baozhen.trust.pdf.parties import Mark, Party, PartyOrder, sign_for_party, signable
from baozhen.trust.pdf.party_release import check_party_release
from baozhen.trust.pdf.positions import find_keyword
from baozhen.trust.pdf.prepare import PrepareLimits, prepare
from baozhen.trust.pdf.release import ReleaseError
from baozhen.trust.pdf.sign import SigningIdentity
from baozhen.trust.report import Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509.names import build_name
from tests.pdfs import anchors, identities, plain, revocation, seal_png
from tests.pki import NOW, ORGANIZATION, certify, family

PLACE = (400.0, 60.0, 505.0, 165.0)


def insurer() -> Party:
    return Party(ORGANIZATION, **identities())


def person(name: str = "测试伟", serial: int = 501) -> Party:
    made = {}
    for kind in ("sm2", "rsa"):
        subject = build_name(common_name=name, organization=name)
        one = certify(family(kind).issuing, serial=serial, subject=subject)
        made[kind] = SigningIdentity(one.certificate, one.chain, one.signer)
    return Party(name, **made)


def order(field: str, *marks: Mark, minutes: int = 0) -> PartyOrder:
    return PartyOrder(field, NOW + timedelta(minutes=minutes), "签署", marks)


def sign(data: bytes, party: Party, wanted: PartyOrder) -> bytes:
    document = signable(data)
    signed = sign_for_party(document, party, wanted)
    check_party_release(signed, document, party, wanted)
    return signed


def both(pages: int = 1) -> bytes:
    first = sign(
        prepare(plain(pages)).data,
        insurer(),
        order("P1", Mark(seal_png(), PLACE), Mark(seal_png(), PLACE, is_riding=True)),
    )
    return sign(first, person(), order("P2", Mark(seal_png(), (60, 60, 160, 100)), minutes=3))


def judged(data: bytes, **changes):
    return inspect(
        data,
        anchors=changes.pop("trust", anchors()),
        at=NOW + timedelta(hours=1),
        revocation=revocation(),
    )


@pytest.mark.requirement("S2-L596c", "S2-L339", "S2-L160.b1", "S2-L160.b2")
def test_both_parties_are_named_and_hold():
    report = judged(both(3))
    assert report.verdict is Verdict.GENUINE, report.to_json()
    assert [s.field for s in report.signatures] == ["P1-SM2", "P1-RSA", "P2-SM2", "P2-RSA"]
    assert {s.organization for s in report.signatures} == {ORGANIZATION, "测试伟"}


def test_another_verifier_agrees():
    """pyHanko reads the RSA signatures: all that came later was only more signing."""
    reader = PdfFileReader(io.BytesIO(both()))
    found = {s.field_name: s for s in reader.embedded_signatures if s.field_name.endswith("RSA")}
    assert set(found) == {"P1-RSA", "P2-RSA"}
    for signature in found.values():
        signature.compute_integrity_info()
        assert not isinstance(signature.diff_result, SuspiciousModification), signature.field_name
    assert found["P2-RSA"].coverage is SignatureCoverageLevel.ENTIRE_FILE


@pytest.mark.requirement("S2-L160.b2")
def test_cutting_off_the_last_signature_shows():
    whole = both()
    last = whole.rindex(b"%%EOF\n", 0, len(whole) - 10) + len(b"%%EOF\n")
    report = judged(whole[:last])
    assert report.verdict is Verdict.TAMPERED
    assert "P2 缺少 rsa-sha256" in report.to_json()


def test_cutting_off_a_whole_party_leaves_what_the_first_signed():
    # The danger's limit: a file before the second party signed is a true file of the first.
    report = judged(sign(prepare(plain()).data, insurer(), order("P1")))
    assert report.verdict is Verdict.GENUINE


def test_every_flipped_byte_of_the_new_parts_is_noticed():
    whole = both()
    start = len(prepare(plain()).data)
    for position in range(start, len(whole), 397):
        broken = bytearray(whole)
        broken[position] ^= 0x01
        assert judged(bytes(broken)).verdict is not Verdict.GENUINE, position


def test_a_drawing_added_after_signing_is_a_change():
    with pikepdf.open(io.BytesIO(both())) as document:
        assert document.Root.AcroForm.SigFlags == 3
    whole = both()
    page = signable(whole).pages[0]
    # An update that gives the page another annotation without a signature.
    body = b"%d 0 obj\n<</Type/Page/Annots[]>>\nendobj\n" % page.number
    forged = (
        whole
        + body
        + b"xref\n%d 1\n%010d 00000 n\r\n" % (page.number, len(whole))
        + b"trailer\n<</Size 999/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            signable(whole).file.root.number,
            signable(whole).file.sections[0].position,
            len(whole) + len(body),
        )
    )
    assert judged(forged).verdict is Verdict.TAMPERED


def test_a_party_signs_once_only():
    signed = sign(prepare(plain()).data, insurer(), order("P1"))
    with pytest.raises(SigningError, match="已经签过"):
        sign(signed, insurer(), order("P1"))


def test_a_broken_earlier_signature_stops_the_next_party():
    signed = bytearray(sign(prepare(plain()).data, insurer(), order("P1")))
    signed[200] ^= 1
    with pytest.raises(LintError):
        signable(bytes(signed))


def test_release_refuses_a_signature_of_other_keys():
    document = signable(prepare(plain()).data)
    signed = sign_for_party(document, person(), order("P1"))
    with pytest.raises(ReleaseError):
        check_party_release(signed, document, insurer(), order("P1"))


def test_a_mark_outside_of_the_page_is_refused():
    with pytest.raises(SigningError, match="不在第 1 页之内"):
        sign(prepare(plain()).data, insurer(), order("P1", Mark(seal_png(), (550, 60, 700, 165))))
    with pytest.raises(SigningError, match="第 9 页不存在"):
        sign(prepare(plain()).data, insurer(), order("P1", Mark(seal_png(), PLACE, page=8)))


def turned(rotation: int, crop: tuple[float, float, float, float] | None) -> bytes:
    with pikepdf.open(io.BytesIO(plain())) as document:
        page = document.pages[0].obj
        page.Contents = document.make_stream(b"")  # the mark alone shall be seen
        page.Rotate = rotation
        if crop:
            page.CropBox = pikepdf.Array(crop)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def picture_of(data: bytes) -> Image.Image:
    """The first page as it is seen, a point a pixel, with what the signatures show."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    picture = document[0].render(scale=1, may_draw_forms=True).to_pil().convert("RGB")
    document.close()
    return picture


def reds(picture: Image.Image) -> tuple[int, int, int, int]:
    """The box of everything red, in points from the lower left."""
    mask = picture.split()[1].point(lambda green: 255 if green < 128 else 0)
    left, top, right, bottom = mask.getbbox()
    return left, picture.height - bottom, right, picture.height - top


def arrow() -> bytes:
    """A red bar with a thick left end: it shows which way is up and whether it is mirrored."""
    image = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    image.paste((210, 0, 0, 255), (0, 40, 100, 50))
    image.paste((210, 0, 0, 255), (0, 0, 20, 50))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 80, 400, 700), (0, 0, 300, 842)])
@pytest.mark.requirement("S2-L160.b3")
def test_a_mark_lands_where_it_was_put_and_stands_upright(rotation, crop):
    rect = (100.0, 150.0, 200.0, 200.0)
    data = sign(prepare(turned(rotation, crop)).data, insurer(), order("P1", Mark(arrow(), rect)))
    picture = picture_of(data)
    found = reds(picture)
    assert all(abs(a - b) <= 2 for a, b in zip(found, rect, strict=True)), found
    height = picture.height

    def is_red(x: float, y: float) -> bool:
        return picture.getpixel((int(x), int(height - y)))[1] < 128

    assert is_red(105, 195)  # the thick end is at the left, up to the top
    assert is_red(190, 154)  # the bar lies at the foot
    assert not is_red(190, 190)


class TestPrepare:
    def pdf(self, change) -> bytes:
        with pikepdf.open(io.BytesIO(plain(2))) as document:
            change(document)
            out = io.BytesIO()
            document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            return out.getvalue()

    def test_the_same_upload_gives_the_same_bytes(self):
        upload = self.pdf(lambda document: None)
        assert prepare(upload).data == prepare(upload).data
        assert len(prepare(upload).pages) == 2

    def test_what_acts_is_taken_away(self):
        def change(document):
            document.Root.OpenAction = pikepdf.Dictionary(
                S=pikepdf.Name.JavaScript, JS="app.alert(1)"
            )
            document.Root.Names = pikepdf.Dictionary(
                JavaScript=pikepdf.Dictionary(Names=pikepdf.Array())
            )
            document.pages[0].obj.Annots = pikepdf.Array(
                [
                    pikepdf.Dictionary(
                        Type=pikepdf.Name.Annot,
                        Subtype=pikepdf.Name.Link,
                        Rect=pikepdf.Array([0, 0, 9, 9]),
                        A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="x.exe"),
                    )
                ]
            )

        prepared = prepare(self.pdf(change))
        assert b"JavaScript" not in prepared.data
        assert b"Launch" not in prepared.data

    def test_form_fields_become_part_of_the_page(self):
        def change(document):
            field = document.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Widget,
                    FT=pikepdf.Name.Tx,
                    T="name",
                    V="filled",
                    DA="/Helv 12 Tf 0 g",
                    F=4,
                    Rect=pikepdf.Array([100, 100, 300, 130]),
                )
            )
            document.pages[0].obj.Annots = pikepdf.Array([field])
            font = pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name.Helvetica,
                Encoding=pikepdf.Name.WinAnsiEncoding,
            )
            document.Root.AcroForm = pikepdf.Dictionary(
                Fields=pikepdf.Array([field]),
                DR=pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=font)),
                DA="/Helv 12 Tf 0 g",
            )

        prepared = prepare(self.pdf(change))
        assert b"AcroForm" not in prepared.data
        document = pypdfium2.PdfDocument(prepared.data)
        assert "filled" in document[0].get_textpage().get_text_bounded()
        document.close()

    def field(self, document, value: str, **more):
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T="姓名",
                V=value,
                DA="/Helv 12 Tf 0 g",
                F=4,
                Rect=pikepdf.Array([100, 100, 300, 130]),
                **more,
            )
        )
        document.pages[0].obj.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array([field]), NeedAppearances=True
        )

    def test_a_drawn_chinese_value_stays_as_it_is_drawn(self):
        def change(document):
            drawn = document.make_stream(b"1 0 0 rg 0 0 200 30 re f")
            drawn.Type, drawn.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            drawn.BBox = pikepdf.Array([0, 0, 200, 30])
            self.field(document, "测试伟", AP=pikepdf.Dictionary(N=drawn))

            document.pages[0].obj.Contents = document.make_stream(b"")

        found = reds(picture_of(prepare(self.pdf(change)).data))
        assert all(abs(a - b) <= 1 for a, b in zip(found, (100, 100, 300, 130), strict=True))

    def test_a_chinese_value_that_nobody_drew_is_refused_never_lost(self):
        with pytest.raises(LintError, match="表单域“姓名”的内容没有外观"):
            prepare(self.pdf(lambda document: self.field(document, "测试伟")))

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda d: d.Root.__setattr__("OCProperties", pikepdf.Dictionary()), "图层"),
            (lambda d: d.pages[0].obj.__setattr__("UserUnit", 2), "UserUnit"),
            (lambda d: d.Root.__setattr__("Collection", pikepdf.Dictionary()), "文件包"),
            (
                lambda d: d.Root.__setattr__(
                    "AcroForm", pikepdf.Dictionary(XFA="x", Fields=pikepdf.Array())
                ),
                "XFA",
            ),
        ],
    )
    def test_what_cannot_be_mended_is_refused_with_the_reason(self, change, reason):
        with pytest.raises(LintError, match=reason):
            prepare(self.pdf(change))

    def test_a_signed_file_is_not_worked_over(self):
        with pytest.raises(LintError, match="已有电子签名"):
            prepare(sign(prepare(plain()).data, insurer(), order("P1")))

    def test_passwords_size_and_rubbish(self):
        with pikepdf.open(io.BytesIO(plain())) as document:
            out = io.BytesIO()
            document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
        with pytest.raises(LintError, match="密码"):
            prepare(out.getvalue())
        with pytest.raises(LintError, match="不是可以读取的"):
            prepare(b"%PDF-1.7 nothing")
        with pytest.raises(LintError, match="页数超过 1"):
            prepare(plain(2), limits=PrepareLimits(pages_max=1))
        with pytest.raises(LintError, match="文件超过"):
            prepare(plain(), limits=PrepareLimits(bytes_max=100))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.requirement("S2-L420b")
def test_a_keyword_is_found_where_it_is_seen(rotation):
    with pikepdf.open(io.BytesIO(plain(2))) as document:
        document.pages[0].obj.Rotate = rotation
        document.pages[0].obj.CropBox = pikepdf.Array([20, 300, 560, 830])
        out = io.BytesIO()
        document.save(out)
    prepared = prepare(out.getvalue())
    found = find_keyword(prepared.data, "被保险人")
    assert found.page == 0
    page = prepared.pages[0]
    assert page.contains(found.rect)
    # A mark put there covers the word: the word's pixels vanish under an opaque red box.
    box = Image.new("RGB", (40, 20), (210, 0, 0))
    out = io.BytesIO()
    box.save(out, "PNG")
    before = picture_of(prepared.data)
    data = sign(prepared.data, insurer(), order("P1", Mark(out.getvalue(), found.rect)))
    left, bottom, right, top = (int(value) for value in found.rect)
    area = (left + 1, before.height - top + 1, right - 1, before.height - bottom - 1)
    assert min(before.crop(area).convert("L").get_flattened_data()) < 150  # there was ink
    assert {pixel[1] < 60 for pixel in picture_of(data).crop(area).get_flattened_data()} == {True}


def test_a_keyword_that_is_not_there_is_named():
    with pytest.raises(ParseError, match="没有第 2 次"):
        find_keyword(plain(), "被保险人", occurrence=2)
    assert find_keyword(plain(3), "页", occurrence=-1).page == 2
