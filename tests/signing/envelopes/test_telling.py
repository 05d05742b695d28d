"""Parties are told by their own channel, and outside systems when a party has done its part."""

import json
from dataclasses import replace

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.events.models import Event
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.entries import NoticeRefused
from baozhen.foundation.notify.models import TextDelivery
from baozhen.foundation.notify.sms import text_index
from baozhen.signing.envelopes.errors import DraftInvalid, NotYourTurn
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Signatory
from baozhen.signing.envelopes.services import telling
from baozhen.signing.envelopes.services.acts import recall
from baozhen.signing.envelopes.services.links import signatory_of
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.services.telling import notify_signatory, tell_again
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.organizations.queries import root_unit
from tests.signing.envelopes.conftest import person, values_for


def start(code="claim_application", **party):
    flow = flow_of(code)
    facts = PartyFacts(subject=person(1), **party)
    role = next(role.role for role in flow.roles if not role.own)
    order = FlowOrder(
        flow=code,
        client="core",
        unit=root_unit(),
        values=values_for(flow),
        parties={role: facts},
    )
    return start_flow(order, actor="test", at=now())


def told(desk, channel):
    found = [json.loads(path.read_text()) for path in sorted(desk.outbox.glob("*.json"))]
    return [notice for notice in found if notice.get("channel") == channel]


@pytest.mark.parametrize(("channel", "name"), [("wechat", "微信公众号"), ("dingtalk", "钉钉")])
def test_a_party_is_told_where_it_wants_to_be(desk, channel, name):
    before = len(told(desk, name))
    envelope = start(channel=channel, channel_id="user-1")
    action = envelope.actions.get(type="sign")
    notify_signatory(key=action.pk)
    [notice] = told(desk, name)[before:]
    assert notice["to"] == "user-1"
    token = notice["link"].rpartition("/")[2]
    assert signatory_of(token, at=now()).pk == action.signatory_id
    assert notice["page"].endswith(token)
    assert "请您签名" in notice["title"]


class Texts:
    def __init__(self, sent):
        self.sent = sent

    def send(self, text):
        self.sent.append(text)
        return "r-1"


class Unsubscribed:
    def send(self, _notice):
        raise NoticeRefused(channel="微信公众号", reason="代码 43004")


def test_who_unsubscribed_gets_a_text(desk, monkeypatch):
    envelope = start(channel="wechat", channel_id="gone")
    monkeypatch.setitem(telling._ENTRIES, "wechat", Unsubscribed)
    sent = []
    monkeypatch.setattr(telling, "get_sms", lambda: Texts(sent))
    notify_signatory(key=envelope.actions.get(type="sign").pk)
    assert [text.mobile for text in sent] == ["19900000001"]


def links_to(signatory):
    rows = TextDelivery.objects.filter(template="link").order_by("pk")
    return [row for row in rows if row.mobile_index == text_index(signatory.subject.mobile)]


def test_a_text_is_on_record_and_asked_for_again(desk):
    envelope = start()
    action = envelope.actions.get(type="sign")
    notify_signatory(key=action.pk)
    row = links_to(action.signatory)[-1]
    assert row.sent_at is not None
    assert row.receipt.startswith("sms_")
    before = Signatory.objects.get(pk=action.signatory_id).link_hash
    tell_again(row.reference, actor="staff:x", at=now())
    run_worker(until_idle=True)
    assert links_to(action.signatory)[-1].pk > row.pk
    assert Signatory.objects.get(pk=action.signatory_id).link_hash != before
    assert AuditEntry.objects.filter(action="action.told_again").count() == 1


def test_what_is_no_more_is_not_told_again(desk):
    envelope = start()
    action = envelope.actions.get(type="sign")
    reference = f"{action.public_id}.0.in_progress"
    for wrong in (f"{action.public_id}.0.void.7", "cod_1", "T2026000001.accepted", ""):
        with pytest.raises(NotYourTurn):
            tell_again(wrong, actor="staff:x", at=now())
    recall(envelope.pk, reason="有误", actor="test", at=now())
    with pytest.raises(NotYourTurn):
        tell_again(reference, actor="staff:x", at=now())
    assert not AuditEntry.objects.filter(action="action.told_again").exists()


def test_a_wish_to_void_is_told_again(desk):
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    own = envelope.signatories.filter(unit=envelope.unit).first()
    request_void(envelope.pk, by=own, reason="重复", actor="staff:x", at=now())
    run_worker(until_idle=True)
    row = TextDelivery.objects.filter(reference__contains=".void.").last()
    tell_again(row.reference, actor="staff:x", at=now())
    run_worker(until_idle=True)
    assert TextDelivery.objects.filter(reference=row.reference).count() == 2


def test_staff_with_a_channel_are_led_to_their_work(desk):
    envelope = start("endorsement")
    action = Action.objects.get(envelope=envelope, state="ready")
    signatory = action.signatory
    before = len(told(desk, "钉钉"))
    notify_signatory(key=action.pk)
    assert len(told(desk, "钉钉")) == before
    signatory.channel, signatory.channel_id = "dingtalk", "boss"
    signatory.save()
    notify_signatory(key=action.pk)
    [notice] = told(desk, "钉钉")[before:]
    assert notice["link"].endswith(f"/console/actions/{action.public_id}")
    assert notice["page"] == ""


@pytest.mark.parametrize("channel", ["wechat", "mail", "pigeon"])
def test_a_channel_that_cannot_reach_is_refused_at_once(desk, channel):
    with pytest.raises(DraftInvalid) as refusal:
        start(channel=channel)
    assert refusal.value.path.endswith("channel")


def test_mail_before_text_where_it_is_wanted(desk):
    flow = flow_of("claim_application")
    subject = replace(person(1), email="someone@example.com")
    order = FlowOrder(
        flow=flow.code,
        client="core",
        unit=root_unit(),
        values=values_for(flow),
        parties={"claimant": PartyFacts(subject=subject, channel="mail")},
    )
    envelope = start_flow(order, actor="test", at=now())
    notify_signatory(key=envelope.actions.get(type="sign").pk)
    from_mail = envelope.signatories.get().subject
    assert str(from_mail.email) == "someone@example.com"


def completions(envelope):
    events = Event.objects.filter(type="signatory.completed").order_by("pk")
    bodies = [json.loads(event.body)["data"] for event in events]
    return [body["role"] for body in bodies if body["envelope"] == envelope.public_id]


def test_each_party_that_is_done_is_told_once(desk):
    envelope = desk.finish(desk.start(flow_of("application_contract"), client="core"))
    own = {role.role for role in flow_of("application_contract").roles if role.own}
    assert completions(envelope) == [
        action.signatory.role
        for action in envelope.actions.order_by("done_at").select_related("signatory")
        if not action.is_silent and action.type in {"sign", "seal", "approve"}
    ]
    assert own
    event = Event.objects.filter(type="signatory.completed").first()
    assert event.client == "core"
    assert "测试" not in event.body


def test_a_party_with_a_step_left_is_not_done(desk):
    envelope = desk.start(flow_of("agent_contract"))
    desk.finish(envelope)
    roles = completions(envelope)
    assert len(roles) == len(set(roles))
