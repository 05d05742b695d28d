"""Photos: offered where the extra is installed, fill gaps, are not kept, stop nobody."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.insurance.applications import ocr
from baozhen.insurance.applications.models import Application
from tests.faces.mobile.applying.test_wizard import begin
from tests.insurance.applications.test_ocr import PNG

pytestmark = pytest.mark.django_db(transaction=True)
READER = """
class Read:
    txts = ("号牌号码 京Z12345", "车辆识别代号 L9TESTAA7MA000001", "核定载人数 5人")
    boxes = [[[0, y], [200, y], [200, y + 30], [0, y + 30]] for y in (0, 40, 80)]


class RapidOCR:
    def __init__(self, params):
        pass

    def __call__(self, picture):
        return Read()
"""


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """A reader where the child, and the page that offers it, find it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "rapidocr.py").write_text(READER, encoding="utf-8")
    (folder / "onnxruntime.py").write_text("")
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
    assert "缺少此项" not in page  # what the photo did not show is yet to be typed
    assert 'value="L9TESTAA7MA000001"' in page
    assert Application.objects.get().content["vehicle"]["seats"] == 5


def test_a_photo_that_cannot_be_read_stops_nobody(client, reader):
    number = begin(client)
    for data, words in ((b"no picture", "不是 JPEG 或 PNG"), (PNG[:-40], "文件不完整或已损坏")):
        page = client.get(send(client, number, data)["Location"]).content.decode()
        assert f"照片不能识别：{words}。请重拍，或直接填写。" in page
        assert 'name="vehicle.vin"' in page


def test_a_photo_is_offered_only_where_it_can_be_read(client):
    ocr.is_available.cache_clear()
    number = begin(client)
    page = client.get(f"/m/apply/{number}/vehicle").content.decode()
    assert ("拍行驶证" in page) is ocr.is_available()
    assert send(client, number).status_code == (302 if ocr.is_available() else 404)
