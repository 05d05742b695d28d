"""短信发送: every text is found, masked, with what became of it and what can be done."""

from contextlib import suppress

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.models import TextDelivery
from baozhen.foundation.notify.sms import (
    RecordedSMS,
    SMSOutage,
    SMSRefused,
    TextMessage,
)
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.services.acts import recall
from tests.signing.envelopes.conftest import desk as desk  # noqa: PLC0414 -- fixture

WHERE = "/console/texts"
MOBILE = "16100000001"


class Way:
    def __init__(self, answer):
        self.answer = answer

    def send(self, _message):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def send(answer, *, mobile=MOBILE, template="code", reference="cod_1", **parameters):
    message = TextMessage(
        mobile=mobile, template=template, reference=reference, parameters=parameters
    )
    with suppress(SMSOutage, SMSRefused, RuntimeError):
        RecordedSMS(Way(answer)).send(message)
    return TextDelivery.objects.latest("pk")


def text(answer):
    return answer.content.decode()


@pytest.fixture
def officer(signed_in, platform):
    return signed_in("系统管理员")


@pytest.mark.django_db
@pytest.mark.parametrize("extent", ["whole", "signing"])
def test_texts_are_found_from_the_menu_and_filtered(officer, settings, extent):
    settings.BAOZHEN_EXTENT = extent
    assert f'href="{WHERE}"' in text(officer.get("/console/"))
    empty = text(officer.get(WHERE))
    assert "还没有短信" in empty
    assert ("保单" in empty) == (extent == "whole")
    send("biz-1", code="135790")
    send(SMSRefused(reason="isv.MOBILE_NUMBER_ILLEGAL"), mobile="16100000002", template="link")
    send(RuntimeError("killed"), mobile="16100000003")
    page = text(officer.get(WHERE))
    assert "161****0001" in page
    assert "biz-1" in page
    for hidden in (MOBILE, "135790"):
        assert hidden not in page
    failed = text(officer.get(WHERE, {"state": "failed"}))
    assert "isv.MOBILE_NUMBER_ILLEGAL" in failed
    assert "161****0001" not in failed
    assert "161****0003" in text(officer.get(WHERE, {"state": "open"}))
    assert "161****0002" not in text(officer.get(WHERE, {"state": "sent"}))
    assert "161****0002" in text(officer.get(WHERE, {"kind": "link"}))
    found = text(officer.get(WHERE, {"mobile": MOBILE}))
    assert "161****0001" in found
    assert "161****0002" not in found
    assert "没有符合条件的记录" in text(officer.get(WHERE, {"to": "2020-01-01"}))
    assert "161****0001" in text(officer.get(WHERE, {"from": "2020-01-01", "state": "x"}))


@pytest.mark.django_db
def test_what_cannot_be_sent_again_says_who_can_do_what(officer):
    code = send(SMSRefused(reason="欠费"), code="135790")
    page = text(officer.get(f"{WHERE}/{code.pk}"))
    assert "请本人在页面上重新获取" in page
    assert "欠费" in page
    for hidden in (MOBILE, "135790", f"{WHERE}/{code.pk}/again"):
        assert hidden not in page
    refused = text(officer.post(f"{WHERE}/{code.pk}/again", follow=True))
    assert "还没有轮到这一步" in refused
    other = send(SMSOutage(reason="HTTP 状态 502"), template="link", reference="T2026.accepted")
    assert "搁置任务" in text(officer.get(f"{WHERE}/{other.pk}"))
    unknown = send(RuntimeError("killed"), template="link", reference="T2026.accepted")
    assert "没有等到答复" in text(officer.get(f"{WHERE}/{unknown.pk}"))
    sent = send("biz-2")
    assert "可以做什么" not in text(officer.get(f"{WHERE}/{sent.pk}"))
    assert officer.get(f"{WHERE}/999999").status_code == 404


@pytest.mark.django_db
def test_nobody_else_sees_or_sends_texts(signed_in, platform):
    row = send(SMSRefused(reason="欠费"), template="link", reference="act_1.0.in_progress")
    client = signed_in("业务负责人", "合规人员")
    assert client.get(WHERE).status_code == 403
    assert client.get(f"{WHERE}/{row.pk}").status_code == 403
    assert client.post(f"{WHERE}/{row.pk}/again").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_failed_link_to_a_task_is_sent_again_until_the_task_is_over(desk, signed_in):
    envelope = desk.start(flow_of("claim_application"))
    action = envelope.actions.get(type="sign")
    run_worker(until_idle=True)
    row = send(
        SMSRefused(reason="欠费"),
        template="link",
        reference=f"{action.public_id}.0.in_progress",
        mobile=action.signatory.subject.mobile,
    )
    client = signed_in("系统管理员")
    assert f"{WHERE}/{row.pk}/again" in text(client.get(f"{WHERE}/{row.pk}"))
    assert "已安排重新发送" in text(client.post(f"{WHERE}/{row.pk}/again", follow=True))
    run_worker(until_idle=True)
    newest = TextDelivery.objects.latest("pk")
    assert newest.pk > row.pk
    assert newest.mobile_index == row.mobile_index
    assert newest.sent_at is not None
    recall(envelope.pk, reason="有误", actor="test", at=now())
    over = text(client.post(f"{WHERE}/{row.pk}/again", follow=True))
    assert "还没有轮到这一步，或者这一步已经结束" in over
