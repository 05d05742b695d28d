"""到期销毁, 短信发送 and 转交, on a phone and at a desk."""

from contextlib import suppress

import pytest

from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.sms import RecordedSMS, SMSRefused, TextMessage
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.states import ActionState
from baozhen.signing.files.models import ArchiveDestruction
from baozhen.signing.files.services import Involved
from baozhen.signing.organizations.queries import root_unit
from tests.e2e.test_console import sign_in
from tests.signing.envelopes.conftest import desk as desk  # noqa: PLC0414 -- fixture
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db(transaction=True)
WHERE = "/console/destructions"


@pytest.fixture
def old(platform, settings):
    settings.BAOZHEN_CLOCK = "2014-01-02T03:04:05+00:00"
    for number in range(3):
        name = f"env_1m80dmrhccz4p9exx2s2q1kfp{number}"
        enter(
            f"%PDF {name}".encode(),
            root_unit(),
            dossier=name,
            envelope=name,
            title="测试欣的委托书",
            parties=(Involved(name="测试欣"),),
        )
    settings.BAOZHEN_CLOCK = ""


def test_one_proposes_another_agrees(visitor, staff, old):
    staff("合规人员", name="one")
    staff("业务负责人", name="two")
    sign_in(visitor, "one")
    visitor.open(f"{WHERE}/lists")
    visitor.look("destruction-lists-empty")
    visitor.open(WHERE)
    visitor.reads("测*欣的委托书")
    visitor.look("destructions-due")
    visitor.tab.click("a:has-text('提出清单')")
    visitor.tab.fill("[name=reason]", "x")
    visitor.tab.click("button:has-text('提出清单')")
    visitor.reads("请写明事由")
    visitor.look("destruction-new")
    visitor.tab.fill("[name=reason]", "保管期满")
    visitor.tab.click("button:has-text('提出清单')")
    visitor.reads("须由另一位有")
    visitor.look("destruction-proposed")
    visitor.tab.context.clear_cookies()
    sign_in(visitor, "two")
    page = f"{WHERE}/{ArchiveDestruction.objects.get().public_id}"
    visitor.open(page)
    visitor.tab.click("summary:has-text('批准销毁')")
    visitor.tab.fill("[name=confirmed]", "3")
    visitor.look("destruction-approving")
    visitor.tab.click("button:has-text('确认批准销毁')")
    visitor.reads("正在销毁")
    run_worker(until_idle=True)
    visitor.open(page)
    visitor.reads("销毁完毕")
    visitor.look("destruction-done")
    for name in ("lists", "done"):
        visitor.open(f"{WHERE}/{name}")
        visitor.look(f"destructions-{name}")
    visitor.open(f"{page}/items")
    visitor.look("destruction-items")
    visitor.open(WHERE)
    visitor.look("destructions-empty")


class Broke:
    def send(self, _message):
        raise SMSRefused(reason="isv.AMOUNT_NOT_ENOUGH")


def test_texts_are_looked_through(visitor, staff, desk):
    envelope = desk.start(flow_of("claim_application"))
    run_worker(until_idle=True)
    action = envelope.actions.get(type="sign")
    for template, reference in (("code", "cod_1"), ("link", f"{action.public_id}.0.in_progress")):
        with suppress(SMSRefused):
            RecordedSMS(Broke()).send(
                TextMessage(mobile="16100000001", template=template, reference=reference)
            )
    staff("系统管理员", name="officer")
    sign_in(visitor, "officer")
    visitor.open("/console/texts")
    visitor.reads("isv.AMOUNT_NOT_ENOUGH")
    visitor.look("texts")
    visitor.tab.click("table a >> nth=0")
    visitor.look("text-link")
    visitor.tab.click("button:has-text('重新发送')")
    visitor.reads("已安排重新发送", within="body")
    visitor.open("/console/texts?kind=code&state=failed")
    visitor.tab.click("table a >> nth=0")
    visitor.reads("请本人在页面上重新获取")
    visitor.look("text-code")


def test_a_step_is_handed_on(visitor, staff, desk):
    desk.start(flow_of("endorsement"))
    action = Action.objects.get(type="approve", state=ActionState.READY)
    staff("业务负责人", name="boss")
    sign_in(visitor, "boss")
    address = f"/console/actions/{action.public_id}/hand-on"
    visitor.open(address)
    visitor.reads("没有可以接手的同事")
    visitor.look("hand-on-nobody")
    staff("业务负责人", name="colleague")
    visitor.open(address)
    visitor.tab.select_option("[name=to]", "colleague")
    visitor.tab.fill("[name=reason]", "休假")
    visitor.look("hand-on")
    visitor.tab.click("button:has-text('转交')")
    visitor.reads("已转交", within="body")
