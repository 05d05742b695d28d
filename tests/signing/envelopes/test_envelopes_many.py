"""Many at once: one person's signature on several tasks, a queue sealed, silent chunks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import (
    BizNumberTaken,
    SealRefused,
    SelectionInvalid,
)
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.services.many import (
    approve_many,
    end_many,
    seal_many,
    sign_together,
    together_digest,
)
from baozhen.signing.envelopes.services.pictures import drawn_signature
from baozhen.signing.envelopes.services.silent import (
    SealedFile,
    SilentOrder,
    SilentWish,
    complete_silent_many,
    open_silent_many,
)
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.identity.errors import ConsentNotProved
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import Seal, SealGrant, SealUse
from tests.signing.envelopes.conftest import STROKES

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(envelopes, kind):
    return list(
        Action.objects.filter(
            envelope__in=envelopes, type=kind, state=ActionState.READY
        ).values_list("pk", flat=True)
    )


def confirmed(desk, actions, digest):
    """A code that was sent for exactly this content, and confirmed."""
    subject = Action.objects.select_related("signatory__subject").get(pk=actions[0])
    bound = {
        "subject_id": subject.signatory.subject.public_id,
        "purpose": "sign_envelope",
        "document_sha256": digest,
        "device": "device-1",
    }
    challenge = send_code(CodeRequest(channel="sms", **bound), at=now())
    confirm_code(challenge.public_id, desk.last_code(), at=now(), **bound)
    return challenge.public_id


def given(challenge):
    return SignatureInput(
        picture=drawn_signature(STROKES), challenge_id=challenge, device="device-1"
    )


@pytest.mark.requirement("S2-L420c")
def test_one_person_signs_several_tasks_with_one_confirmation(desk):
    flow = flow_of("claim_application")
    envelopes = [desk.start(flow, biz_no=f"T-{number}") for number in range(3)]
    keys = waiting(envelopes, "sign")
    for action in Action.objects.filter(pk__in=keys):
        desk.read(action)
    challenge = confirmed(desk, keys, together_digest(keys))
    actions = sign_together(keys, given(challenge), at=now())
    assert len({action.consent_id for action in actions}) == 1
    for envelope in envelopes:
        assert desk.finish(envelope).state == EnvelopeState.COMPLETED


def test_a_confirmation_for_two_does_not_sign_a_third(desk):
    flow = flow_of("claim_application")
    envelopes = [desk.start(flow, biz_no=f"T-{number}") for number in range(3)]
    keys = waiting(envelopes, "sign")
    for action in Action.objects.filter(pk__in=keys):
        desk.read(action)
    challenge = confirmed(desk, keys, together_digest(keys[:2]))
    with pytest.raises(ConsentNotProved):
        sign_together(keys, given(challenge), at=now())
    assert len(waiting(envelopes, "sign")) == 3
    with pytest.raises(SelectionInvalid):
        sign_together([], given(challenge), at=now())


@pytest.mark.requirement("S2-L420c", "S2-L449")
def test_a_queue_is_approved_and_sealed_and_one_refusal_stops_none(desk):
    flow = flow_of("endorsement")
    envelopes = [desk.start(flow, biz_no=f"E-{number}") for number in range(2)]
    keys = waiting(envelopes, "approve")
    assert [outcome.problem for outcome in approve_many(keys, actor="staff:leader", at=now())] == [
        "",
        "",
    ]
    again = approve_many(keys, actor="staff:leader", at=now())
    assert {outcome.code for outcome in again} <= {"not_your_turn", "envelope_closed"}
    assert seal_many([], actor="staff:leader", at=now()) == []


def test_many_are_ended(desk):
    flow = flow_of("claim_application")
    envelopes = [desk.start(flow, biz_no=f"T-{number}") for number in range(2)]
    keys = [envelope.pk for envelope in envelopes]
    outcomes = end_many(keys, reason="客户撤回", actor="staff:x", at=now())
    assert not any(outcome.problem for outcome in outcomes)
    states = set(Envelope.objects.filter(pk__in=keys).values_list("state", flat=True))
    assert states == {EnvelopeState.RECALLED}


def order(**changes):
    seal = Seal.objects.filter(company=root_unit().name, kind="electronic").first()
    facts = {"flow": "policy", "document_type": "policy", "client": "insurance"}
    return SilentOrder(unit=root_unit(), seal=seal, **facts | changes)


def wishes(count, start=0):
    return [
        SilentWish(biz_no=f"P{number}", title="电子保单", content_sha256=f"{number:064x}")
        for number in range(start, start + count)
    ]


def files(given_wishes):
    return {
        wish.biz_no: [
            SealedFile(title=title, sha256=digest, size=1000, pages=2)
            for title, digest in {
                "保单": wish.content_sha256[::-1],
                "标志": wish.content_sha256[::-2].zfill(64),
            }.items()
        ]
        for wish in given_wishes
    }


@pytest.mark.requirement("S2-L133.05", "S2-L714a")
def test_silent_chunks_cost_few_statements(desk):
    asked = wishes(50)
    at = now()
    complete_silent_many(
        list(open_silent_many(order(), wishes(50, 1000), actor="system", at=at).values()),
        files(wishes(50, 1000)),
        at=at,
    )
    with CaptureQueriesContext(connection) as seen:
        opened = open_silent_many(order(), asked, actor="system", at=at)
        complete_silent_many(list(opened.values()), files(asked), at=at)
    assert len(seen) <= 40
    rows = Envelope.objects.filter(biz_no__in=list(opened))
    assert set(rows.values_list("state", flat=True)) == {EnvelopeState.COMPLETED}
    uses = SealUse.objects.filter(reference__in=[row.public_id for row in rows])
    assert set(uses.values_list("state", flat=True)) == {"done"}
    acts = AuditEntry.objects.filter(subject_type="envelope", subject_id=rows[0].pk)
    assert list(acts.order_by("pk").values_list("action", flat=True)) == [
        "envelope.sealing",
        "envelope.completed",
    ]


def test_a_silent_chunk_that_died_is_opened_again_as_it_was(desk):
    first = open_silent_many(order(), wishes(2), actor="system", at=now())
    again = open_silent_many(order(), wishes(3), actor="system", at=now())
    assert {again[number].pk for number in first} == {row.pk for row in first.values()}
    assert SealUse.objects.filter(state="reserved").count() == 3
    other = [SilentWish(biz_no="P0", title="电子保单", content_sha256="f" * 64)]
    with pytest.raises(BizNumberTaken):
        open_silent_many(order(), other, actor="system", at=now())
    complete_silent_many(list(again.values()), files(wishes(3)), at=now())
    assert open_silent_many(order(), wishes(1), actor="system", at=now()) == {}


def test_a_refused_silent_chunk_opens_nothing_and_is_on_record(desk):
    SealGrant.objects.update(is_silent=False)
    with pytest.raises(SealRefused):
        open_silent_many(order(), wishes(2), actor="system", at=now())
    assert not Envelope.objects.filter(biz_no__in=["P0", "P1"]).exists()
    assert SealUse.objects.filter(state="refused").count() == 1
