"""Order, refusals, recall, expiry, void, reminders, delegation, and what is never done twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import (
    BizNumberTaken,
    DraftInvalid,
    EnvelopeClosed,
    LinkInvalid,
    NotYourTurn,
    PapersMissing,
    ReadingIncomplete,
    ReasonMissing,
    ReminderTooSoon,
    ValuesInvalid,
    VoidNotOpen,
)
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, DocumentVersion, Envelope
from baozhen.signing.envelopes.rules import check_condition, holds
from baozhen.signing.envelopes.services.acts import (
    SignatureInput,
    decline,
    recall,
    sign,
)
from baozhen.signing.envelopes.services.acts import seal as seal_action
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.envelopes.services.links import issue_link, signatory_of
from baozhen.signing.envelopes.services.performing import SignatureOvertaken, perform_action
from baozhen.signing.envelopes.services.pictures import drawn_signature
from baozhen.signing.envelopes.services.reading import PageReport, record_reading
from baozhen.signing.envelopes.services.scenarios import typeset
from baozhen.signing.envelopes.services.telling import remind
from baozhen.signing.envelopes.services.voiding import answer_void, request_void
from baozhen.signing.envelopes.services.watching import watch_envelopes
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.identity.errors import CodeNotYours, CodeSpent, ConsentNotProved
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals.models import Seal, SealUse
from baozhen.signing.seals.services.changing import freeze_seal
from tests.signing.envelopes.conftest import STROKES, values_for
from tests.signing.envelopes.sealing import outside_company

pytestmark = pytest.mark.django_db(transaction=True)


def actions(envelope):
    rows = Action.objects.filter(envelope=envelope).select_related("envelope", "signatory__subject")
    return {(row.signatory.role, row.type): row for row in rows}


def given(challenge, device="device-1"):
    return SignatureInput(
        picture=drawn_signature(STROKES), challenge_id=challenge, device=device, strokes=STROKES
    )


@pytest.mark.requirement("S2-L160.b3")
def test_nobody_signs_before_their_turn(desk):
    envelope = desk.start(flow_of("beneficiary_change"))
    second = actions(envelope)["insured", "sign"]
    desk.read(second)
    with pytest.raises(NotYourTurn):
        sign(second.pk, given(desk.code(second)), at=now())
    # The first may; afterwards so may the second.
    desk.sign(actions(envelope)["policyholder", "sign"])
    desk.perform(envelope)
    assert actions(envelope)["insured", "sign"].state == ActionState.READY


@pytest.mark.requirement("S2-L420d")
def test_unread_documents_are_not_signed(desk):
    envelope = desk.start(flow_of("claim_application"))
    action = actions(envelope)["claimant", "sign"]
    with pytest.raises(ReadingIncomplete):
        sign(action.pk, given(desk.code(action)), at=now())


def test_no_page_was_read_for_longer_than_time_has_passed(desk):
    """A program may report what it likes: thirty seconds a report, many times a second."""
    envelope = desk.start(flow_of("claim_application"))
    party, at = actions(envelope)["claimant", "sign"].signatory, now()
    for _ in range(9):
        record_reading(party, [PageReport(1, 1, 30, True)], view="text", at=at)
    assert party.readings.get().seconds == 30
    later = at + timedelta(seconds=20)
    record_reading(party, [PageReport(1, 1, 30, True)], view="text", at=later)
    assert party.readings.get().seconds == 50


@pytest.mark.parametrize(
    ("value", "given", "expected"),
    [(100, 101, True), (100, "101", False), ("b", "c", True), ("b", 3, False), (1, None, False)],
)
def test_a_condition_orders_only_what_is_alike(value, given, expected):
    condition = {"field": "sum", "op": ">", "value": value}
    check_condition(condition, path="condition")
    assert holds(condition, {"sum": given}) is expected
    for odd in ({"value": [1]}, {"field": 1}, {"op": "~"}):
        with pytest.raises(DraftInvalid):
            check_condition(condition | odd, path="condition")


def test_missing_papers_stop_the_signature(desk):
    envelope = desk.start(flow_of("beneficiary_qualification"))
    action = actions(envelope)["beneficiary", "sign"]
    desk.read(action)
    with pytest.raises(PapersMissing, match="身份证人像面"):
        sign(action.pk, given(desk.code(action)), at=now())


@pytest.mark.requirement("S2-L363", "S2-L311")
def test_a_code_serves_one_person_one_content_and_one_signature(desk):
    first = desk.start(flow_of("claim_application"))
    other = desk.start(flow_of("customer_receipt"))
    mine, theirs = actions(first)["claimant", "sign"], actions(other)["policyholder", "sign"]
    desk.read(mine)
    desk.read(theirs)
    proof = desk.code(theirs)  # the same synthetic person, another content
    with pytest.raises((ConsentNotProved, CodeNotYours)):
        sign(mine.pk, given(proof), at=now())
    sign(theirs.pk, given(proof), at=now())
    third = desk.start(flow_of("customer_receipt"), client="again")
    action = actions(third)["policyholder", "sign"]
    desk.read(action)
    with pytest.raises((CodeSpent, ConsentNotProved)):
        sign(action.pk, given(proof), at=now())


def test_a_decline_ends_the_task_and_its_links(desk):
    envelope = desk.start(flow_of("application_contract"))
    action = actions(envelope)["policyholder", "sign"]
    token = issue_link(action.signatory, actor="test", at=now())
    with pytest.raises(ReasonMissing):
        decline(action.pk, reason=" ", actor="test", at=now())
    decline(action.pk, reason="内容有误", actor="test", at=now())
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.DECLINED
    with pytest.raises(LinkInvalid):
        signatory_of(token, at=now())
    with pytest.raises(EnvelopeClosed):
        desk.sign(action)


def test_recall_before_the_end_only(desk):
    envelope = desk.start(flow_of("application_contract"))
    recall(envelope.pk, reason="填错了", actor="test", at=now())
    assert Envelope.objects.get(pk=envelope.pk).state == EnvelopeState.RECALLED
    done = desk.finish(desk.start(flow_of("policy_insurer")))
    with pytest.raises(EnvelopeClosed):
        recall(done.pk, reason="填错了", actor="test", at=now())


def test_an_overdue_task_expires_and_a_later_signature_is_refused(desk):
    envelope = desk.start(flow_of("claim_application"))
    action = actions(envelope)["claimant", "sign"]
    Envelope.objects.filter(pk=envelope.pk).update(expires_at=now() - timedelta(seconds=1))
    desk.read(action)
    with pytest.raises(EnvelopeClosed):
        sign(action.pk, given(desk.code(action)), at=now())
    watch_envelopes()
    assert Envelope.objects.get(pk=envelope.pk).state == EnvelopeState.EXPIRED


@pytest.mark.requirement("S2-L770", "S2-L883")
def test_void_needs_every_party(desk):
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    parties = {party.role: party for party in envelope.signatories.all()}
    request_void(envelope.pk, by=parties["insurer"], reason="重复投保", actor="test", at=now())
    assert Envelope.objects.get(pk=envelope.pk).state == EnvelopeState.VOIDING
    with pytest.raises(VoidNotOpen):
        answer_void(envelope.pk, by=parties["insurer"], agrees=True, actor="test", at=now())
    answer_void(envelope.pk, by=parties["policyholder"], agrees=True, actor="test", at=now())
    assert Envelope.objects.get(pk=envelope.pk).state == EnvelopeState.VOIDED


def test_one_refusal_keeps_the_task_in_force(desk):
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    parties = {party.role: party for party in envelope.signatories.all()}
    request_void(envelope.pk, by=parties["insurer"], reason="重复投保", actor="test", at=now())
    answer_void(envelope.pk, by=parties["policyholder"], agrees=False, actor="test", at=now())
    assert Envelope.objects.get(pk=envelope.pk).state == EnvelopeState.COMPLETED


def test_the_same_number_starts_one_task(desk):
    flow = flow_of("policy_insurer")
    first = desk.start(flow, biz_no="P-1")
    assert desk.start(flow, biz_no="P-1").pk == first.pk
    changed = {entry.name: "另一份" for entry in flow.fields if entry.kind == "text"}
    values = {**first.values, **changed}
    with pytest.raises(BizNumberTaken, match=first.public_id):
        desk.start(flow, biz_no="P-1", values=values)


def test_wrong_values_are_all_named(desk):
    flow = flow_of("policy_insurer")
    with pytest.raises(ValuesInvalid) as caught:
        desk.start(flow, values={"sum_fen": -1, "starts_on": "2026-13-01", "what": 1})
    found = {fault.path for fault in caught.value.facts["faults"]}
    assert {"sum_fen", "starts_on", "what", "policy_no"} <= found


def test_a_character_without_a_glyph_is_named(desk):
    flow = flow_of("customer_receipt")
    values = {"policy_no": "1", "policyholder": "\U0001f600", "received_on": "2026-12-01"}
    with pytest.raises(DraftInvalid, match="U\\+1F600"):
        desk.start(flow, values=values)


def test_a_signature_is_made_once_however_often_the_job_runs(desk):
    envelope = desk.start(flow_of("policy_insurer"))
    action = actions(envelope)["insurer", "seal"]
    assert action.state == ActionState.PERFORMING
    perform_action(key=action.pk)
    perform_action(key=action.pk)
    assert DocumentVersion.objects.filter(action=action).count() == 1
    assert SealUse.objects.filter(reference=envelope.public_id, state="done").count() == 1


def test_two_who_sign_at_once_both_end_up_on_the_document(desk):
    flow = flow_of("policy_insurer")
    values = values_for(flow)
    pdf = typeset(flow, values, unit=root_unit(), number="1", at=now())
    other = outside_company("共保")
    parties = [("first", root_unit()), ("second", other)]
    draft = EnvelopeDraft(
        client="test",
        unit=root_unit(),
        title="共保协议",
        document_type="coinsurance",
        documents=[DocumentDraft(title="共保协议", pdf=pdf, template="form/1")],
        signatories=[
            SignatoryDraft(role=role, label=role, kind="organization", name=unit.name, unit=unit)
            for role, unit in parties
        ],
        actions=[
            ActionDraft(role=role, type="seal", places=[PlaceDraft(x=x, y=60)])
            for (role, _), x in zip(parties, (60, 360), strict=True)
        ],
    )
    envelope = create_envelope(draft, actor="test", at=now())
    keys = list(Action.objects.filter(envelope=envelope).values_list("pk", flat=True))
    for key in keys:
        seal_action(key, actor="staff:operator", at=now())
    overtaken = []

    def run(key):
        try:
            perform_action(key=key)
        except SignatureOvertaken:
            overtaken.append(key)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for key in overtaken:  # as the worker tries again
        perform_action(key=key)
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.COMPLETED
    numbers = DocumentVersion.objects.filter(document__envelope=envelope).order_by("number")
    assert list(numbers.values_list("number", flat=True)) == [0, 1, 2]


@pytest.mark.requirement("S2-L160.i1", "S2-L160.j1", "S2-L420a")
def test_a_suspended_seal_leaves_the_task_waiting_and_visible(desk):
    seal = Seal.objects.filter(name__endswith="合同专用章").get()
    freeze_seal(seal.pk, reason="遗失", actor="staff:officer", at=now())
    envelope = desk.start(flow_of("policy_insurer"))
    action = actions(envelope)["insurer", "seal"]
    perform_action(key=action.pk)
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.IN_PROGRESS
    assert envelope.attempts == 1
    assert envelope.last_error
    assert Risk.objects.filter(kind="envelope_held", concerns_id=action.pk).count() == 1
    # The danger's twin: with a seal in use the same task completes.
    Seal.objects.filter(pk=seal.pk).update(state="active")
    seal_action(action.pk, actor="staff:operator", at=now())
    assert desk.perform(envelope).state == EnvelopeState.COMPLETED


def test_a_refused_use_is_on_record(desk):
    seal = Seal.objects.filter(name__endswith="合同专用章").get()
    seal.grants.update(state="revoked")
    envelope = desk.start(flow_of("policy_insurer"))
    perform_action(key=actions(envelope)["insurer", "seal"].pk)
    assert SealUse.objects.filter(reference=envelope.public_id, state="refused").count() == 1


def test_a_stuck_signature_raises_an_alarm_once(desk):
    envelope = desk.start(flow_of("policy_insurer"))
    Action.objects.filter(envelope=envelope).update(acted_at=now() - timedelta(hours=1))
    watch_envelopes()
    watch_envelopes()
    risks = Risk.objects.filter(kind="envelope_stuck")
    assert [risk.facts["envelope"] for risk in risks] == [envelope.public_id]


def test_reminders_pause(desk):
    envelope = desk.start(flow_of("claim_application"))
    assert remind(envelope.pk, actor="test", at=now()) == 1
    with pytest.raises(ReminderTooSoon):
        remind(envelope.pk, actor="test", at=now())


def test_a_new_link_ends_the_old_one(desk):
    envelope = desk.start(flow_of("claim_application"))
    signatory = envelope.signatories.get()
    first = issue_link(signatory, actor="test", at=now())
    second = issue_link(signatory, actor="test", at=now())
    assert signatory_of(second, at=now()).pk == signatory.pk
    with pytest.raises(LinkInvalid):
        signatory_of(first, at=now())
    with pytest.raises(LinkInvalid):
        signatory_of(second.swapcase(), at=now())
