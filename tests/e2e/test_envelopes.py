"""Staff start a signing task, approve it, follow it, and start many from a table."""

import re

import pytest

from baozhen.foundation.notify.models import Delivery
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import BatchRow, Envelope, Place, Sketch
from baozhen.signing.envelopes.services.batches import start_rows
from tests.pdfs import plain
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
    visitor.tab.wait_for_selector(".stamp-mark", state="visible")
    visitor.look("task-pre-stamp")
    # The seal stands where the form has its box for it, until somebody points elsewhere.
    [place] = Place.objects.filter(action__envelope__flow="litigation_guarantee")
    usual = visitor.tab.input_value("[name=x]")
    middle = float(usual) * 72 / 25.4 + 20 * 72 / 25.4
    assert abs(middle - (place.x + place.width / 2)) < 1
    sheet = visitor.tab.locator(".stamp-sheet").first
    box = sheet.bounding_box()
    sheet.click(position={"x": box["width"] * 0.7, "y": box["height"] * 0.8})
    assert visitor.tab.input_value("[name=x]") != usual
    visitor.look("task-pre-stamp-moved")
    moved = float(visitor.tab.input_value("[name=x]"))
    visitor.tab.click("button[value=do]")
    visitor.tab.wait_for_selector("text=没有待您处理的任务")
    for envelope in Envelope.objects.filter(flow="litigation_guarantee"):
        assert desk.perform(envelope).state == "completed"
        [place] = Place.objects.filter(action__envelope=envelope)
        assert abs(place.x - moved * 72 / 25.4) < 0.1


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


def add_person(visitor, **facts):
    form = visitor.tab.locator("form:has(input[name=kind][value=person])")
    for name, value in facts.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button[value=add]").click()
    visitor.tab.wait_for_selector(f"text={facts['label']}")


@pytest.mark.requirement("S2-L420b")
def test_start_from_ones_own_file(visitor, staff, desk):  # noqa: F811
    staff("业务经办", name="jingban")
    sign_in(visitor, "jingban")
    visitor.open("/console/envelopes/start")
    visitor.look("own-flows")
    visitor.tab.click("text=上传 PDF")
    visitor.look("own-files-empty")
    upload = {"name": "车险协议.pdf", "mimeType": "application/pdf", "buffer": plain(2)}
    visitor.tab.set_input_files("input[type=file]", upload)
    visitor.tab.click("button[value=add]")
    visitor.tab.wait_for_selector("text=第 1 份，2 页")
    visitor.look("own-files")
    visitor.tab.click("button[value=save]")
    visitor.look("own-parties-empty")
    add_person(visitor, label="投保人", name="测试伟", mobile="19900000001")
    own = visitor.tab.locator("form:has(input[name=kind][value=own])")
    own.locator("[name=label]").fill("保险人")
    own.locator("[name=silent]").check()
    own.locator("button[value=add]").click()
    visitor.tab.wait_for_selector("text=静默用印")
    visitor.look("own-parties")
    visitor.tab.click("button[value=save]")
    visitor.tab.wait_for_selector("svg[data-page]")
    visitor.tab.click("svg[data-page='1']", position={"x": 100, "y": 200})
    visitor.tab.wait_for_selector("text=第 1 份，第 2 页")
    visitor.tab.check("input[name=party] >> nth=1")
    visitor.tab.click("svg[data-page='0']", position={"x": 20, "y": 20})
    visitor.tab.wait_for_selector("text=第 1 份，第 1 页")
    visitor.tab.fill("[name=keyword]", "被保险人")
    visitor.tab.click("button[value=keyword]")
    visitor.tab.wait_for_selector("text=关键字“被保险人”")
    # The picture of a page is one that the browser can show.
    visitor.tab.wait_for_function(
        "() => { const i = new Image(); i.src = document.querySelector('svg image')"
        ".getAttribute('href'); return i.decode().then(() => i.naturalWidth > 0); }"
    )
    visitor.look("own-places")
    visitor.tab.click("text=下一步：核对")
    visitor.look("own-review")
    visitor.tab.fill("[name=days]", "7")
    visitor.tab.click("button[value=start]")
    visitor.tab.wait_for_selector("text=已发起")
    envelope = Envelope.objects.get(title="车险协议")
    assert envelope.title == "车险协议"
    assert not Sketch.objects.exists()
    pages = Place.objects.filter(action__envelope=envelope).order_by("action__order", "pk")
    assert [place.page for place in pages] == [1, 0, 0]
    assert round((envelope.expires_at - envelope.started_at).total_seconds() / 86_400) == 7


@pytest.mark.requirement("S2-L942a")
def test_hand_over_to_a_court(visitor, staff, desk):  # noqa: F811
    staff("业务经办", name="jingban")
    envelope = desk.finish(desk.start(flow_of("litigation_guarantee")))
    sign_in(visitor, "jingban")
    visitor.open(f"/console/envelopes/{envelope.public_id}/hand-over")
    visitor.look("hand-over")
    visitor.tab.fill("[name=receiver]", "某某区人民法院")
    visitor.tab.fill("[name=address]", "court@example.com")
    visitor.tab.click("button:has-text('送达')")
    visitor.tab.wait_for_selector("text=待发出")
    visitor.look("hand-over-made")
    letter = Delivery.objects.get(subject_type="envelope", subject_id=envelope.pk)
    visitor.open(re.search(r"/s/handover/[\w-]+", letter.content["text"])[0])
    visitor.look("hand-over-receiver")
    with visitor.tab.expect_download() as taken:
        visitor.tab.click("button:has-text('领取文件')")
    assert taken.value.suggested_filename == f"{envelope.public_id}.pdf"
    visitor.tab.reload()
    visitor.tab.wait_for_selector("text=文件已领取")
    visitor.look("hand-over-taken")
