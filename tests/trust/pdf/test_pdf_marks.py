"""Marked copies: seals are useless, hidden data is gone, and the mark says who got the copy."""

import io
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

import pypdfium2
import pytest
from PIL import Image

from baozhen.trust.errors import LintError, ParseError, SigningError
from baozhen.trust.pdf.marks import CopyMark, MarkedCopies, MarkMissing, read_mark
from baozhen.trust.pdf.positions import find_keywords
from baozhen.trust.pdf.rendering import page_pictures
from baozhen.trust.report import Verdict
from baozhen.trust.verify import inspect
from tests.pdfs import FONTS, SEAL_PLACE, anchors, lay_out, plain, signed
from tests.pki import NOW

MARK = CopyMark("测试伟", NOW, "file_06bt3k9q2xw8m4n5p7r1s0t2v3")


@lru_cache(maxsize=1)
def copies() -> MarkedCopies:
    return MarkedCopies(FONTS)


@lru_cache(maxsize=1)
def crowded() -> bytes:
    """A page full of text: no empty place for a code inside of it."""
    body = "保险责任以保险条款为准，投保人应当如实告知。" * 240
    return lay_out(
        '#set text(font: "Noto Sans SC", size: 9pt)\n#set page(paper: "a4", margin: 8mm)\n' + body
    )


@lru_cache(maxsize=4)
def copy_of(data: bytes) -> bytes:
    return copies().black_seal_copy(data, MARK)


def picture(data: bytes, dots_per_inch: int = 150, page: int = 0) -> Image.Image:
    return list(page_pictures(data, dots_per_inch=dots_per_inch))[page]


def encoded(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.requirement("S2-L622")
def test_the_mark_is_read_from_the_file():
    assert read_mark(copy_of(signed(pages=3))) == MARK


@pytest.mark.parametrize("source", [signed(pages=3), crowded()], ids=["policy", "crowded"])
class TestWhatTheMarkSurvives:
    @pytest.mark.parametrize("dots_per_inch", [100, 120, 200, 300])
    def test_printing_and_scanning(self, source, dots_per_inch):
        assert read_mark(encoded(picture(copy_of(source), dots_per_inch))) == MARK

    @pytest.mark.parametrize("quality", [30, 60])
    def test_jpeg(self, source, quality):
        scan = picture(copy_of(source))
        assert read_mark(encoded(scan, "JPEG", quality=quality)) == MARK

    @pytest.mark.parametrize("degrees", [-5, 2, 90, 180])
    def test_a_crooked_scan(self, source, degrees):
        scan = picture(copy_of(source)).rotate(degrees, expand=True, fillcolor="white")
        assert read_mark(encoded(scan)) == MARK

    @pytest.mark.parametrize(
        "half", [(0, 0, 1, 0.5), (0, 0.5, 1, 1), (0, 0, 0.5, 1), (0.5, 0, 1, 1)]
    )
    def test_the_loss_of_half_a_page(self, source, half):
        scan = picture(copy_of(source))
        sides = (scan.width, scan.height, scan.width, scan.height)
        part = scan.crop(tuple(int(a * b) for a, b in zip(half, sides, strict=True)))
        assert read_mark(encoded(part, "JPEG", quality=60)) == MARK


def test_what_it_does_not_survive():
    """Without both edges a crowded page has words only, and 60 dots an inch are too few."""
    scan = picture(copy_of(crowded()))
    inner = scan.crop((110, 0, scan.width - 110, scan.height))
    with pytest.raises(MarkMissing):
        read_mark(encoded(inner))
    with pytest.raises(MarkMissing):
        read_mark(encoded(picture(copy_of(crowded()), 40)))


def seal_runs(image: Image.Image, place: tuple[int, int, int, int]) -> int:
    """How often dark and light change on the way through the middle of the seal."""
    part = image.crop(place).convert("L").point(lambda level: 255 if level < 128 else 0)
    row = [part.getpixel((x, part.height // 2)) for x in range(part.width)]
    return sum(a != b for a, b in pairwise(row))


def test_the_copy_shows_no_colour_and_its_seal_is_cut_by_lines():
    """The seal's middle is one red block; in the copy it is a hatching in grey."""
    left, bottom, right, top = SEAL_PLACE
    page = picture(plain(), 72)
    middle = ((left + right) / 2, page.height - (bottom + top) / 2)

    def around(x: float, y: float) -> tuple[int, int, int, int]:
        return tuple(int(v * 150 / 72) for v in (x - 10, y - 10, x + 10, y + 10))

    before, after = picture(signed()), picture(copy_of(signed()))
    scaled = (middle[0] * 0.82 + page.width * 0.09, middle[1] * 0.82 + page.height * 0.09)
    assert seal_runs(before, around(*middle)) == 0
    assert seal_runs(after, around(*scaled)) >= 4
    _, saturation, _ = after.convert("HSV").split()
    assert saturation.getextrema() == (0, 0)


def test_signature_and_text_are_gone():
    copy = copy_of(signed())
    assert inspect(copy, anchors=anchors(), at=NOW + timedelta(hours=1)).verdict is (
        Verdict.NOT_SIGNED
    )
    document = pypdfium2.PdfDocument(copy)
    assert document[0].get_textpage().get_text_range() == ""
    document.close()


@pytest.mark.requirement("S2-L622")
def test_hidden_places_are_black():
    places = find_keywords(plain(), "浙Z00001")
    open_copy = picture(copies().black_seal_copy(plain(), MARK))
    hidden = picture(copies().black_seal_copy(plain(), MARK, hidden=places))
    left, bottom, right, top = places[0].rect
    page = picture(plain(), 72)
    x = (left + right) / 2 * 0.82 + page.width * 0.09
    y = (page.height - (bottom + top) / 2) * 0.82 + page.height * 0.09
    spot = [int(value * 150 / 72) for value in (x - 12, y - 2, x + 12, y + 2)]
    assert max(hidden.convert("L").crop(spot).tobytes()) < 60
    assert max(open_copy.convert("L").crop(spot).tobytes()) > 200


def test_the_same_copy_twice_is_the_same():
    assert copies().black_seal_copy(plain(), MARK) == copies().black_seal_copy(plain(), MARK)


def test_long_names_are_cut_in_the_code_only():
    long = CopyMark("示例财产保险股份有限公司浙江分公司合规部", NOW, MARK.number)
    found = read_mark(copies().black_seal_copy(plain(), long))
    assert long.recipient.startswith(found.recipient)
    assert (found.at, found.number) == (long.at, long.number)


def test_what_is_refused():
    with pytest.raises(LintError, match="没有字符"):
        copies().black_seal_copy(plain(), CopyMark("😀", NOW, "n1"))
    with pytest.raises(SigningError, match="编号"):
        copies().black_seal_copy(plain(), CopyMark("甲", NOW, "编号"))
    with pytest.raises(SigningError, match="时区"):
        copies().black_seal_copy(plain(), CopyMark("甲", NOW.replace(tzinfo=None), "n1"))
    with pytest.raises(ParseError, match="不是可以读取"):
        read_mark(b"nothing")
    with pytest.raises(MarkMissing):
        read_mark(plain())
