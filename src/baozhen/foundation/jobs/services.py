"""What a person may do with a parked job."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.errors import Refusal
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.registry import Queue, defer


class JobAlreadyRetried(Refusal):
    """Somebody pressed the button first."""

    code = "job_already_retried"
    message = "搁置任务 {key} 已经重试过"


@transaction.atomic(durable=True)
def retry_parked(key: int, *, actor: str, at: datetime) -> ParkedJob:
    """Promise the parked job again, once; raises JobAlreadyRetried or ParkedJob.DoesNotExist."""
    parked = ParkedJob.objects.select_for_update().get(pk=key)
    if parked.retried_at is not None:
        raise JobAlreadyRetried(key=key)
    parked.retried_at, parked.retried_by = at, actor
    parked.save(update_fields=["retried_at", "retried_by"])
    defer(parked.name, queue=Queue(parked.queue), **parked.args)
    audit.record(
        "parked_job.retried",
        subject_id=parked.pk,
        actor=actor,
        at=at,
        facts={"job": parked.name, "trace": parked.trace},
    )
    return parked
