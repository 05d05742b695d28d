"""Staff find sessions, say why, see what the customer saw; packages and lists need others too."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.test import Client

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.traces.models import (
    TraceDestruction,
    TraceEvent,
    TraceExport,
    TraceSession,
)
from baozhen.foundation.traces.services import link_business, link_person
from baozhen.foundation.traces.services.destroying import destroy
from baozhen.foundation.traces.services.exporting import make_export
from baozhen.foundation.traces.services.pictures import store_pictures
from baozhen.foundation.traces.states import Kind
from baozhen.signing.identity.services.subjects import number_index
from tests.faces.conftest import BACKEND
from tests.foundation.traces.making import AT, visit

pytestmark = pytest.mark.django_db
REASON = "处理投诉 2026-118"
NUMBER = "110199199001011017"


@pytest.fixture
def session(platform):
    session = visit()
    page = TraceEvent.objects.get(kind=Kind.ENTER).page
    snapshot = {"type": 3, "timestamp": 1, "data": {"href": "/static/baozhen/tokens.css"}}
    store_pictures(session.public_id, page, [snapshot], at=AT)
    link_business(session.public_id, at=AT, proposal="T2026", product="motor")
    link_person(session.public_id, subject_ref="sub_1", person_index=number_index(NUMBER), at=AT)
    return session


@pytest.fixture
def boss(signed_in):
    return signed_in("合规人员")


@pytest.fixture
def other(staff):
    def sign_in(name):
        client = Client()
        client.force_login(staff("合规人员", name=name), backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def opened(boss, session):
    assert boss.post(f"/console/traces/{session.public_id}", {"reason": REASON}).status_code == 303
    return boss


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("number=T2026", True),
        ("number=T1", False),
        (f"person={NUMBER}", True),
        ("person=110199199001011025", False),
        ("product=motor", True),
        ("product=life", False),
        ("from=2026-11-21&to=2026-11-21", True),
        ("from=2026-11-22", False),
        ("to=nonsense", True),
    ],
)
def test_sessions_are_found(boss, session, query, found):
    page = boss.get(f"/console/traces?{query}").content.decode()
    assert (session.public_id in page) is found


def test_others_see_nothing(signed_in, session):
    clerk = signed_in("出单员")
    for path in ("", f"/{session.public_id}", "/exports", "/destructions"):
        assert clerk.get(f"/console/traces{path}").status_code == 403


def test_nobody_looks_without_a_reason(boss, session):
    where = f"/console/traces/{session.public_id}"
    assert "查看事由" in boss.get(where).content.decode()
    assert boss.post(where, {"reason": "看"}).status_code == 422
    for more in ("/pages/1", "/movie", "/movie.json"):
        assert boss.get(where + more).status_code == 404
    assert not AuditEntry.objects.filter(action="trace_session.viewed").exists()


@pytest.mark.requirement("S0-4.2.1b")
def test_a_session_is_replayed_from_the_archive(opened, session):
    where = f"/console/traces/{session.public_id}"
    page = opened.get(where)
    assert "记录完整" in page.content.decode()
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    entry = AuditEntry.objects.get(action="trace_session.viewed")
    assert entry.facts["reason"] == REASON
    shown = opened.get(f"{where}/pages/1")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    html = shown.content.decode()
    assert "责任免除" in html
    assert "测试欣" in html
    version = TraceEvent.objects.get(kind=Kind.ENTER).page_id
    style = f"{where}/files/{version}/baozhen/tokens.css"
    assert style in html
    assert opened.get(style).headers["Content-Type"] == "text/css"
    assert opened.get(f"{where}/files/{version}/baozhen/none.css").status_code == 404
    assert opened.get(f"{where}/pages/2").status_code == 404
    assert opened.get(f"{where}/movie").status_code == 200
    assert opened.get(f"{where}/movie.json").json()[0]["data"]["href"] == style


def test_after_a_while_the_reason_is_asked_again(opened, session, settings):
    settings.BAOZHEN_CLOCK = (now() + timedelta(minutes=21)).isoformat()
    page = opened.get(f"/console/traces/{session.public_id}")
    assert "查看事由" in page.content.decode()


def test_a_package_needs_two_people(boss, other, session):
    asked = {"number": "T2026", "reason": REASON}
    assert (
        boss.post("/console/traces/exports/new", {"number": "T0", "reason": REASON}).status_code
        == 422
    )
    assert boss.post("/console/traces/exports/new", asked).status_code == 302
    export = TraceExport.objects.get()
    where = f"/console/traces/exports/{export.public_id}"
    assert "另一位" in boss.get(where).content.decode()
    boss.post(f"{where}/decide", {"decision": "allow"})
    export.refresh_from_db()
    assert export.state == "requested"
    other("second").post(f"{where}/decide", {"decision": "allow"})
    make_export(export.pk, at=now())
    assert "已生成" in boss.get("/console/traces/exports").content.decode()
    answer = boss.post(f"{where}/download")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "verify.py" in archive.namelist()
    assert AuditEntry.objects.filter(action="trace_export.taken").count() == 1
    assert "下载" in boss.get(where).content.decode()


def test_what_is_not_made_is_not_sent(boss, session):
    boss.post("/console/traces/exports/new", {"number": "T2026", "reason": REASON})
    export = TraceExport.objects.get()
    assert boss.post(f"/console/traces/exports/{export.public_id}/download").status_code == 404


def test_a_list_needs_two_more_people(boss, other, session):
    asked = {"until": "2030-01-01", "reason": "保管期满"}
    assert boss.post("/console/traces/destructions/new", asked).status_code == 422
    old = visit(at=AT - timedelta(days=400))
    assert boss.post("/console/traces/destructions/new", asked).status_code == 302
    row = TraceDestruction.objects.get()
    where = f"/console/traces/destructions/{row.public_id}"
    for client in (boss, other("second")):
        client.post(f"{where}/decide", {"decision": "allow"})
    row.refresh_from_db()
    assert (row.state, row.first_by) == ("approved_once", "staff:second")
    other("third").post(f"{where}/decide", {"decision": "allow"})
    destroy(row.pk, at=now())
    assert "已销毁" in boss.get(where).content.decode()
    assert not TraceEvent.objects.filter(session=old).exists()
    assert TraceEvent.objects.filter(session=session).exists()
    assert TraceSession.objects.get(pk=old.pk).destroyed_at is not None
    gone = boss.get(f"/console/traces/{old.public_id}").content.decode()
    assert "按清单销毁" in gone
    assert "已销毁" in boss.get("/console/traces").content.decode()
