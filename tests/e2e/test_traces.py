"""What a person does on a phone is seen again by staff: page by page, and as a moving picture."""

import io
import re
import zipfile

import pytest
from django.db import connection
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.checking import faults_of
from baozhen.foundation.traces.models import RecordingChunk, TraceEvent, TraceSession
from baozhen.foundation.traces.replay import read_pictures
from baozhen.foundation.traces.services import link_business
from baozhen.foundation.traces.services.exporting import (
    decide_export,
    make_export,
    request_export,
)
from baozhen.foundation.traces.states import Kind
from tests.e2e.conftest import SCREENSHOTS, SIZES, Visitor
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/m/sign-in"
TYPED = "16112340001"
BUDGET_BYTES = 300 * 1024
# An attentive person's ten minutes: the journey from the first page to the policy and back.
PAGES_IN_TEN_MINUTES = 24


def act_on_page(visitor):
    """Read, type, scroll, as a person does, until the recorder has told it."""
    visitor.open(PAGE)
    visitor.tab.wait_for_function("() => Boolean(window.rrweb)")
    visitor.tab.fill("input[name=mobile]", TYPED)
    visitor.tab.mouse.move(40, 300)
    for _ in range(6):
        visitor.tab.mouse.wheel(0, 300)
        visitor.tab.wait_for_timeout(60)
    visitor.tab.locator("h1").click()
    with visitor.tab.expect_response(lambda answer: "/t/acts" in answer.url):
        visitor.tab.locator("summary, label, main a").first.click(no_wait_after=True)


def stored_bytes(session):
    """What the session takes beyond the shared versions: rows and pieces of the picture."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(pg_column_size(e.*)), 0) FROM traces_traceevent e "
            "WHERE session_id = %s",
            [session.pk],
        )
        rows = cursor.fetchone()[0]
    return int(rows) + session.recorded_bytes


@pytest.fixture
def staff_tab(visitor, staff):
    """The same browser, signed in as staff."""

    def sign_in():
        client = Client()
        client.force_login(staff("合规人员"), backend=BACKEND)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        visitor.tab.context.clear_cookies()
        visitor.tab.context.add_cookies([{**cookie, "url": visitor.base}])
        return visitor

    return sign_in


@pytest.mark.requirement("S0-4.2.1b")
def test_a_visit_is_recorded_and_replayed(visitor, platform, staff_tab):
    for _ in range(2):
        act_on_page(visitor)
    visitor.open("/")  # leaves: what is left is sent
    visitor.tab.wait_for_load_state("networkidle")
    session = TraceSession.objects.get()
    kinds = set(TraceEvent.objects.values_list("kind", flat=True))
    assert {Kind.ENTER, Kind.INPUT, Kind.CLICK, Kind.RECORD} <= kinds
    assert list(faults_of(session)) == []
    told = "".join(str(read_pictures(chunk)) for chunk in RecordingChunk.objects.all())
    assert TYPED not in told
    assert "csrfmiddlewaretoken" not in told or not re.search(r"[A-Za-z0-9]{64}", told)
    assert TYPED not in "".join(TraceEvent.objects.values_list("value", flat=True))
    pages = TraceEvent.objects.filter(kind=Kind.ENTER).count()
    assert stored_bytes(session) / pages * PAGES_IN_TEN_MINUTES <= BUDGET_BYTES

    watcher = staff_tab()
    watcher.open(f"/console/traces/{session.public_id}")
    watcher.look("traces-reason")
    watcher.tab.fill("input[name=reason]", "处理投诉 2026-118")
    watcher.tab.click("button.main")
    shown = watcher.tab.frame_locator("iframe[name=shown]")
    shown.locator("h1").wait_for()
    assert "确认" in shown.locator("h1").inner_text()
    watcher.tab.wait_for_load_state("networkidle")
    watcher.look("traces-session")
    watcher.open(f"/console/traces/{session.public_id}/movie")
    watcher.tab.locator(".rr-player").wait_for()
    watcher.tab.locator(".rr-player iframe").wait_for()
    watcher.tab.wait_for_load_state("networkidle")
    watcher.look("traces-movie")
    watcher.open("/console/traces")
    watcher.look("traces-list")
    watcher.open("/console/traces/exports/new")
    watcher.look("traces-export")


def take_package(session, folder):
    """Export a session as two people would, and unpack it."""
    link_business(session.public_id, at=now(), proposal="T2026")
    asked = request_export("T2026", reason="监管检查要求提供", actor="staff:a", at=now())
    export = decide_export(asked.public_id, allow=True, actor="staff:b", at=now())
    make_export(export.pk, at=now())
    export.refresh_from_db()
    with zipfile.ZipFile(io.BytesIO(get_storage().get(export.sha256))) as archive:
        archive.extractall(folder)


def test_a_package_opens_from_the_disk_without_any_network(visitor, platform, browser, tmp_path):
    act_on_page(visitor)
    visitor.open("/")
    visitor.tab.wait_for_load_state("networkidle")
    take_package(TraceSession.objects.get(), tmp_path)
    width, height = SIZES[visitor.size]
    context = browser.new_context(offline=True, viewport={"width": width, "height": height})
    asked = []
    reader = Visitor(context.new_page(), f"file://{tmp_path}", visitor.size)
    reader.tab.on("request", lambda request: asked.append(request.url))
    reader.open("/index.html")
    reader.tab.locator("summary").first.click()
    page = reader.tab.frame_locator("iframe").first
    assert "确认" in page.locator("h1").inner_text()
    reader.tab.wait_for_load_state("networkidle")
    styled = page.locator("body").evaluate("node => node.ownerDocument.styleSheets.length")
    assert styled >= 3
    # The number of a session may be made of wide letters alone.
    reader.tab.locator("h2").first.evaluate("node => { node.textContent += 'm'.repeat(24) }")
    reader.look("traces-package")
    reader.open("/replay.html")
    reader.tab.locator("button[data-session]").click()
    reader.tab.locator(".rr-player iframe").wait_for()
    reader.tab.wait_for_load_state("networkidle")
    reader.tab.screenshot(path=SCREENSHOTS / f"traces-package-replay-{visitor.size}.png")
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert reader.complaints == []
