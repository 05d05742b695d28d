"""The reading view of strangers' files is made by a child, and once."""

import pytest

from baozhen.faces.mobile import reading
from baozhen.faces.mobile.reading import text_of
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.services.create import create_envelope
from tests.pdfs import plain
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture
from tests.signing.envelopes.test_sketches import free_draft


@pytest.fixture(autouse=True)
def _nothing_kept():
    reading._lines_of.cache_clear()


def test_a_strangers_file_is_never_read_in_the_web_process(desk, monkeypatch):  # noqa: F811
    def refuse(*_args, **_keys):
        raise AssertionError("read in this process")

    monkeypatch.setattr("pypdfium2.PdfDocument", refuse)
    monkeypatch.setattr(reading, "page_lines", refuse)
    envelope = create_envelope(free_draft(plain(2), page=0, x=9, y=9), actor="t", at=now())
    pages = text_of(envelope.documents.get())
    assert [page["number"] for page in pages] == [1, 2]
    assert any("机动车" in line for line in pages[0]["lines"])
    monkeypatch.setattr(reading, "page_lines_in_subprocess", refuse)
    assert text_of(envelope.documents.get()) == pages


def test_our_own_file_is_read_under_the_lock(desk):  # noqa: F811
    envelope = desk.start(flow_of("customer_receipt"))
    [page] = text_of(envelope.documents.get())
    assert any("客户回执" in line for line in page["lines"])
