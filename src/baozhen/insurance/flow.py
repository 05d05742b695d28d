"""What happens next. The whole process on one page.

Left: a fact. Right: the jobs that act on it. A fact without followers is listed with `()`.
"""

from collections.abc import Mapping

from baozhen.insurance.applications import jobs as applications
from baozhen.insurance.claims import jobs as claims
from baozhen.insurance.compliance import jobs as compliance
from baozhen.insurance.disclosures import jobs as disclosures
from baozhen.insurance.endorsements import jobs as endorsements
from baozhen.insurance.payments import jobs as payments
from baozhen.insurance.policies import jobs
from baozhen.insurance.verification import notices

FLOW: Mapping[str, tuple[str, ...]] = {
    # Tables: what somebody made, another approves; it is in force from its day.
    "table_version.draft": (),
    "table_version.submitted": (),
    "table_version.approved": (),
    "table_version.rejected": (),
    "table_version.retired": (),
    # Reading and signing: another content, another set; who has ended signs no more.
    "reading_set.open": (),
    "reading_set.signed": (),
    "reading_set.void": (),
    "reading_set.superseded": (),
    "application.withdrawn": (
        disclosures.RECALL,
        payments.CLOSE_OF_APPLICATION,
        applications.END_REFERRAL,
    ),
    "application.expired": (
        disclosures.RECALL,
        payments.CLOSE_OF_APPLICATION,
        applications.END_REFERRAL,
    ),
    # Applications: what is submitted is assessed; what is accepted is read, by a link.
    "application.draft": (),
    "application.submitted": (applications.ASSESS,),
    "application.referred": (applications.TELL,),
    "application.offered": (applications.TELL,),
    "application.accepted": (applications.SEND_LINK,),
    "application.declined": (applications.TELL,),
    "application.signed": (),
    "application.paid": (),
    "application.issued": (),
    "application.superseded": (),
    "application.failed": (),
    # Underwriting: what the rules leave open, a person decides.
    "referral.open": (),
    "referral.accepted": (applications.SETTLE_REFERRAL,),
    "referral.offered": (applications.SETTLE_REFERRAL,),
    "referral.declined": (applications.SETTLE_REFERRAL,),
    "referral.withdrawn": (),
    # A proposal arrives underwritten, signed and paid; its payment sets issuing going.
    "proposal.submitted": (),
    "payment.confirmed": (jobs.ISSUE_PAID,),
    # 合同或监管另有规定的除外 (S0-4.3.2): an approved, dated exception stands in for the payment.
    "payment.excepted": (jobs.ISSUE_PAID,),
    # Money: the right sum sets issuing going, what cannot be kept goes back by itself.
    "payment_order.opened": (),
    "payment_order.paying": (),
    "payment_order.confirmed": (jobs.ISSUE_APPLICATION, endorsements.TAKE_PAYMENT),
    "payment_order.refunding": (),
    "payment_order.refunded": (),
    "payment_order.closed": (),
    "refund.proposed": (),
    "refund.requested": (payments.SEND_REFUND,),
    "refund.sent": (),
    "refund.succeeded": (),
    "refund.failed": (),
    "refund.rejected": (),
    "payment_difference.open": (),
    "payment_difference.handled": (),
    "policy.numbered": (),
    "policy.issued": (),
    "policy.timestamped": (),
    # The invoice job promises the delivery, which takes along the invoices that are there.
    "proposal.issued": (
        jobs.CLOSE_APPLICATIONS,
        jobs.INVOICE,
        jobs.REGISTER_FILES,
        notices.TELL,
    ),
    "delivery.queued": ("send_delivery",),
    "delivery.sent": (jobs.RECORD_DELIVERY,),
    "delivery.failed": (),
    "policy.delivered": (),
    "invoice.requested": (),
    "invoice.issued": (jobs.SEND_INVOICE,),
    "invoice.refused": (),
    # Receipts and signed proposals are tasks of the signing centre.
    "envelope.completed": (jobs.SETTLE_RECEIPTS, disclosures.SETTLE),
    "receipt.asked": (),
    "receipt.signed": (),
    # Who may see policies: callers, WeChat accounts.
    "caller_check.passed": (),
    "caller_check.refused": (),
    "caller_check.ended": (),
    "wechat_binding.bound": (),
    "wechat_binding.released": (),
    # Claims: the reporter is told what concerns them.
    "claim.registered": (),
    "claim.collecting": (claims.TELL,),
    "claim.assessing": (),
    "claim.offered": (claims.TELL,),
    "claim.refused": (claims.TELL,),
    "claim.agreed": (),
    "claim.paid": (claims.TELL,),
    "claim.disputed": (),
    "claim.withdrawn": (),
    "claim.closed": (claims.TELL,),
    # Duties of the organisation; a clock reminds of them.
    "duty.open": (compliance.REMIND,),
    "duty.handed_in": (),
    "duty.met": (),
    "policy.cancelled": (),
    # A change: a leader decides where the rule says so, the holder confirms, a difference is paid.
    "change.draft": (),
    "change.submitted": (),
    "change.accepted": (),
    "change.paying": (),
    "change.sealing": (endorsements.SEAL,),
    "change.issued": (endorsements.MAIL, endorsements.TEXT, endorsements.REGISTER),
    "change.refused": (),
    "change.withdrawn": (),
    "change.expired": (),
    "endorsement.numbered": (),
    "endorsement.issued": (),
    # Batches: the chunks are promised when the last line has come.
    "batch.receiving": (),
    "batch.processing": (),
    "batch.finished": (),
    # Certificates: sealing asks which are active before each run.
    "binding.pending": (),
    "binding.active": (),
    "binding.suspended": (),
    "binding.revoked": (),
    "binding.expired": (),
}
