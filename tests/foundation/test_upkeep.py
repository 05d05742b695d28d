"""Housekeeping: the log grows by itself."""

from datetime import UTC, datetime

import pytest

from baozhen.foundation import upkeep
from baozhen.foundation.audit import log
from baozhen.foundation.audit.models import CheckpointToken, LogCheckpoint
from baozhen.foundation.audit.services import record
from baozhen.foundation.jobs.registry import registered_jobs
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.log.checkpoint import parse_note, sign_checkpoint

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class OneKey:
    def __init__(self):
        self.key = generate(Algorithm.SM2_SM3)

    def sign(self, checkpoint):
        return sign_checkpoint(checkpoint, signers=[self.key])

    def verify(self, note):
        return parse_note(note).checkpoint


@pytest.fixture
def installed():
    """A signer and a timestamp service for one test."""
    before = list(log._installed), list(upkeep._stamps)
    signer = OneKey()
    log.install_signer(lambda: signer)
    upkeep.install_log_stamp(lambda digest: b"token:" + digest)
    yield
    log._installed[:], upkeep._stamps[:] = before


@pytest.mark.django_db
def test_the_log_is_extended_signed_and_stamped(installed, settings):
    settings.BAOZHEN_LOG_ORIGIN = "policy.example.com/log"
    record("a.b", subject_id=1, actor="x", at=AT)
    upkeep.extend_log()
    upkeep.stamp_log()
    checkpoint = LogCheckpoint.objects.get()
    note = parse_note(bytes(checkpoint.note)).checkpoint
    assert (note.origin, note.size) == ("policy.example.com/log", 1)
    assert bytes(CheckpointToken.objects.get().token).startswith(b"token:")
    upkeep.extend_log()
    upkeep.stamp_log()
    assert LogCheckpoint.objects.count() == 1


@pytest.mark.django_db
def test_without_a_timestamp_service_there_is_no_token(installed):
    upkeep._stamps.clear()
    record("a.b", subject_id=1, actor="x", at=AT)
    upkeep.extend_log()
    upkeep.stamp_log()
    assert not CheckpointToken.objects.exists()


def test_they_are_periodic_jobs():
    jobs = registered_jobs()
    assert jobs["extend_log"].every_seconds == 10
    assert jobs["stamp_log"].every_seconds == 600
