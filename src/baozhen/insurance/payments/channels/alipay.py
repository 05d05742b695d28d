"""Alipay's open platform: wap payments, queries, refunds, notices and bills, signed with RSA2.

Settings: `app_id`, `private_key`, `alipay_public_key`, and `gateway` for tests.
As the platform documents it: a request is signed over its sorted parameters, an answer over the
very text of its object, a notice over its sorted parameters without `sign` and `sign_type`.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import httpx

from baozhen.foundation.clock import SHANGHAI, now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.money import yuan_from_fen
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
    StartRequest,
)
from baozhen.insurance.payments.errors import PaymentChannelRefused, PaymentNoticeForged

_GATEWAY: Final = "https://openapi.alipay.com/gateway.do"
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_PAID: Final = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
_ABSENT: Final = "ACQ.TRADE_NOT_EXIST"
_NO_BILL: Final = frozenset({"isp.bill_not_exist", "BILL_NOT_EXIST"})
_LATER: Final = frozenset({"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error"})
_DETAILS: Final = "业务明细.csv"
_BILL_BYTES_MAX: Final = 256 * 1024 * 1024


class Alipay:
    """An application of Alipay's. It lets nobody pay but the person it was told of."""

    name = "alipay"
    payer_word = PayerWord.ENFORCES

    def __init__(self, settings: Mapping[str, Any], *, http: httpx.Client | None = None) -> None:
        self._gateway = str(settings.get("gateway", _GATEWAY))
        self._app_id = str(settings["app_id"])
        self._key = exchange.private_key(str(settings["private_key"]))
        self._theirs = exchange.public_key(str(settings["alipay_public_key"]))
        self._exchange = exchange.Exchange(self.name, self._gateway, http)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Alipay":
        """Build from the settings' line."""
        return cls(settings)

    def start(self, request: StartRequest) -> Handover:
        """Sign the address of Alipay's cashier; nothing is asked before the payer goes there."""
        content: dict[str, Any] = {
            "out_trade_no": request.attempt_no,
            "total_amount": yuan_from_fen(request.amount_fen),
            "subject": request.title[:80],
            "product_code": "QUICK_WAP_WAY",
            "quit_url": request.return_url,
            "time_expire": exchange.local(request.expires_at, _TIME),
        }
        if request.payer_id_no:
            content["ext_user_info"] = {
                "name": request.payer_name,
                "cert_type": "IDENTITY_CARD",
                "cert_no": request.payer_id_no,
                "need_check_info": "T",
            }
        more = {"notify_url": request.notify_url, "return_url": request.return_url}
        fields = self._signed("alipay.trade.wap.pay", content, more)
        return Handover(kind=HandoverKind.LINK, url=f"{self._gateway}?{urlencode(fields)}")

    def query(self, attempt: AttemptRef) -> PaymentTold:
        """Ask by our number."""
        answer = self._ask("alipay.trade.query", {"out_trade_no": attempt.attempt_no}, {_ABSENT})
        if not answer:
            return PaymentTold(attempt_no=attempt.attempt_no, outcome=Outcome.WAITING)
        return self._told(answer, "send_pay_date")

    def close(self, attempt: AttemptRef) -> None:
        """Close by our number; a trade that nobody began needs no closing."""
        self._ask("alipay.trade.close", {"out_trade_no": attempt.attempt_no}, {_ABSENT})

    def refund(self, request: RefundRequest) -> RefundTold:
        """Refund by Alipay's number of the trade; without a change of funds it is asked again."""
        content = {
            "trade_no": request.channel_no,
            "refund_amount": yuan_from_fen(request.amount_fen),
            "refund_reason": request.reason[:80],
            "out_request_no": request.refund_no,
        }
        answer = self._ask("alipay.trade.refund", content)
        is_paid = answer.get("fund_change") == "Y"
        return RefundTold(
            refund_no=request.refund_no,
            outcome=Outcome.PAID if is_paid else Outcome.WAITING,
            channel_no=str(answer.get("trade_no", "")),
            amount_fen=request.amount_fen,
        )

    def query_refund(self, request: RefundRequest) -> RefundTold:
        """Ask by our number of the refund."""
        content = {"trade_no": request.channel_no, "out_request_no": request.refund_no}
        answer = self._ask("alipay.trade.fastpay.refund.query", content, {_ABSENT})
        is_paid = answer.get("refund_status") == "REFUND_SUCCESS"
        return RefundTold(
            refund_no=request.refund_no,
            outcome=Outcome.PAID if is_paid else Outcome.WAITING,
            channel_no=str(answer.get("trade_no", "")),
            amount_fen=exchange.fen(answer["refund_amount"]) if is_paid else 0,
        )

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentTold | RefundTold:
        """Check Alipay's signature over the sorted parameters, and that they mean us."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        except ValueError as error:
            raise PaymentNoticeForged from error
        message = exchange.sorted_query(fields, without=("sign", "sign_type")).encode()
        is_good = exchange.is_signed(self._theirs, message, fields.get("sign", ""))
        if not is_good or fields.get("app_id") != self._app_id:
            raise PaymentNoticeForged
        try:
            if fields.get("gmt_refund") and fields.get("out_biz_no"):
                return RefundTold(
                    refund_no=fields["out_biz_no"],
                    outcome=Outcome.WAITING,  # the sum told is that of all refunds: ask
                    channel_no=fields.get("trade_no", ""),
                )
            return self._told(fields, "gmt_payment")
        except (KeyError, ValueError, Refusal) as error:
            raise PaymentNoticeForged from error

    def bill(self, day: date) -> Bill:
        """Fetch the address of the day's bill, then the archive, and read its details."""
        answer = self._ask(
            "alipay.data.dataservice.bill.downloadurl.query",
            {"bill_type": "trade", "bill_date": day.isoformat()},
            _NO_BILL,
        )
        data = b""
        if answer:
            data = self._exchange.ask("GET", str(answer["bill_download_url"])).content
        since = datetime.combine(day, time.min, SHANGHAI)
        return Bill(
            sha256=hashlib.sha256(data).hexdigest(),
            lines=tuple(_bill_lines(data)) if data else (),
            since=since,
            until=since + timedelta(days=1),
        )

    def acknowledgement(self, *, taken: bool) -> Acknowledgement:
        """The word `success`, or another, after which Alipay tries again."""
        body = "success" if taken else "failure"
        return Acknowledgement(status=200, content_type="text/plain", body=body)

    def _told(self, content: Mapping[str, Any], when: str) -> PaymentTold:
        state, number = content["trade_status"], str(content["out_trade_no"])
        if state not in _PAID:
            outcome = Outcome.WAITING if state == "WAIT_BUYER_PAY" else Outcome.ENDED
            return PaymentTold(attempt_no=number, outcome=outcome)
        return PaymentTold(
            attempt_no=number,
            outcome=Outcome.PAID,
            channel_no=str(content["trade_no"]),
            amount_fen=exchange.fen(str(content["total_amount"])),
            paid_at=exchange.instant(str(content[when]), _TIME),
        )

    def _ask(
        self,
        method: str,
        content: Mapping[str, Any],
        absent: set[str] | frozenset[str] = frozenset(),
    ) -> Mapping[str, Any]:
        """Return the signed answer; an empty one for the codes in `absent`."""
        fields = self._signed(method, content, {})
        text = self._exchange.ask("POST", self._gateway, form=fields).text
        answer = self._signed_answer(text, method.replace(".", "_") + "_response")
        code, detail = str(answer.get("code")), str(answer.get("sub_code", ""))
        if code == "10000":
            return answer
        if detail in absent:
            return {}
        if code == "20000" or detail in _LATER:
            raise self._exchange.outage(detail or code)
        reason = f"{detail or code} {answer.get('sub_msg', '')}"[:120]
        raise PaymentChannelRefused(channel=self._exchange.label, reason=reason)

    def _signed_answer(self, text: str, name: str) -> Mapping[str, Any]:
        """Return the object `name`; its signature covers exactly the text that stands there."""
        try:
            start = text.index(f'"{name}"') + len(name) + 2
            start = text.index("{", start)
            answer, end = json.JSONDecoder().raw_decode(text, start)
            signature = str(json.loads(text)["sign"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._exchange.outage("应答无法识别") from error
        if not exchange.is_signed(self._theirs, text[start:end].encode(), signature):
            raise self._exchange.outage("应答验签未通过")
        return dict(answer)

    def _signed(
        self, method: str, content: Mapping[str, Any], more: Mapping[str, str]
    ) -> dict[str, str]:
        fields = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": exchange.local(now(), _TIME),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **more,
        }
        message = exchange.sorted_query(fields, without=("sign",)).encode()
        return {**fields, "sign": exchange.sign(self._key, message)}


def _bill_lines(data: bytes) -> Iterator[BillLine]:
    """Read the details in the archive: GBK, remarks begin with `#`, tabs stand around values."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            # Old archives write their names in GBK without saying so.
            name = entry.filename
            if not entry.flag_bits & 0x800:
                name = name.encode("cp437").decode("gbk", "replace")
            if name.endswith(_DETAILS) and entry.file_size <= _BILL_BYTES_MAX:
                yield from _details(archive.read(entry).decode("gbk"))


def _details(text: str) -> Iterator[BillLine]:
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    columns = [cell.strip() for cell in next(rows, [])]
    for row in rows:
        value = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
        if not value.get("支付宝交易号"):
            continue
        is_refund = value["业务类型"] == "退款"
        yield BillLine(
            attempt_no=value["商户订单号"],
            channel_no=value["支付宝交易号"],
            amount_fen=abs(exchange.fen(value["订单金额（元）"].removeprefix("-"))),
            at=exchange.instant(value["完成时间"], _TIME),
            refund_no=value.get("退款批次号/请求号", "") if is_refund else "",
        )
