"""Parked jobs: what waits for a person, why, and the button that tries again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.queries import waiting_for_a_person
from baozhen.foundation.jobs.services import JobAlreadyRetried, retry_parked
from baozhen.signing.organizations.roles import Permission

_SHOWN_MAX = 200


@needs(Permission.RETRY_JOBS)
@require_GET
def parked(request: HttpRequest) -> HttpResponse:
    """List the jobs that wait, newest first."""
    waiting = waiting_for_a_person()
    count = waiting.count()
    context = {
        "here": "parked",
        "jobs": waiting[:_SHOWN_MAX],
        "count": count,
        "more": count > _SHOWN_MAX,
    }
    return page(request, "console/parked.html", context)


@needs(Permission.RETRY_JOBS)
@require_POST
def retry(request: HttpRequest, key: int) -> HttpResponse:
    """Promise a parked job again; it asks first whether its work is done, so this is harmless."""
    try:
        job = retry_parked(key, actor=actor_of(request), at=now())
    except ParkedJob.DoesNotExist as exc:
        raise Http404 from exc
    except JobAlreadyRetried as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, f"任务 {job.name} 已重新排队。", extra_tags="jade")
    return redirect("console:parked")
