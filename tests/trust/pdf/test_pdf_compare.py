"""Two documents side by side: every change of text or look is found, and nothing else."""

import io
from copy import copy

import pytest
from PIL import Image

from baozhen.trust.pdf.compare import NotComparable, compare, side_by_side
from tests.pdfs import SEAL_PLACE, lay_out, plain, signed

PAGE = '#set text(font: "Noto Sans SC", size: 12pt)\n#set page(paper: "a5", margin: 20mm)\n'


def pages(*texts: str) -> bytes:
    return lay_out(PAGE + "\n#pagebreak()\n".join(texts))


@pytest.mark.requirement("S2-L160.n4")
def test_a_document_is_like_itself():
    comparison = compare(plain(2), plain(2))
    assert comparison.is_alike
    assert (comparison.before_pages, comparison.after_pages) == (2, 2)


def test_a_changed_amount_is_found_with_its_places():
    before = pages("保险金额为 100,000.00 元，免赔额为 500 元。")
    after = pages("保险金额为 10,000.00 元，免赔额为 500 元。")
    comparison = compare(before, after)
    (change,) = comparison.text
    assert (change.before, change.after) == ("100,000.00", "10,000.00")
    assert (change.before_page, change.after_page) == (0, 0)
    ((left, bottom, right, top),) = change.before_rects
    assert 110 < left < right < 220
    assert 8 < top - bottom < 24
    (picture,) = comparison.pictures
    assert any(r[0] < right and r[2] > left for r in picture.regions)


def test_added_and_removed_sentences():
    comparison = compare(pages("甲方负责。乙方付款。"), pages("甲方负责。丙方担保。"))
    assert [(c.before, c.after) for c in comparison.text] == [("乙", "丙"), ("付款", "担保")]


def test_an_inserted_page_is_one_difference():
    comparison = compare(pages("第一章", "第二章"), pages("第一章", "插入的一页", "第二章"))
    (change,) = comparison.text
    assert (change.before, change.after) == ("", "插入的一页")
    (picture,) = comparison.pictures
    assert (picture.before_page, picture.after_page) == (None, 1)
    assert comparison.pairs == ((0, 0), (None, 1), (1, 2))


@pytest.mark.requirement("S2-L160.n4")
def test_a_seal_is_a_difference_of_the_picture_alone():
    comparison = compare(plain(), signed())
    assert comparison.text == ()
    ((region,),) = [picture.regions for picture in comparison.pictures]
    assert all(abs(a - b) < 10 for a, b in zip(region, SEAL_PLACE, strict=True))


def test_other_paper_is_a_difference():
    other = lay_out(PAGE.replace("a5", "a4") + "甲")
    assert compare(pages("甲"), other).pictures[0].regions


def test_sheets_show_both_pages_with_frames():
    comparison, sheets = side_by_side(pages("甲方", "乙方"), pages("甲方", "丙方", "丁方"))
    assert len(sheets) == 3
    assert not comparison.is_alike
    colours = [
        {colour for _, colour in Image.open(io.BytesIO(s)).getcolors(1 << 24)} for s in sheets
    ]
    assert (210, 30, 30) not in colours[0]
    assert {(210, 30, 30), (0, 140, 60)} <= colours[1]


def test_json_values():
    import json

    assert json.loads(json.dumps(compare(plain(), signed()).to_dict()))["is_alike"] is False


def test_too_much_and_rubbish():
    with pytest.raises(NotComparable, match="超过 100 页") as refused:
        compare(plain(), plain(101))
    assert refused.value.which == 1
    with pytest.raises(NotComparable) as refused:
        side_by_side(b"nothing", plain())
    again = copy(refused.value)
    assert (again.which, str(again)) == (0, str(refused.value))
