"""Ways to tell a person that stand beside SMS and mail: a port, and what adapters share.

A notice names a template of ours and fills its fields; which template of the provider that is
stands in the configuration. Texts are never logged: they may hold a link that opens a document.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from baozhen.foundation.clock import now
from baozhen.foundation.errors import DevelopmentOnly, Outage, Refusal
from baozhen.foundation.ids import new_id
from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.transactions import refuse_inside_transaction

CONNECT_SECONDS_MAX: Final = 3.0
ANSWER_SECONDS_MAX: Final = 8.0
ANSWER_BYTES_MAX: Final = 65_536
EARLY_SECONDS: Final = 300.0

_logger = logging.getLogger(__name__)


class NoticeOutage(Outage):
    """The service did not answer, or asks to come back later."""

    code = "notice_outage"
    message = "{channel}服务暂时不可用：{reason}"


class NoticeRefused(Refusal):
    """The service will never take this notice."""

    code = "notice_refused"
    message = "{channel}服务拒绝发送：{reason}"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice: `to` is the person's id at the provider, `link` where a tap leads.

    `page` is the page of a mini-program that the tap opens instead, where one is configured.
    """

    to: str = field(repr=False)
    template: str
    reference: str
    title: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    link: str = field(default="", repr=False)
    page: str = field(default="", repr=False)


class Entry(Protocol):
    """Sends one notice, or raises NoticeOutage or NoticeRefused."""

    def send(self, notice: Notice) -> str:
        """Hand the notice over; return the provider's number for it."""


class Exchange:
    """Asks one provider over HTTPS and reads JSON; no answer of theirs can be large or strange."""

    def __init__(self, channel: str, http: httpx.Client | None = None) -> None:
        timeout = httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        self.channel = channel
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)

    def ask(
        self, method: str, url: str, *, query: Mapping[str, str], body: Any = None
    ) -> Mapping[str, Any]:
        """Return the answer as an object; raises NoticeOutage when there is none."""
        refuse_inside_transaction(self.channel)
        try:
            answer = self._http.request(method, url, params=dict(query), json=body)
            found = json.loads(answer.content[:ANSWER_BYTES_MAX])
        except (httpx.HTTPError, ValueError) as error:
            # Without its cause: the address in it holds the token.
            raise NoticeOutage(channel=self.channel, reason=type(error).__name__) from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or not isinstance(found, dict):
            reason = f"HTTP 状态 {answer.status_code}"
            raise NoticeOutage(channel=self.channel, reason=reason)
        return found


class AccessToken:
    """A token that is fetched when it is needed and forgotten before it ends; safe for threads."""

    def __init__(self, fetch: Callable[[], tuple[str, float]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def value(self) -> str:
        """Return a token that lasts."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._token, seconds = self._fetch()
                self._ends = time.monotonic() + max(seconds - EARLY_SECONDS, 0.0)
            return self._token

    def forget(self) -> None:
        """Fetch another next time: the provider says that this one is no longer good."""
        with self._lock:
            self._ends = 0.0


class OutboxEntry:
    """Development's twin of every such channel: each notice becomes a file."""

    def __init__(self, channel: str, folder: Path) -> None:
        if is_production():
            raise DevelopmentOnly(twin=f"开发{channel}")
        self._channel = channel
        self._folder = folder

    def send(self, notice: Notice) -> str:
        """Write the notice; return a number of its own."""
        refuse_inside_transaction(self._channel)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        receipt = new_id("ntc", at=now())
        content = {
            "channel": self._channel,
            "to": notice.to,
            "template": notice.template,
            "title": notice.title,
            "fields": dict(notice.fields),
            "link": notice.link,
            "page": notice.page,
            "reference": notice.reference,
        }
        path = self._folder / f"{receipt}.json"
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
        _logger.warning("开发%s：通知没有发出，写在 %s", self._channel, path)
        return receipt
