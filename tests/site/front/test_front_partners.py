"""Companies outside sign in and work through the front server; the staff do not."""

import json
import re

import httpx
import pytest
from django.test import Client
from django.urls import get_resolver

from baozhen.faces.client import is_fronted
from baozhen.faces.console.session_guard import is_for_outsiders
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.organizations.models import Account, StaffSession, TOTPSecret
from baozhen.signing.organizations.services import AccountFacts, create_account, factors
from baozhen.signing.organizations.states import AccountKind
from baozhen.site.front.configuration import FrontSettings
from baozhen.site.front.routes import is_allowed, read_routes
from tests.faces.conftest import BACKEND, _fresh_limits, staff  # noqa: F401 -- fixtures
from tests.faces.console.organizations.test_sign_in import Authenticator, code_now
from tests.faces.console.partner.test_partner import empower, until_theirs
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture
from tests.signing.envelopes.sealing import outside_company
from tests.site.front.test_front import KEY, asked_of, end, start

PASSWORD, NEW = "a-long-password-1", "another-long-pass-22"
INSIDE = "员工账号不能从外网登录，请在公司内网打开工作台"
pytestmark = pytest.mark.requirement("S2-L160.k1")


class Browser:
    """A browser at one address: cookies, the token of the form, the origin it comes from."""

    def __init__(self, base, origin=None):
        self.http = httpx.Client(base_url=base, timeout=30)
        self.origin = origin or base
        self.page = ""

    def get(self, address, *, status=200):
        answer = self.http.get(address, follow_redirects=True)
        assert answer.status_code == status, (address, answer.status_code, answer.text[:300])
        self.page = answer.text
        return answer

    def post(self, address, **form):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page)[1]
        answer = self.http.post(
            address, data=form | {"csrfmiddlewaretoken": token}, headers={"Origin": self.origin}
        )
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.text:
            self.page = answer.text
        return answer

    def take_cookies(self, other):
        for name, value in other.http.cookies.items():
            self.http.cookies.set(name, value)

    def sign_in(self, name, password=PASSWORD):
        self.get("/console/sign-in")
        return self.post("/console/sign-in", username=name, password=password, next="")


@pytest.fixture
def served(live_server, settings, tmp_path):
    """A core and its front server, as a company that stands at this address sees them."""
    settings.BAOZHEN_FRONT_KEY_FILE = str(tmp_path / "front.key")
    process, base = start(live_server.url, tmp_path)
    settings.BAOZHEN_PUBLIC_URL = base
    opened = []

    def browser(at=base, origin=None):
        opened.append(Browser(at, origin))
        return opened[-1]

    yield browser
    for one in opened:
        one.http.close()
    end(process)


def member_of(unit):
    facts = AccountFacts(
        username="member",
        display_name="测试合作员",
        unit=unit,
        kind=AccountKind.OUTSIDE,
        password=PASSWORD,
        password_is_initial=False,
    )
    made = create_account(facts, actor="test", at=now())
    return Account.objects.select_related("unit", "user").get(pk=made.pk)


@pytest.mark.django_db(transaction=True)
def test_a_company_outside_signs_in_seals_and_leaves(served, desk, staff):  # noqa: F811
    envelope = desk.start(flow_of("reinsurance_contract"))
    theirs = next(r.label for r in flow_of("reinsurance_contract").roles if not r.own)
    member = member_of(outside_company(theirs))
    empower(member, staff("安全管理员", name="anquan").account)
    action = until_theirs(desk, envelope, member.unit)

    browser = served()
    browser.get("/console/sign-in")
    assert "合作单位和个人用户在这里登录" in browser.page
    stranger = served(origin="https://example.com")
    assert stranger.sign_in("member").status_code == 403  # CSRF: another site's form
    assert browser.sign_in("member").headers["Location"] == "/console/"
    browser.get("/console/")
    task = f"/console/partner/tasks/{action.public_id}"
    assert task in browser.page
    for static in re.findall(r'(?:href|src)="(/static/[^"?]+)', browser.page):
        browser.http.get(static).raise_for_status()
    browser.get(task)
    for sheet in re.findall(r'(?:href|src)="(/console/partner/[^"]+)', browser.page):
        browser.http.get(sheet.replace("&amp;", "&")).raise_for_status()
    assert browser.post(task, act="do", seal="").headers["Location"] == "/console/partner"
    desk.finish(envelope)
    assert envelope.state == "completed"
    document = f"/console/partner/envelopes/{envelope.public_id}/documents/1"
    assert browser.http.get(document).content.startswith(b"%PDF")
    for address in ("envelopes", "seals", "pre-stamps", "pre-stamps/new"):
        browser.get(f"/console/partner/{address}")
    for address in ("/console/policies", "/console/accounts", "/console/envelopes"):
        assert browser.http.get(address).status_code == 404
    browser.get("/console/")
    assert browser.post("/console/sign-out").headers["Location"] == "/console/sign-in"
    assert "用户名" in browser.get("/console/partner").text


