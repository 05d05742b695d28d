"""The queue handled at once, the chronicle exported, a wish to void answered, a batch ended."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope, Signatory
from baozhen.signing.envelopes.services.batches import start_rows
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import ROLES, Permission
from tests.signing.envelopes.conftest import desk as desk  # noqa: PLC0414 -- fixture
from tests.signing.envelopes.test_envelopes_reliability import batch_of, keys_of, rows

pytestmark = pytest.mark.django_db(transaction=True)


def role_with(*permissions):
    """Name a role that holds all of these."""
    return next(name for name, held in ROLES.items() if held >= set(permissions))


def ready(kind):
    return Action.objects.filter(type=kind, state=ActionState.READY).order_by("pk")


@pytest.mark.requirement("S2-L420c", "S2-L109")
def test_a_queue_is_approved_at_once(desk, signed_in):
    for number in range(2):
        desk.start(flow_of("endorsement"), biz_no=f"E-{number}")
    client = signed_in(role_with(Permission.APPROVE_ENVELOPES, Permission.VIEW_ENVELOPES))
    waiting = [action.public_id for action in ready("approve")]
    assert len(waiting) == 2
    shown = client.get("/console/tasks").content.decode()
    assert all(name in shown for name in waiting)
    answer = client.post("/console/tasks/chosen", {"action": waiting}, follow=True)
    assert "已处理 2 项" in answer.content.decode()
    assert not ready("approve").exists()
    nothing = client.post("/console/tasks/chosen", {}, follow=True)
    assert "请先勾选" in nothing.content.decode()


def test_who_may_not_approve_handles_no_queue(desk, signed_in):
    desk.start(flow_of("endorsement"))
    name = next(n for n, held in ROLES.items() if Permission.APPROVE_ENVELOPES not in held)
    client = signed_in(name)
    names = [action.public_id for action in ready("approve")]
    assert client.post("/console/tasks/chosen", {"action": names}).status_code == 403
    assert ready("approve").count() == 1


@pytest.mark.requirement("S2-L160.b1")
def test_the_chronicle_is_shown_and_exported_without_personal_data(desk, signed_in):
    envelope = desk.finish(desk.start(flow_of("claim_application")))
    assert envelope.state == EnvelopeState.COMPLETED
    client = signed_in(role_with(Permission.START_ENVELOPES, Permission.VIEW_ENVELOPES))
    shown = client.get(f"/console/envelopes/{envelope.public_id}")
    assert shown.status_code == 200
    table = client.get(f"/console/envelopes/{envelope.public_id}/history.csv")
    text = table.content.decode("utf-8-sig")
    assert "已完成" in text
    assert "确认签署意愿" in text
    for signatory in Signatory.objects.filter(envelope=envelope, kind="person"):
        assert signatory.name not in text
        assert signatory.subject.mobile not in text
    assert client.get("/console/envelopes/env_unknown/history.csv").status_code == 404


@pytest.mark.requirement("S2-L770", "S2-L883")
def test_the_own_company_answers_a_wish_to_void(desk, signed_in):
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    customer = envelope.signatories.get(kind="person")
    request_void(envelope.pk, by=customer, reason="重复投保", actor="subject:x", at=now())
    client = signed_in(role_with(Permission.APPROVE_ENVELOPES, Permission.VIEW_ENVELOPES))
    address = f"/console/envelopes/{envelope.public_id}/void/answer"
    assert "重复投保" in client.get(address).content.decode()
    client.post(address, {"act": "agree"})
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.VOIDED
    assert client.get(address).status_code == 404


@pytest.mark.requirement("S2-L800b")
def test_a_batch_is_ended_from_its_page(desk, signed_in):
    batch = batch_of(rows(2))
    start_rows(keys=keys_of(batch))
    client = signed_in(role_with(Permission.START_ENVELOPES, Permission.VIEW_ENVELOPES))
    address = f"/console/envelope-batches/{batch.public_id}/end"
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": " "}).status_code == 422
    client.post(address, {"reason": "名单有误"})
    batch.refresh_from_db()
    assert batch.end_reason == "名单有误"
    assert "已于" in client.get(f"/console/envelope-batches/{batch.public_id}").content.decode()
    assert batch.unit_id == root_unit().pk
    assert Envelope.objects.filter(batch=batch).count() == 2


def test_a_step_is_handed_to_a_colleague(desk, signed_in, staff):
    desk.start(flow_of("endorsement"))
    role = role_with(Permission.APPROVE_ENVELOPES, Permission.VIEW_ENVELOPES)
    client = signed_in(role)
    action = ready("approve").get()
    address = f"/console/actions/{action.public_id}/hand-on"
    assert "没有可以接手的同事" in client.get(address).content.decode()
    colleague = staff(role, name="colleague")
    clerk = staff("业务经办", name="clerk")
    page = client.get(address).content.decode()
    assert 'value="colleague"' in page
    assert 'value="clerk"' not in page
    assert 'value="someone"' not in page
    assert client.post(address, {"to": "nobody", "reason": "休假"}).status_code == 422
    refused = client.post(address, {"to": clerk.username, "reason": "休假"})
    assert refused.status_code == 422
    assert "clerk 在" in refused.content.decode()
    assert "没有“审批签署任务”权限" in refused.content.decode()
    action.refresh_from_db()
    assert action.signatory.operator is None
    client.post(address, {"to": colleague.username, "reason": "休假"})
    action.refresh_from_db()
    assert action.signatory.operator.user_id == colleague.pk
    assert client.get(f"/console/actions/{action.public_id}").status_code == 404
