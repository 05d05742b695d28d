"""Nothing is made twice, nothing hangs in silence, what is signed does not change."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import BatchEnding, BizNumberTaken, NotYourTurn
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, BatchRow, DocumentVersion, Envelope
from baozhen.signing.envelopes.services.acts import seal
from baozhen.signing.envelopes.services.batches import (
    BatchOrder,
    create_batch,
    end_batch,
    end_rows,
    retry_failed,
    start_rows,
)
from baozhen.signing.envelopes.services.performing import perform_action
from baozhen.signing.envelopes.services.watching import perform_again, watch_envelopes
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals.models import SealGrant, SealUse
from tests.signing.envelopes.conftest import person, values_for

pytestmark = pytest.mark.django_db(transaction=True)


def promised(key):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'perform_action'"
            " AND (args->>'key')::bigint = %s",
            [key],
        )
        return cursor.fetchone()[0]


def forget_promises():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'perform_action'")


def rows(count, **changes):
    facts = person(1)
    party = {"name": facts.name, "id_type": "id_card", "id_no": facts.id_no}
    party["mobile"] = facts.mobile
    row = {"values": values_for(flow_of("agent_contract")), "parties": {"agent": party}}
    return [row | changes for _ in range(count)]


def batch_of(given, flow="agent_contract"):
    order = BatchOrder(flow=flow, client="test", unit=root_unit())
    return create_batch(order, given, actor="staff:hr", at=now())


def keys_of(batch):
    return list(batch.rows.order_by("line").values_list("pk", flat=True))


def test_the_same_call_later_finds_the_first_envelope(desk):
    flow = flow_of("policy_insurer")
    first = desk.start(flow, biz_no="N-1")
    connection.cursor().execute("SELECT pg_sleep(1.1)")  # the typesetter writes the second down
    assert desk.start(flow, biz_no="N-1").pk == first.pk
    values = values_for(flow) | {flow.fields[0].name: "另一个内容"}
    with pytest.raises(BizNumberTaken):
        desk.start(flow, biz_no="N-1", values=values)
    assert Envelope.objects.exclude(client="insurance").count() == 1


@pytest.mark.requirement("S2-L160.b1", "S2-L133.05")
def test_a_refused_seal_is_given_back_with_one_alarm(desk):
    grants = SealGrant.objects.all()
    grants.update(document_types=["nothing"])
    envelope = desk.perform(desk.start(flow_of("policy_insurer")))
    action = envelope.actions.get()
    assert (envelope.state, action.state) == (EnvelopeState.IN_PROGRESS, ActionState.READY)
    assert action.last_error
    assert Risk.objects.filter(kind="envelope_held", concerns_id=action.pk).count() == 1
    assert SealUse.objects.filter(state="reserved").count() == 0
    grants.update(document_types=[])
    seal(action.pk, actor="staff:operator", at=now())
    assert desk.perform(envelope).state == EnvelopeState.COMPLETED


def test_the_watch_carries_on_a_lost_promise_and_alarms_once(desk):
    envelope = desk.start(flow_of("policy_insurer"))
    action = envelope.actions.get()
    forget_promises()
    watch_envelopes()
    assert promised(action.pk) == 0  # too young to be stuck
    Action.objects.filter(pk=action.pk).update(acted_at=now() - timedelta(minutes=2))
    watch_envelopes()
    watch_envelopes()
    assert promised(action.pk) == 1
    assert Risk.objects.filter(kind="envelope_stuck").count() == 1
    perform_again(action.pk, actor="staff:admin", at=now())
    assert promised(action.pk) == 1
    assert desk.perform(envelope).state == EnvelopeState.COMPLETED
    with pytest.raises(NotYourTurn):
        perform_again(action.pk, actor="staff:admin", at=now())


@pytest.mark.requirement("S2-L339")
def test_what_is_signed_cannot_be_changed_in_the_database(desk):
    envelope = desk.perform(desk.start(flow_of("policy_insurer")))
    version = DocumentVersion.objects.filter(action__isnull=False).get()
    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentVersion.objects.filter(pk=version.pk).update(sha256="0" * 64)
    with pytest.raises(DatabaseError), transaction.atomic():
        Envelope.objects.filter(pk=envelope.pk).update(content_sha256="0" * 64)


def test_a_second_run_of_the_same_work_signs_nothing(desk):
    envelope = desk.perform(desk.start(flow_of("policy_insurer")))
    head = envelope.documents.get().head_sha256
    perform_action(key=envelope.actions.get().pk)
    assert envelope.documents.get().head_sha256 == head
    assert SealUse.objects.filter(reference=envelope.public_id).count() == 1


@pytest.mark.requirement("S2-L420a", "S2-L800b")
def test_a_chunk_that_died_is_done_again_and_starts_nothing_twice(desk):
    batch = batch_of(rows(3))
    keys = keys_of(batch)
    start_rows(keys=keys)
    started = dict(batch.rows.values_list("line", "envelope_id"))
    # The worker died after the envelope of line 2 was made and before its row said so.
    BatchRow.objects.filter(batch=batch, line=2).update(
        status="waiting", envelope=None, payload=rows(1)[0]
    )
    connection.cursor().execute("SELECT pg_sleep(1.1)")
    start_rows(keys=keys)
    assert dict(batch.rows.values_list("line", "envelope_id")) == started
    assert Envelope.objects.filter(batch=batch).count() == 3


def test_bad_rows_fail_alone(desk):
    bad = [
        rows(1, values=["no object"])[0],
        rows(1, parties={"agent": "no object"})[0],
        rows(1, parties={"agent": {"name": 5}})[0],
        rows(1, parties={"agent": {"name": "测试伟", "account_id": "1"}})[0],
        rows(1, biz_no="x" * 65)[0],
    ]
    batch = batch_of([*bad, *rows(1)])
    start_rows(keys=keys_of(batch))
    batch.refresh_from_db()
    statuses = list(batch.rows.order_by("line").values_list("status", flat=True))
    assert statuses == ["failed"] * 5 + ["started"]
    assert batch.state == "finished"


@pytest.mark.requirement("S2-L800b")
def test_a_batch_is_ended_as_a_whole(desk):
    batch = batch_of(rows(3))
    keys = keys_of(batch)
    start_rows(keys=keys[:2])
    signed = Envelope.objects.filter(batch=batch).order_by("pk").first()
    assert desk.finish(signed).state == EnvelopeState.COMPLETED
    end_batch(batch.pk, reason="代理人离职", actor="staff:hr", at=now())
    for _ in range(2):
        start_rows(keys=keys[2:])
        end_rows(keys=keys)
    states = list(
        Envelope.objects.filter(batch=batch).order_by("pk").values_list("state", flat=True)
    )
    assert states == [EnvelopeState.VOIDING, EnvelopeState.RECALLED]
    assert batch.rows.get(line=3).code == "batch_ended"
    with pytest.raises(BatchEnding):
        retry_failed(batch.pk)
