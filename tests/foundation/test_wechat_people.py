"""Codes for openids, against a local server that answers as the platform's documentation says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.notify.wechat_people import (
    DevelopmentPeople,
    WeChatCodeRefused,
    WeChatNotConfigured,
    WeChatOutage,
    WeChatPeople,
    account_people,
    mini_people,
)


class Platform:
    """A small double of api.weixin.qq.com: a code serves once."""

    def __init__(self):
        self.asked, self.codes, self.busy = [], {"good": "openid-1"}, False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                outer.asked.append((parts.path, query))
                code = query.get("code") or query.get("js_code")
                found = outer.codes.pop(code, None)
                answer = {"errcode": 40029, "errmsg": "invalid code"}
                if outer.busy:
                    answer = {"errcode": -1, "errmsg": "system error"}
                elif found:
                    answer = {"openid": found, "access_token": "t", "session_key": "k"}
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_details):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://wxapp:secret@127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def platform_double(settings, tmp_path):
    links = [{"name": "wechat", "reach": "lan", "protection": "clear", "reason": "本机测试"}]
    (tmp_path / "links.json").write_text(json.dumps(links), encoding="utf-8")
    settings.BAOZHEN_LINKS = str(tmp_path / "links.json")
    double = Platform()
    yield double
    double.server.shutdown()
    double.server.server_close()


def test_a_code_of_the_account_becomes_an_openid_once(platform_double, settings):
    settings.BAOZHEN_WECHAT_URL = platform_double.url
    people = account_people()
    assert people.openid_of("good") == "openid-1"
    path, query = platform_double.asked[0]
    assert path == "/sns/oauth2/access_token"
    assert query == {
        "appid": "wxapp",
        "secret": "secret",
        "code": "good",
        "grant_type": "authorization_code",
    }
    with pytest.raises(WeChatCodeRefused):
        people.openid_of("good")


def test_a_code_of_the_mini_program(platform_double, settings):
    settings.BAOZHEN_WECHAT_MINI_URL = platform_double.url
    assert mini_people().openid_of("good") == "openid-1"
    path, query = platform_double.asked[0]
    assert (path, query["js_code"]) == ("/sns/jscode2session", "good")


def test_a_busy_platform_is_an_outage(platform_double, settings):
    settings.BAOZHEN_WECHAT_URL = platform_double.url
    platform_double.busy = True
    with pytest.raises(WeChatOutage):
        account_people().openid_of("good")


def test_a_silent_platform_is_an_outage(platform_double):
    people = WeChatPeople("http://a:b@127.0.0.1:9", path="/x", name="code", http=httpx.Client())
    with pytest.raises(WeChatOutage) as raised:
        people.openid_of("good")
    assert "good" not in str(raised.value)


def test_the_browser_is_sent_to_the_platforms_page(platform_double, settings):
    settings.BAOZHEN_WECHAT_URL = platform_double.url
    address = account_people().authorise_address("https://x.example/m/wechat/back", state="s1")
    assert address.endswith(
        "?appid=wxapp&redirect_uri=https%3A%2F%2Fx.example%2Fm%2Fwechat%2Fback"
        "&response_type=code&scope=snsapi_base&state=s1#wechat_redirect"
    )


def test_production_has_no_twin(settings):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        DevelopmentPeople("公众号")
    for people in (account_people, mini_people):
        with pytest.raises(WeChatNotConfigured):
            people()


def test_the_twin_comes_back_at_once():
    twin = DevelopmentPeople("公众号")
    assert twin.authorise_address("/back", state="s") == "/back?code=development&state=s"
    assert twin.openid_of("a") == twin.openid_of("a") != twin.openid_of("b")
    with pytest.raises(WeChatCodeRefused):
        twin.openid_of("")
