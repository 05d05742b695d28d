"""A holder with a telephone, an agent, an adjuster and a compliance officer: their pages."""

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.services import deciding, reporting
from baozhen.insurance.claims.services.deciding import Decision
from baozhen.insurance.compliance.seeds import data_item_seeds, duty_seeds
from baozhen.insurance.compliance.services import seed_registers
from baozhen.insurance.policies.services.invoicing import invoice_proposals
from tests.e2e.test_console import sign_in as sign_in_staff
from tests.e2e.widths import at
from tests.insurance.holding import sign_in, subject_of

pytestmark = pytest.mark.django_db(transaction=True)
JPEG = b"\xff\xd8\xff\xe0 a picture"


def come_in(visitor, client, subject):
    """Give the browser the session of a holder."""
    sign_in(client, subject)
    cookie = {"name": "sessionid", "value": client.session.session_key, "url": visitor.base}
    visitor.tab.context.add_cookies([cookie])


def report(visitor, policy):
    tab = visitor.tab
    tab.click("text=报案 >> nth=-1")
    visitor.look("claim-report")
    tab.click("text=提交报案")
    tab.wait_for_selector(".fault >> nth=4")
    visitor.look("claim-report-faults")
    tab.fill("#id_day", "2026-04-01")
    tab.fill("#id_time", "09:30")
    tab.fill("#id_place", "示例路一号路口")
    tab.select_option("#id_cause", "collision")
    tab.fill("#id_story", "直行时与右转车辆刮擦，右前门受损。")
    tab.select_option("#id_injury", "none")
    tab.select_option("#id_police", "yes")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": JPEG}
    tab.set_input_files("#id_photos", photo)
    tab.click("text=提交报案")
    tab.wait_for_url("**/m/claims/**")


@at("phone")
def test_the_wallet_and_a_claim(visitor, client, policy, raw):
    invoice_proposals([policy.proposal_id], at=now())
    come_in(visitor, client, subject_of(raw["policyholder"]))
    visitor.open("/m/policies")
    visitor.look("wallet")
    visitor.tab.click(f"text={policy.number}")
    visitor.look("wallet-policy")
    report(visitor, policy)
    visitor.look("claim")
    claim = Claim.objects.get()
    paper = {"name": "id.jpg", "mimeType": "image/jpeg", "buffer": JPEG + b"id"}
    visitor.tab.set_input_files("#paper-id", paper)
    visitor.tab.click("text=上传 >> nth=0")
    visitor.tab.wait_for_selector("text=已收到 1 个文件")
    for needed in reporting.missing_papers(claim):
        data = JPEG + needed.code.encode()
        reporting.add_file(claim, data, actor="t", at=now(), paper_code=needed.code)
    visitor.open(f"/m/claims/{claim.number}")
    visitor.tab.click("text=材料齐全，提交核定")
    visitor.tab.wait_for_selector("text=作出核定（")
    claim.refresh_from_db()
    reason = "属于保险责任，按定损单核定。"
    deciding.decide(
        claim, Decision(is_covered=True, reason=reason, amount_fen=123_456), actor="t", at=now()
    )
    visitor.open(f"/m/claims/{claim.number}")
    visitor.look("claim-offered")
    visitor.tab.click("text=同意，请支付")
    visitor.tab.wait_for_selector("text=支付赔款（")


@at("desk")
def test_the_staffs_pages(visitor, staff, policy, raw):
    staff("客服", "理赔员", "合规人员", name="kefu")
    seed_registers(duty_seeds(), data_item_seeds(), at=now())
    sign_in_staff(visitor, "kefu")
    visitor.open("/console/hotline")
    visitor.look("hotline")
    tab = visitor.tab
    tab.fill("input[name=number]", policy.number)
    tab.fill("input[name=name]", raw["policyholder"]["name"])
    tab.fill("input[name=id_tail]", raw["policyholder"]["id_no"][-6:])
    tab.fill("input[name=mobile]", raw["policyholder"]["mobile"])
    tab.click("main button:has-text('核对')")
    visitor.look("hotline-call")
    tab.click(f"main >> text={policy.number}")
    visitor.look("hotline-policy")
    tab.click("text=登记报案")
    visitor.look("hotline-report")
    for address in ("/console/claims", "/console/duties", "/console/data-items"):
        visitor.open(address)
        visitor.look(address.rpartition("/")[2])
    for address in ("/console/duties/D-0736B", "/console/data-items/claim"):
        visitor.open(address)
        visitor.look(address.split("/")[2] + "-one")
