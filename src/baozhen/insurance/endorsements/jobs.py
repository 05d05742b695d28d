"""Jobs of the endorsements stage: what the flow table and the clock call."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.insurance.endorsements.services.applying import apply_due
from baozhen.insurance.endorsements.services.asking import expire_changes
from baozhen.insurance.endorsements.services.confirming import take_payment
from baozhen.insurance.endorsements.services.filing import register_endorsements
from baozhen.insurance.endorsements.services.issuing import issue_change
from baozhen.insurance.endorsements.services.telling import mail_change, text_change

SEAL = "endorsement.seal"
TAKE_PAYMENT = "endorsement.take_payment"
MAIL = "endorsement.mail"
TEXT = "endorsement.text"
REGISTER = "endorsement.register"
APPLY_DUE = "endorsement.apply_due"
EXPIRE = "endorsement.expire"


@job(TAKE_PAYMENT, queue=Queue.LIVE)
def take_payment_job(key: int) -> None:
    """Number the change whose difference has been paid."""
    take_payment(key, at=now())


@job(SEAL, queue=Queue.LIVE)
def seal_job(key: int) -> None:
    """Seal and issue the endorsements of one change."""
    at = now()
    issue_change(key, signed_at=at, at=at)


@job(MAIL, queue=Queue.HOUSEKEEPING)
def mail_job(key: int) -> None:
    """Mail the endorsements."""
    mail_change(key, at=now())


@job(TEXT, queue=Queue.HOUSEKEEPING)
def text_job(key: int) -> None:
    """Send the holder a text."""
    text_change(key)


@job(REGISTER, queue=Queue.BULK)
def register_job(key: int) -> None:
    """Let the endorsements be found in the file centre, and their policies by who is new."""
    register_endorsements(key, at=now())


@job(APPLY_DUE, queue=Queue.HOUSEKEEPING, every_seconds=60)
def apply_due_job() -> None:
    """Let policies follow the changes whose day has come."""
    apply_due(at=now())


@job(EXPIRE, queue=Queue.HOUSEKEEPING, every_seconds=300)
def expire_job() -> None:
    """End changes that nobody confirmed or paid in time."""
    expire_changes(at=now())
