"""The staff pages of products: what is sold, versions by CSV, a second person, solvency."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from baozhen.foundation.clock import now, today
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.queries import solvency_on, tables_on
from baozhen.insurance.products.services import store_shipped
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)

_B_200 = "covers/car/B/classes/family_under_6/2000000"


@pytest.fixture
def browser(staff):
    """Open a browser for a person: `browser("产品精算", "amy")`."""
    store_shipped(at=now())

    def make(role, name):
        client = Client()
        client.force_login(staff(role, name=name), backend=BACKEND)
        return client

    return make


def upload(rows, **head):
    text = "项目,现行值,新值\n" + "".join(f"{path},,{value}\n" for path, value in rows)
    return {
        "file": SimpleUploadedFile("t.csv", text.encode()),
        "version": "2099-01",
        "effective_from": (today() + timedelta(days=3)).isoformat(),
        "source": "测试批件",
        "confirmed": "yes",
    } | head


@pytest.mark.requirement("S0-4.2.3a1")
def test_products_and_their_laws_are_shown(browser):
    shown = browser("产品精算", "amy").get("/console/products").content.decode()
    for text in (
        "新能源汽车商业保险",
        "DEMO备案〔2026〕商业002号",
        "交强险条例-2019",
        "张表待确认",
    ):
        assert text in shown
    for law in ("保险法-2015", "反洗钱法-2024", "示范条款-2020", "交强险条例-2019"):
        assert law in shown
    assert "尚未录入" in shown


def test_versions_are_listed_with_what_is_unconfirmed(browser):
    amy = browser("产品精算", "amy")
    shown = amy.get("/console/tables?table=regions").content.decode()
    assert "现行" in shown
    assert "未确认" in shown
    assert "费率与规则" in browser("核保人", "una").get("/console/tables").content.decode()
    assert browser("出单员", "ida").get("/console/tables").status_code == 403


def test_a_table_is_taken_along_as_csv(browser):
    amy = browser("产品精算", "amy")
    assert "下载现行值" in amy.get("/console/tables/import").content.decode()
    sent = amy.get("/console/tables/current.csv?table=commercial_rates")
    assert f"{_B_200},922.08," in sent.content.decode()
    key = TableVersion.objects.get(table="commercial_rates").pk
    assert amy.get(f"/console/tables/current.csv?version={key}").content == sent.content
    for unknown in ("table=nothing", "version=0", "version=x"):
        assert amy.get(f"/console/tables/current.csv?{unknown}").status_code == 422


def test_a_new_version_goes_from_csv_to_force(browser):
    amy, bob = browser("产品精算", "amy"), browser("产品精算", "bob")
    address = "/console/tables/import?table=commercial_rates"
    assert "CSV 文件" in amy.get(address).content.decode()
    wrong = amy.post(address, upload([(_B_200, "many")]))
    assert wrong.status_code == 422
    assert "第 2 行“新值”：many 须为数字" in wrong.content.decode()
    answer = amy.post(address, upload([(_B_200, "1000.00")]))
    version = TableVersion.objects.get(version="2099-01")
    assert answer["Location"] == f"/console/tables/{version.pk}"
    shown = amy.get(answer["Location"]).content.decode()
    for text in (_B_200, "922.08", "1000.00", "提交批准"):
        assert text in shown
    page = f"/console/tables/{version.pk}"
    amy.post(f"{page}/submit")
    assert "须由另一人办理" in amy.get(page).content.decode()
    amy.post(f"{page}/approve")
    version.refresh_from_db()
    assert version.state == "submitted"
    bob.post(f"{page}/approve")
    assert tables_on(today() + timedelta(days=3)).versions["commercial_rates"] == "2099-01"
    assert "停用" in bob.get(page).content.decode()
    bob.post(f"{page}/retire", {"reason": "有误"})
    assert tables_on(today() + timedelta(days=3)).versions["commercial_rates"] == "2026-DEMO"


def test_what_is_wrong_with_the_form_is_said(browser):
    amy = browser("产品精算", "amy")
    address = "/console/tables/import?table=commercial_rates"
    for change, told in (
        ({"effective_from": ""}, "请填写生效日"),
        ({"effective_from": "soon"}, "日期应写作"),
        ({"effective_from": "2020-01-01"}, "生效日不能早于今天"),
        ({"source": ""}, "请填写依据"),
        ({"file": ""}, "没有选择文件"),
    ):
        answer = amy.post(address, upload([(_B_200, "1000.00")]) | change)
        assert answer.status_code == 422
        assert told in answer.content.decode()
    assert amy.get("/console/tables/999999").status_code == 404


def test_a_draft_is_given_up_for_a_reason(browser):
    amy = browser("产品精算", "amy")
    amy.post("/console/tables/import?table=commercial_rates", upload([(_B_200, "1.00")]))
    version = TableVersion.objects.get(version="2099-01")
    amy.post(f"/console/tables/{version.pk}/reject", {"reason": ""})
    amy.post(f"/console/tables/{version.pk}/reject", {"reason": "填错了"})
    version.refresh_from_db()
    assert (version.state, version.note) == ("rejected", "填错了")


def test_solvency_figures_are_entered_and_approved(browser):
    amy, bob = browser("产品精算", "amy"), browser("产品精算", "bob")
    figures = {
        "quarter": "2099-Q4",
        "core_percent": "210.00",
        "comprehensive_percent": "240.00",
        "rating": "AA",
        "rating_quarter": "2099-Q3",
        "is_sufficient": "yes",
        "link": "https://www.example.com/s",
        "effective_from": today().isoformat(),
        "source": "报告摘要",
    }
    assert "核心偿付能力充足率" in amy.get("/console/solvency/new").content.decode()
    refused = amy.post("/console/solvency/new", figures | {"core_percent": "40.00"})
    assert refused.status_code == 422
    assert amy.post("/console/solvency/new", figures | {"effective_from": ""}).status_code == 422
    page = amy.post("/console/solvency/new", figures)["Location"]
    amy.post(f"{page}/submit")
    bob.post(f"{page}/approve")
    assert solvency_on(today())["label"] == "2099年第4季度"
    assert "210.00%" in bob.get("/console/products").content.decode()
