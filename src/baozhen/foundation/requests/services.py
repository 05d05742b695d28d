"""Keep an answer for a key, spend a nonce, count a request: each one statement."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from baozhen.foundation.requests.errors import (
    IdempotencyKeySpent,
    NonceSpent,
    RequestInProgress,
)
from baozhen.foundation.requests.models import RepeatableAnswer, RequestCount, SpentNonce

KEPT_FOR = timedelta(days=7)
LEASE = timedelta(seconds=60)
_COUNTS_KEPT_SECONDS = 3600

_COUNT = """
INSERT INTO requests_requestcount AS counted (name, asker, "window", used)
VALUES (%s, %s, %s, 1)
ON CONFLICT (name, asker, "window") DO UPDATE SET used = counted.used + 1
RETURNING used
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that may be repeated: whose, under which key, and a digest of its content."""

    client: str
    key: str
    fingerprint: str


def reserve_answer(asked: Asked, *, at: datetime) -> RepeatableAnswer:
    """Return the answer that is kept for the key, or a fresh row (`status` None) to be filled.

    Raises IdempotencyKeySpent for another content, RequestInProgress while somebody is at it.
    """
    mine, is_fresh = RepeatableAnswer.objects.get_or_create(
        client=asked.client,
        key=asked.key,
        defaults={
            "fingerprint": asked.fingerprint,
            "created_at": at,
            "leased_until": at + LEASE,
        },
    )
    if is_fresh:
        return mine
    if mine.fingerprint != asked.fingerprint:
        raise IdempotencyKeySpent(existing_id=mine.subject_id)
    if mine.status is None and not _take_over(mine, at):
        raise RequestInProgress(retry_after_seconds=1)
    return mine


def keep_answer(
    row: RepeatableAnswer, *, status: int, answer: Mapping[str, Any], subject_id: str
) -> None:
    """Keep what was answered."""
    row.status, row.answer, row.subject_id = status, dict(answer), subject_id[:64]
    row.leased_until = None
    row.save(update_fields=["status", "answer", "subject_id", "leased_until"])


def release_answer(row: RepeatableAnswer) -> None:
    """Forget a reservation whose act was refused: the key may be used again."""
    row.delete()


def spend_nonce(key_id: str, nonce: str, *, until: datetime) -> None:
    """Use a nonce up; raises NonceSpent when it was used before."""
    try:
        with transaction.atomic():
            SpentNonce.objects.create(key_id=key_id, nonce=nonce, until=until)
    except IntegrityError as exc:
        raise NonceSpent from exc


def count_request(name: str, asker: str, *, window: int) -> int:
    """Count one request in the window (its starting second); return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [name, asker[:120], window])
        return int(cursor.fetchone()[0])


def forget_old(*, at: datetime) -> None:
    """Remove what need not be remembered any longer."""
    RepeatableAnswer.objects.filter(created_at__lt=at - KEPT_FOR).delete()
    SpentNonce.objects.filter(until__lt=at).delete()
    # Windows are counted by the machine's clock, whatever the demonstration clock says.
    RequestCount.objects.filter(window__lt=int(time.time()) - _COUNTS_KEPT_SECONDS).delete()


def _take_over(row: RepeatableAnswer, at: datetime) -> bool:
    """Take the place of a request that died; of two that try, one succeeds."""
    stale = RepeatableAnswer.objects.filter(pk=row.pk, status__isnull=True, leased_until__lte=at)
    return stale.update(leased_until=at + LEASE) == 1
