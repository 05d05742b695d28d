"""WeChat Pay, API v3: H5 and JSAPI orders, queries, refunds, notices and bills.

Settings: `mchid`, `appid`, `serial_no` and `private_key` of the merchant's API certificate,
`api_v3_key`, `platform_keys` (serial number or public key id -> PEM), and `root` for tests.
As the platform documents v3: requests are signed, every successful answer and every notice must
carry a good signature of the platform, and a notice's content is sealed with AES-256-GCM.
"""

import base64
import binascii
import csv
import hashlib
import io
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from baozhen.foundation.clock import SHANGHAI, now
from baozhen.insurance.payments.channels import exchange
from baozhen.insurance.payments.channels.ports import (
    Acknowledgement,
    AttemptRef,
    Bill,
    BillLine,
    Handover,
    HandoverKind,
    Outcome,
    PayerWord,
    PaymentTold,
    RefundRequest,
    RefundTold,
    Scene,
    StartRequest,
)
from baozhen.insurance.payments.errors import PaymentChannelRefused, PaymentNoticeForged

_ROOT: Final = "https://api.mch.weixin.qq.com"
_SCHEMA: Final = "WECHATPAY2-SHA256-RSA2048"
_SKEW_SECONDS_MAX: Final = 300
_ABSENT: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
_WAITING: Final = frozenset({"NOTPAY", "USERPAYING", "ACCEPT"})
_PAID: Final = frozenset({"SUCCESS", "REFUND"})
_REFUND_OUTCOMES: Final = {"SUCCESS": Outcome.PAID, "PROCESSING": Outcome.WAITING}
_TOLD_TIME: Final = "%Y-%m-%d %H:%M:%S"


