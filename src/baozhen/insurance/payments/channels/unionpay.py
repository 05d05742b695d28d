"""UnionPay's gateway for all channels, 5.1.0: front payments, queries, refunds, notices, files.

Settings: `mer_id`, `cert_id` (the serial number of the signing certificate, decimal),
`private_key`, `root` and `middle` (PEM certificates of UnionPay's house), `common_name` of its
signing certificate, and `gateway`, `file_gateway` for tests.
As the gateway documents it: a message is signed with RSA over the hex SHA-256 of its sorted
fields; answers and notices bring their certificate along, which must come from UnionPay's house.
"""

import base64
import binascii
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

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
    StartRequest,
)
from baozhen.insurance.payments.errors import PaymentChannelRefused, PaymentNoticeForged

_GATEWAY: Final = "https://gateway.95516.com"
_FILES: Final = "https://filedownload.95516.com"
_COMMON_NAME: Final = "中国银联股份有限公司"
_TIME: Final = "%Y%m%d%H%M%S"
_DONE: Final = frozenset({"00", "A6"})
_WAITING: Final = frozenset({"01", "03", "04", "05"})
_ABSENT: Final = "34"
_NO_FILE: Final = "98"
_FILE_BYTES_MAX: Final = 256 * 1024 * 1024
# The columns of a ZM file, each followed by a space, as far as we read them.
_WIDTHS: Final = (3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2)
_AT, _AMOUNT, _QUERY_ID, _ORDER, _TYPE = 4, 6, 9, 11, 19
_PAYMENT, _REFUND = "01", "04"
# A day of settlement ends at 23:00.
_DAY_ENDS: Final = timedelta(hours=23)


