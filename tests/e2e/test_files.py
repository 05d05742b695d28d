"""The file centre, the figures and the check of a print, on a phone and at a desk."""

import re
from datetime import timedelta

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.files.models import FileCopy
from baozhen.signing.files.services import CopyOrder, Involved, make_print
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.statistics.rules import Price
from baozhen.signing.statistics.services import (
    clear_month,
    collect_usage,
    refresh_figures,
    set_price,
)
from baozhen.signing.statistics.states import ChargeMode, UsageKind
from tests.e2e.test_console import sign_in
from tests.signing.files.making import sealed_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry(platform):
    row = enter(
        sealed_pdf("承保新能源汽车充电桩损失"),
        root_unit(),
        title="测试欣的理赔申请书",
        document_type="claim_application",
        channel="claim_application",
        biz_no="CLM-2026-0009",
        parties=(Involved(name="测试欣"), Involved(name=root_unit().name, is_person=False)),
    )
    run_worker(until_idle=True)
    return row


def test_a_file_is_found_deposited_and_handed_out(visitor, staff, entry):
    staff("业务负责人", "客服", name="boss")
    sign_in(visitor, "boss")
    visitor.open("/console/files?q=充电桩")
    visitor.look("files")
    visitor.tab.click("table a >> nth=0")
    visitor.look("file")
    visitor.tab.click("button:has-text('第三方存证')")
    run_worker(until_idle=True)
    visitor.open("/console/files/deposits")
    assert "已存证" in visitor.tab.inner_text("main")
    visitor.look("deposits")
    visitor.open("/console/files/deposits/rules/new")
    visitor.look("deposit-rule")
    visitor.tab.click("button:has-text('设定')")
    visitor.look("deposit-rules")
    for page in ("inspect", "mark", "compare", "copies"):
        visitor.open(f"/console/files/{page}")
        visitor.look(f"files-{page}")
    visitor.open("/console/files/inspect")
    pdf = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": sealed_pdf("约定")}
    visitor.tab.set_input_files("input[type=file]", pdf)
    visitor.tab.click("button:has-text('核验') >> nth=-1")
    visitor.look("files-inspected")


def test_figures_and_statements_are_shown(visitor, staff, entry):
    today = shanghai_date(now())
    refresh_figures(since=today, until=today + timedelta(days=1))
    staff("业务负责人", "财务", name="boss")
    sign_in(visitor, "boss")
    for measure in ("seals", "files", "signatures"):
        visitor.open(f"/console/statistics?measure={measure}")
        visitor.look(f"statistics-{measure}")
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    collect_usage(since=today, until=today + timedelta(days=1))
    for kind in UsageKind:
        price = Price(kind=kind, mode=ChargeMode.MONTHLY, monthly_fen=5_000, starts_on=first)
        set_price(price, actor="t", at=now())
    statement = clear_month(first, actor="t", at=now())[0]
    for page in ("", "/prices", "/prices/new", f"/{statement.pk}"):
        visitor.open(f"/console/charging{page}")
        visitor.look("charging" + re.sub(r"\W+", "-", page))


def test_whoever_scans_a_print_sees_what_it_is(visitor, entry):
    order = CopyOrder(recipient="经办", reason="法院调取")
    make_print(entry, order, link="http://127.0.0.1/p/{number}", actor="t", at=now())
    visitor.open(f"/p/{FileCopy.objects.get().number}")
    assert "真实有效" in visitor.tab.inner_text("main")
    visitor.look("print")
    visitor.open("/p/P20260101AAAAAAAAAA")
    visitor.look("print-unknown")
    visitor.open("/verify")
    pdf = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": sealed_pdf("约定")}
    visitor.tab.set_input_files("input[type=file]", pdf)
    visitor.tab.click("button:has-text('开始验真')")
    with visitor.tab.expect_download() as download:
        visitor.tab.click("button:has-text('下载核验报告')")
    assert download.value.suggested_filename.startswith("V")
    visitor.look("verified")
