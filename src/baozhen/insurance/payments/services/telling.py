"""Take what channels tell: by notice, when asked, or by their bills; each fact counts once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from baozhen.foundation.fields import blind_index
from baozhen.foundation.masking import mask_middle, mask_name
from baozhen.foundation.states import move
from baozhen.insurance.payments.channels.ports import (
    Acknowledgement,
    Outcome,
    PayerWord,
    PaymentTold,
    RefundTold,
)
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.errors import PaymentNoticeForged
from baozhen.insurance.payments.judging import Asked, Came, PayerProof, judge
from baozhen.insurance.payments.models import (
    ChannelNotice,
    PaymentAttempt,
    PaymentOrder,
    Receipt,
)
from baozhen.insurance.payments.services.ledger import book_receipt
from baozhen.insurance.payments.services.refunds import refund_receipt, settle_refund
from baozhen.insurance.payments.states import (
    VERDICT_LABELS,
    NoticeVerdict,
    OrderState,
    ReceiptVerdict,
)
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.queries import waiting_risks
from baozhen.signing.risks.services import raise_risk

SYSTEM: Final = "system"
FORGED_RISK: Final = "payment_notice_forged"
_RAW_CHARACTERS_MAX: Final = 16_384


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a telling: its verdict, and that of the money, if money came."""

    verdict: NoticeVerdict
    receipt: Receipt | None = None


def take_notice(
    channel: str, *, headers: Mapping[str, str], body: bytes, at: datetime
) -> Acknowledgement:
    """Take a channel's notice and return what it wants to hear.

    Raises PaymentNoticeForged for one that the channel did not sign: it is kept, counted and told
    as a risk, and changes nothing.
    """
    adapter = channel_of(channel)
    try:
        told = adapter.read_notice(headers, body)
    except PaymentNoticeForged:
        _keep_forged(channel, body, at=at)
        raise
    take_told(told, channel=channel, source="callback", at=at, raw=body)
    return adapter.acknowledgement(taken=True)


@transaction.atomic(durable=True)
def take_told(
    told: PaymentTold | RefundTold, *, channel: str, source: str, at: datetime, raw: bytes = b""
) -> Taken:
    """Take a channel's word, whichever way it came; the same word again changes nothing."""
    if isinstance(told, RefundTold):
        taken = Taken(verdict=settle_refund(told, channel=channel, at=at))
        attempt = None
    else:
        attempt = _locked(told.attempt_no, channel)
        taken = _take_payment(told, attempt, channel=channel, source=source, at=at)
    text = raw.decode("utf-8", "replace") or json.dumps(asdict(told), default=str)
    _keep(channel, text, taken.verdict, source=source, attempt=attempt, at=at)
    return taken


def _locked(attempt_no: str, channel: str) -> PaymentAttempt | None:
    """Return the attempt with its order locked: two tellings of one payment come one by one."""
    attempt = PaymentAttempt.objects.filter(attempt_no=attempt_no, channel=channel).first()
    if attempt is not None:
        attempt.order = PaymentOrder.objects.select_for_update().get(pk=attempt.order_id)
    return attempt


def _take_payment(
    told: PaymentTold, attempt: PaymentAttempt | None, *, channel: str, source: str, at: datetime
) -> Taken:
    if told.outcome is not Outcome.PAID or told.paid_at is None:
        if told.outcome is Outcome.ENDED and attempt is not None:
            PaymentAttempt.objects.filter(pk=attempt.pk).update(ended_at=at)
        return Taken(verdict=NoticeVerdict.IGNORED)
    receipt, is_new = Receipt.objects.get_or_create(
        channel=channel,
        channel_no=told.channel_no,
        defaults={
            "attempt": attempt,
            "attempt_no": told.attempt_no[:64],
            "amount_fen": told.amount_fen,
            "paid_at": told.paid_at,
            "payer_name": told.payer_name,
            "payer_id_no": told.payer_id_no,
            "account": told.account,
            "payer_masked": mask_name(told.payer_name) if told.payer_name else "",
            "account_masked": mask_middle(told.account, head=4, tail=4)[:40],
            "verdict": _judge(told, attempt, channel),
            "source": source,
            "taken_at": at,
        },
    )
    if not is_new:
        return Taken(verdict=NoticeVerdict.REPEATED, receipt=receipt)
    order = attempt.order if attempt is not None else None
    book_receipt(receipt, order, at=at)
    if attempt is not None:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(ended_at=at)
    if receipt.verdict == ReceiptVerdict.ACCEPTED and order is not None:
        move(
            order,
            OrderState.CONFIRMED,
            actor=SYSTEM,
            at=at,
            paid_at=told.paid_at,
            confirmed_at=at,
            channel=channel,
        )
        return Taken(verdict=NoticeVerdict.TAKEN, receipt=receipt)
    if order is not None:
        # Money with no order of ours waits for a person: it may be another system's.
        refund_receipt(
            receipt,
            cause=receipt.verdict,
            reason=VERDICT_LABELS[receipt.verdict],
            reference=f"verdict/{receipt.verdict}",
            at=at,
        )
    return Taken(verdict=NoticeVerdict.UNUSABLE, receipt=receipt)


def _judge(told: PaymentTold, attempt: PaymentAttempt | None, channel: str) -> ReceiptVerdict:
    order = attempt.order if attempt is not None else None
    if order is None or told.paid_at is None:
        return ReceiptVerdict.UNKNOWN
    asked = Asked(
        state=order.state,
        amount_fen=order.amount_fen,
        expires_at=order.expires_at,
        payer_required=order.payer_required,
    )
    came = Came(
        amount_fen=told.amount_fen,
        paid_at=told.paid_at,
        proof=_proof(told, order, channel),
        payer_differs=_differs(told, order),
    )
    return judge(asked, came)


def _differs(told: PaymentTold, order: PaymentOrder) -> bool:
    name, number = told.payer_name, told.payer_id_no
    return bool(
        (name and blind_index(name, "person.name") != order.payer_name_index)
        or (number and blind_index(number, "person.id_no") != order.payer_id_index)
    )


def _proof(told: PaymentTold, order: PaymentOrder, channel: str) -> PayerProof:
    if told.payer_name and told.payer_id_no:
        return PayerProof.TOLD
    if channel_of(channel).payer_word is PayerWord.ENFORCES:
        return PayerProof.ENFORCED
    if order.payer_check_no:
        return PayerProof.CHECKED
    return PayerProof.NONE


@transaction.atomic(durable=True)
def _keep_forged(channel: str, body: bytes, *, at: datetime) -> None:
    """Keep a forged notice; one open risk a channel is enough, the notices count themselves."""
    text = body.decode("utf-8", "replace")
    notice = _keep(channel, text, NoticeVerdict.FORGED, source="callback", attempt=None, at=at)
    open_ones = waiting_risks().filter(kind=FORGED_RISK)
    if not any(_channel_of(risk) == channel for risk in open_ones[:10]):
        raise_risk(
            kind=FORGED_RISK,
            severity="warning",
            subject_type="payment_notice",
            subject_id=notice.pk,
            facts={"channel": channel, "sha256": notice.sha256},
            at=at,
        )


def _channel_of(risk: Risk) -> str:
    return str(risk.facts.get("channel", ""))


def _keep(
    channel: str,
    text: str,
    verdict: NoticeVerdict,
    *,
    source: str,
    attempt: PaymentAttempt | None,
    at: datetime,
) -> ChannelNotice:
    return ChannelNotice.objects.create(
        channel=channel,
        source=source,
        raw=text[:_RAW_CHARACTERS_MAX],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        verdict=verdict,
        attempt=attempt,
        received_at=at,
    )
