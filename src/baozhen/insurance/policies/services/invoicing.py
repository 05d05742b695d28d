"""Invoice the premiums of issued policies, and see that the invoice reaches the holder.

A policy never waits for its invoice: the mail with the policy takes along what is there by then,
and what comes later follows in a mail of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.jobs import defer
from baozhen.foundation.masking import mask_text
from baozhen.foundation.money import split_vat, yuan_from_fen
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import Attachment, Letter, queue_letter
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.contents import content_now
from baozhen.insurance.policies.errors import InvoiceNoteMissing, InvoiceRefused
from baozhen.insurance.policies.invoices import InvoiceOrder, InvoiceService, get_invoices
from baozhen.insurance.policies.models import Policy, PolicyInvoice
from baozhen.insurance.policies.states import InvoiceState, PolicyKind, PolicyState
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.organizations.insurer import get_insurer

SYSTEM = "system"
ASK_AGAIN = "policy.invoice_again"
XML = "application/xml"
NOTE_MIN, NOTE_MAX = 4, 200
_ITEMS = {
    PolicyKind.COMPULSORY: "机动车交通事故责任强制保险",
    PolicyKind.COMMERCIAL: "机动车商业保险",
}
_LATE_TEXT = """尊敬的{name}：

您的保单 {policy} 的电子发票（号码 {number}）已经开具，见附件。

如有疑问，请致电 {phone}。

