"""The seal's picture: one colour, small, the same every time, readable text under it."""

import io

import pytest
from PIL import Image

from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.pictures import read_png
from baozhen.trust.seal.picture import SealDesign, draw_seal
from tests.typesetting import fonts

DESIGN = SealDesign("示例财产保险股份有限公司", note="演示 DEMO")


def face():
    return fonts().folder / "NotoSansSC_700Bold.ttf"


def picture(design=DESIGN):
    return Image.open(io.BytesIO(draw_seal(design, face())))


@pytest.mark.requirement("S2-L714c")
def test_picture_is_small_and_has_a_palette():
    data = draw_seal(DESIGN, face())
    assert len(data) <= 13_000
    assert picture().mode == "P"
    assert read_png(data).alpha is not None


def test_same_design_gives_the_same_bytes():
    first = draw_seal(DESIGN, face())
    draw_seal.cache_clear()
    assert draw_seal(DESIGN, face()) == first
    assert draw_seal(SealDesign("另一家示例保险公司"), face()) != first


def test_paper_shows_through_everywhere():
    alphas = picture().convert("RGBA").getchannel("A")
    assert alphas.getextrema() == (0, 209)  # 82 % at most


def test_name_and_lines_do_not_touch():
    """Between the star, the name and the line of use there is a ring of clear paper."""
    alpha = picture().convert("RGBA").getchannel("A")
    clear = [alpha.getpixel((x, 262)) for x in range(60, 340)]
    assert max(clear[40:240]) == 0


@pytest.mark.parametrize("name", ["", "长" * 29])
def test_names_that_do_not_fit_are_refused(name):
    with pytest.raises(SigningError):
        draw_seal(SealDesign(name), face())


@pytest.mark.parametrize("length", [2, 12, 20, 28])
def test_names_of_any_length_stay_inside_the_ring(length):
    assert picture(SealDesign(("示例保险公司章字" * 4)[:length])).size == (400, 400)