class WeChatPay:
    """A merchant of WeChat Pay. The platform never tells a merchant who paid."""

    name = "wechat"
    payer_word = PayerWord.SILENT

    def __init__(self, settings: Mapping[str, Any], *, http: httpx.Client | None = None) -> None:
        self._root = str(settings.get("root", _ROOT)).rstrip("/")
        self._mchid, self._appid = str(settings["mchid"]), str(settings["appid"])
        self._serial = str(settings["serial_no"])
        self._key = exchange.private_key(str(settings["private_key"]))
        self._seal = AESGCM(str(settings["api_v3_key"]).encode())
        self._platform = {
            str(serial): exchange.public_key(str(pem))
            for serial, pem in settings["platform_keys"].items()
        }
        self._exchange = exchange.Exchange(self.name, self._root, http)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "WeChatPay":
        """Build from the settings' line."""
        return cls(settings)

    def start(self, request: StartRequest) -> Handover:
        """Order: inside WeChat for its bridge, elsewhere for the page that opens WeChat."""
        body: dict[str, Any] = {
            "appid": self._appid,
            "mchid": self._mchid,
            "description": request.title[:40],
            "out_trade_no": request.attempt_no,
            "time_expire": request.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "notify_url": request.notify_url,
            "amount": {"total": request.amount_fen, "currency": "CNY"},
        }
        if request.scene is Scene.WECHAT:
            body["payer"] = {"openid": request.openid}
            answer = self._ask("POST", "/v3/pay/transactions/jsapi", body)
            return Handover(kind=HandoverKind.BRIDGE, fields=self._bridge(answer["prepay_id"]))
        body["scene_info"] = {"payer_client_ip": request.client_ip, "h5_info": {"type": "Wap"}}
        answer = self._ask("POST", "/v3/pay/transactions/h5", body)
        back = urlencode({"redirect_url": request.return_url})
        return Handover(kind=HandoverKind.LINK, url=f"{answer['h5_url']}&{back}")

    def query(self, attempt: AttemptRef) -> PaymentTold:
        """Ask by our number."""
        number = quote(attempt.attempt_no, safe="")
        path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self._mchid}"
        answer = self._ask("GET", path, absent=_ABSENT)
        if not answer:
            return PaymentTold(attempt_no=attempt.attempt_no, outcome=Outcome.WAITING)
        return self._told(answer)

    def close(self, attempt: AttemptRef) -> None:
        """Close by our number; an order that WeChat never saw needs no closing."""
        number = quote(attempt.attempt_no, safe="")
        body = {"mchid": self._mchid}
        path = f"/v3/pay/transactions/out-trade-no/{number}/close"
        self._ask("POST", path, body, absent=_ABSENT | {"ORDER_CLOSED", "ORDERCLOSED"})

    def refund(self, request: RefundRequest) -> RefundTold:
        """Refund by WeChat's number of the payment."""
        answer = self._ask(
            "POST",
            "/v3/refund/domestic/refunds",
            {
                "transaction_id": request.channel_no,
                "out_refund_no": request.refund_no,
                "reason": request.reason[:80],
                "notify_url": request.notify_url,
                "amount": {
                    "refund": request.amount_fen,
                    "total": request.paid_fen,
                    "currency": "CNY",
                },
            },
        )
        return self._refund_told(answer, "status")

    def query_refund(self, request: RefundRequest) -> RefundTold:
        """Ask by our number of the refund."""
        number = quote(request.refund_no, safe="")
        answer = self._ask("GET", f"/v3/refund/domestic/refunds/{number}", absent=_ABSENT)
        if not answer:
            return RefundTold(refund_no=request.refund_no, outcome=Outcome.WAITING)
        return self._refund_told(answer, "status")

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentTold | RefundTold:
        """Check the platform's signature, open the content."""
        self._check(headers, body)
        try:
            notice = json.loads(body)
            content = self._open(notice["resource"])
            if str(notice.get("event_type", "")).startswith("REFUND."):
                return self._refund_told(content, "refund_status")
            return self._told(content)
        except (ValueError, KeyError, TypeError, InvalidTag) as error:
            raise PaymentNoticeForged from error

    def bill(self, day: date) -> Bill:
        """Fetch the day's bill of all trades; its digest must be the one that was told."""
        path = f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL"
        told = self._ask("GET", path, absent=frozenset({"NO_STATEMENT_EXIST"}))
        data = b""
        if told:
            address = urlsplit(str(told["download_url"]))
            place = f"{address.path}?{address.query}"
            # The file itself comes unsigned; the signed answer before it names its digest.
            url = f"{address.scheme}://{address.netloc}{place}"
            data = self._exchange.ask("GET", url, headers=self._signed("GET", place, b"")).content
            kind = str(told.get("hash_type", "SHA1")).lower()
            if hashlib.new(kind, data, usedforsecurity=False).hexdigest() != told["hash_value"]:
                raise self._exchange.outage("账单摘要不符")
        since = datetime.combine(day, time.min, SHANGHAI)
        return Bill(
            sha256=hashlib.sha256(data).hexdigest(),
            lines=tuple(_bill_lines(data)),
            since=since,
            until=since + timedelta(days=1),
        )

    def acknowledgement(self, *, taken: bool) -> Acknowledgement:
        """An empty 204, or a failure that makes WeChat try again."""
        if taken:
            return Acknowledgement(status=204, content_type="application/json", body="")
        body = '{"code": "FAIL", "message": "失败"}'
        return Acknowledgement(status=500, content_type="application/json", body=body)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        absent: frozenset[str] = frozenset(),
    ) -> Mapping[str, Any]:
        """Return the signed answer; an empty one for the codes in `absent`."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {**self._signed(method, path, content), "Content-Type": "application/json"}
        answer = self._exchange.ask(method, self._root + path, content=content, headers=headers)
        if answer.is_success:
            try:
                self._check(answer.headers, answer.content)
                return dict(json.loads(answer.content)) if answer.content else {}
            except (PaymentNoticeForged, ValueError) as error:
                raise self._exchange.outage("应答验签未通过") from error
        code, message = _refusal(answer)
        if code in absent:
            return {}
        if code in {"SYSTEM_ERROR", "FREQUENCY_LIMITED", "USERPAYING"}:
            raise self._exchange.outage(code)
        raise PaymentChannelRefused(channel=self._exchange.label, reason=f"{code} {message}"[:120])

    def _signed(self, method: str, path: str, content: bytes) -> dict[str, str]:
        stamp, nonce = str(int(now().timestamp())), secrets.token_hex(16)
        message = f"{method}\n{path}\n{stamp}\n{nonce}\n".encode() + content + b"\n"
        signature = exchange.sign(self._key, message)
        return {
            "Accept": "application/json",
            "User-Agent": "baozhen",
            "Authorization": (
                f'{_SCHEMA} mchid="{self._mchid}",nonce_str="{nonce}",signature="{signature}",'
                f'timestamp="{stamp}",serial_no="{self._serial}"'
            ),
        }

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        given = {name.lower(): value for name, value in headers.items()}
        stamp = given.get("wechatpay-timestamp", "")
        key = self._platform.get(given.get("wechatpay-serial", ""))
        message = f"{stamp}\n{given.get('wechatpay-nonce', '')}\n".encode() + body + b"\n"
        is_good = key is not None and exchange.is_signed(
            key, message, given.get("wechatpay-signature", "")
        )
        is_fresh = stamp.isdecimal() and abs(now().timestamp() - int(stamp)) <= _SKEW_SECONDS_MAX
        if not (is_good and is_fresh):
            raise PaymentNoticeForged

    def _open(self, resource: Mapping[str, str]) -> Mapping[str, Any]:
        if resource["algorithm"] != "AEAD_AES_256_GCM":
            raise PaymentNoticeForged
        try:
            sealed = base64.b64decode(resource["ciphertext"], validate=True)
        except binascii.Error as error:
            raise PaymentNoticeForged from error
        beside = resource.get("associated_data", "").encode()
        content = self._seal.decrypt(resource["nonce"].encode(), sealed, beside)
        return dict(json.loads(content))

    def _told(self, content: Mapping[str, Any]) -> PaymentTold:
        if content["mchid"] != self._mchid or content["appid"] != self._appid:
            raise PaymentNoticeForged
        state, number = content["trade_state"], str(content["out_trade_no"])
        if state not in _PAID:
            outcome = Outcome.WAITING if state in _WAITING else Outcome.ENDED
            return PaymentTold(attempt_no=number, outcome=outcome)
        return PaymentTold(
            attempt_no=number,
            outcome=Outcome.PAID,
            channel_no=str(content["transaction_id"]),
            amount_fen=int(content["amount"]["total"]),
            paid_at=datetime.fromisoformat(content["success_time"]),
        )

    def _refund_told(self, content: Mapping[str, Any], state: str) -> RefundTold:
        return RefundTold(
            refund_no=str(content["out_refund_no"]),
            outcome=_REFUND_OUTCOMES.get(content[state], Outcome.ENDED),
            channel_no=str(content.get("refund_id", "")),
            amount_fen=int(content["amount"]["refund"]),
            reason=str(content[state]),
        )

    def _bridge(self, prepay_id: str) -> dict[str, str]:
        """Return what WeixinJSBridge wants, signed."""
        stamp, nonce = str(int(now().timestamp())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        message = f"{self._appid}\n{stamp}\n{nonce}\n{package}\n".encode()
        return {
            "appId": self._appid,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": exchange.sign(self._key, message),
        }


def _refusal(answer: httpx.Response) -> tuple[str, str]:
    try:
        told = answer.json()
        return str(told["code"]), str(told.get("message", ""))
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}", ""


def _bill_lines(data: bytes) -> list[BillLine]:
    """Read the trades of a bill: a back-tick before every value, two lines of sums at the end."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    if not rows:
        return []
    columns, lines = rows[0], []
    for row in rows[1:]:
        if len(row) < len(columns) or not row[0].startswith("`"):
            break
        value = {
            name.strip(): cell.removeprefix("`") for name, cell in zip(columns, row, strict=False)
        }
        is_refund = value["交易状态"] == "REFUND"
        sum_of = value["申请退款金额" if is_refund else "订单金额"]
        lines.append(
            BillLine(
                attempt_no=value["商户订单号"],
                channel_no=value["微信订单号"],
                amount_fen=exchange.fen(sum_of),
                at=exchange.instant(value["交易时间"], _TOLD_TIME),
                refund_no=value["商户退款单号"] if is_refund else "",
            )
        )
    return lines
