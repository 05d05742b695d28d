"""The signing centre alone: nothing of insurance is reached, and everything of signing is."""

import importlib
import inspect
import json
import os
import re

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

from baozhen.faces.api.application import api
from baozhen.faces.console.menus import NAVIGATION
from baozhen.faces.extent import is_of_insurance
from baozhen.foundation import health
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.organizations.extent import (
    INSURANCE_PERMISSIONS,
    INSURANCE_ROLES,
    INSURANCE_SCOPES,
)
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.queries import account_of, root_unit
from baozhen.signing.organizations.roles import OFFICER_OF_ROLE, ROLES, Permission
from baozhen.site.checks import CHECKS, INSURANCE_CHECKS, checks
from baozhen.site.commands import demo
from baozhen.site.commands.demo_desk import BRANCH_CLERK, BRANCH_OFFICER
from baozhen.site.environment import extent
from tests.faces.conftest import BACKEND

# Rooms whose modules have nothing to do with each other.
FLAT = {f"baozhen.faces.{name}" for name in ("api", "console", "mobile", "portal")}
# Pages of the centre that also tell of insurance where it is there.
SHARED = {
    "baozhen.faces.console.archive.files",
    "baozhen.faces.console.archive.sheet",
    "baozhen.faces.console.home",
    "baozhen.faces.console.organizations.operation_log",
    "baozhen.faces.console.system",
    "baozhen.faces.console.traces.dossiers",
    "baozhen.faces.console.statistics.charts",
    "baozhen.faces.portal.verify",
    "baozhen.site.metrics",
}


def addresses():
    """Every address with the module that answers it; the API's by operation."""

    def below(patterns, start):
        for pattern in patterns:
            route = start + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from below(pattern.url_patterns, route)
            elif not route.startswith("/api/v1"):
                yield route, pattern.callback.__module__

    yield from below(get_resolver().url_patterns, "/")
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield f"/api/v1{prefix}{path}", operation.view_func.__module__


def source_of(module):
    """Return the source of a module with that of its neighbours of the same room it uses."""
    own = inspect.getsource(importlib.import_module(module))
    room = module.rpartition(".")[0]
    if room in FLAT:
        return own
    near = re.findall(rf"from ({re.escape(room)}\.\w+) import", own)
    return "".join((own, *(inspect.getsource(importlib.import_module(one)) for one in near)))


def test_every_address_whose_view_knows_insurance_is_named_as_such():
    found = dict.fromkeys(addresses())
    assert len(found) > 300
    missing = [
        (address, module)
        for address, module in found
        if module.startswith("baozhen.")
        and "baozhen.insurance" in source_of(module)
        and module not in SHARED
        and not is_of_insurance(address)
    ]
    assert missing == []


def links_in(answer):
    return set(re.findall(r'href="(/[^"#?]*)', answer.content.decode()))


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.l4")
def test_the_signing_centre_stands_alone(settings, platform, signed_in, api_key):
    client = signed_in(*(set(ROLES) - set(OFFICER_OF_ROLE)))
    whole = links_in(client.get("/console/"))
    assert "/console/policies" in whole
    key = {"Authorization": f"Bearer {api_key()}"}
    settings.BAOZHEN_EXTENT = "signing"

    # The staff's pages: every line of the menu is of the centre and opens.
    home = client.get("/console/")
    menu = {link for link in links_in(home) if link.startswith("/console/")}
    assert {"/console/envelopes", "/console/seals", "/console/files"} <= menu < whole
    for link in menu - {"/console/sign-out"}:
        assert not is_of_insurance(link), link
        assert client.get(link).status_code == 200, link
    assert "保单" not in home.content.decode()
    for closed in ("/console/policies", "/console/claims", "/m/apply", "/query", "/clauses"):
        assert client.get(closed).status_code == 404, closed

    # The public pages.
    for link in ("/", "/verify", "/guide", "/contact"):
        page = client.get(link)
        assert page.status_code == 200
        assert "出险报案" not in page.content.decode()
        assert not [found for found in links_in(page) if is_of_insurance(found)], link

    # The interface, and its description.
    assert client.get("/api/v1/envelopes", headers=key).status_code == 200
    gone = client.get("/api/v1/policies/P1", headers=key)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    paths = set(client.get("/api/v1/openapi.json").json()["paths"])
    assert "/api/v1/envelopes" in paths
    assert not [path for path in paths if is_of_insurance(path)]
    assert set(CHECKS) - set(checks()) == INSURANCE_CHECKS


# The names of a kind of seal and of a kind of file to choose: what a core system has sealed here.
KINDS = re.compile(r"电子保单专用章|电子保单\s*</(?:option|label)>|投保单位")
# Ready-made forms say what their documents say, an application's number for example.
FORMS = "/console/envelopes/start/"


def told_in(page):
    """Return what a page says, without the names of kinds."""
    return KINDS.sub("", page.content.decode())