class UnionPay:
    """A merchant of UnionPay. It lets nobody pay but the card holder it was told of."""

    name = "unionpay"
    payer_word = PayerWord.ENFORCES

    def __init__(self, settings: Mapping[str, Any], *, http: httpx.Client | None = None) -> None:
        self._gateway = str(settings.get("gateway", _GATEWAY)).rstrip("/")
        self._files = str(settings.get("file_gateway", _FILES)).rstrip("/")
        self._merchant, self._cert_id = str(settings["mer_id"]), str(settings["cert_id"])
        self._key = exchange.private_key(str(settings["private_key"]))
        self._root, self._middle = (
            certificate_of(settings["root"]),
            certificate_of(settings["middle"]),
        )
        self._common_name = str(settings.get("common_name", _COMMON_NAME))
        self._exchange = exchange.Exchange(self.name, self._gateway, http)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "UnionPay":
        """Build from the settings' line."""
        return cls(settings)

    def start(self, request: StartRequest) -> Handover:
        """Sign the form that opens UnionPay's page; nothing is asked before the payer goes."""
        more = {}
        if request.payer_id_no:
            holder = f"certifTp=01&certifId={request.payer_id_no}&customerNm={request.payer_name}"
            more["customerInfo"] = base64.b64encode(f"{{{holder}}}".encode()).decode("ascii")
        fields = self._signed(
            {
                "txnType": _PAYMENT,
                "txnSubType": "01",
                "bizType": "000201",
                "channelType": "08",
                "orderId": request.attempt_no,
                "txnTime": exchange.local(request.made_at, _TIME),
                "payTimeout": exchange.local(request.expires_at, _TIME),
                "txnAmt": str(request.amount_fen),
                "currencyCode": "156",
                "backUrl": request.notify_url,
                "frontUrl": request.return_url,
                **more,
            }
        )
        url = f"{self._gateway}/gateway/api/frontTransReq.do"
        return Handover(kind=HandoverKind.FORM, url=url, fields=fields)

    def query(self, attempt: AttemptRef) -> PaymentTold:
        """Ask by our number and the time that went with it."""
        answer = self._query(attempt.attempt_no, attempt.made_at)
        state = answer.get("origRespCode", "")
        if answer["respCode"] == _ABSENT or state in _WAITING:
            return PaymentTold(attempt_no=attempt.attempt_no, outcome=Outcome.WAITING)
        if state not in _DONE:
            return PaymentTold(attempt_no=attempt.attempt_no, outcome=Outcome.ENDED)
        return self._told(answer)

    def close(self, attempt: AttemptRef) -> None:
        """The gateway closes by itself at the time it was told; refuse when it has been paid."""
        if self.query(attempt).outcome is Outcome.PAID:
            raise PaymentChannelRefused(channel=self._exchange.label, reason="订单已支付")

    def refund(self, request: RefundRequest) -> RefundTold:
        """Refund by UnionPay's number of the payment; `accepted` is not yet `paid`."""
        answer = self._ask(
            f"{self._gateway}/gateway/api/backTransReq.do",
            {
                "txnType": _REFUND,
                "txnSubType": "00",
                "bizType": "000201",
                "channelType": "08",
                "orderId": request.refund_no,
                "origQryId": request.channel_no,
                "txnTime": exchange.local(request.made_at, _TIME),
                "txnAmt": str(request.amount_fen),
                "backUrl": request.notify_url,
            },
        )
        code = answer["respCode"]
        if code not in _DONE | _WAITING:
            reason = f"{code} {answer.get('respMsg', '')}"[:120]
            raise PaymentChannelRefused(channel=self._exchange.label, reason=reason)
        return RefundTold(
            refund_no=request.refund_no,
            outcome=Outcome.WAITING,
            channel_no=answer.get("queryId", ""),
            amount_fen=request.amount_fen,
        )

    def query_refund(self, request: RefundRequest) -> RefundTold:
        """Ask by our number of the refund and the time that went with it."""
        answer = self._query(request.refund_no, request.made_at)
        state = answer.get("origRespCode", "")
        if answer["respCode"] == _ABSENT or state in _WAITING:
            return RefundTold(refund_no=request.refund_no, outcome=Outcome.WAITING)
        return self._refund_told(answer, is_done=state in _DONE)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentTold | RefundTold:
        """Check the certificate that came along and its signature, and that it means us."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        except ValueError as error:
            raise PaymentNoticeForged from error
        self._check(fields)
        try:
            is_done = fields["respCode"] in _DONE
            if fields["txnType"] == _REFUND:
                return self._refund_told(fields, is_done=is_done)
            if not is_done:
                return PaymentTold(attempt_no=fields["orderId"], outcome=Outcome.ENDED)
            return self._told(fields)
        except (KeyError, ValueError) as error:
            raise PaymentNoticeForged from error

    def bill(self, day: date) -> Bill:
        """Fetch the day's archive and read the ordinary trades (ZM) in it."""
        answer = self._ask(
            f"{self._files}/",
            {
                "txnType": "76",
                "txnSubType": "01",
                "bizType": "000000",
                "txnTime": exchange.local(now(), _TIME),
                "settleDate": f"{day:%m%d}",
                "fileType": "00",
            },
        )
        data = b""
        if answer["respCode"] == "00":
            try:
                data = _inflate(base64.b64decode(answer["fileContent"]))
            except (KeyError, binascii.Error, zlib.error) as error:
                raise self._exchange.outage("对账文件无法解开") from error
        elif answer["respCode"] != _NO_FILE:
            raise self._exchange.outage(answer["respCode"])
        end = datetime.combine(day, time.min, SHANGHAI) + _DAY_ENDS
        return Bill(
            sha256=hashlib.sha256(data).hexdigest(),
            lines=tuple(_bill_lines(data, day)) if data else (),
            since=end - timedelta(days=1),
            until=end,
        )

    def acknowledgement(self, *, taken: bool) -> Acknowledgement:
        """Status 200, or another, after which UnionPay tries again."""
        status = 200 if taken else 500
        return Acknowledgement(status=status, content_type="text/plain", body="ok")

    def _query(self, number: str, at: datetime) -> dict[str, str]:
        answer = self._ask(
            f"{self._gateway}/gateway/api/queryTrans.do",
            {
                "txnType": "00",
                "txnSubType": "00",
                "bizType": "000000",
                "orderId": number,
                "txnTime": exchange.local(at, _TIME),
            },
        )
        if answer["respCode"] not in {"00", _ABSENT}:
            raise self._exchange.outage(answer["respCode"])
        return answer

    def _ask(self, url: str, fields: Mapping[str, str]) -> dict[str, str]:
        text = self._exchange.ask("POST", url, form=self._signed(fields)).text
        # `fileContent` and certificates hold `=`: the answer is no query string.
        answer = dict(part.partition("=")[::2] for part in text.strip().split("&"))
        try:
            self._check(answer)
        except PaymentNoticeForged as error:
            raise self._exchange.outage("应答验签未通过") from error
        if "respCode" not in answer:
            raise self._exchange.outage("应答无法识别")
        return answer

    def _signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        whole = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "accessType": "0",
            "merId": self._merchant,
            "certId": self._cert_id,
            **fields,
        }
        return {**whole, "signature": exchange.sign(self._key, _digest(whole))}

    def _check(self, fields: Mapping[str, str]) -> None:
        """Raise PaymentNoticeForged unless UnionPay signed these fields, for this merchant."""
        key = self._key_of(fields.get("signPubKeyCert", ""))
        is_good = key is not None and exchange.is_signed(
            key, _digest(fields), fields.get("signature", "")
        )
        if not is_good or fields.get("merId") != self._merchant:
            raise PaymentNoticeForged

    def _key_of(self, pem: str) -> RSAPublicKey | None:
        """Return the key of a certificate that UnionPay's house issued to UnionPay, valid now."""
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            certificate.verify_directly_issued_by(self._middle)
            self._middle.verify_directly_issued_by(self._root)
        except (ValueError, TypeError, InvalidSignature):
            return None
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = certificate.public_key()
        # The common name reads CFCA@中国银联股份有限公司@N@….
        is_theirs = any(self._common_name in str(name.value).split("@") for name in names)
        at = now()
        is_valid = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
        return key if is_theirs and is_valid and isinstance(key, RSAPublicKey) else None

    def _told(self, fields: Mapping[str, str]) -> PaymentTold:
        return PaymentTold(
            attempt_no=fields["orderId"],
            outcome=Outcome.PAID,
            channel_no=fields["queryId"],
            amount_fen=int(fields["txnAmt"]),
            paid_at=_paid_at(fields),
            account=fields.get("accNo", ""),
        )

    def _refund_told(self, fields: Mapping[str, str], *, is_done: bool) -> RefundTold:
        return RefundTold(
            refund_no=fields["orderId"],
            outcome=Outcome.PAID if is_done else Outcome.ENDED,
            channel_no=fields.get("queryId", ""),
            amount_fen=int(fields.get("txnAmt", "0")),
            reason=fields.get("origRespMsg", fields.get("respMsg", ""))[:120],
        )