{insurer}
"""


def invoice_proposals(
    proposal_ids: Sequence[int], *, at: datetime, service: InvoiceService | None = None
) -> int:
    """Have every policy of these proposals invoiced that is not yet; return how many were.

    Safe to repeat. Raises InvoiceOutage; a refusal is kept with its reason for a person to see.
    """
    service = service or get_invoices()
    if service is None:
        return 0
    policies = Policy.objects.filter(proposal__in=proposal_ids, state=PolicyState.ISSUED)
    count = 0
    for policy in policies.select_related("proposal").order_by("id"):
        if policy.premium_fen > 0:
            invoice = _requested(policy, at=at)
            if invoice.state == InvoiceState.REQUESTED:
                _issue(invoice, policy, service, at=at)
                count += 1
    return count


def proposal_of_invoice(invoice_id: int) -> int:
    """Return the key of the proposal whose policy an invoice belongs to."""
    return PolicyInvoice.objects.select_related("policy").get(pk=invoice_id).policy.proposal_id


@transaction.atomic(durable=True)
def request_again(invoice: PolicyInvoice, *, note: str, actor: str, at: datetime) -> None:
    """Promise to ask again for an invoice that was refused, or that is long in coming.

    The service is asked under the same number: it never makes two of one. Raises
    InvoiceNoteMissing, IllegalMove for an invoice that is there, StaleState.
    """
    note = " ".join(note.split())
    if not NOTE_MIN <= len(note) <= NOTE_MAX:
        raise InvoiceNoteMissing(path="note")
    if invoice.state != InvoiceState.REQUESTED:
        move(invoice, InvoiceState.REQUESTED, actor=actor, at=at, failure="", requested_at=at)
    facts = {"reason": mask_text(note)}
    audit.record("invoice.asked_again", subject_id=invoice.pk, actor=actor, at=at, facts=facts)
    defer(ASK_AGAIN, key=invoice.pk)


def send_late_invoice(invoice_id: int, *, at: datetime) -> bool:
    """Mail an invoice that came after the mail with the policy had gone; return whether it did."""
    with transaction.atomic(durable=True):
        invoice = PolicyInvoice.objects.select_related("policy").get(pk=invoice_id)
        # The same lock as delivering takes: either that mail takes the invoice, or this one does.
        proposal = Proposal.objects.select_for_update().get(pk=invoice.policy.proposal_id)
        delivered = Delivery.objects.filter(reference=f"proposal/{proposal.proposal_no}").first()
        if delivered is None or invoice.state != InvoiceState.ISSUED:
            return False
        if any(item["sha256"] == invoice.pdf_sha256 for item in delivered.content["attachments"]):
            return False
        content = content_now(invoice.policy, on=at)
        queue_letter(_late_letter(invoice, content["policyholder"]), actor=SYSTEM, at=at)
        return True


def invoice_attachments(invoice: PolicyInvoice) -> tuple[Attachment, Attachment]:
    """Return the two forms of an invoice as a mail carries them."""
    name = f"电子发票_{invoice.number}"
    return (
        Attachment(name=f"{name}.pdf", sha256=invoice.pdf_sha256),
        Attachment(name=f"{name}.xml", sha256=invoice.xml_sha256, media_type=XML),
    )


def _requested(policy: Policy, *, at: datetime) -> PolicyInvoice:
    _, tax = split_vat(policy.premium_fen)
    with transaction.atomic(durable=True):
        invoice, is_new = PolicyInvoice.objects.get_or_create(
            policy=policy,
            defaults={
                "state": InvoiceState.REQUESTED,
                "request_no": f"INV{policy.number}",
                "amount_fen": policy.premium_fen,
                "tax_fen": tax,
                "requested_at": at,
            },
        )
        if is_new:
            enter(invoice, actor=SYSTEM, at=at)
    return invoice


def _issue(
    invoice: PolicyInvoice, policy: Policy, service: InvoiceService, *, at: datetime
) -> None:
    try:
        made = service.issue(_order(invoice, policy, content_now(policy, on=at)))
    except InvoiceRefused as refusal:
        with transaction.atomic(durable=True):
            move(invoice, InvoiceState.REFUSED, actor=SYSTEM, at=at, failure=str(refusal)[:200])
        return
    xml, pdf = get_storage().put_many([made.xml, made.pdf])
    with transaction.atomic(durable=True):
        move(
            invoice,
            InvoiceState.ISSUED,
            actor=SYSTEM,
            at=at,
            number=made.number,
            issued_at=made.issued_at,
            xml_sha256=xml,
            pdf_sha256=pdf,
        )


def _order(invoice: PolicyInvoice, policy: Policy, content: Mapping[str, Any]) -> InvoiceOrder:
    """Return what is asked for: an invoice that is late names the buyer as the policy does now."""
    holder = content["policyholder"]
    return InvoiceOrder(
        request_no=invoice.request_no,
        seller=get_insurer().name,
        buyer=holder["name"],
        buyer_id_no=holder["id_no"],
        item=_ITEMS[PolicyKind(policy.kind)],
        policy_no=policy.number,
        amount_fen=invoice.amount_fen,
        tax_fen=invoice.tax_fen,
        remark=_remark(policy, content.get("vehicle_tax")),
    )


def _remark(policy: Policy, tax: Mapping[str, Any] | None) -> str:
    """Return the remarks: the vehicle tax collected with it (税务总局公告 2016 年第 51 号)."""
    if policy.kind != PolicyKind.COMPULSORY or not tax:
        return f"保单号 {policy.number}"
    return (
        f"保单号 {policy.number}；代收车船税 {tax['year']} 年度 {tax['current']} 元，"
        f"滞纳金 {tax['late_fee']} 元，合计 {tax['total']} 元"
    )


def _late_letter(invoice: PolicyInvoice, holder: Mapping[str, Any]) -> Letter:
    insurer = get_insurer()
    return Letter(
        reference=f"invoice/{invoice.request_no}",
        subject_type=PolicyInvoice.NOUN,
        subject_id=invoice.pk,
        recipient=holder["email"],
        title=f"您的电子发票（{yuan_from_fen(invoice.amount_fen)} 元）",
        text=_LATE_TEXT.format(
            name=holder["name"],
            policy=invoice.policy.number,
            number=invoice.number,
            phone=insurer.service_phone,
            insurer=insurer.name,
        ),
        attachments=invoice_attachments(invoice),
    )
