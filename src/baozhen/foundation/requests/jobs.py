"""What the clock calls."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.requests.services import forget_old


@job("requests.forget_old", queue=Queue.HOUSEKEEPING, every_seconds=600)
def forget_old_job() -> None:
    """Remove answers, nonces and counts that are past their time."""
    forget_old(at=now())
