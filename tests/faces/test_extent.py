"""The signing centre alone: nothing of insurance is reached, and everything of signing is."""

import importlib
import inspect
import os
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

from baozhen.faces.api.application import api
from baozhen.faces.console.menus import NAVIGATION
from baozhen.faces.extent import INSURANCE_PERMISSIONS, is_of_insurance
from baozhen.signing.organizations.roles import OFFICER_OF_ROLE, ROLES, Permission
from baozhen.site.checks import CHECKS, INSURANCE_CHECKS, checks
from baozhen.site.environment import extent

# Rooms whose modules have nothing to do with each other.
FLAT = {f"baozhen.faces.{name}" for name in ("api", "console", "mobile", "portal")}
# Pages of the centre that also tell of insurance where it is there.
SHARED = {
    "baozhen.faces.console.archive.files",
    "baozhen.faces.console.archive.sheet",
    "baozhen.faces.console.home",
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
    key = {"Authorization": f"Bearer {api_key()}"}
    assert client.get("/api/v1/envelopes", headers=key).status_code == 200
    gone = client.get("/api/v1/policies/P1", headers=key)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    paths = set(client.get("/api/v1/openapi.json").json()["paths"])
    assert "/api/v1/envelopes" in paths
    assert not [path for path in paths if is_of_insurance(path)]
    assert set(CHECKS) - set(checks()) == INSURANCE_CHECKS


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
