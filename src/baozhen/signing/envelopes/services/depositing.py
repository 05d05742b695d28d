"""Deposits the evidence of a file with the notary: the room that knows all of it does the job."""

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.files.evidence import make_manifest
from baozhen.signing.files.models import NotaryDeposit
from baozhen.signing.files.notary import DepositOrder, Notary, NotaryRefused, Receipt, get_notary
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.files.services.depositing import finish_deposit, refuse_deposit
from baozhen.signing.files.states import DepositState

DEPOSIT = "deposit_evidence"
_JSON = "application/json"


@job(DEPOSIT, queue=Queue.HOUSEKEEPING)
def deposit_evidence_job(*, key: int) -> None:
    """Deposit by the configured notary; an outage is tried again by the queue."""
    deposit_evidence(key, notary=get_notary())


def deposit_evidence(key: int, *, notary: Notary) -> None:
    """Deposit the manifest of one file's evidence and keep the receipt; safe to repeat.

    Raises NotaryOutage, also while the notary has not finished. A refusal becomes the state.
    """
    deposit = NotaryDeposit.objects.select_related("entry__item").get(pk=key)
    if deposit.state != DepositState.QUEUED:
        return
    if not deposit.sha256:
        _keep_manifest(deposit)
    try:
        receipt = _receipt(deposit, notary)
    except NotaryRefused as refusal:
        refuse_deposit(deposit, refusal, at=now())
        return
    finish_deposit(deposit, receipt, at=now())


def _receipt(deposit: NotaryDeposit, notary: Notary) -> Receipt:
    """Ask first what became of an order that was sent before: its answer may have been lost."""
    if deposit.sent_at is not None:
        found = notary.find(deposit.public_id, sha256=deposit.sha256)
        if found is not None:
            return found
    at = now()
    NotaryDeposit.objects.filter(pk=deposit.pk, sent_at=None).update(sent_at=at)
    order = DepositOrder(
        reference=deposit.public_id, sha256=deposit.sha256, title=deposit.title, at=at
    )
    return notary.deposit(order)


def _keep_manifest(deposit: NotaryDeposit) -> None:
    """Archive what is deposited: the fingerprint alone would prove nothing later."""
    entry, at = deposit.entry, now()
    manifest = make_manifest(entry, parts=parts_of(entry), at=at)
    document = Document(
        dossier=entry.item.dossier,
        kind="evidence",
        subject_type="notary_deposit",
        subject_id=deposit.pk,
        sha256=get_storage().put(manifest),
        size=len(manifest),
        media_type=_JSON,
    )
    with transaction.atomic(durable=True):
        archive_many([document], actor="system", at=at)
        NotaryDeposit.objects.filter(pk=deposit.pk, sha256="").update(sha256=document.sha256)
    deposit.sha256 = document.sha256
