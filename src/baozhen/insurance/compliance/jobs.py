"""Remind of duties every day, and open the next round of those that return."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.insurance.compliance.services import remind_due, remind_duty, reopen_due

WATCH = "duty.watch"
REMIND = "duty.remind"
_DAY_SECONDS = 86_400


@job(WATCH, queue=Queue.HOUSEKEEPING, every_seconds=_DAY_SECONDS)
def watch_duties_job() -> None:
    """Open what returns, then remind of what comes due."""
    reopen_due(at=now())
    remind_due(at=now())


@job(REMIND, queue=Queue.HOUSEKEEPING)
def remind_duty_job(key: int) -> None:
    """Remind of one duty that was opened late: its date may be near."""
    remind_duty(key, at=now())
