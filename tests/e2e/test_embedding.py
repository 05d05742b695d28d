"""A signing page inside another system's page: its events, and who may not frame it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.services.embedding import issue_embed_link
from tests.e2e.test_signing import read_to_the_end, write_name
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture

pytestmark = pytest.mark.django_db(transaction=True)

_HOST_PAGE = """<!doctype html><html lang="zh-CN"><title>宿主系统</title><h1>宿主系统</h1>
<script>
window.events = [];
window.addEventListener("message", (event) => window.events.push([event.origin, event.data]));
</script><iframe name="signing" src="%s" width="390" height="900"></iframe></html>"""


class Host:
    """Another system: one page that frames an address, on a port of its own."""

    def __init__(self):
        self.address = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = (_HOST_PAGE % outer.address).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                """Tests are quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hosts():
    made = [Host(), Host()]
    yield made
    for host in made:
        host.close()


def embed(envelope, host, visitor):
    signatory = envelope.signatories.get(subject__isnull=False)
    token = issue_embed_link(signatory, host.origin, actor="test", at=now())
    return f"{visitor.base}/s/embed/{token}"


def events(tab, kind):
    found = tab.evaluate("window.events")
    return [data for _, data in found if data.get("type") == kind]


def wait_for_event(tab, kind):
    tab.wait_for_function("kind => window.events.some(([, data]) => data.type === kind)", arg=kind)
    return events(tab, kind)[-1]


def code_in(frame, desk):  # noqa: F811
    frame.click("button[value=send]")
    frame.wait_for_selector("input[name=code]")
    frame.fill("input[name=code]", desk.last_code())


@pytest.mark.requirement("S2-L311")
def test_sign_within_the_page_of_another_system(visitor, desk, hosts, settings):  # noqa: F811
    host, stranger = hosts
    settings.BAOZHEN_EMBED_ORIGINS = host.origin
    envelope = desk.start(flow_of("claim_application"), biz_no=f"EMB-{visitor.size}")
    host.address = stranger.address = embed(envelope, host, visitor)
    tab = visitor.tab

    # A stranger's page that got hold of the link shows nothing of it.
    tab.goto(stranger.origin)
    tab.wait_for_timeout(700)
    assert any("frame-ancestors" in text for text in visitor.complaints), visitor.complaints
    assert tab.evaluate("window.events") == []
    visitor.complaints.clear()

    tab.goto(host.origin)
    assert wait_for_event(tab, "ready")["step"] == "open"
    assert wait_for_event(tab, "height")["height"] > 100
    frame = tab.frame("signing")
    frame.click("button[value=begin]")
    code_in(frame, desk)
    frame.fill("input[name=code]", "000000" if desk.last_code() != "000000" else "111111")
    frame.click("button[value=check]")
    frame.wait_for_selector("[aria-invalid=true], .fault")
    frame.fill("input[name=code]", desk.last_code())
    frame.click("button[value=check]")
    frame.wait_for_selector("[data-reader]")
    visitor.tab.mouse.move(200, 400)
    read_to_the_end(_Within(visitor, frame))
    frame.click("[data-go-on]")
    frame.wait_for_selector("canvas")
    write_name(_Within(visitor, frame))
    frame.click("button[value=sign]")
    code_in(frame, desk)
    frame.click("button[value=confirm]")
    frame.wait_for_selector(".verdict")
    desk.perform(envelope)
    assert wait_for_event(tab, "signed")["envelope"] == envelope.public_id
    origins = {origin for origin, _ in tab.evaluate("window.events")}
    assert origins == {visitor.base}
    assert visitor.complaints == []

    # The link was spent: nobody opens it a second time.
    tab.goto(host.origin)
    tab.wait_for_timeout(500)
    assert json.dumps(events(tab, "ready")) == "[]"


class _Within:
    """A visitor whose tab is a frame."""

    def __init__(self, visitor, frame):
        self.tab = _Tab(visitor.tab, frame)


class _Tab:
    def __init__(self, tab, frame):
        self._frame, self.mouse = frame, tab.mouse

    def __getattr__(self, name):
        return getattr(self._frame, name)


def test_declining_and_faults_are_told_to_the_host(visitor, desk, hosts, settings):  # noqa: F811
    host, _ = hosts
    settings.BAOZHEN_EMBED_ORIGINS = f"test={host.origin}, other=https://b.example"
    envelope = desk.start(flow_of("claim_application"))
    host.address = embed(envelope, host, visitor)
    visitor.tab.goto(host.origin)
    frame = visitor.tab.frame("signing")
    frame.click("button[value=begin]")
    frame.click("text=退回并说明原因")
    frame.wait_for_selector("textarea")
    frame.evaluate("document.querySelector('textarea').required = false")
    frame.click("button.danger")
    assert "原因" in wait_for_event(visitor.tab, "error")["message"]
    frame.fill("textarea", "信息有误")
    frame.click("button.danger")
    assert wait_for_event(visitor.tab, "declined")["envelope"] == envelope.public_id
