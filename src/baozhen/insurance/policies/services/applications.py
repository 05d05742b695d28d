"""The bridge from an application to its policies: open the payment, then issue, or give it back.

A paid application becomes a proposal by the same door as a core system's (`submit_proposal`).
What is handed over is made from rows that no longer change, so however often it is handed over,
it is one proposal.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.money import fen_from_yuan, format_yuan
from baozhen.foundation.notify.errors import MailAddressInvalid
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.foundation.states import move
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.errors import NotPayable
from baozhen.insurance.disclosures.queries import check_payable, signature_section
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import bank_account
from baozhen.insurance.payments.models import PaymentOrder, Receipt
from baozhen.insurance.payments.queries import accepted_receipt, latest_order
from baozhen.insurance.payments.services.orders import (
    LIFETIME,
    OrderTerms,
    Part,
    PayerFacts,
    open_order,
)
from baozhen.insurance.payments.services.refunds import refund_order
from baozhen.insurance.payments.states import OrderState, Purpose
from baozhen.insurance.policies.services.submit import (
    ProposalDiffers,
    ProposalRefused,
    submit_proposal,
)
from baozhen.insurance.proposals.models import Proposal

SYSTEM: Final = "system"
# 经办 on policies of applications that were made with us.
CLIENT: Final = "baozhen"
WATCH_AFTER: Final = timedelta(minutes=2)
_WATCH_MOST: Final = 200
_PREFIXES: Final = {"compulsory": "PDZA", "commercial": "PDAA"}
_REFUND: Final = "投保单未能出单，保费原路退回"
_log = logging.getLogger(__name__)


def open_application_order(application: Application, *, at: datetime) -> PaymentOrder:
    """Return the order by which an application is paid, once all gates before the money are open.

    It ends with the application, and before cover begins: money that comes later goes back.
    Raises NotPayable.
    """
    earlier = latest_order(Purpose.APPLICATION, application.proposal_no)
    if earlier is not None and earlier.state not in {OrderState.CLOSED, OrderState.REFUNDED}:
        return earlier
    check_payable(application)
    content = application.content
    covers = [content[name] for name in _PREFIXES if content.get(name)]
    starts_at = min(datetime.fromisoformat(cover["cover_starts_at"]) for cover in covers)
    if starts_at <= at:
        raise NotPayable(reasons="保险起期已过，请撤回后重新选择起保时间")
    if application.expires_at <= at:
        raise NotPayable(reasons="投保单已过期，请重新投保")
    holder = content["policyholder"]
    return open_order(
        purpose=Purpose.APPLICATION,
        business_no=application.proposal_no,
        amount_fen=application.total_fen or 0,
        payer=PayerFacts(name=holder["name"], id_no=holder["id_no"]),
        title=f"机动车保险 {application.proposal_no}",
        at=at,
        terms=OrderTerms(
            parts=parts_of(content),
            region_code=application.region_code,
            expires_at=min(at + LIFETIME, application.expires_at, starts_at),
        ),
    )


def parts_of(content: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return what the sum is made of."""
    parts = [
        Part(kind="premium", label=label, fen=fen_from_yuan(content[name]["premium"]))
        for name, label in (("compulsory", "交强险保险费"), ("commercial", "商业险保险费"))
        if content.get(name)
    ]
    tax = fen_from_yuan(content["vehicle_tax"]["total"])
    if tax:
        parts.append(Part(kind="tax", label="代收车船税", fen=tax))
    return tuple(parts)


def issue_paid_application(order_key: int, *, at: datetime) -> None:
    """Carry a paid application on to its policies, or give the money back; safe to repeat.

    Raises what makes the job come again: an outage, or a bug that is being looked into.
    """
    order = PaymentOrder.objects.get(pk=order_key)
    if order.purpose != Purpose.APPLICATION or order.state != OrderState.CONFIRMED:
        return
    application = _mark_paid(order, at=at)
    if application is None:
        return
    try:
        submit_proposal(handed_over(application, order), client=CLIENT, at=at)
    except (ProposalRefused, ProposalDiffers) as refusal:
        codes = ",".join(sorted({fault.code for fault in refusal.faults}))
        _log.warning("application %s was refused after payment: %s", order.business_no, codes)
        _fail(application, order, at=at)


def handed_over(application: Application, order: PaymentOrder) -> dict[str, Any]:
    """Return the proposal of a paid application, as a core system would send it."""
    receipt = accepted_receipt(order)
    if receipt is None or application.paid_at is None or application.decided_at is None:
        raise NotPayable(reasons="还没有收款")
    content = dict(application.content)
    for name in _PREFIXES:
        if content.get(name):
            number = policy_number(name, application, paid_at=application.paid_at)
            content[name] = {**content[name], "policy_no": number}
    return {
        **content,
        "underwriting": {
            "decision": "accepted",
            "decided_at": _instant(application.decided_at),
            "underwriter": (application.decision or {}).get("underwriter", "AUTO"),
        },
        "signature": signature_section(application),
        "payment": _payment(order, receipt),
    }


