"""A row that enters a state tells it; a reader never misses an event."""

import threading
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from baozhen.foundation.clock import now
from baozhen.foundation.events.models import Event
from baozhen.foundation.events.publishing import publish
from baozhen.foundation.events.queries import events_after
from baozhen.foundation.states import _happening
from baozhen.signing.risks.services import raise_risk

SUBJECT = ("envelope", "env_06bt3k9q2w8v5n7r4t6y8z0a1c")


def test_a_stateful_row_tells_its_event(database):
    risk = raise_risk(
        kind="seal.hour", severity="warning", subject_type="seal", subject_id=1, facts={}, at=now()
    )
    event = Event.objects.get()
    assert (event.type, event.subject_id) == ("risk.raised", risk.public_id)


def test_a_fact_without_an_event_tells_nothing():
    row = SimpleNamespace(fact="envelope.draft", event_data=lambda: {"id": "x"})
    assert _happening(row) is None
    row = SimpleNamespace(fact="envelope.completed", event_data=lambda: None)
    assert _happening(row) is None


@pytest.mark.django_db(transaction=True)
def test_an_event_committed_late_is_not_skipped():
    """A writes first and commits last: a reader by id would pass over it."""
    begun, may_commit = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                publish("envelope.completed", subject=SUBJECT, data={"n": 1}, at=now())
                begun.set()
                may_commit.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(60)
    publish("envelope.declined", subject=SUBJECT, data={"n": 2}, at=now())

    by_id = list(Event.objects.order_by("id"))  # the danger: it sees the second one only
    assert [event.type for event in by_id] == ["envelope.declined"]
    assert events_after(None, client=None, limit=10) == []  # the safeguard waits

    may_commit.set()
    thread.join()
    seen = events_after(None, client=None, limit=10)
    assert {event.type for event in seen} == {"envelope.completed", "envelope.declined"}
    last = seen[-1]
    assert events_after((last.transaction_no, last.pk), client=None, limit=10) == []
