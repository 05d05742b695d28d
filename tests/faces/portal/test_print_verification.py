"""打印件核对: what the QR code of a numbered print leads to."""

import pytest

from baozhen.faces.limits import Limit
from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import CopyOrder, Involved, make_print
from baozhen.signing.organizations.queries import root_unit
from tests.signing.files.making import sealed_pdf, text_pdf
from tests.signing.files.test_file_centre import enter

PERSON = "测试欣"


def printed(entry):
    order = CopyOrder(recipient="经办李工", reason="法院调取")
    return make_print(entry, order, link="http://127.0.0.1/p/{number}", actor="t", at=now()).copy


@pytest.fixture
def entry(platform):
    return enter(
        sealed_pdf("甲方与乙方约定如下"),
        root_unit(),
        title=f"{PERSON}的理赔申请书 16112340001",
        document_type="claim_application",
        parties=(Involved(name=PERSON, numbers=("16112340001",)),),
    )


@pytest.mark.requirement("S2-L160.d4")
def test_the_code_of_a_print_tells_what_it_is_a_print_of_and_nobodys_data(client, entry):
    printed(entry)
    copy = printed(entry)
    text = client.get(f"/p/{copy.number}").content.decode()
    assert "第 2 次打印，共打印过 2 次" in text
    assert "理赔申请书" in text
    assert "真实有效" in text
    for secret in (PERSON, "16112340001", "李工", "法院"):
        assert secret not in text
    assert "第 2 次" in client.get(f"/p/{copy.number.lower()}").content.decode()


@pytest.mark.parametrize("number", ["P20260101AAAAAAAAAA", "x", "<b>1</b>"])
def test_an_unknown_number_is_answered_clearly(client, platform, number):
    response = client.get(f"/p/{number}")
    if response.status_code != 404:
        assert "没有这个打印编号" in response.content.decode()
        assert "<b>1</b>" not in response.content.decode()


def test_a_copy_of_another_kind_is_no_print(client, entry):
    copy = printed(entry)
    type(copy).objects.filter(pk=copy.pk).update(kind="black")
    assert "没有这个打印编号" in client.get(f"/p/{copy.number}").content.decode()


def test_a_file_that_is_unsigned_destroyed_or_missing_says_so(client, entry, platform):
    plain = printed(enter(text_pdf("无签章"), root_unit(), dossier="env_2"))
    assert "未签名" in client.get(f"/p/{plain.number}").content.decode()
    copy = printed(entry)
    get_storage().remove(entry.sha256)
    assert "暂时无法核对" in client.get(f"/p/{copy.number}").content.decode()
    FileEntry.objects.filter(pk=entry.pk).update(is_living=False)
    assert "已过保管期" in client.get(f"/p/{copy.number}").content.decode()


def test_numbers_cannot_be_tried_out(client, platform, monkeypatch):
    limit = Limit(name="none", most=0)
    monkeypatch.setattr("baozhen.faces.portal.prints.VERIFICATIONS", limit)
    assert client.get("/p/P20260101AAAAAAAAAA").status_code == 429


def test_search_engines_stay_out(client):
    assert "Disallow: /p/" in client.get("/robots.txt").content.decode()