def policy_number(part: str, application: Application, *, paid_at: datetime) -> str:
    """Return the number of a policy that the platform itself makes.

    Kind, year of payment, region, B for the platform, and the application's own serial number:
    computed, not drawn, so that handing over twice gives the same.
    """
    year = paid_at.astimezone(SHANGHAI).year
    return f"{_PREFIXES[part]}{year}{application.region_code[:2]}B{application.pk:08d}"


@transaction.atomic(durable=True)
def close_applications(proposal_keys: list[int], *, at: datetime) -> None:
    """Note that the applications of issued proposals have become policies."""
    numbers = list(
        Proposal.objects.filter(pk__in=proposal_keys, issued_at__isnull=False).values_list(
            "proposal_no", flat=True
        )
    )
    rows = Application.objects.select_for_update().filter(
        proposal_no__in=numbers, state=ApplicationState.PAID
    )
    for application in rows.order_by("pk"):
        move(
            application,
            ApplicationState.ISSUED,
            actor=SYSTEM,
            at=at,
            issued_at=at,
            closed_at=at,
            changed_at=at,
        )


def unissued_orders(*, at: datetime) -> list[int]:
    """Return the orders that were paid two minutes ago and whose application has no policy yet."""
    before = at - WATCH_AFTER
    open_ones = Application.objects.filter(
        state__in=[ApplicationState.SIGNED, ApplicationState.PAID]
    )
    orders = PaymentOrder.objects.filter(
        purpose=Purpose.APPLICATION,
        state=OrderState.CONFIRMED,
        confirmed_at__lt=before,
        business_no__in=open_ones.values("proposal_no"),
    )
    return list(orders.order_by("confirmed_at").values_list("pk", flat=True)[:_WATCH_MOST])


@transaction.atomic(durable=True)
def _mark_paid(order: PaymentOrder, *, at: datetime) -> Application | None:
    """Return the application to be issued; of one that ended meanwhile the money goes back."""
    rows = Application.objects.select_for_update()
    application = rows.get(proposal_no=order.business_no)
    if application.state == ApplicationState.SIGNED:
        move(
            application,
            ApplicationState.PAID,
            actor=SYSTEM,
            at=at,
            paid_at=order.paid_at,
            changed_at=at,
        )
        return application
    if application.state == ApplicationState.PAID:
        return application
    if application.state not in {ApplicationState.ISSUED, ApplicationState.FAILED}:
        _give_back(application, order, at=at)
    return None


@transaction.atomic(durable=True)
def _fail(application: Application, order: PaymentOrder, *, at: datetime) -> None:
    application = Application.objects.select_for_update().get(pk=application.pk)
    if application.state != ApplicationState.PAID:
        return
    move(
        application,
        ApplicationState.FAILED,
        actor=SYSTEM,
        at=at,
        closed_at=at,
        changed_at=at,
    )
    _give_back(application, order, at=at)


def _give_back(application: Application, order: PaymentOrder, *, at: datetime) -> None:
    """Refund the whole and tell the person, in the caller's transaction."""
    refund = refund_order(
        order_no=order.order_no,
        amount_fen=order.amount_fen,
        reason=_REFUND,
        reference=f"application/{application.proposal_no}",
        actor=SYSTEM,
        at=at,
    )
    address = str(application.content["policyholder"].get("email") or "")
    if not address:
        return
    letter = Letter(
        reference=f"refund/{refund.refund_no}",
        recipient=address,
        title="投保未能成功，保费将原路退回",
        text=(
            f"您好：\n\n投保单 {application.proposal_no} 未能出单，保险没有生效。"
            f"您支付的 {format_yuan(order.amount_fen)} 将原路退回付款账户，"
            f"一般 1 至 5 个工作日到账，不需要您操作。退款单号 {refund.refund_no}。\n\n"
            "如需投保，请重新填写投保单，或致电客服。"
        ),
        subject_type="payment_order",
        subject_id=order.pk,
    )
    try:
        queue_letter(letter, actor=SYSTEM, at=at)
    except MailAddressInvalid:
        _log.warning("no letter about %s: the address is malformed", refund.refund_no)


def _payment(order: PaymentOrder, receipt: Receipt) -> dict[str, Any]:
    """Return the payment's section; where anybody may pay, the payer is who the channel told of."""
    told = receipt.payer_name and receipt.payer_id_no
    section: dict[str, Any] = {
        "order_no": order.order_no,
        "payer_name": receipt.payer_name if told else order.payer_name,
        "payer_id_no": receipt.payer_id_no if told else order.payer_id_no,
        "channel": receipt.channel,
        "amount": f"{receipt.amount_fen // 100}.{receipt.amount_fen % 100:02d}",
        "paid_at": _instant(receipt.paid_at),
    }
    try:
        section["account"] = bank_account(receipt.account)
    except Unfit:
        # A wallet, or a card that the channel told with stars: the receipt has what was told.
        return section
    return section


def _instant(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat()
