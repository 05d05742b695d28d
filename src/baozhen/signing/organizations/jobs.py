"""Housekeeping of organisations: the daily directory run, ended sessions and powers."""

import logging

from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.jobs import Queue, job
from baozhen.signing.organizations.models import DirectorySource
from baozhen.signing.organizations.services.pulling import pull_and_apply
from baozhen.signing.organizations.services.sessions import end_stale_sessions

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400
SYNC_DIRECTORIES = "sync_directories"


@job(SYNC_DIRECTORIES, queue=Queue.HOUSEKEEPING, every_seconds=DAY_SECONDS)
def sync_directories() -> None:
    """Pull every directory once a day; one that fails does not stop the others."""
    for source in DirectorySource.objects.filter(active=True):
        try:
            pull_and_apply(source, actor="system", at=now())
        except BaozhenError as error:
            logger.warning("directory %s was not synced: %s", source.pk, error)


@job("end_stale_sessions", queue=Queue.HOUSEKEEPING, every_seconds=3600)
def close_stale_sessions() -> None:
    """Mark sessions ended that nobody has used for too long."""
    end_stale_sessions(at=now())
