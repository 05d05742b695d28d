"""Work notifications of DingTalk 钉钉工作通知, for the staff's approvals.

`BAOZHEN_DINGTALK_URL`: `https://<AppKey>:<AppSecret>@oapi.dingtalk.com?agent=<AgentId>`. As the
platform's documentation of `gettoken` and `topapi/message/corpconversation/asyncsend_v2` says.
"""

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

CHANNEL: Final = "钉钉"
_TOKEN_ENDED: Final = frozenset({40001, 40014, 42001})
_LATER: Final = frozenset({-1, 88, 90018, 143103, 143106})


class DingTalkApp:
    """An application of the enterprise."""

    def __init__(self, url: str, *, http: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self._root = f"{parts.scheme}://{parts.hostname}{port}"
        require_link("dingtalk", address=self._root if parts.scheme == "https" else None)
        self._key = unquote(parts.username or "")
        self._secret = unquote(parts.password or "")
        self._agent = parse_qs(parts.query).get("agent", [""])[0]
        self._exchange = Exchange(CHANNEL, http)
        self._token = AccessToken(self._fetch)

    def send(self, notice: Notice) -> str:
        """Send a work notification to a userid; return its task id."""
        answer = self._post(notice)
        if int(answer.get("errcode", 0)) in _TOKEN_ENDED:
            self._token.forget()
            answer = self._post(notice)
        _require_success(answer)
        return str(answer.get("task_id", ""))

    def _post(self, notice: Notice) -> Mapping[str, Any]:
        lines = [f"**{name}**：{value}" for name, value in notice.fields.items()]
        card = {
            "title": notice.title,
            "markdown": "\n\n".join([f"### {notice.title}", *lines]),
            "single_title": "去处理",
            "single_url": notice.link,
        }
        body = {
            "agent_id": self._agent,
            "userid_list": notice.to,
            "msg": {"msgtype": "action_card", "action_card": card},
        }
        return self._exchange.ask(
            "POST",
            f"{self._root}/topapi/message/corpconversation/asyncsend_v2",
            query={"access_token": self._token.value()},
            body=body,
        )

    def _fetch(self) -> tuple[str, float]:
        query = {"appkey": self._key, "appsecret": self._secret}
        answer = self._exchange.ask("GET", f"{self._root}/gettoken", query=query)
        _require_success(answer)
        return str(answer["access_token"]), float(answer["expires_in"])


def get_dingtalk() -> Entry:
    """Return the configured application, else development's outbox."""
    url = configured("BAOZHEN_DINGTALK_URL")
    if url:
        return DingTalkApp(url)
    return OutboxEntry(CHANNEL, outbox())


def _require_success(answer: Mapping[str, Any]) -> None:
    code = int(answer.get("errcode", 0))
    if code == 0:
        return
    if code in _LATER or code in _TOKEN_ENDED:
        raise NoticeOutage(channel=CHANNEL, reason=f"代码 {code}")
    raise NoticeRefused(channel=CHANNEL, reason=f"代码 {code}")
