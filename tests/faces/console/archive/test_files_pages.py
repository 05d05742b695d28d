"""The staff pages of the file centre: find, copy, link, read marks, compare; each for its own."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import DownloadLink, FileCopy
from baozhen.signing.files.services import Involved, index_files
from baozhen.signing.organizations.queries import root_unit
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db
PERSON = "测试欣"


@pytest.fixture
def entry(platform):
    row = enter(
        text_pdf("承保新能源汽车充电桩损失"),
        root_unit(),
        biz_no="BIZ-9",
        client="api:core",
        parties=(Involved(name=PERSON),),
    )
    index_files([row.pk])
    return row


@pytest.fixture
def boss(signed_in):
    return signed_in("业务负责人", "客服")


def at(entry, verb=""):
    return f"/console/files/{entry.public_id}" + (f"/{verb}" if verb else "")


@pytest.mark.requirement("S2-L160.d1")
def test_a_person_finds_a_file_and_sees_no_full_name(entry, boss):
    page = boss.get("/console/files", {"q": "充电桩"}).content.decode()
    assert entry.title in page
    assert "测*欣" in page
    assert PERSON not in page
    assert entry.title not in boss.get("/console/files", {"q": "健康险"}).content.decode()
    assert boss.get("/console/files", {"q": "。"}).status_code == 200
    assert PERSON not in boss.get(at(entry)).content.decode()


@pytest.mark.requirement("S2-L160.d2")
@pytest.mark.parametrize("verb", ["download", "black", "print", "package", "links"])
def test_without_the_permission_nothing_is_handed_out(entry, signed_in, verb):
    client = signed_in("审计员")
    assert client.post(at(entry, verb), {"reason": "x"}).status_code == 403
    assert client.get("/console/files").status_code == 403
    assert FileCopy.objects.count() == 0
    assert DownloadLink.objects.count() == 0


def test_a_get_hands_nothing_out(entry, boss):
    for verb in ("download", "black", "print", "package", "links"):
        assert boss.get(at(entry, verb)).status_code == 405


@pytest.mark.requirement("S2-L622")
def test_a_black_copy_is_sent_and_its_mark_read(entry, boss):
    answer = boss.post(at(entry, "black"), {"recipient": "客服李工", "reason": "核对"})
    assert answer.status_code == 200, answer.content.decode()[-900:]
    upload = SimpleUploadedFile("copy.pdf", answer.content, "application/pdf")
    page = boss.post("/console/files/mark", {"file": upload}).content.decode()
    assert "客服李工" in page
    assert "与副本登记一致" in page
    assert FileCopy.objects.get().number in boss.get("/console/files/copies").content.decode()
    assert "读取下载标记" in boss.get(at(entry)).content.decode()


def test_a_package_and_a_print_are_sent(entry, boss):
    answer = boss.post(at(entry, "package"), {"reason": "诉讼"})
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    printed = boss.post(at(entry, "print"), {"reason": "法院调取"})
    assert printed.content.startswith(b"%PDF")
    assert boss.post(at(entry, "print"), {}).status_code == 422


def test_a_link_is_shown_once_and_serves_the_file(entry, boss, client):
    asked = {"recipient": "核心系统", "hours": "2", "uses": "1"}
    page = boss.post(at(entry, "links"), asked).content.decode()
    path = page[page.index("/api/v1/file-links/") :].split("<")[0]
    answer = client.get(path)
    assert answer.content == get_storage().get(entry.sha256)
    assert client.get(path).status_code in {404, 409, 410, 422}
    # One that leaked is ended from the file's page, for as long as it works.
    used = DownloadLink.objects.get()
    boss.post(at(entry, "links"), asked | {"uses": "10"})
    other = DownloadLink.objects.latest("pk")
    shown = boss.get(at(entry)).content.decode()
    assert path not in shown
    assert "已用完" in shown
    assert f"links/{used.pk}/end" not in shown
    assert f"links/{other.pk}/end" in shown
    boss.post(f"/console/files/links/{other.pk}/end")
    shown = boss.get(at(entry)).content.decode()
    assert "已停用" in shown
    assert f"links/{other.pk}/end" not in shown


@pytest.mark.requirement("S2-L160.n4")
def test_two_documents_are_compared(entry, boss):
    other = SimpleUploadedFile("b.pdf", text_pdf("承保新能源汽车电池损失"), "application/pdf")
    form = {"before_id": entry.public_id, "after": other}
    page = boss.post("/console/files/compare", form).content.decode()
    assert "文字差异" in page
    assert "data:image/png" in page
    same = {"before_id": entry.public_id, "after_id": entry.public_id}
    assert "完全一致" in boss.post("/console/files/compare", same).content.decode()
    acts = AuditEntry.objects.filter(action="file_entry.compared")
    assert set(acts.values_list("subject_id", "actor")) == {(entry.pk, "staff:someone")}
    assert acts.count() == 2
    rubbish = SimpleUploadedFile("c.pdf", b"rubbish", "application/pdf")
    page = boss.post("/console/files/compare", form | {"after": rubbish}).content.decode()
    assert "无法比对：新文件" in page
