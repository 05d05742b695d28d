"""Jobs of the disclosures stage: what the flow table calls."""

from collections.abc import Sequence

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.insurance.disclosures.models import ReadingSet
from baozhen.insurance.disclosures.services.signing import recall_signing, settle_signed_set

SETTLE = "disclosure.settle_signed_sets"
RECALL = "disclosure.recall_signing"
_CHUNK = 50


@job(SETTLE, queue=Queue.LIVE, chunk=_CHUNK)
def settle_signed_sets_job(keys: Sequence[int]) -> None:
    """Archive the sets of completed signing tasks and let their applications go on.

    Most tasks are policies, which have no set: one question tells which of them are ours.
    """
    ours = ReadingSet.objects.filter(envelope__in=keys).values_list("envelope", flat=True)
    for key in list(ours):
        settle_signed_set(int(key), at=now())


@job(RECALL, queue=Queue.LIVE)
def recall_signing_job(key: int) -> None:
    """Take back the signing task of an application that has ended."""
    recall_signing(key, at=now())
