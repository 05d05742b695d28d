"""The SMS port, its adapter for Alibaba Cloud, and the development twin that writes files.

`BAOZHEN_SMS_URL`: `aliyun://<access key id>:<access key secret>@dysmsapi.aliyuncs.com?sign=<name>`
`BAOZHEN_SMS_TEMPLATES`: JSON that maps our template names to the provider's, as in
`{"code": "SMS_000000001", "link": "SMS_000000002"}`.

A text may hold a code or a link that opens a document: it is never logged, here or elsewhere.
That it was sent, and what became of it, is on record for every text (`TextDelivery`).
"""

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import httpx

from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError, DevelopmentOnly, Outage, Refusal
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.links import require_link
from baozhen.foundation.masking import mask_mobile
from baozhen.foundation.notify.models import TextDelivery
from baozhen.foundation.notify.outbox import outbox
from baozhen.foundation.transactions import refuse_inside_transaction

CONNECT_SECONDS_MAX: Final = 3.0
ANSWER_SECONDS_MAX: Final = 8.0
_ANSWER_BYTES_MAX: Final = 65_536
_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_VERSION: Final = "2017-05-25"
_MOBILE_INDEX: Final = "notify.mobile"
_REFERENCE_MAX, _FAILURE_MAX, _RECEIPT_MAX = 96, 255, 128
_SCHEMES: Final = {"aliyun": "https", "aliyun+http": "http"}
# Codes of SendSms that another attempt, later, may get over.
_LATER: Final = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "isp.RAM_PERMISSION"})

_logger = logging.getLogger(__name__)


class SMSOutage(Outage):
    """The SMS service did not answer, or asks to come back later."""

    code = "sms_outage"
    message = "短信服务暂时不可用：{reason}"


class SMSRefused(Refusal):
    """The SMS service will never take this message."""

    code = "sms_refused"
    message = "短信服务拒绝发送：{reason}"


@dataclass(frozen=True, kw_only=True)
class TextMessage:
    """One text: `template` is our name for it, `parameters` fill its variables.

    `reference` is ours and comes back in the provider's delivery reports.
    """

    mobile: str
    template: str
    reference: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)


class SMS(Protocol):
    """Sends one text, or raises SMSOutage or SMSRefused."""

    def send(self, message: TextMessage) -> str:
        """Hand the text over; return the provider's receipt number."""


class AliyunSMS:
    """SendSms of Alibaba Cloud, RPC style, signed ACS3-HMAC-SHA256 as its documentation says."""

    def __init__(
        self, url: str, *, templates: Mapping[str, str], http: httpx.Client | None = None
    ) -> None:
        parts = urlsplit(url)
        self._endpoint = _endpoint(parts)
        if parts.scheme == "aliyun":
            require_link("sms", address=self._endpoint)
        self._key = unquote(parts.username or "")
        self._secret = unquote(parts.password or "").encode()
        self._sign_name = parse_qs(parts.query).get("sign", [""])[0]
        self._templates = templates
        timeout = httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)

    def send(self, message: TextMessage) -> str:
        """Send by the action SendSms; return its BizId."""
        refuse_inside_transaction("SMS")
        if message.template not in self._templates:
            raise SMSRefused(reason=f"没有配置短信模版 {message.template}")
        query = {
            "PhoneNumbers": message.mobile,
            "SignName": self._sign_name,
            "TemplateCode": self._templates[message.template],
            "TemplateParam": json.dumps(dict(message.parameters), ensure_ascii=False),
            "OutId": message.reference,
        }
        answer = self._ask("SendSms", query)
        if answer.get("Code") != "OK":
            raise _failure(str(answer.get("Code", "")))
        return str(answer.get("BizId", ""))

    def _ask(self, action: str, query: Mapping[str, str]) -> Mapping[str, object]:
        host = urlsplit(self._endpoint).netloc
        headers = signed_headers(
            Credentials(self._key, self._secret), action=action, host=host, query=query, at=now()
        )
        try:
            answer = self._http.post(
                f"{self._endpoint}/?{canonical_query(query)}", headers=headers, content=b""
            )
            body = json.loads(answer.content[:_ANSWER_BYTES_MAX])
        except (httpx.HTTPError, ValueError) as error:
            # Without its cause: the address in it holds the text.
            raise SMSOutage(reason=type(error).__name__) from None
        if not isinstance(body, dict):
            raise SMSOutage(reason="应答无法识别")
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise SMSOutage(reason=f"HTTP 状态 {answer.status_code}")
        return body


