"""Staff start a signing task, approve it, follow it, and start many from a table."""

import pytest

from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import BatchRow, Envelope
from baozhen.signing.envelopes.services.batches import start_rows
from tests.signing.envelopes.conftest import desk, values_for  # noqa: F401 -- fixture

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor, name):
    visitor.open("/console/")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("text=登录 >> nth=-1")
    visitor.tab.wait_for_selector("aside nav")


@pytest.mark.requirement("S2-L420a", "S2-L770", "S2-L374")
def test_start_follow_and_recall(visitor, staff, desk):  # noqa: F811
    staff("业务经办", name="jingban")
    sign_in(visitor, "jingban")
    visitor.open("/console/envelopes")
    visitor.look("envelopes-empty")
    visitor.tab.click("text=发起签署")
    visitor.look("envelopes-flows")
    visitor.open("/console/envelopes/start/claim_application")
    visitor.tab.click("button:has-text('发起')")
    visitor.tab.wait_for_selector("[role=alert]")
    visitor.look("envelopes-start-faults")
    for name, value in {
        "policy_no": "P1",
        "claimant": "测试伟",
        "accident_on": "2026-11-01",
        "accident": "停车时被追尾",
        "sum_fen": "1234.50",
        "account": "0001",
    }.items():
        visitor.tab.fill(f"[name='value.{name}']", value)
    visitor.tab.fill("[name='party.claimant.name']", "测试伟")
    visitor.tab.fill("[name='party.claimant.id_no']", "990000199001010019")
    visitor.tab.fill("[name='party.claimant.mobile']", "19900000001")
    visitor.tab.click("button:has-text('发起')")
    visitor.tab.wait_for_selector("text=已发起")
    visitor.tab.click("summary:has-text('预览首页')")
    visitor.tab.wait_for_function("() => document.querySelector('.preview img').naturalWidth > 0")
    visitor.look("envelope")
    visitor.tab.click("a:has-text('撤回')")
    visitor.tab.fill("textarea", "金额填错")
    visitor.look("envelope-recall")
    visitor.tab.click("button:has-text('撤回')")
    visitor.tab.wait_for_selector("text=已撤回")
    visitor.open("/console/envelopes")
    visitor.look("envelopes")


@pytest.mark.requirement("S2-L449", "S2-L942b")
def test_approve_on_a_phone(visitor, staff, desk):  # noqa: F811
    staff("业务负责人", name="fuze")
    desk.start(flow_of("endorsement"))
    desk.start(flow_of("litigation_guarantee"))
    sign_in(visitor, "fuze")
    visitor.open("/console/tasks")
    visitor.look("tasks")
    visitor.tab.click("text=去处理 >> nth=0")
    visitor.look("task-approve")
    visitor.tab.fill("textarea", "同意")
    visitor.tab.click("button[value=do]")
    visitor.tab.wait_for_selector("text=已处理")
    visitor.tab.click("text=去处理 >> nth=0")
    visitor.look("task-pre-stamp")
    visitor.tab.click("button[value=do]")
    visitor.tab.wait_for_selector("text=没有待您处理的任务")
    for envelope in Envelope.objects.filter(flow="litigation_guarantee"):
        assert desk.perform(envelope).state == "completed"


@pytest.mark.requirement("S2-L420c")
def test_a_table_starts_many(visitor, staff, desk):  # noqa: F811
    staff("业务经办", name="jingban")
    flow = flow_of("policy_insurer")
    values = values_for(flow)
    head = ",".join([entry.label for entry in flow.fields] + ["biz_no"])
    lines = [head]
    for number in (1, 2, 3):
        row = {**values, "premium_fen": "x" if number == 2 else "12.5", "sum_fen": "1000"}
        lines.append(",".join([str(row[entry.name]) for entry in flow.fields] + [f"N{number}"]))
    sign_in(visitor, "jingban")
    visitor.open("/console/envelope-batches/upload")
    visitor.look("envelope-upload")
    visitor.tab.select_option("select[name=flow]", "policy_insurer")
    table = {"name": "t.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    visitor.tab.set_input_files("input[type=file]", table)
    visitor.tab.click("button:has-text('上传并发起')")
    visitor.tab.wait_for_selector("text=行数")
    start_rows(keys=list(BatchRow.objects.values_list("pk", flat=True)))
    visitor.tab.reload()
    visitor.tab.wait_for_selector("text=有误的行")
    visitor.look("envelope-batch")
    visitor.open("/console/envelope-batches")
    visitor.look("envelope-batches")