def _paid_at(fields: Mapping[str, str]) -> datetime:
    """Return when it was paid: `txnTime` is our own time of ordering, `traceTime` has no year."""
    ordered, paid = fields["txnTime"], fields.get("traceTime", "")
    if not paid:
        return exchange.instant(ordered, _TIME)
    year = int(ordered[:4]) + (1 if paid[:2] < ordered[4:6] else 0)
    return exchange.instant(f"{year}{paid}", _TIME)


def _digest(fields: Mapping[str, str]) -> bytes:
    text = exchange.sorted_query(fields, without=("signature",))
    return hashlib.sha256(text.encode()).hexdigest().encode()


def certificate_of(text: object) -> x509.Certificate:
    """Return the certificate of a PEM, or of the file that holds one."""
    pem = str(text)
    data = pem.encode() if pem.lstrip().startswith("-----") else Path(pem).read_bytes()
    return x509.load_pem_x509_certificate(data)


def _inflate(data: bytes) -> bytes:
    engine = zlib.decompressobj()
    found = engine.decompress(data, _FILE_BYTES_MAX)
    if engine.unconsumed_tail:
        raise zlib.error("too large")
    return found


def _bill_lines(data: bytes, day: date) -> Iterator[BillLine]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if "ZM_" in entry.filename and entry.file_size <= _FILE_BYTES_MAX:
                for line in archive.read(entry).decode("gbk").splitlines():
                    if line.strip():
                        yield _bill_line(_columns(line), day)


def _columns(line: str) -> Sequence[str]:
    # Widths count bytes; everything before the names of merchants is ASCII.
    starts = list(accumulate((width + 1 for width in _WIDTHS), initial=0))
    return [line[start : end - 1].strip() for start, end in pairwise(starts)]


def _bill_line(columns: Sequence[str], day: date) -> BillLine:
    at = columns[_AT]  # MMDDhhmmss, without its year
    year = day.year - (1 if int(at[:2]) > day.month else 0)
    is_refund = columns[_TYPE] == _REFUND
    return BillLine(
        attempt_no="" if is_refund else columns[_ORDER],
        channel_no=columns[_QUERY_ID],
        amount_fen=int(columns[_AMOUNT]),
        at=exchange.instant(f"{year}{at}", _TIME),
        refund_no=columns[_ORDER] if is_refund else "",
    )
