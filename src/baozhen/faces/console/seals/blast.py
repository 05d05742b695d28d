"""Blast radius: every document that a seal or a certificate was used on since a time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.seals.known import flow_word, type_word
from baozhen.faces.console.seals.shown import envelope_href, seals_seen
from baozhen.faces.console.spreadsheets import streamed
from baozhen.faces.console.typed import midnight, typed_day
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.models import SealUse
from baozhen.signing.seals.queries import BlastRadius, blast_radius

_SHOWN_MAX = 200
_CHOICES_MAX = 500
_DAYS = 30
_HEAD = (
    *("时间", "印章编号", "印章", "机构", "流程", "文件类型", "签署任务", "批次", "用印人"),
    *("用印前 SHA-256", "用印后 SHA-256", "状态"),
)


@needs(Permission.VIEW_SEALS)
@require_GET
def blast(request: HttpRequest) -> HttpResponse:
    """Choose a seal or a certificate and a day; see what it touched."""
    radius = _radius(request)
    context = {
        "here": "seals",
        "radius": radius,
        "uses": [
            (use, flow_word(use.flow), envelope_href(use.reference))
            for use in (radius.uses[:_SHOWN_MAX] if radius is not None else ())
        ],
        "tables": _tables(radius),
        "since": _since(request).date().isoformat(),
        "asked_seal": request.GET.get("seal", ""),
        "asked_certificate": request.GET.get("certificate", ""),
        "seals": seals_seen(request).order_by("name")[:_CHOICES_MAX],
        "bindings": CertificateBinding.objects.order_by("-bound_at")[:_CHOICES_MAX],
        "query": request.GET.urlencode(),
    }
    return page(request, "console/seals/blast.html", context)


@needs(Permission.VIEW_SEALS)
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the whole list as CSV."""
    radius = _radius(request)
    uses = radius.uses if radius is not None else SealUse.objects.none()
    rows = (
        (
            stamp(use.at),
            use.seal.public_id,
            use.seal.name,
            use.unit.name,
            use.flow,
            use.document_type,
            use.reference,
            use.batch,
            use.actor,
            use.document_sha256,
            use.signed_sha256,
            use.state,
        )
        for use in uses.iterator(chunk_size=1_000)
    )
    return streamed("affected-documents", _HEAD, rows)


def _radius(request: HttpRequest) -> BlastRadius | None:
    asked = request.GET.get("seal", "")
    fingerprint = request.GET.get("certificate", "").strip().lower()
    seal = seals_seen(request).filter(public_id=asked).first() if asked else None
    if seal is None and not fingerprint:
        return None
    return blast_radius(
        seal=seal, fingerprint=fingerprint, since=_since(request), within=seals_seen(request)
    )


def _since(request: HttpRequest) -> datetime:
    day = typed_day(request.GET.get("since", ""))
    return midnight(day or shanghai_date(now() - timedelta(days=_DAYS)))


def _worded(
    rows: Sequence[dict[str, object]], words: Callable[[str], str]
) -> list[dict[str, object]]:
    return [row | {"label": words(str(row["label"]))} for row in rows]


def _tables(radius: BlastRadius | None) -> list[tuple[str, list[dict[str, object]]]]:
    if radius is None:
        return []
    return [
        ("按机构", list(radius.by_unit)),
        ("按流程", _worded(radius.by_flow, flow_word)),
        ("按文件类型", _worded(radius.by_type, type_word)),
        ("按日", list(radius.by_day)),
        ("受影响的批次", list(radius.batches)),
    ]
