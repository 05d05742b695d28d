"""Links for host pages: whom they name, what headers their pages carry, and that they open once."""

import pytest
from django.test import override_settings

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import EmbedOriginRefused, LinkInvalid
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.services.embedding import (
    OPEN_WITHIN,
    embed_link_of,
    issue_embed_link,
)
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.organizations.errors import APIOriginInvalid, APIOriginsTooMany
from baozhen.signing.organizations.origins import ORIGINS_MAX, allowed_origins, is_origin
from baozhen.signing.organizations.services import (
    ClientRequest,
    Scope,
    create_api_client,
    set_embed_origins,
)
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture

HOST = "https://portal.example.com"


@pytest.fixture
def signatory(desk):  # noqa: F811
    return desk.start(flow_of("claim_application")).signatories.get()


def link(signatory, origin=HOST):
    return issue_embed_link(signatory, origin, actor="test", at=now())


def program(name="core"):
    request = ClientRequest(name=name, scopes=[Scope.ENVELOPES_WRITE])
    return create_api_client(request, actor="test", at=now())[0]


def allow(client, *origins):
    set_embed_origins(client.pk, origins, actor="staff:guanli", at=now())


def test_only_a_listed_origin_of_this_program_may_frame(desk):  # noqa: F811
    core, other = program(), program("other")
    allow(core, HOST)
    allow(other, "https://other.example")
    signatory = desk.start(flow_of("claim_application"), client="api:core").signatories.get()
    assert link(signatory)
    for origin in ("https://evil.example", "https://other.example", "*"):
        with pytest.raises(EmbedOriginRefused):
            link(signatory, origin)
    allow(other, HOST)
    allow(core)
    with pytest.raises(EmbedOriginRefused):
        link(signatory)
    facts = list(
        AuditEntry.objects.filter(action="api_client.origins_set", subject_id=core.pk)
        .order_by("pk")
        .values_list("facts", "actor")
    )
    assert facts == [
        ({"added": [HOST], "removed": []}, "staff:guanli"),
        ({"added": [], "removed": [HOST]}, "staff:guanli"),
    ]


def test_what_is_taken_away_ends_links_and_open_pages(client, desk):  # noqa: F811
    core = program()
    allow(core, HOST)
    signatory = desk.start(flow_of("claim_application"), client="api:core").signatories.get()
    unopened = f"/s/embed/{link(signatory)}"
    opened = client.post(f"/s/embed/{link(signatory)}").url
    framed = client.get(opened, follow=True)
    assert f"frame-ancestors {HOST}" in framed.headers["Content-Security-Policy"]
    allow(core, "https://another.example")
    for address in (unopened, opened):
        answer = client.get(address, follow=True)
        assert answer.status_code in {404, 410, 422}
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("text", ["http://a.example", "https://*.a.example", "https://a.example/x"])
def test_what_is_no_exact_origin_is_not_kept(platform, settings, text):
    core = program()
    allow(core, HOST)
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(APIOriginInvalid):
        allow(core, HOST, text)
    with pytest.raises(APIOriginsTooMany):
        allow(core, *(f"https://a{number}.example" for number in range(ORIGINS_MAX + 1)))
    core.refresh_from_db()
    assert core.embed_origins == [HOST]


def test_the_setting_is_for_development_alone(platform, settings):
    settings.BAOZHEN_EMBED_ORIGINS = f"core={HOST}, https://any.example"
    assert allowed_origins("api:core") == {HOST, "https://any.example"}
    assert allowed_origins("api:other") == {"https://any.example"}
    settings.BAOZHEN_MODE = "production"
    assert allowed_origins("api:core") == set()


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/path",
        "https://a.example; script-src *",
        "https://u@a.example",
        "https://*.example",
        "javascript:alert(1)",
        "https://a.example:99999",
        "//a.example",
        "null",
        "",
    ],
)
def test_what_is_no_plain_origin_never_reaches_a_header(text):
    assert not is_origin(text)


@override_settings(BAOZHEN_EMBED_ORIGINS=HOST)
def test_only_its_own_pages_may_be_framed_and_only_there(client, signatory):
    page = client.get(f"/s/embed/{link(signatory)}")
    assert f"frame-ancestors {HOST}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    usual = client.get(f"/s/{issue_link(signatory, actor='test', at=now())}")
    assert "frame-ancestors 'none'" in usual.headers["Content-Security-Policy"]
    assert usual.headers["X-Frame-Options"] == "DENY"


@override_settings(BAOZHEN_EMBED_ORIGINS=HOST)
def test_cookies_within_a_frame_are_its_own(client, signatory):
    answer = client.post(f"/s/embed/{link(signatory)}")
    cookie = answer.cookies["sessionid"].OutputString()
    assert "SameSite=None; Partitioned" in cookie
    assert "Secure" in cookie


@override_settings(BAOZHEN_EMBED_ORIGINS=HOST)
def test_a_link_opens_once_and_within_minutes(client, signatory):
    token = link(signatory)
    # Looking spends nothing: a scanner of links does no harm.
    assert client.get(f"/s/embed/{token}").status_code == 200
    answer = client.post(f"/s/embed/{token}")
    assert answer.status_code == 302
    assert token not in answer.url
    assert client.post(f"/s/embed/{token}").status_code in {404, 410, 422}
    framed = client.get(answer.url, follow=True)
    assert f"frame-ancestors {HOST}" in framed.headers["Content-Security-Policy"]
    with pytest.raises(LinkInvalid):
        embed_link_of(link(signatory), at=now() + OPEN_WITHIN)


@override_settings(BAOZHEN_EMBED_ORIGINS=HOST)
def test_the_texted_link_stays_good_beside_it(client, signatory):
    texted = issue_link(signatory, actor="test", at=now())
    client.post(f"/s/embed/{link(signatory)}")
    assert client.get(f"/s/{texted}", follow=True).status_code == 200
