"""Deliver issued policies: one mail a proposal, with every document attached (S0-6.1)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.acts import Act
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import Attachment, Letter, queue_letter
from baozhen.insurance.policies.models import Policy, PolicyFile, PolicyInvoice
from baozhen.insurance.policies.services.announcing import announce
from baozhen.insurance.policies.services.invoicing import invoice_attachments
from baozhen.insurance.policies.states import FILE_TITLES, InvoiceState
from baozhen.insurance.policies.tokens import verification_url
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ProposalState
from baozhen.signing.organizations.insurer import get_insurer

_TEXT = """尊敬的{name}：

您投保的机动车保险已承保出单，电子保单见附件，与纸质保单具有同等法律效力：

{documents}

核验真伪：{url}
如有疑问，请致电 {phone}。

{insurer}
"""


def deliver_policies(proposal_ids: Sequence[int], *, at: datetime) -> None:
    """Queue one mail for each issued proposal; one that has its mail already is left alone."""
    proposals = Proposal.objects.filter(pk__in=proposal_ids, state=ProposalState.ISSUED)
    files: dict[int, list[PolicyFile]] = {}
    rows = PolicyFile.objects.filter(policy__proposal__in=proposal_ids, sha256__isnull=False)
    for file in rows.defer("content").select_related("policy").order_by("id"):
        files.setdefault(file.policy.proposal_id, []).append(file)
    for proposal in proposals:
        with transaction.atomic(durable=True):
            # An invoice that comes at this moment is taken along, or sees that the mail has gone.
            Proposal.objects.select_for_update().only("pk").get(pk=proposal.pk)
            invoices = PolicyInvoice.objects.filter(
                policy__proposal=proposal, state=InvoiceState.ISSUED
            )
            letter = _letter(proposal, files[proposal.pk], list(invoices.order_by("id")))
            queue_letter(letter, actor="system", at=at)


def record_delivery(delivery_id: int, *, at: datetime) -> None:
    """Record `policy.delivered` for the policies of a mail that was sent, once."""
    delivery = Delivery.objects.get(pk=delivery_id)
    if delivery.subject_type != Proposal.NOUN:
        return
    with transaction.atomic(durable=True):
        policies = Policy.objects.select_for_update().filter(proposal_id=delivery.subject_id)
        keys = list(policies.values_list("pk", flat=True))
        done = set(
            AuditEntry.objects.filter(
                subject_type=Policy.NOUN, subject_id__in=keys, action="policy.delivered"
            ).values_list("subject_id", flat=True)
        )
        audit.record_many(
            [
                Act(
                    action="policy.delivered",
                    subject_type=Policy.NOUN,
                    subject_id=key,
                    actor="system",
                    at=at,
                    facts={"delivery": delivery.pk},
                )
                for key in keys
                if key not in done
            ]
        )
        fresh = Policy.objects.filter(pk__in=set(keys) - done).select_related("proposal")
        announce("policy.delivered", fresh.order_by("pk"), at=at)


def _letter(
    proposal: Proposal, files: Sequence[PolicyFile], invoices: Sequence[PolicyInvoice]
) -> Letter:
    holder = proposal.content["policyholder"]
    insurer = get_insurer()
    titled = [(FILE_TITLES[f.kind, f.policy.kind], f) for f in files]
    return Letter(
        reference=f"proposal/{proposal.proposal_no}",
        subject_type=Proposal.NOUN,
        subject_id=proposal.pk,
        recipient=holder["email"],
        title=f"您的机动车保险电子保单（{files[0].number}）",
        text=_TEXT.format(
            name=holder["name"],
            documents="\n".join(
                [f"　{title} {file.number}" for title, file in titled]
                + [f"　电子发票 {invoice.number}" for invoice in invoices]
            ),
            url=verification_url(files[0].number),
            phone=insurer.service_phone,
            insurer=insurer.name,
        ),
        attachments=(
            *(
                Attachment(name=f"{title}_{file.number}.pdf", sha256=str(file.sha256))
                for title, file in titled
            ),
            *(paper for invoice in invoices for paper in invoice_attachments(invoice)),
        ),
    )
