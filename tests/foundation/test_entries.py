"""WeChat and DingTalk against local servers that behave as their documentation says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.notify.dingtalk import DingTalkApp, get_dingtalk
from baozhen.foundation.notify.entries import Notice, NoticeOutage, NoticeRefused, OutboxEntry
from baozhen.foundation.notify.wechat import WeChatAccount, get_wechat

NOTICE = Notice(
    to="openid-1",
    template="sign",
    reference="ntc_1",
    title="请签署保单回执",
    fields={"thing1": "保单回执", "time2": "2026-12-01"},
    link="https://example.com/s/abc",
    page="pages/sign?t=abc",
)


class Provider:
    """Gives tokens, takes notices; `codes` are the errcodes of the next answers."""

    def __init__(self):
        self.tokens = 0
        self.codes = []
        self.asked = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                parts = urlsplit(self.path)
                outer.asked.append((self.command, parts.path, parse_qs(parts.query), body))
                answer = outer.answer(parts.path, body, parse_qs(parts.query))
                data = json.dumps(answer).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, path, body, query):
        if path in {"/cgi-bin/stable_token", "/gettoken"}:
            secret = (body or {}).get("secret") or query.get("appsecret", [""])[0]
            if secret != "word":
                return {"errcode": 40125, "errmsg": "invalid appsecret"}
            self.tokens += 1
            return {"access_token": f"t{self.tokens}", "expires_in": 7200}
        code = self.codes.pop(0) if self.codes else 0
        return {"errcode": code, "errmsg": "x", "msgid": 77, "task_id": 88}

    def url(self, secret="word", query=""):  # noqa: S107
        return f"http://app:{secret}@127.0.0.1:{self._server.server_address[1]}{query}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def provider():
    found = Provider()
    yield found
    found.close()


def wechat(provider, **url):
    return WeChatAccount(provider.url(**url), templates={"sign": "tmpl-1"})


@pytest.mark.requirement("S2-L160.l3")
def test_wechat_sends_a_template_message_that_opens_the_mini_program(provider):
    account = wechat(provider, query="?miniprogram=wxmini")
    assert account.send(NOTICE) == "77"
    assert account.send(NOTICE) == "77"
    assert provider.tokens == 1
    _method, path, query, body = provider.asked[1]
    assert path == "/cgi-bin/message/template/send"
    assert query["access_token"] == ["t1"]
    assert body == {
        "touser": "openid-1",
        "template_id": "tmpl-1",
        "url": "https://example.com/s/abc",
        "client_msg_id": "ntc_1",
        "data": {"thing1": {"value": "保单回执"}, "time2": {"value": "2026-12-01"}},
        "miniprogram": {"appid": "wxmini", "pagepath": "pages/sign?t=abc"},
    }


@pytest.mark.requirement("S2-L160.l3")
def test_dingtalk_sends_a_work_notification(provider):
    app = DingTalkApp(provider.url(query="?agent=42"))
    assert app.send(NOTICE) == "88"
    _method, path, query, body = provider.asked[1]
    assert path == "/topapi/message/corpconversation/asyncsend_v2"
    assert query["access_token"] == ["t1"]
    card = body["msg"]["action_card"]
    assert (body["agent_id"], body["userid_list"]) == ("42", "openid-1")
    assert card["single_url"] == "https://example.com/s/abc"
    assert "保单回执" in card["markdown"]


@pytest.mark.parametrize("make", [wechat, lambda p, **u: DingTalkApp(p.url(**u))])
class TestBoth:
    """What the two channels share."""

    def test_a_token_that_is_no_longer_good_is_renewed_once(self, provider, make):
        provider.codes = [42001, 0]
        make(provider).send(NOTICE)
        assert provider.tokens == 2
        provider.codes = [40014, 40014]
        with pytest.raises(NoticeOutage):
            make(provider).send(NOTICE)

    def test_later_and_never(self, provider, make):
        provider.codes = [-1]
        with pytest.raises(NoticeOutage):
            make(provider).send(NOTICE)
        provider.codes = [40003]
        with pytest.raises(NoticeRefused):
            make(provider).send(NOTICE)
        with pytest.raises(NoticeRefused):
            make(provider, secret="wrong").send(NOTICE)

    def test_a_provider_that_is_down(self, provider, make):
        channel = make(provider)
        provider.status = 502
        with pytest.raises(NoticeOutage):
            channel.send(NOTICE)
        provider.close()
        with pytest.raises(NoticeOutage) as caught:
            channel.send(NOTICE)
        assert "word" not in str(caught.value)


def test_a_template_that_is_not_configured(provider):
    with pytest.raises(NoticeRefused, match="没有配置"):
        WeChatAccount(provider.url(), templates={}).send(NOTICE)


def test_the_twins_write_files_and_refuse_production(settings, tmp_path, monkeypatch):
    settings.BAOZHEN_DATA = tmp_path
    for entry in (get_wechat(), get_dingtalk()):
        receipt = entry.send(NOTICE)
        written = json.loads(
            (settings.BAOZHEN_OUTBOX / f"{receipt}.json").read_text(encoding="utf-8")
        )
        assert written["link"] == NOTICE.link
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        OutboxEntry("微信公众号", tmp_path)


def test_a_notice_does_not_show_its_words():
    assert "abc" not in repr(NOTICE)
    assert "openid" not in repr(NOTICE)
