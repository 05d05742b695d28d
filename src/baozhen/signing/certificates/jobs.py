"""Housekeeping of the certificates: ended ones retire, the demonstration's CRLs stay fresh."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.keys.configuration import is_production
from baozhen.signing.certificates.services import expire_bindings, set_up_development_hierarchy


@job("retire_certificates", queue=Queue.HOUSEKEEPING, every_seconds=3600)
def retire_certificates() -> None:
    """Move every binding whose certificate has ended to `expired`; in development renew CRLs."""
    at = now()
    expire_bindings(at=at)
    if not is_production():
        set_up_development_hierarchy(at=at)
