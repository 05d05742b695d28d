"""The QR code is one that other people's encoders make too, and it is tiny."""

import io
import time

import pytest
import segno
from PIL import Image

from baozhen.trust.errors import UnsupportedError
from baozhen.trust.pdf.qr import qr_png, qr_rows

URL = "https://verify.example.com/v/PDZA202651D00000001/9F8A7C6B5D4E0011"
# Where a text fills its version there is no padding, in which encoders may differ.
FULL = (14, 26, 42, 62, 84, 106)


@pytest.mark.parametrize("length", FULL)
def test_modules_equal_those_of_an_independent_encoder(length):
    text = (URL * 2)[:length]
    theirs = segno.make(text, error="m", mask=3, boost_error=False, micro=False, mode="byte")
    assert qr_rows(text) == tuple(bytes(row) for row in theirs.matrix)


@pytest.mark.parametrize("length", range(1, 107, 7))
def test_every_length_has_the_right_size(length):
    rows = qr_rows("a" * length)
    assert {len(row) for row in rows} == {len(rows)}
    assert (len(rows) - 17) % 4 == 0


def test_png_has_the_modules_as_black_and_white():
    rows = qr_rows(URL)
    picture = Image.open(io.BytesIO(qr_png(URL, pixels_per_module=4)))
    assert picture.mode == "1"
    assert picture.width == picture.height == 4 * len(rows)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            assert picture.getpixel((4 * x + 2, 4 * y + 2)) == (0 if dark else 255)


def test_longer_texts_are_refused_with_the_limit():
    with pytest.raises(UnsupportedError, match="106"):
        qr_png("x" * 107)


def test_a_code_costs_less_than_a_millisecond():
    start = time.process_time()
    for index in range(50):
        qr_png(f"{URL}{index}")
    assert (time.process_time() - start) / 50 < 0.005
