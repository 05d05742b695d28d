"""Internet Explorer is told what to use; nobody else is stopped."""

import pytest

OLD = (
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
)
FIT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
    "MicroMessenger/8.0.42 Version/17.0 Mobile/15E148 Safari/604.1",
    "python-httpx/0.27",
    "",
)
ADDRESSES = ("/verify", "/console/sign-in", "/s/some-token", "/api/v1/envelopes", "/nowhere")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("agent", OLD)
def test_the_old_browser_gets_a_plain_page_everywhere(client, db, agent, address):
    answer = client.get(address, headers={"user-agent": agent})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "请更换浏览器" in page
    assert "Microsoft Edge" in page
    for forbidden in ("<script", "<link", "<style", "<img"):
        assert forbidden not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("agent", FIT)
def test_nobody_else_is_stopped(client, db, agent):
    assert client.get("/verify", headers={"user-agent": agent}).status_code == 200
