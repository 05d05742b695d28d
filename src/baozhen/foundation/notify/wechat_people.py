"""Who is behind a WeChat code: web authorisation of an official account, login of a mini-program.

`BAOZHEN_WECHAT_URL` (as for notices) names the account, `BAOZHEN_WECHAT_MINI_URL` the program:
`https://<AppID>:<AppSecret>@api.weixin.qq.com`. As the platform's documentation of
`sns/oauth2/access_token` (网页授权, scope snsapi_base) and `sns/jscode2session` (小程序登录) says.
A code serves once and five minutes. Session keys and access tokens are dropped at once: only the
openid is wanted.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx

from baozhen.foundation.errors import DevelopmentOnly, Outage, Refusal
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.links import require_link
from baozhen.foundation.notify.entries import Exchange, NoticeOutage

_AUTHORISE: Final = "https://open.weixin.qq.com/connect/oauth2/authorize"
_CHANNEL: Final = "微信"
# System busy, and the rate limit of the address: another attempt may do.
_LATER: Final = frozenset({-1, 45011})
_TWIN_CODE: Final = "development"


class WeChatOutage(Outage):
    """The platform did not answer."""

    code = "wechat_outage"
    message = "微信服务暂时不可用，请稍后再试"


class WeChatCodeRefused(Refusal):
    """The code is used, too old, or another app's."""

    code = "wechat_code_refused"
    message = "微信授权已失效，请重新进入"


class WeChatNotConfigured(Refusal):
    """Nobody has set this app up."""

    code = "wechat_not_configured"
    message = "本站没有开通{app}，请使用官网或手机页面"


class People(Protocol):
    """Turns a code into the openid of the person in this app."""

    def authorise_address(self, back: str, *, state: str) -> str:
        """Return where the browser goes for a code; it comes back to `back`."""

    def openid_of(self, code: str) -> str:
        """Return the openid; raises WeChatCodeRefused or WeChatOutage."""


class WeChatPeople:
    """One app of the platform: `path` is the exchange, `name` its parameter for the code."""

    def __init__(self, url: str, *, path: str, name: str, http: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self._root = f"{parts.scheme}://{parts.hostname}{port}"
        require_link("wechat", address=self._root if parts.scheme == "https" else None)
        self.app_id = unquote(parts.username or "")
        self._secret = unquote(parts.password or "")
        self._path, self._name = path, name
        self._exchange = Exchange(_CHANNEL, http)

    def authorise_address(self, back: str, *, state: str) -> str:
        """Return the platform's page; without a question, for the openid alone is wanted."""
        # The platform wants the parameters in this order.
        query = urlencode(
            {
                "appid": self.app_id,
                "redirect_uri": back,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            },
            quote_via=quote,
            safe="",
        )
        return f"{_AUTHORISE}?{query}#wechat_redirect"

    def openid_of(self, code: str) -> str:
        """Exchange the code."""
        try:
            answer = self._exchange.ask(
                "GET",
                f"{self._root}{self._path}",
                query={
                    "appid": self.app_id,
                    "secret": self._secret,
                    self._name: code,
                    "grant_type": "authorization_code",
                },
            )
        except NoticeOutage as outage:
            raise WeChatOutage from outage
        return _openid(answer)


class DevelopmentPeople:
    """Development's twin: there is no WeChat, and everybody is the same person of each app."""

    def __init__(self, app: str) -> None:
        if is_production():
            raise DevelopmentOnly(twin="开发微信登录")
        self._app = app

    def authorise_address(self, back: str, *, state: str) -> str:
        """Come back at once."""
        return f"{back}?{urlencode({'code': _TWIN_CODE, 'state': state})}"

    def openid_of(self, code: str) -> str:
        """Return an openid that is the same for the same code."""
        if not code:
            raise WeChatCodeRefused
        return "dev_" + hashlib.sha256(f"{self._app}|{code}".encode()).hexdigest()[:24]


def account_people() -> People:
    """Return the official account; raises WeChatNotConfigured in production without one."""
    return _people("BAOZHEN_WECHAT_URL", app="公众号", path="/sns/oauth2/access_token", name="code")


def mini_people() -> People:
    """Return the mini-program; raises WeChatNotConfigured in production without one."""
    return _people(
        "BAOZHEN_WECHAT_MINI_URL", app="小程序", path="/sns/jscode2session", name="js_code"
    )


def _people(setting: str, *, app: str, path: str, name: str) -> People:
    url = configured(setting)
    if url:
        return WeChatPeople(url, path=path, name=name)
    if is_production():
        raise WeChatNotConfigured(app=app)
    return DevelopmentPeople(app)


def _openid(answer: Mapping[str, Any]) -> str:
    fault = int(answer.get("errcode", 0) or 0)
    if fault in _LATER:
        raise WeChatOutage
    openid = answer.get("openid")
    if fault or not isinstance(openid, str) or not openid:
        raise WeChatCodeRefused
    return openid
