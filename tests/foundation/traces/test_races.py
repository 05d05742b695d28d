"""Two requests of one person at once: both acts are kept, in one chain."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.traces.checking import events_of, faults_of
from baozhen.foundation.traces.models import TraceEvent, TraceSession
from baozhen.foundation.traces.services import EventInput, record_events
from baozhen.foundation.traces.services.recording import append
from baozhen.foundation.traces.states import Kind
from tests.foundation.traces.making import AT, begin

pytestmark = pytest.mark.django_db(transaction=True)
CLICK = [EventInput(kind=Kind.CLICK, target="button:go")]


def together(*acts):
    """Run these at once, each with its own connection; return what they raised."""
    raised = []

    def run(act):
        try:
            act()
        except IntegrityError as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


def test_two_writers_make_one_chain():
    session = begin()

    def write():
        for _ in range(10):
            record_events(session.public_id, CLICK, at=AT)

    assert together(write, write) == []
    session.refresh_from_db()
    assert session.event_count == 20
    assert list(faults_of(session)) == []


def test_without_the_lock_one_of_two_writers_loses():
    """The negative control: both read the same head, and the database lets only one append."""
    session = begin()
    both_have_read = threading.Barrier(2, timeout=60)

    def write():
        with transaction.atomic():
            row = TraceSession.objects.get(pk=session.pk)
            both_have_read.wait()
            append(row, CLICK, at=AT)

    assert len(together(write, write)) == 1
    assert len(events_of(session)) == 1
    assert TraceEvent.objects.get().seq == 1
