"""Housekeeping of this floor: the log grows, its checkpoints are signed and timestamped."""

from collections.abc import Callable

from django.conf import settings

from baozhen.foundation.audit import log
from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job

_stamps: list[Callable[[bytes], bytes]] = []


def install_log_stamp(stamp: Callable[[bytes], bytes]) -> None:
    """Install what timestamps a SHA-256 digest (RFC 3161 token out); called at start-up."""
    _stamps[:] = [stamp]


def log_origin() -> str:
    """Return the name of this platform's log: it never changes, whatever address it has."""
    return str(settings.BAOZHEN_LOG_ORIGIN)


@job("extend_log", queue=Queue.HOUSEKEEPING, every_seconds=10)
def extend_log() -> None:
    """Give all waiting entries their places and sign the new state of the log."""
    while log.sequence_entries():
        pass
    log.write_checkpoint(log.checkpoint_signer(), origin=log_origin(), at=now())


@job("stamp_log", queue=Queue.HOUSEKEEPING, every_seconds=600)
def stamp_log() -> None:
    """Timestamp the last checkpoint, where a timestamp service is installed."""
    if _stamps:
        log.stamp_last_checkpoint(_stamps[0], at=now())
