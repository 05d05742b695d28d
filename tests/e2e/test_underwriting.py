"""Staff of products and underwriting: a table changed by two persons, a proposal decided by one."""

from datetime import timedelta

import pytest

from baozhen.foundation.clock import now, today
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.rating import Record, quote, request_from_content
from baozhen.insurance.products.services import store_shipped
from baozhen.insurance.products.states import TableState
from baozhen.insurance.products.tables import SHIPPED
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.services import assess_content
from baozhen.insurance.underwriting.states import ReferralState
from tests.e2e.test_templates import sign_in
from tests.e2e.widths import at
from tests.insurance.proposal_forms import FORMS

pytestmark = pytest.mark.django_db(transaction=True)

_CSV = "项目,现行值,新值\ncovers/car/B/classes/family_under_6/2000000,922.08,930.00\n"


@at("desk")
def test_a_table_goes_from_csv_to_force(visitor, platform, staff):
    store_shipped(at=now())
    staff("产品精算", name="amy")
    staff("产品精算", name="bob")
    sign_in(visitor, "amy")
    for address, name in (("products", "products"), ("tables", "tables")):
        visitor.open(f"/console/{address}")
        visitor.look(f"{name}-1")
    visitor.tab.click("text=导入新版本")
    visitor.look("tables-2-choose")
    visitor.open("/console/tables/import?table=commercial_rates")
    given = {"name": "t.csv", "mimeType": "text/csv", "buffer": _CSV.encode()}
    visitor.tab.set_input_files("#id_file", given)
    visitor.tab.fill("#id_version", "2099-01")
    visitor.tab.fill("#id_effective_from", (today() + timedelta(days=2)).isoformat())
    visitor.tab.fill("#id_source", "测试批件〔2099〕1号")
    visitor.look("tables-3-import")
    visitor.tab.click("text=导入并查看差异")
    visitor.tab.click("button:has-text('提交批准')")
    visitor.tab.wait_for_selector("text=须由另一人办理")
    visitor.look("tables-4-version")
    version = TableVersion.objects.get(version="2099-01")
    visitor.open("/console/solvency/new")
    visitor.look("tables-5-solvency")
    sign_in(visitor, "bob")
    visitor.open(f"/console/tables/{version.pk}")
    visitor.tab.click("button:has-text('批准')")
    visitor.tab.wait_for_selector("text=已批准")
    version.refresh_from_db()
    assert version.state == TableState.APPROVED


@at("phone")
def test_an_underwriter_offers_other_terms(visitor, platform, staff):
    content = FORMS["car"]()
    stored = quote(request_from_content(content, record=Record()), SHIPPED).stored()
    content["vehicle"] |= {"transferred": True}
    content["compulsory"]["cover_starts_at"] = now().isoformat()
    assess_content(content, at=now(), quote=stored)
    staff("核保人", name="una")
    sign_in(visitor, "una")
    visitor.open("/console/referrals")
    visitor.look("referrals-1")
    visitor.tab.click(f"text={content['proposal_no']}")
    visitor.look("referrals-2-proposal")
    visitor.tab.click("summary:has-text('提出新方案')")
    visitor.tab.select_option("[name=rate_A]", "0.10")
    visitor.tab.fill("[name=reason] >> visible=true", "过户车辆加免赔")
    visitor.look("referrals-3-offer")
    visitor.tab.click("text=确认提出")
    visitor.tab.wait_for_selector("text=绝对免赔率 0.10")
    visitor.look("referrals-4-offered")
    assert Referral.objects.get().state == ReferralState.OFFERED
