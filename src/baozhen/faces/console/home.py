"""The first page after signing in: what waits, and what was issued last."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, staff_only
from baozhen.faces.console.frame import page
from baozhen.faces.counts import count
from baozhen.foundation.clock import SHANGHAI, now
from baozhen.foundation.jobs.queries import waiting_for_a_person
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import PolicyState, TimestampState
from baozhen.insurance.proposals.models import Batch
from baozhen.insurance.proposals.states import BatchState
from baozhen.signing.certificates.queries import expiring_bindings
from baozhen.signing.organizations.roles import Permission

_LATEST = 10
Figure = dict[str, Any]


@staff_only
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the figures that this person may see; each leads to its rows."""
    at = now()
    parts: tuple[tuple[Permission, Callable[[datetime], list[Figure]]], ...] = (
        (Permission.VIEW_POLICIES, _policy_figures),
        (Permission.RETRY_JOBS, _job_figures),
        (Permission.VIEW_SYSTEM, _system_figures),
    )
    figures = [
        figure for permission, make in parts if may(request, permission) for figure in make(at)
    ]
    latest = None
    if may(request, Permission.VIEW_POLICIES):
        latest = list(Policy.objects.order_by("-numbered_at", "-id")[:_LATEST])
    context = {"here": "home", "at": at, "figures": figures, "latest": latest}
    return page(request, "console/home.html", context)


def _policy_figures(at: datetime) -> list[Figure]:
    midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight.date().isoformat()
    policies = reverse("console:policies")
    sealing = count(Policy.objects.filter(state=PolicyState.NUMBERED))
    running = count(Batch.objects.exclude(state=BatchState.FINISHED))
    return [
        _figure(
            "今日生成的保单",
            count(Policy.objects.filter(numbered_at__gte=midnight)),
            f"{policies}?from={today}",
        ),
        _figure("签章中", sealing, f"{policies}?state=numbered", warn=True),
        _figure("进行中的批次", running, reverse("console:batches")),
    ]


def _job_figures(_at: datetime) -> list[Figure]:
    waiting = count(waiting_for_a_person())
    return [_figure("搁置任务", waiting, reverse("console:parked"), warn=True)]


def _system_figures(at: datetime) -> list[Figure]:
    pending = count(PolicyFile.objects.filter(timestamp_state=TimestampState.PENDING))
    expiring = len(expiring_bindings(at))
    return [
        _figure("时间戳待补", pending, reverse("console:health"), warn=True),
        _figure("即将到期的证书", expiring, reverse("console:certificates"), warn=True),
    ]


def _figure(label: str, number: int, href: str, *, warn: bool = False) -> Figure:
    return {
        "label": label,
        "number": number,
        "href": href,
        "tone": "amber" if warn and number else "",
    }
