"""One archived dossier: proposal set, policies, endorsements, papers and traces of one business."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.archive.files import units_of
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import Cell
from baozhen.faces.templatetags.faces import size, stamp
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.queries import sessions_about
from baozhen.foundation.traces.relations import related
from baozhen.signing.files.models import ArchiveItem, FileEntry, LegalHold
from baozhen.signing.organizations.roles import Permission

COLUMNS = ("归档时间", "文件", "状态", "大小", "保管至", "SHA-256")
_KINDS = {
    **DOCUMENT_TYPES,
    "proposal": "投保单与投保资料",
    "identity": "身份核验",
    "payment": "缴费记录",
    "signature": "签名证据",
    "envelope": "签署文件",
    "timestamp": "时间戳",
    "evidence": "证据",
}


@needs(Permission.VIEW_FILES)
@require_GET
def dossier(request: HttpRequest) -> HttpResponse:
    """Gather everything archived about one proposal or policy number."""
    number = request.GET.get("number", "").strip()[:64]
    items = _items(request, number) if number else []
    numbers = related(number) if number else set()
    holds = LegalHold.objects.filter(dossier__in=numbers, released_at__isnull=True)
    sees_traces = bool(items) and may(request, Permission.VIEW_TRACES)
    context = {
        "here": "files",
        "number": number,
        "numbers": sorted(numbers),
        "columns": COLUMNS,
        "rows": [_cells(item, entry) for item, entry in items],
        "holds": list(holds),
        "sessions": [_session(one) for one in sessions_about(number)] if sees_traces else [],
        "sees_traces": sees_traces,
    }
    return page(request, "console/traces/dossier.html", context)


def _items(request: HttpRequest, number: str) -> list[tuple[ArchiveItem, FileEntry | None]]:
    """Return the dossier's documents, of which at least one must be of a unit of this person's.

    A document that the file centre entered for a unit that this person may not see stays out.
    """
    found = (
        ArchiveItem.objects.filter(dossier__in=related(number))
        .select_related("entry", "tombstone")
        .order_by("archived_at", "pk")
    )
    units = set(units_of(request))
    pairs = [(item, _entry(item)) for item in found]
    if not any(entry is not None and entry.unit_id in units for _, entry in pairs):
        return []
    return [(item, entry) for item, entry in pairs if entry is None or entry.unit_id in units]


def _entry(item: ArchiveItem) -> FileEntry | None:
    return getattr(item, "entry", None)


def _cells(item: ArchiveItem, entry: FileEntry | None) -> Iterable[Cell]:
    is_gone = hasattr(item, "tombstone")
    href = reverse("console:file_entry", args=[entry.public_id]) if entry and not is_gone else ""
    return (
        Cell(text=stamp(item.archived_at)),
        Cell(text=_KINDS.get(item.kind, item.kind), href=href),
        Cell(text="已销毁", icon="cross")
        if is_gone
        else Cell(text="在档", tone="jade", icon="check"),
        Cell(text=size(item.size)),
        Cell(text=item.retain_until.isoformat()),
        Cell(text=item.sha256, is_code=True),
    )


def _session(row: TraceSession) -> dict[str, str]:
    return {
        "href": reverse("console:trace", args=[row.public_id]),
        "started": stamp(row.started_at),
        "channel": row.channel,
        "count": f"{row.event_count}",
    }
