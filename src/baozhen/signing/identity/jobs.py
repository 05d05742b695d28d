"""Checks that wait: providers that were down, people at a camera, cases under review."""

from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.jobs import Queue, job
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.identity.queries import checks_to_follow
from baozhen.signing.identity.services.answers import complete_check
from baozhen.signing.identity.services.checks import ASK_JOB, ask_provider


@job(ASK_JOB, queue=Queue.LIVE)
def ask_identity_provider(key: int) -> None:
    """Ask the provider of a check that is still waiting; an outage is tried again."""
    ask_provider(key, at=now())


@job("follow_identity_checks", queue=Queue.HOUSEKEEPING, every_seconds=60)
def follow_identity_checks() -> None:
    """Ask for the results of what began and has not ended; one failure does not stop the rest."""
    for key in checks_to_follow(now()):
        check = IdentityCheck.objects.get(pk=key)
        try:
            complete_check(check.public_id, at=now())
        except BaozhenError as failure:
            IdentityCheck.objects.filter(pk=key).update(last_error=str(failure)[:255])
