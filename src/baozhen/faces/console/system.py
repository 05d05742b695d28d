"""The state of the system: checks, queues, the log that everything is written to."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.frame import page
from baozhen.faces.counts import count
from baozhen.foundation.audit.models import LogCheckpoint, LogLeaf, PendingEntry
from baozhen.foundation.clock import now
from baozhen.foundation.health import findings
from baozhen.foundation.jobs.queries import queue_depths, waiting_for_a_person, workers_alive
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.states import DeliveryState
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import PolicyState, TimestampState
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.roles import Permission

_CHECKPOINTS_SHOWN = 20


@needs(Permission.VIEW_SYSTEM)
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Run the checks that `baozhen doctor` runs, and count what waits."""
    workers = workers_alive()
    context = {
        "here": "health",
        "at": now(),
        "findings": list(findings()),
        "queues": queue_depths(),
        "figures": [
            _figure("存活的工作进程", workers, bad="seal" if workers == 0 else ""),
            *([] if is_alone() else _policies()),
            _warning("搁置任务", count(waiting_for_a_person())),
            _warning("投递失败", count(Delivery.objects.filter(state=DeliveryState.FAILED))),
            _figure("待入日志", count(PendingEntry.objects.all())),
        ],
    }
    return page(request, "console/health.html", context)


def _policies() -> list[dict[str, object]]:
    """Return what of the policies waits; the signing centre alone has none."""
    pending = PolicyFile.objects.filter(timestamp_state=TimestampState.PENDING)
    return [
        _warning("签章中的保单", count(Policy.objects.filter(state=PolicyState.NUMBERED))),
        _warning("时间戳待补", count(pending)),
    ]


@needs(Permission.VIEW_AUDIT)
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show the checkpoints of the Merkle log and what still waits for its place in it."""
    last = LogLeaf.objects.order_by("-index").first()
    points = LogCheckpoint.objects.select_related("stamp").order_by("-size")[:_CHECKPOINTS_SHOWN]
    context = {
        "here": "log",
        "size": last.index + 1 if last else 0,
        "pending": count(PendingEntry.objects.all()),
        "checkpoints": [
            {
                "size": point.size,
                "root_sha256": bytes(point.root_sha256).hex(),
                "root_sm3": bytes(point.root_sm3).hex(),
                "at": point.at,
                "stamped_at": point.stamp.at if hasattr(point, "stamp") else None,
            }
            for point in points
        ],
    }
    return page(request, "console/log.html", context)


def _figure(label: str, number: int, *, bad: str = "") -> dict[str, object]:
    return {"label": label, "number": number, "tone": bad}


def _warning(label: str, number: int) -> dict[str, object]:
    return _figure(label, number, bad="amber" if number else "")
