"""What outside systems hear of policies: each thing once, of a batch only its end."""

import json

import pytest
from django.apps import apps

from baozhen.foundation.clock import now
from baozhen.foundation.events.models import Event
from baozhen.foundation.events.types import EVENT_TYPES, event_type_of
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.states import Stateful
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.services.chunks import drain_batch
from baozhen.insurance.policies.states import TimestampMode
from baozhen.insurance.proposals.services import receive_batch
from tests.insurance.making import make_proposal, submit_and_work

# What is told where it happens, beside any state; the tests of those places look for it.
BESIDE_STATES = {
    "archive.disposed",
    "certificate.expiring",
    "policy.delivered",
    "policy.timestamped",
    "policy_change.effective",
    "signatory.completed",
    "webhook.test",
}


def test_every_event_that_is_offered_can_be_told():
    """Somebody ticks an event in the console: then there is a fact that it comes from."""
    told = {
        event_type_of(f"{model.NOUN}.{state}")
        for model in apps.get_models()
        if issubclass(model, Stateful) and hasattr(model, "event_data")
        for state in model.MOVES
    }
    assert set(EVENT_TYPES) - told == BESIDE_STATES


def told_of(client):
    return list(Event.objects.filter(client=client).order_by("pk").values_list("type", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L160.b4")
def test_a_core_system_hears_of_its_proposal_until_the_policies_are_delivered(platform):
    raw = make_proposal(1)
    client = submit_and_work(raw).proposal.client
    run_worker(until_idle=True)
    types = told_of(client)
    assert types[:2] == ["proposal.submitted", "payment.confirmed"]
    assert types.count("policy.issued") == types.count("policy.delivered") == 2
    numbers = set(Policy.objects.values_list("number", flat=True))
    for type_ in ("policy.issued", "policy.delivered"):
        assert set(Event.objects.filter(type=type_).values_list("subject_id", flat=True)) == numbers
    bodies = " ".join(Event.objects.values_list("body", flat=True))
    for secret in (raw["policyholder"]["name"], raw["policyholder"]["id_no"]):
        assert secret not in bodies


@pytest.mark.django_db
def test_of_a_batch_only_the_end_is_told(platform):
    batch = receive_batch(
        [json.dumps(make_proposal(number)).encode() for number in (1, 2, 3)],
        client="api:core",
        idempotency_key="k",
        timestamp_mode=TimestampMode.NONE,
        at=now(),
        queued=False,
    )
    drain_batch(batch.pk)
    assert Policy.objects.count() == 6
    assert told_of("api:core") == ["batch.finished"]
    assert Event.objects.get(type="batch.finished").subject_id == str(batch.pk)