def walk(client, *starts):
    """Open every page that links lead to; return what each says, by its address."""
    found, waiting = {}, list(starts)
    while waiting:
        address = waiting.pop()
        kind = re.sub(r"(?<=_)[0-9a-z]{20,}|\d+", "#", address)
        if kind in found or address.startswith("/static/") or "sign-out" in address:
            continue
        page = client.get(address, follow=True)
        assert page.status_code in {200, 403}, address
        found[kind] = ""
        if page.headers["Content-Type"].startswith("text/html"):
            found[kind] = told_in(page)
            waiting += sorted(links_in(page))
    return found


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.l4")
def test_no_page_of_the_centre_alone_speaks_of_policies(
    settings, tmp_path, platform, client, monkeypatch
):
    settings.BAOZHEN_EXTENT = "signing"
    monkeypatch.setattr(demo, "ACCOUNTS_FILE", tmp_path / "accounts.txt")
    monkeypatch.setattr(health, "_checks", checks())  # as a start in this extent installs them
    demo.run(None)
    assert Envelope.objects.values_list("state", flat=True).distinct().count() >= 3
    told = walk(client, "/", "/verify", "/guide", "/contact", "/console/sign-in")
    people = [*demo.STAFF, BRANCH_OFFICER, BRANCH_CLERK]
    for name in people:
        user = User.objects.filter(username=name).first()
        if user is None:
            assert demo.STAFF[name] in INSURANCE_ROLES
            continue
        client.force_login(user, backend=BACKEND)
        told |= walk(client, "/console/", "/console/security")
    assert len(told) > 90
    assert {"/console/envelopes/env_#", "/console/seals/#"} <= set(told), sorted(told)
    found = {address: re.findall(r".{0,40}保单.{0,40}", text) for address, text in told.items()}
    found = {address: one for address, one in found.items() if not address.startswith(FORMS)}
    assert {address: words for address, words in found.items() if words} == {}


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.l4")
def test_what_serves_insurance_alone_cannot_be_given(settings, platform, staff, client):
    clerk = account_of(staff("业务经办", name="clerk"))
    client.force_login(staff("安全管理员", name="officer"), backend=BACKEND)
    whole = client.get("/console/powers/matrix").content.decode()
    assert "核保人" in whole
    assert "查看保单" in whole
    settings.BAOZHEN_EXTENT = "signing"
    for address in ("/console/powers", "/console/powers/matrix", "/console/powers/grant"):
        told = told_in(client.get(address))
        assert not [word for word in (*INSURANCE_ROLES, "保单", "理赔") if word in told], address
        assert "业务经办" in told
    asked = {
        "account": clerk.pk,
        "unit": root_unit().pk,
        "below": "yes",
        "reason": "测试",
    }
    for what in ("role:核保人", "view_policies"):
        page = client.post("/console/powers/grant", asked | {"what": what})
        assert page.status_code == 422
        assert "这里只开放签署中心" in page.content.decode()
    assert client.post("/console/powers/grant", asked | {"what": "view_seals"}).status_code == 302


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.l4")
def test_a_program_of_the_centre_alone_gets_no_scope_of_insurance(settings, signed_in):
    client = signed_in("系统管理员")
    settings.BAOZHEN_EXTENT = "signing"
    form = client.get("/console/integrations/clients/create").content.decode()
    assert "envelopes:write" in form
    assert not [scope for scope in INSURANCE_SCOPES if scope in form]
    asked = {"name": "core", "days": "30", "scopes": ["envelopes:read", "policies:read"]}
    page = client.post("/console/integrations/clients/create", asked)
    assert page.status_code == 422
    assert "policies:read 属于保险业务" in page.content.decode()
    assert not ApiClient.objects.exists()


def test_the_description_of_the_interface_alone_names_no_policy(settings):
    settings.BAOZHEN_EXTENT = "signing"
    document = json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), ensure_ascii=False)
    for kind in ("电子保单专用章",):
        document = document.replace(kind, "")
    assert "保单" not in document
    assert "Quote" not in document


def test_roles_with_nothing_but_insurance_are_left_out():
    empty = {name for name, powers in ROLES.items() if powers <= INSURANCE_PERMISSIONS}
    assert empty <= INSURANCE_ROLES
    assert not INSURANCE_ROLES & set(OFFICER_OF_ROLE)


def test_a_word_that_is_none_is_refused(monkeypatch):
    monkeypatch.setitem(os.environ, "BAOZHEN_EXTENT", "half")
    with pytest.raises(ImproperlyConfigured, match="whole 或 signing"):
        extent()


def test_lines_of_the_menu_follow_their_powers():
    """A line of insurance has a power of insurance, else it would stay in the menu."""
    of_insurance = {
        item.permission
        for group in NAVIGATION
        for item in group.items
        if group.title in {"保单", "资金", "产品与核保"}
    }
    assert of_insurance - {None} <= INSURANCE_PERMISSIONS
    assert Permission.VIEW_FILES not in INSURANCE_PERMISSIONS