@pytest.mark.django_db(transaction=True)
def test_password_codes_and_passkeys_work_from_outside(served, settings, db):
    member = member_of(outside_company("再保险人"))
    browser = served()
    browser.sign_in("member")
    browser.get("/console/security")
    changed = browser.post("/console/security/password", current=PASSWORD, new=NEW, again=NEW)
    assert changed.status_code == 302
    browser.get("/console/security")
    browser.post("/console/security/totp")
    secret = bytes.fromhex(TOTPSecret.objects.get().secret)
    assert browser.post("/console/security/totp/confirm", code=code_now(secret)).status_code == 200

    again = served()
    assert again.sign_in("member", NEW).headers["Location"] == "/console/sign-in/verify"
    again.get("/console/sign-in/verify")
    recovery = factors.make_recovery_codes(member.user, at=now())[0]
    assert again.post("/console/sign-in/verify", kind="totp", code="000000").status_code == 422
    done = again.post("/console/sign-in/verify", kind="recovery", code=recovery)
    assert done.headers["Location"] == "/console/"
    again.get("/console/security")
    key = Authenticator(origin=settings.BAOZHEN_PUBLIC_URL)
    options = again.post("/console/security/passkeys/begin").json()
    added = again.post("/console/security/passkeys/add", answer=key.register(options), name="盾")
    assert added.status_code in {200, 302}

    third = served()
    third.sign_in("member", NEW)
    third.get("/console/sign-in/verify")
    asked = re.search(r'data-options="([^"]+)"', third.page)[1].replace("&quot;", '"')
    answer = key.sign(json.loads(asked))
    done = third.post("/console/sign-in/verify", kind="passkey", answer=answer)
    assert done.headers["Location"] == "/console/"
    assert "待我处理" in third.get("/console/").text


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L714a")
def test_the_staff_are_refused_in_words_and_learn_nothing(served, staff, live_server):  # noqa: F811
    user = staff("客服", name="kefu")
    pages = []
    for name, password in (("kefu", PASSWORD), ("kefu", "wrong"), ("nobody", "wrong")):
        browser = served()
        answer = browser.sign_in(name, password)
        assert answer.status_code == 200
        assert INSIDE in answer.text
        pages.append(re.sub(r'(?:csrf|value=")[^>]+', "", answer.text))
    assert pages[0] == pages[1] == pages[2]
    assert not StaffSession.objects.exists()

    # The same person inside, and with a session of inside that is shown outside.
    inside = served(at=live_server.url)
    assert inside.sign_in("kefu").headers["Location"] == "/console/"
    inside.get("/console/")
    browser = served()
    browser.take_cookies(inside)
    for address in ("/console/", "/console/partner", "/console/security", "/console/sign-in"):
        assert "员工账号不能从外网使用" in browser.get(address, status=403).text

    # A second step that began inside does not end outside.
    factors.begin_totp(user, at=now())
    TOTPSecret.objects.update(confirmed_at=now())
    half = served(at=live_server.url)
    assert half.sign_in("kefu").headers["Location"] == "/console/sign-in/verify"
    half.get("/console/sign-in/verify")
    outside = served()
    outside.take_cookies(half)
    outside.page = half.page
    code = code_now(bytes.fromhex(TOTPSecret.objects.get().secret))
    refused = outside.post("/console/sign-in/verify", kind="totp", code=code)
    assert refused.status_code == 403
    assert "员工账号不能从外网使用" in refused.text


@pytest.mark.django_db(transaction=True)
def test_the_core_refuses_what_a_front_server_should_not_have_sent(
    live_server,
    settings,
    tmp_path,
    staff,  # noqa: F811
):
    settings.BAOZHEN_FRONT_KEY_FILE = str(tmp_path / "front.key")
    routes = tmp_path / "routes.json"
    routes.write_text('[{"methods": ["GET", "POST"], "path": "/.*"}]')
    client = Client()
    client.force_login(staff("客服", "业务负责人", name="kefu"), backend=BACKEND)
    process, base = start(live_server.url, tmp_path, "--routes", str(routes))
    try:
        browser = Browser(base)
        browser.http.cookies.set("sessionid", client.cookies["sessionid"].value)
        for address in ("/console/policies", "/console/envelopes", "/console/sign-in/provider/1"):
            browser.get(address, status=404)
        browser.get("/console/partner", status=403)
        settings.BAOZHEN_FRONT_PARTNERS = "0"
        for address in ("/console/", "/console/partner", "/console/sign-in"):
            browser.get(address, status=404)
        assert client.get("/console/envelopes").status_code == 200
        browser.http.close()
    finally:
        end(process)


def test_an_administrator_keeps_partners_out(tmp_path):
    open_, closed = read_routes(), read_routes(partners=False)
    for method, address in (("GET", "/console/partner"), ("POST", "/console/sign-in")):
        assert is_allowed(open_, method, address)
        assert not is_allowed(closed, method, address)
    assert is_allowed(closed, "GET", "/verify")
    key = str(tmp_path / "front.key")
    assert FrontSettings(core="http://core", key_file=key).lets_partners_in
    assert not FrontSettings(core="http://core", key_file=key, partners=False).lets_partners_in
    # Without a key the core could not tell who comes from outside.
    assert not FrontSettings(core="http://core").lets_partners_in


def console_pages(patterns, start=""):
    for pattern in patterns:
        route = start + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from console_pages(pattern.url_patterns, route)
        elif route.startswith("console/"):
            yield f"/{asked_of(route)}", pattern.name


def test_front_and_core_let_the_same_pages_out():
    """A new page of the console stays inside; a new one of companies outside is let through."""
    routes = read_routes()
    pages = dict(console_pages(get_resolver().url_patterns))
    assert len(pages) > 200
    passing = {
        address
        for address in pages
        if any(is_allowed(routes, method, address) for method in ("GET", "POST"))
    }
    assert passing == {address for address, name in pages.items() if is_for_outsiders(name)}
    assert all(re.match(r"/console/(?:$|partner|security|sign-(?:in|out))", one) for one in passing)


def test_the_core_knows_what_came_from_outside(rf, settings, tmp_path):
    """Marked, and marked wrongly, is outside; only what bears no mark is inside."""
    (tmp_path / "front.key").write_bytes(KEY)
    settings.BAOZHEN_FRONT_KEY_FILE = str(tmp_path / "front.key")
    assert is_fronted(rf.get("/console/", headers={"Baozhen-Front": "x"}))
    assert not is_fronted(rf.get("/console/"))