class OutboxSMS:
    """Development's twin: each text becomes a file that one opens instead of a phone."""

    def __init__(self, folder: Path) -> None:
        if is_production():
            raise DevelopmentOnly(twin="开发短信箱")
        self._folder = folder

    def send(self, message: TextMessage) -> str:
        """Write the text; return a receipt number of its own."""
        refuse_inside_transaction("SMS")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        receipt = new_id("sms", at=now())
        path = self._folder / f"{receipt}.json"
        content = {
            "mobile": message.mobile,
            "template": message.template,
            "parameters": dict(message.parameters),
            "reference": message.reference,
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
        _logger.warning(
            "开发短信箱：给 %s 的短信没有发出，写在 %s", mask_mobile(message.mobile), path
        )
        return receipt


class RecordedSMS:
    """A way out that leaves a record of every text, written before the call."""

    def __init__(self, way: SMS) -> None:
        self.way = way

    def send(self, message: TextMessage) -> str:
        """Hand the text over and note what became of it; return the provider's receipt number."""
        refuse_inside_transaction("SMS")
        row = TextDelivery.objects.create(
            reference=message.reference[:_REFERENCE_MAX],
            template=message.template,
            mobile_masked=mask_mobile(message.mobile),
            mobile_index=text_index(message.mobile),
            asked_at=now(),
        )
        rows = TextDelivery.objects.filter(pk=row.pk)
        try:
            receipt = self.way.send(message)
        except BaozhenError as failure:
            rows.update(failure=str(failure)[:_FAILURE_MAX])
            raise
        rows.update(sent_at=now(), receipt=receipt[:_RECEIPT_MAX])
        return receipt


def text_index(mobile: str) -> str:
    """Return the keyed digest by which the texts to a number are found."""
    return blind_index(mobile.strip(), _MOBILE_INDEX)


def get_sms() -> RecordedSMS:
    """Return the configured way out: Alibaba Cloud when BAOZHEN_SMS_URL is set, else the outbox."""
    url = configured("BAOZHEN_SMS_URL")
    if url:
        templates = json.loads(configured("BAOZHEN_SMS_TEMPLATES") or "{}")
        return RecordedSMS(AliyunSMS(url, templates=templates))
    return RecordedSMS(OutboxSMS(outbox()))


@dataclass(frozen=True)
class Credentials:
    """An access key: its id, and its secret, which nobody sees."""

    key_id: str
    secret: bytes = field(repr=False)


def canonical_query(query: Mapping[str, str]) -> str:
    """Return the query as the signature wants it: sorted, percent-encoded by RFC 3986."""
    pairs = ((quote(name, safe="~"), quote(value, safe="~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signed_headers(
    credentials: Credentials, *, action: str, host: str, query: Mapping[str, str], at: datetime
) -> dict[str, str]:
    """Return the headers of one RPC call with an empty body, signature included."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-version": _VERSION,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }
    headers["authorization"] = authorization(credentials, headers=headers, query=query)
    return headers


def authorization(
    credentials: Credentials, *, headers: Mapping[str, str], query: Mapping[str, str]
) -> str:
    """Return the Authorization header over these headers (lower case) and this query."""
    names = sorted(headers)
    signed = ";".join(names)
    canonical = "\n".join(
        [
            "POST",
            "/",
            canonical_query(query),
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            signed,
            headers["x-acs-content-sha256"],
        ]
    )
    text = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(credentials.secret, text.encode(), hashlib.sha256).hexdigest()
    return (
        f"{_ALGORITHM} Credential={credentials.key_id},SignedHeaders={signed},Signature={signature}"
    )


def _endpoint(parts: SplitResult) -> str:
    if parts.scheme not in _SCHEMES:
        raise SMSRefused(reason=f"不认识的短信服务 {parts.scheme}")
    port = f":{parts.port}" if parts.port else ""
    return f"{_SCHEMES[parts.scheme]}://{parts.hostname}{port}"


def _failure(code: str) -> SMSOutage | SMSRefused:
    later = code in _LATER or code.startswith(("Throttling", "ServiceUnavailable", "InternalError"))
    return SMSOutage(reason=code) if later else SMSRefused(reason=code)
