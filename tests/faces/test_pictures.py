"""Pictures of pages are drawn in a process of their own; a bad file kills only that."""

import pytest

from baozhen.faces import pictures
from baozhen.faces.pictures import PictureFailed, first_page
from tests import pdfs


def test_a_file_that_is_no_pdf_is_an_outage_of_the_picture_only():
    with pytest.raises(PictureFailed):
        first_page(b"not a pdf")


def test_drawing_has_its_time(monkeypatch):
    monkeypatch.setattr(pictures, "_SECONDS_MAX", 0.001)
    with pytest.raises(PictureFailed):
        first_page(pdfs.plain())
