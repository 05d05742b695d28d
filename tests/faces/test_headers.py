"""What guards every page: policy of content, caches, frames, search engines."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/verify", "/query", "/guide", "/console/sign-in"])
def test_pages_run_only_our_own_files(client, address):
    policy = client.get(address)["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("address", ["/", "/query", "/console/sign-in", "/v/PDZA1/ABC"])
def test_pages_are_not_kept_and_not_framed(client, address):
    response = client.get(address)
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_search_engines_see_only_what_is_nobodys(client):
    assert client.get("/guide")["X-Robots-Tag"] == "all"
    assert client.get("/query")["X-Robots-Tag"] == "noindex, nofollow"
    assert "Disallow: /v/" in client.get("/robots.txt").content.decode()


def test_large_text_is_one_tap_and_is_remembered(client):
    response = client.post("/text-size", {"size": "large", "next": "/verify"})
    assert response.status_code == 302
    assert response["Location"] == "/verify"
    assert 'class="no-js large"' in client.get("/").content.decode()
    client.post("/text-size", {"size": "usual", "next": "/"})
    assert 'class="no-js large"' not in client.get("/").content.decode()


def test_the_way_back_never_leads_away(client):
    response = client.post("/text-size", {"size": "large", "next": "https://example.com/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize(
    "address", ["/v/%00/x", "/query?a=%00", "/console/policies?q=%00", "/api/v1/policies/%00"]
)
def test_an_address_with_a_nul_is_refused(client, address):
    assert client.get(address).status_code == 400


def test_nothing_changes_by_get():
    client = Client()
    for address in ("/text-size", "/query/leave", "/console/sign-out"):
        assert client.get(address).status_code == 405
