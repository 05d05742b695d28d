"""What happens next. The whole process on one page.

Left: a fact. Right: the jobs that act on it. A fact without followers is listed with `()`.
"""

from collections.abc import Mapping

from baozhen.insurance.policies import jobs

FLOW: Mapping[str, tuple[str, ...]] = {
    # A proposal arrives underwritten, signed and paid; its payment sets issuing going.
    "proposal.submitted": (),
    "payment.confirmed": (jobs.ISSUE_PAID,),
    # 合同或监管另有规定的除外 (S0-4.3.2): an approved, dated exception stands in for the payment.
    "payment.excepted": (jobs.ISSUE_PAID,),
    "policy.numbered": (),
    "policy.issued": (),
    "policy.timestamped": (),
    "proposal.issued": (jobs.DELIVER, jobs.REGISTER_FILES),
    "delivery.queued": ("send_delivery",),
    "delivery.sent": (jobs.RECORD_DELIVERY,),
    "delivery.failed": (),
    "policy.delivered": (),
    "policy.cancelled": (),
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
