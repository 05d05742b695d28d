"""Jobs of the applications stage: what the flow table and the clock call."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.insurance.applications.services.assessing import (
    assess_application,
    end_referral,
    settle_referral,
)
from baozhen.insurance.applications.services.closing import expire_applications
from baozhen.insurance.applications.services.telling import (
    send_reading_link,
    tell_outcome,
)

ASSESS = "application.assess"
SETTLE_REFERRAL = "application.settle_referral"
END_REFERRAL = "application.end_referral"
SEND_LINK = "application.send_link"
TELL = "application.tell"
EXPIRE = "application.expire"


@job(ASSESS, queue=Queue.LIVE)
def assess_job(key: int) -> None:
    """Let underwriting decide on a submitted application."""
    assess_application(key, at=now())


@job(SETTLE_REFERRAL, queue=Queue.LIVE)
def settle_referral_job(key: int) -> None:
    """Carry a person's decision over to the application."""
    settle_referral(key, at=now())


@job(END_REFERRAL, queue=Queue.HOUSEKEEPING)
def end_referral_job(key: int) -> None:
    """Nobody decides about an application that went away."""
    end_referral(key, at=now())


@job(SEND_LINK, queue=Queue.LIVE)
def send_link_job(key: int) -> None:
    """Send the link to the papers of an accepted application."""
    send_reading_link(key, at=now())


@job(TELL, queue=Queue.LIVE)
def tell_job(key: int) -> None:
    """Tell the applicant what a person decided."""
    tell_outcome(key)


@job(EXPIRE, queue=Queue.HOUSEKEEPING, every_seconds=3600)
def expire_job() -> None:
    """End what has lain too long."""
    expire_applications(at=now())
