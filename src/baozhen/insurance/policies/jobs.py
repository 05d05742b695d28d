"""Jobs of the policies stage: what the flow table and the clock call."""

from datetime import timedelta

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, defer_for, job
from baozhen.insurance.payments.models import Payment
from baozhen.insurance.policies.services.applications import (
    close_applications,
    issue_paid_application,
    unissued_orders,
)
from baozhen.insurance.policies.services.chunks import complete_proposals, process_chunk
from baozhen.insurance.policies.services.deliver import deliver_policies, record_delivery
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.insurance.policies.services.invoicing import (
    ASK_AGAIN,
    invoice_proposals,
    proposal_of_invoice,
    send_late_invoice,
)
from baozhen.insurance.policies.services.receipts import settle_receipts
from baozhen.insurance.policies.services.timestamps import FILES_MAX, complete_timestamps
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.services import PROCESS_CHUNK, forget_idempotency_keys
from baozhen.insurance.proposals.states import ProposalState

ISSUE_APPLICATION = "policy.issue_application"
ISSUE_WAITING = "policy.issue_waiting_applications"
CLOSE_APPLICATIONS = "policy.close_applications"
ISSUE_PAID = "policy.issue_paid"
ISSUE_OVERDUE = "policy.issue_overdue"
INVOICE = "policy.invoice"
SEND_INVOICE = "policy.send_invoice"
SETTLE_RECEIPTS = "policy.settle_receipts"
DELIVER = "policy.deliver"
RECORD_DELIVERY = "policy.record_delivery"
REGISTER_FILES = "policy.register_files"
COMPLETE_TIMESTAMPS = "policy.complete_timestamps"
FORGET_KEYS = "proposal.forget_idempotency_keys"

OVERDUE = timedelta(seconds=120)
_OVERDUE_MAX = 200


@job(ISSUE_APPLICATION, queue=Queue.LIVE)
def issue_application_job(key: int) -> None:
    """Carry the application of a confirmed order on to its policies (S0-4.3.4a1)."""
    issue_paid_application(key, at=now())


@job(ISSUE_WAITING, queue=Queue.HOUSEKEEPING, every_seconds=60)
def issue_waiting_applications_job() -> None:
    """Watchdog: promise again what was paid two minutes ago and is no policy yet."""
    defer_for(ISSUE_APPLICATION, unissued_orders(at=now()))


@job(CLOSE_APPLICATIONS, queue=Queue.HOUSEKEEPING, chunk=200)
def close_applications_job(keys: list[int]) -> None:
    """Note on the applications of issued proposals that they have become policies."""
    close_applications(keys, at=now())


@job(ISSUE_PAID, queue=Queue.LIVE)
def issue_paid_job(key: int) -> None:
    """Issue the policies of one confirmed payment (S0-4.3.4a1)."""
    payment = Payment.objects.only("proposal_id").get(pk=key)
    complete_proposals([payment.proposal_id], actor="system")


@job(PROCESS_CHUNK, queue=Queue.BULK)
def process_chunk_job(batch_id: int, number: int) -> None:
    """Issue one chunk of a batch."""
    process_chunk(batch_id, number)


@job(INVOICE, queue=Queue.HOUSEKEEPING, chunk=50)
def invoice_job(keys: list[int]) -> None:
    """Invoice the premiums of issued proposals, then deliver: nobody waits for an invoice."""
    try:
        invoice_proposals(keys, at=now())
    finally:
        defer_for(DELIVER, keys)


@job(ASK_AGAIN, queue=Queue.HOUSEKEEPING)
def invoice_again_job(key: int) -> None:
    """Ask once more for an invoice that was refused."""
    invoice_proposals([proposal_of_invoice(key)], at=now())


@job(SEND_INVOICE, queue=Queue.HOUSEKEEPING)
def send_invoice_job(key: int) -> None:
    """Mail an invoice that came after the policy's mail."""
    send_late_invoice(key, at=now())


@job(SETTLE_RECEIPTS, queue=Queue.HOUSEKEEPING, chunk=200)
def settle_receipts_job(keys: list[int]) -> None:
    """Note which of the completed signing tasks were receipts of policies."""
    settle_receipts(keys, at=now())


@job(DELIVER, queue=Queue.HOUSEKEEPING, chunk=50)
def deliver_job(keys: list[int]) -> None:
    """Mail the documents of issued proposals."""
    deliver_policies(keys, at=now())


@job(REGISTER_FILES, queue=Queue.BULK, chunk=200)
def register_files_job(keys: list[int]) -> None:
    """Let the files of issued proposals be found in the file centre."""
    register_policies(keys, at=now())


@job(RECORD_DELIVERY, queue=Queue.HOUSEKEEPING)
def record_delivery_job(key: int) -> None:
    """Note on each policy that it was delivered."""
    record_delivery(key, at=now())


@job(COMPLETE_TIMESTAMPS, queue=Queue.HOUSEKEEPING, every_seconds=60)
def complete_timestamps_job() -> None:
    """Fetch the tokens that were missing; a full run means that more are waiting."""
    while complete_timestamps(at=now()) == FILES_MAX:
        continue


@job(ISSUE_OVERDUE, queue=Queue.HOUSEKEEPING, every_seconds=60)
def issue_overdue_job() -> None:
    """Watchdog: promise again what is numbered for two minutes and not issued.

    A job that was lost, or a command that was killed, must not leave a paid customer waiting.
    """
    overdue = Proposal.objects.filter(
        state=ProposalState.SUBMITTED, received_at__lt=now() - OVERDUE
    ).order_by("received_at", "id")
    keys = overdue.values_list("payment__pk", flat=True)[:_OVERDUE_MAX]
    defer_for(ISSUE_PAID, list(keys))


@job(FORGET_KEYS, queue=Queue.HOUSEKEEPING, every_seconds=3600)
def forget_keys_job() -> None:
    """Delete idempotency keys that are older than their lifetime."""
    forget_idempotency_keys(at=now())
