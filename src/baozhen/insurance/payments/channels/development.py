"""Development's cashier: stands in for every channel, takes no money, and says so.

What a tester chose stands in files under the data folder, as a channel's books would. Its notices
are signed with a key of the machine, so that they take the same way in as real ones.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.transactions import refuse_inside_transaction
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

SIGNATURE: Final = "X-Baozhen-Cashier"
ADDRESS: Final = "/m/cashier/"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What the tester chose: who pays, how much, when."""

    amount_fen: int
    at: datetime
    payer_name: str = field(repr=False)
    payer_id_no: str = field(repr=False)
    account: str = field(repr=False)


class DevelopmentCashier:
    """The twin of a channel; it tells who paid."""

    payer_word = PayerWord.TELLS

    def __init__(self, name: str) -> None:
        if is_production():
            raise DevelopmentOnly(twin="开发收银台")
        self.name = name
        self._folder = Path(configured("BAOZHEN_DATA")) / "cashier" / name
        _logger.warning("开发收银台：不收取任何款项，仅供开发和演示")

    def start(self, request: StartRequest) -> Handover:
        """Open a page of our own that asks the tester what shall happen."""
        refuse_inside_transaction("a payment channel")
        if self._read(request.attempt_no) is None:
            self._write(
                request.attempt_no,
                {
                    "title": request.title,
                    "amount_fen": request.amount_fen,
                    "payer_name": request.payer_name,
                    "payer_id_no": request.payer_id_no,
                    "return_url": request.return_url,
                },
            )
        return Handover(kind=HandoverKind.LINK, url=f"{ADDRESS}{self.name}/{request.attempt_no}")

    def opened(self, attempt_no: str) -> Mapping[str, Any] | None:
        """Return what the page shows of an attempt; None for one that was never opened."""
        return self._read(attempt_no) if attempt_no.isalnum() else None

    def pay(self, attempt_no: str, deed: Deed) -> tuple[Mapping[str, str], bytes]:
        """Write the payment into the books; return the notice of it."""
        page = dict(self._read(attempt_no) or {})
        if page.get("closed"):
            raise PaymentChannelRefused(channel="开发收银台", reason="订单已关闭")
        if "paid" not in page:
            page["paid"] = {
                "channel_no": f"dev{self.name}{attempt_no}",
                "amount_fen": deed.amount_fen,
                "paid_at": deed.at.isoformat(),
                "payer_name": deed.payer_name,
                "payer_id_no": deed.payer_id_no,
                "account": deed.account,
            }
            self._write(attempt_no, page)
        return self.notice({"attempt_no": attempt_no, **page["paid"]})

    def notice(self, content: Mapping[str, Any]) -> tuple[Mapping[str, str], bytes]:
        """Return a signed notice: its headers and its body."""
        body = json.dumps(content, ensure_ascii=False).encode()
        return {SIGNATURE: self._sign(body)}, body

    def query(self, attempt: AttemptRef) -> PaymentTold:
        """Look into the books."""
        refuse_inside_transaction("a payment channel")
        page = self._read(attempt.attempt_no) or {}
        if "paid" in page:
            return _told({"attempt_no": attempt.attempt_no, **page["paid"]})
        outcome = Outcome.ENDED if page.get("closed") else Outcome.WAITING
        return PaymentTold(attempt_no=attempt.attempt_no, outcome=outcome)

    def close(self, attempt: AttemptRef) -> None:
        """Note that nobody may pay any more."""
        refuse_inside_transaction("a payment channel")
        page = dict(self._read(attempt.attempt_no) or {})
        if "paid" in page:
            raise PaymentChannelRefused(channel="开发收银台", reason="订单已支付")
        self._write(attempt.attempt_no, page | {"closed": True})

    def refund(self, request: RefundRequest) -> RefundTold:
        """Write the refund into the books: it arrives at once."""
        refuse_inside_transaction("a payment channel")
        page = dict(self._read(request.attempt.attempt_no) or {})
        refunds = dict(page.get("refunds", {}))
        refunds[request.refund_no] = {
            "amount_fen": request.amount_fen,
            "at": request.made_at.isoformat(),
        }
        self._write(request.attempt.attempt_no, page | {"refunds": refunds})
        return _refunded(request)

    def query_refund(self, request: RefundRequest) -> RefundTold:
        """Look into the books."""
        page = self._read(request.attempt.attempt_no) or {}
        if request.refund_no in page.get("refunds", {}):
            return _refunded(request)
        return RefundTold(refund_no=request.refund_no, outcome=Outcome.WAITING)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentTold | RefundTold:
        """Check the machine's signature."""
        given = {name.lower(): value for name, value in headers.items()}
        signature = given.get(SIGNATURE.lower(), "")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            raise PaymentNoticeForged
        return _told(json.loads(body))

    def bill(self, day: date) -> Bill:
        """Return what the books say of a day."""
        since = datetime.combine(day, time.min, SHANGHAI)
        until = since + timedelta(days=1)
        lines = [line for line in self._lines() if since <= line.at < until]
        text = json.dumps([str(line) for line in lines], ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Bill(sha256=digest, lines=lines, since=since, until=until)

    def acknowledgement(self, *, taken: bool) -> Acknowledgement:
        """Plain words; nobody reads them."""
        status = 200 if taken else 500
        return Acknowledgement(status=status, content_type="text/plain", body="ok")

    def _lines(self) -> Iterator[BillLine]:
        for path in sorted(self._folder.glob("*.json")):
            page = json.loads(path.read_text(encoding="utf-8"))
            if "paid" not in page:
                continue
            paid = page["paid"]
            number = paid["channel_no"]
            at = datetime.fromisoformat(paid["paid_at"])
            fen = paid["amount_fen"]
            yield BillLine(attempt_no=path.stem, channel_no=number, amount_fen=fen, at=at)
            for refund_no, refund in page.get("refunds", {}).items():
                yield BillLine(
                    attempt_no=path.stem,
                    channel_no=number,
                    amount_fen=refund["amount_fen"],
                    at=datetime.fromisoformat(refund["at"]),
                    refund_no=refund_no,
                )

    def _sign(self, body: bytes) -> str:
        key = f"cashier/{configured('SECRET_KEY')}".encode()
        return hmac.new(key, body, hashlib.sha256).hexdigest()

    def _read(self, attempt_no: str) -> Mapping[str, Any] | None:
        path = self._folder / f"{attempt_no}.json"
        if not path.is_file():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _write(self, attempt_no: str, page: Mapping[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{attempt_no}.json"
        path.write_text(json.dumps(page, ensure_ascii=False, indent=2), encoding="utf-8")


def _told(content: Mapping[str, Any]) -> PaymentTold:
    return PaymentTold(
        attempt_no=content["attempt_no"],
        outcome=Outcome.PAID,
        channel_no=content["channel_no"],
        amount_fen=content["amount_fen"],
        paid_at=datetime.fromisoformat(content["paid_at"]),
        payer_name=content["payer_name"],
        payer_id_no=content["payer_id_no"],
        account=content["account"],
    )


def _refunded(request: RefundRequest) -> RefundTold:
    return RefundTold(
        refund_no=request.refund_no,
        outcome=Outcome.PAID,
        channel_no=f"dev{request.refund_no}",
        amount_fen=request.amount_fen,
    )
