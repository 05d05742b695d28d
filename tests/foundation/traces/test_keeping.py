"""Traces stay as long as the rule says, go with two approvals, and never under a hold."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces import keeping
from baozhen.foundation.traces.errors import SecondPersonNeeded, TracesMustStay, TraceUnknown
from baozhen.foundation.traces.keeping import Keeping, due_sessions, install_keeper, why_kept
from baozhen.foundation.traces.models import TraceEvent, TraceSession
from baozhen.foundation.traces.services import link_business
from baozhen.foundation.traces.services.destroying import (
    approve_destruction,
    destroy,
    propose_destruction,
    refuse_destruction,
)
from baozhen.foundation.traces.services.pictures import store_pictures
from baozhen.foundation.traces.states import Kind
from tests.foundation.traces.making import AT, visit

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=370)
REASON = "保管期满"


@pytest.fixture
def keeper():
    """What the rooms above say of contracts, for one test."""
    before = list(keeping._installed)
    yield lambda told: install_keeper(lambda _numbers: told)
    keeping._installed[:] = before


def test_what_became_no_contract_stays_a_year():
    session = visit()
    assert "2027-11-21" in why_kept(session, at=AT + timedelta(days=364))
    assert why_kept(session, at=LATER) == ""
    assert due_sessions(until=LATER, at=LATER) == [session]
    assert due_sessions(until=AT, at=LATER) == []


def test_a_contract_keeps_its_traces_and_a_hold_above_all(keeper):
    session = visit()
    link_business(session.public_id, at=AT, proposal="T1")
    keeper(Keeping(until=date(2032, 11, 30)))
    assert "2032-11-30" in why_kept(session, at=LATER)
    keeper(Keeping(until=None, is_held=True))
    assert "冻结" in why_kept(session, at=LATER)
    with pytest.raises(TracesMustStay):
        propose_destruction([session], reason=REASON, actor="a", at=LATER)


def test_two_others_agree_and_nothing_is_left():
    session = visit()
    page = TraceEvent.objects.get(kind=Kind.ENTER).page
    chunk = store_pictures(session.public_id, page, [{"timestamp": 1}], at=AT)
    row = propose_destruction([session], reason=REASON, actor="a", at=LATER)
    with pytest.raises(SecondPersonNeeded):
        approve_destruction(row.public_id, actor="a", at=LATER)
    approve_destruction(row.public_id, actor="b", at=LATER)
    with pytest.raises(SecondPersonNeeded):
        approve_destruction(row.public_id, actor="b", at=LATER)
    destroy(row.pk, at=LATER)  # not yet: nothing happens
    assert TraceEvent.objects.exists()
    approve_destruction(row.public_id, actor="c", at=LATER)
    destroy(row.pk, at=LATER)
    destroy(row.pk, at=LATER)  # a job may run twice
    assert not TraceEvent.objects.exists()
    assert not get_storage().exists(chunk.sha256)
    session = TraceSession.objects.get()
    assert session.ip == ""
    assert session.destroyed_at == LATER


def test_a_hold_that_came_since_stops_it(keeper):
    session = visit()
    link_business(session.public_id, at=AT, proposal="T1")
    keeper(Keeping(until=None))
    row = propose_destruction([session], reason=REASON, actor="a", at=LATER)
    approve_destruction(row.public_id, actor="b", at=LATER)
    approve_destruction(row.public_id, actor="c", at=LATER)
    keeper(Keeping(until=None, is_held=True))
    with pytest.raises(TracesMustStay):
        destroy(row.pk, at=LATER)
    assert TraceEvent.objects.exists()


def test_the_database_wants_both_approvals():
    session = visit()
    row = propose_destruction([session], reason=REASON, actor="a", at=LATER)
    approve_destruction(row.public_id, actor="b", at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        TraceEvent.objects.all().delete()
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE traces_tracedestruction SET state = 'approved', second_by = 'b'")
    refused = refuse_destruction(row.public_id, actor="c", at=LATER)
    assert refused.state == "refused"


def test_an_empty_list_is_none():
    with pytest.raises(TraceUnknown):
        propose_destruction([], reason=REASON, actor="a", at=LATER)
