"""Who may open which page: generated from the URL conf, so that no new page can be forgotten."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from baozhen.faces.console.urls import urlpatterns
from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.roles import ROLES, Permission
from baozhen.signing.risks.models import Risk
from tests.faces.conftest import BACKEND

OPEN = {"sign_in", "sign_out", "second_factor", "sso_start", "sso_callback", "sso_header"}
ARGUMENTS = {"number": "PDZA1", "kind": "policy", "version": 1, "key": 1}


def address_of(pattern):
    parts = re.findall(r"<(\w+):(\w+)>", str(pattern.pattern))
    filled = {name: 1 if kind == "int" else ARGUMENTS.get(name, "x_1") for kind, name in parts}
    return reverse(f"console:{pattern.name}", kwargs=filled)


PAGES = [pattern for pattern in urlpatterns if pattern.name not in OPEN]
GUARDED = [page for page in PAGES if page.callback.guard != "staff"]
names = lambda page: page.name  # noqa: E731 -- a label for pytest


def try_all_ways(client, page):
    """Ask by GET and by POST; a page that takes only one answers the other before it does work."""
    return [client.get(address_of(page)), client.post(address_of(page))]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_page_says_who_may_open_it(page):
    guard = page.callback.guard
    assert guard in {"staff", "outside"} or isinstance(guard, Permission)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=names)
def test_strangers_are_sent_to_sign_in(client, page):
    for response in try_all_ways(client, page):
        assert response.status_code == 302
        assert response["Location"].startswith("/console/sign-in?next=")


@pytest.mark.django_db
def test_staff_without_the_permission_are_refused(signed_in, staff):
    client = signed_in()
    for page in GUARDED:
        for response in try_all_ways(client, page):
            assert response.status_code == 403, names(page)
            assert "not_permitted" in response.content.decode(), names(page)


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_opens_what_its_permissions_say(signed_in, role):
    client = signed_in(role)
    for page in GUARDED:
        refused = page.callback.guard not in ROLES[role]
        response = client.get(address_of(page))
        assert (response.status_code == 403) == refused, names(page)


@pytest.mark.django_db
def test_a_polled_fragment_sends_the_whole_page_to_sign_in(client):
    response = client.get("/console/batches/1/progress", headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"].startswith("/console/sign-in")


@pytest.mark.django_db
def test_the_way_after_signing_in_never_leads_away(staff):
    staff("客服", name="kefu")
    form = {"username": "kefu", "password": "a-long-password-1", "next": "https://example.com/"}
    response = Client().post("/console/sign-in", form)
    assert response["Location"] == "/console/"


@pytest.mark.django_db
def test_guessing_passwords_locks_even_the_right_one(client, staff):
    staff("客服", name="kefu")
    for _ in range(5):
        response = client.post("/console/sign-in", {"username": "kefu", "password": "wrong"})
    assert response.status_code == 429
    form = {"username": "kefu", "password": "a-long-password-1"}
    response = client.post("/console/sign-in", form)
    assert response.status_code == 429
    assert "锁定" in response.content.decode()
    assert client.get("/console/").status_code == 302
    # The auditor reads of it and the security officer is told, once a lock; nobody else's address.
    assert AuditEntry.objects.filter(action="account.locked_out").count() == 1
    risk = Risk.objects.get(kind="organizations.locked_out")
    assert (risk.severity, list(risk.facts)) == ("warning", ["account"])
    for _ in range(6):
        client.post("/console/sign-in", {"username": "nobody", "password": "wrong"})
    assert Risk.objects.count() == 1


@pytest.mark.django_db
def test_signing_in_and_out(client, staff):
    staff("客服", name="kefu")
    form = {"username": "kefu", "password": "a-long-password-1", "next": "/console/policies"}
    assert client.post("/console/sign-in", form)["Location"] == "/console/policies"
    assert client.get("/console/policies").status_code == 200
    client.post("/console/sign-out")
    assert client.get("/console/policies").status_code == 302


@pytest.mark.django_db
def test_navigation_shows_only_what_one_may_open(signed_in):
    text = signed_in("系统管理员").get("/console/").content.decode()
    assert "/console/health" in text
    assert "/console/parked" in text
    assert 'href="/console/batches"' not in text


@pytest.mark.django_db
def test_staff_without_a_role_are_told_what_to_do(signed_in):
    assert "还没有角色" in signed_in().get("/console/").content.decode()


@pytest.mark.django_db
def test_pages_greet_the_person_by_name_also_beside_another_s_account(client, staff):
    """Not by the sign-in name; and a page about somebody else says whose session it is."""
    user = staff("系统管理员", name="anquan2")
    Account.objects.filter(user=user).update(display_name="测试安全员")
    other = Account.objects.get(user=staff("客服", name="kefu2"))
    client.force_login(user, backend=BACKEND)
    for address in ("/console/", reverse("console:account", kwargs={"key": other.pk})):
        page = client.get(address).content.decode()
        assert "<b>测试安全员</b>" in page
    assert "<b>kefu2</b>" not in page
