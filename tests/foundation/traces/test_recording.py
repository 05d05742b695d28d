"""Acts stand in a chain that nobody can change, and the log knows how long it was."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.checking import anchor_sessions, faults_of
from baozhen.foundation.traces.errors import TraceUnknown
from baozhen.foundation.traces.models import PageVersion, TraceEvent, TraceLink, TraceSession
from baozhen.foundation.traces.replay import (
    read_pictures,
    served_page,
    shown_page,
    version_file,
)
from baozhen.foundation.traces.services import link_business, record_event
from baozhen.foundation.traces.services.pictures import Screen, store_pictures
from baozhen.foundation.traces.states import Kind
from tests.foundation.traces.making import AT, begin, enter, page, visit

pytestmark = pytest.mark.django_db


def without_triggers(statement, *args):
    """What somebody with the keys of the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, args)
        cursor.execute("SET session_replication_role = origin")


def test_visitors_share_the_version_and_each_sees_their_own_page():
    session = begin()
    first = enter(session)
    second = enter(begin(), page(name="测试安", premium="9.00"))
    assert first.page == second.page
    assert PageVersion.objects.count() == 1
    assert "测试欣" in served_page(first)
    assert "测试安" in served_page(TraceEvent.objects.get(pk=second.pk))


def test_a_version_holds_its_files_and_another_wording_is_another():
    event = enter(begin())
    names = [line[0] for line in event.page.bundle]
    assert {"baozhen/tokens.css", "baozhen/portal.js"} <= set(names)
    for _, _, size, sha256, sm3 in event.page.bundle:
        assert len(get_storage().get(sha256)) == size
        assert len(sm3) == 64
    assert enter(begin(), page().replace("15 天", "20 天")).page != event.page
    data, kind = version_file(event.page, "baozhen/tokens.css", files_at="/x/")
    assert kind == "text/css"
    assert data


def test_a_page_is_shown_without_scripts_or_ways_out():
    shown = shown_page(enter(begin()), files_at="/console/v/1/")
    assert "<script" not in shown
    assert 'action="/m/apply"' not in shown
    assert 'href="/console/v/1/baozhen/tokens.css"' in shown


def test_values_are_masked_and_codes_leave_nothing():
    session = begin()
    event = record_event(session.public_id, Kind.INPUT, target="mobile", value="16112340001", at=AT)
    assert "0001" in event.value
    assert "1234" not in event.value
    assert len(event.value_hash) == 64
    code = record_event(session.public_id, Kind.OTP, target="code", value="123456", at=AT)
    assert "123456" not in code.value
    assert code.value_hash == ""
    with pytest.raises(TraceUnknown):
        record_event("trc_none", Kind.CLICK, at=AT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE traces_traceevent SET target = 'x'",
        "DELETE FROM traces_traceevent",
        "UPDATE traces_pageversion SET page = 'x'",
        "DELETE FROM traces_pageversion",
        "UPDATE traces_tracelink SET number = 'x'",
        "UPDATE traces_tracesession SET event_count = 0",
        "UPDATE traces_tracesession SET user_agent = 'x'",
        "DELETE FROM traces_tracelink",
    ],
)
def test_the_database_refuses_changes(statement):
    session = visit()
    link_business(session.public_id, at=AT, proposal="T1")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_whole_session_has_no_fault():
    session = visit()
    assert anchor_sessions(at=AT) == 1
    assert anchor_sessions(at=AT) == 0
    assert list(faults_of(session)) == []
    entry = AuditEntry.objects.get(action="trace_session.anchored")
    assert entry.facts["events"] == 3


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE traces_traceevent SET target = 'other' WHERE seq = 2", "第 2 条"),
        ("DELETE FROM traces_traceevent WHERE seq = 2", "第 2 条"),
        ("DELETE FROM traces_traceevent WHERE seq = 3", "登记 3 条"),
        ("UPDATE traces_traceevent SET server_time = now() WHERE seq = 1", "第 1 条"),
    ],
)
def test_a_changed_or_removed_act_is_seen(statement, word):
    session = visit()
    without_triggers(statement)
    assert word in "".join(faults_of(session))


def test_an_act_cut_off_with_its_traces_is_seen_by_the_log():
    session = visit()
    anchor_sessions(at=AT)
    without_triggers("DELETE FROM traces_traceevent WHERE seq = 3")
    last = TraceEvent.objects.get(session=session, seq=2)
    without_triggers(
        "UPDATE traces_tracesession SET event_count = 2, head = %s", bytes(last.digest)
    )
    session.refresh_from_db()
    assert "存证日志" in "".join(faults_of(session))


def test_numbers_are_linked_once():
    session = begin()
    link_business(session.public_id, at=AT, proposal="T1", policy="P1")
    link_business(session.public_id, at=AT, proposal="T1")
    assert TraceLink.objects.count() == 2


def test_pictures_are_masked_compressed_and_chained():
    session = begin()
    event = enter(session)
    told = [
        {
            "type": 4,
            "timestamp": 1,
            "data": {"href": "http://testserver/s/abcdefghijklmnopqrstu/x"},
        },
        {"type": 3, "timestamp": 2, "data": {"text": "测试欣 16112340001", "t": "a" * 64}},
    ]
    chunk = store_pictures(
        session.public_id,
        event.page,
        told,
        screen=Screen(origin="http://testserver", private=("测试欣",)),
        at=AT,
    )
    kept = read_pictures(chunk)
    assert kept[0]["data"]["href"] == "/s/-/x"
    assert kept[1]["data"] == {"text": "测*欣 161****0001", "t": "-"}
    row = TraceEvent.objects.get(kind=Kind.RECORD)
    assert row.value_hash == chunk.sha256
    session = TraceSession.objects.get()
    assert list(faults_of(session)) == []
    without_triggers("DELETE FROM traces_recordingchunk")
    assert "画面" in "".join(faults_of(session))


def test_time_of_a_session_moves_with_its_acts():
    session = visit()
    assert session.last_at == AT + timedelta(seconds=5)
    assert session.ip_masked == "203.0.113.*"
