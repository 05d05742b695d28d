"""Links for host pages: whom they name, what headers their pages carry, and that they open once."""

import pytest
from django.test import override_settings

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import EmbedOriginRefused, LinkInvalid
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.services.embedding import (
    OPEN_WITHIN,
    embed_link_of,
    is_origin,
    issue_embed_link,
)
from baozhen.signing.envelopes.services.links import issue_link
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture

HOST = "https://portal.example.com"


@pytest.fixture
def signatory(desk):  # noqa: F811
    return desk.start(flow_of("claim_application")).signatories.get()


def link(signatory, origin=HOST, client="core"):
    return issue_embed_link(signatory, origin, client=client, actor="test", at=now())


@override_settings(BAOZHEN_EMBED_ORIGINS=f"core={HOST}")
def test_only_a_listed_origin_of_this_client_may_frame(signatory):
    assert link(signatory)
    for origin, client in (("https://evil.example", "core"), (HOST, "other"), ("*", "core")):
        with pytest.raises(EmbedOriginRefused):
            link(signatory, origin, client)


@override_settings(BAOZHEN_EMBED_ORIGINS="")
def test_without_a_setting_nobody_may(signatory):
    with pytest.raises(EmbedOriginRefused):
        link(signatory)


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
