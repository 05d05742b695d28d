"""Notices of a WeChat official account 公众号: template messages, which may open a mini-program.

`BAOZHEN_WECHAT_URL`: `https://<AppID>:<AppSecret>@api.weixin.qq.com`, and `?miniprogram=<AppID>`
where a tap shall open the mini-program. `BAOZHEN_WECHAT_TEMPLATES`: JSON that maps our template
names to template ids. As the platform's documentation of `cgi-bin/stable_token` and
`cgi-bin/message/template/send` says.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.links import require_link
from baozhen.foundation.notify.entries import (
    AccessToken,
    Entry,
    Exchange,
    Notice,
    NoticeOutage,
    NoticeRefused,
    OutboxEntry,
)
from baozhen.foundation.notify.outbox import outbox

CHANNEL: Final = "微信公众号"
_TOKEN_ENDED: Final = frozenset({40001, 40014, 42001})
_LATER: Final = frozenset({-1, 45009, 45011, 48004})


class WeChatAccount:
    """An official account."""

    def __init__(
        self, url: str, *, templates: Mapping[str, str], http: httpx.Client | None = None
    ) -> None:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self._root = f"{parts.scheme}://{parts.hostname}{port}"
        require_link("wechat", address=self._root if parts.scheme == "https" else None)
        self._app_id = unquote(parts.username or "")
        self._secret = unquote(parts.password or "")
        self._mini_program = parse_qs(parts.query).get("miniprogram", [""])[0]
        self._templates = templates
        self._exchange = Exchange(CHANNEL, http)
        self._token = AccessToken(self._fetch)

    def send(self, notice: Notice) -> str:
        """Send a template message to an openid; return its msgid."""
        if notice.template not in self._templates:
            raise NoticeRefused(channel=CHANNEL, reason=f"没有配置模板 {notice.template}")
        answer = self._post(notice)
        if int(answer.get("errcode", 0)) in _TOKEN_ENDED:
            self._token.forget()
            answer = self._post(notice)
        _require_success(answer)
        return str(answer.get("msgid", ""))

    def _post(self, notice: Notice) -> Mapping[str, Any]:
        body: dict[str, Any] = {
            "touser": notice.to,
            "template_id": self._templates[notice.template],
            "url": notice.link,
            # The same number within ten minutes is sent once.
            "client_msg_id": notice.reference[:32],
            "data": {name: {"value": value} for name, value in notice.fields.items()},
        }
        if self._mini_program and notice.page:
            body["miniprogram"] = {"appid": self._mini_program, "pagepath": notice.page}
        return self._exchange.ask(
            "POST",
            f"{self._root}/cgi-bin/message/template/send",
            query={"access_token": self._token.value()},
            body=body,
        )

    def _fetch(self) -> tuple[str, float]:
        body = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret,
        }
        answer = self._exchange.ask(
            "POST", f"{self._root}/cgi-bin/stable_token", query={}, body=body
        )
        _require_success(answer)
        return str(answer["access_token"]), float(answer["expires_in"])


def get_wechat() -> Entry:
    """Return the configured account, else development's outbox."""
    url = configured("BAOZHEN_WECHAT_URL")
    if url:
        templates = json.loads(configured("BAOZHEN_WECHAT_TEMPLATES") or "{}")
        return WeChatAccount(url, templates=templates)
    return OutboxEntry(CHANNEL, outbox())


def _require_success(answer: Mapping[str, Any]) -> None:
    code = int(answer.get("errcode", 0))
    if code == 0:
        return
    if code in _LATER or code in _TOKEN_ENDED:
        raise NoticeOutage(channel=CHANNEL, reason=f"代码 {code}")
    raise NoticeRefused(channel=CHANNEL, reason=f"代码 {code}")
