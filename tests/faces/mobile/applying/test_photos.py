"""Photos: offered where the extra is installed, fill gaps, are not kept, stop nobody."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.insurance.applications import ocr
from baozhen.insurance.applications.models import Application
from tests.faces.mobile.applying.test_wizard import begin

pytestmark = pytest.mark.django_db(transaction=True)
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
READER = """
class Read:
    txts = ("号牌号码 京Z12345", "车辆识别代号 L9TESTAA7MA000001", "核定载人数 5人")


class RapidOCR:
    def __call__(self, picture):
        return Read()
"""


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """A reader where the child, and the page that offers it, find it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "rapidocr.py").write_text(READER, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    ocr.is_available.cache_clear()
    yield
    ocr.is_available.cache_clear()


def send(client, number, data=PNG):
    picture = SimpleUploadedFile("a.png", data, content_type="image/png")
    typed = {"picture": picture, "step": "vehicle", "revision": "0"}
    return client.post(f"/m/apply/{number}/photo", typed)


def test_a_photo_fills_in_what_it_shows(client, reader):
    number = begin(client)
    assert "拍行驶证" in client.get(f"/m/apply/{number}/vehicle").content.decode()
    page = client.get(send(client, number)["Location"]).content.decode()
    assert "请逐项核对" in page
    assert 'value="L9TESTAA7MA000001"' in page
    assert Application.objects.get().content["vehicle"]["seats"] == 5


def test_a_photo_that_cannot_be_read_stops_nobody(client, reader):
    number = begin(client)
    answer = send(client, number, b"no picture")
    assert answer["Location"].endswith("?photo=failed")
    assert "直接填写" in client.get(answer["Location"]).content.decode()


def test_a_photo_is_offered_only_where_it_can_be_read(client):
    ocr.is_available.cache_clear()
    number = begin(client)
    page = client.get(f"/m/apply/{number}/vehicle").content.decode()
    assert ("拍行驶证" in page) is ocr.is_available()
    assert send(client, number).status_code == (302 if ocr.is_available() else 404)
