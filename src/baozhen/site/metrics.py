"""`GET /metrics`: figures for a monitoring system, in the text format of Prometheus.

The queue's, the signing tasks' and the risks' figures come from the database, so that any web
process tells them; signing failures are this process's own. Who asks shows BAOZHEN_METRICS_TOKEN
as a bearer token; without that setting the page does not exist.
"""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.queries import queue_depths, waiting_for_a_person, workers_alive
from baozhen.foundation.traces.failures import failures
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import PolicyState, TimestampState
from baozhen.signing.certificates.queries import active_certificates
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.states import RiskState

_OPEN = [EnvelopeState.IN_PROGRESS, EnvelopeState.SEALING, EnvelopeState.VOIDING]
_DAY_SECONDS = 86_400


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of now; 404 without the setting or with another token."""
    token = str(settings.BAOZHEN_METRICS_TOKEN)
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(shown.encode(), token.encode()):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    text = generate_latest(registry) + generate_latest(REGISTRY)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class _Figures:
    """What the database knows."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _jobs()
        yield GaugeMetricFamily(
            "baozhen_trace_failures",
            "Pages and forms that this process could not record",
            value=failures(),
        )
        envelopes = _family("baozhen_envelopes", "Signing tasks that are not over", "state")
        counted = Envelope.objects.filter(state__in=_OPEN).values_list("state")
        for state, count in counted.annotate(count=Count("pk")).order_by("state"):
            envelopes.add_metric([state], count)
        yield envelopes
        yield GaugeMetricFamily(
            "baozhen_policies_unissued",
            "Policies that are numbered and not issued yet",
            value=Policy.objects.filter(state=PolicyState.NUMBERED).count(),
        )
        yield GaugeMetricFamily(
            "baozhen_timestamps_pending",
            "Files that wait for a timestamp",
            value=PolicyFile.objects.filter(timestamp_state=TimestampState.PENDING).count(),
        )
        yield GaugeMetricFamily(
            "baozhen_risks_open",
            "Risks that nobody has handled",
            value=Risk.objects.filter(state__in=[RiskState.OPEN, RiskState.HELD]).count(),
        )
        yield from _certificates()


def _jobs() -> Iterator[GaugeMetricFamily]:
    waiting = _family("baozhen_jobs_waiting", "Jobs that wait", "queue")
    running = _family("baozhen_jobs_running", "Jobs that run", "queue")
    oldest = _family("baozhen_jobs_oldest_seconds", "How long the oldest due job waits", "queue")
    for depth in queue_depths():
        waiting.add_metric([depth.queue], depth.waiting)
        running.add_metric([depth.queue], depth.running)
        oldest.add_metric([depth.queue], depth.oldest_seconds)
    yield from (waiting, running, oldest)
    yield GaugeMetricFamily(
        "baozhen_jobs_parked", "Jobs set aside for a person", value=waiting_for_a_person().count()
    )
    yield GaugeMetricFamily(
        "baozhen_workers_alive", "Worker processes with a heartbeat", value=workers_alive()
    )


def _certificates() -> Iterator[GaugeMetricFamily]:
    at = now()
    left = _family("baozhen_certificate_days_left", "Days of the bound certificate", "algorithm")
    for algorithm, bound in active_certificates(at).items():
        left.add_metric([str(algorithm)], (bound.not_after - at).total_seconds() / _DAY_SECONDS)
    yield left


def _family(name: str, what: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=[label])
