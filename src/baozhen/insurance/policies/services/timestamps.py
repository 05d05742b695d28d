"""Complete what was issued while the timestamp service was away.

One detached token over the Merkle root of the waiting files' digests; no file is touched.
"""

from datetime import datetime

from django.db import connection, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.acts import Act
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.announcing import announce
from baozhen.insurance.policies.services.resources import process_timestamper
from baozhen.insurance.policies.states import TimestampState
from baozhen.signing.files.models import TimestampBatch
from baozhen.signing.files.services.stamping import stamp_together

FILES_MAX = 2_000


def complete_timestamps(*, at: datetime, actor: str = "system") -> int:
    """Stamp up to 2,000 waiting files with one token; return how many. Raises TimestampOutage."""
    waiting = list(
        PolicyFile.objects.filter(timestamp_state=TimestampState.PENDING)
        .order_by("sealed_at", "id")
        .values_list("pk", "policy_id", "number", "sha256")[:FILES_MAX]
    )
    if not waiting:
        return 0
    digests = [str(digest) for _, _, _, digest in waiting]
    batch = stamp_together(digests, process_timestamper())
    with transaction.atomic(durable=True):
        stamped = _write(batch, [key for key, _, _, _ in waiting])
        audit.record_many(
            [
                Act(
                    action="policy.timestamped",
                    subject_type="policy",
                    subject_id=policy_id,
                    actor=actor,
                    at=at,
                    facts={"file": number, "sha256": digest},
                )
                for key, policy_id, number, digest in waiting
                if key in stamped
            ]
        )
        named = {policy for key, policy, _, _ in waiting if key in stamped}
        policies = Policy.objects.filter(pk__in=named).select_related("proposal")
        announce("policy.timestamped", policies.order_by("pk"), at=at)
    return len(stamped)


# Another run may have stamped some of them meanwhile: those keep the token they have.
_STAMP = """
UPDATE policies_policyfile AS file SET
    timestamp_state = 'stamped', timestamp_batch_id = %s, timestamp_leaf = fact.leaf
FROM unnest(%s::bigint[], %s::int[]) AS fact(id, leaf)
WHERE file.id = fact.id AND file.timestamp_state = 'pending'
RETURNING file.id
"""


def _write(batch: TimestampBatch, keys: list[int]) -> set[int]:
    batch.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [batch.pk, keys, list(range(len(keys)))])
        return {key for (key,) in cursor.fetchall()}
