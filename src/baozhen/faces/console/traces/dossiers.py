"""One archived dossier: proposal set, policies, endorsements, claim papers and traces."""

from collections.abc import Iterable, Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.archive.files import units_of
from baozhen.faces.console.archive.standing import standing_cell, with_standing
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import Cell
from baozhen.faces.templatetags.faces import size, stamp
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.queries import sessions_about
from baozhen.foundation.traces.relations import related
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.queries import paper_titles
from baozhen.insurance.claims.services.reporting import DOCUMENT_KIND
from baozhen.signing.files.models import ArchiveItem, FileEntry, LegalHold
from baozhen.signing.files.titles import open_title
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
    DOCUMENT_KIND: "理赔材料",
}


@needs(Permission.VIEW_FILES)
@require_GET
def dossier(request: HttpRequest) -> HttpResponse:
    """Gather everything archived about the business that a number belongs to."""
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
        "rows": _rows(request, items),
        "holds": list(holds),
        "sessions": [_session(one) for one in sessions_about(number)] if sees_traces else [],
        "sees_traces": sees_traces,
    }
    return page(request, "console/traces/dossier.html", context)


def _items(request: HttpRequest, number: str) -> list[tuple[ArchiveItem, FileEntry | None]]:
    """Return the dossier's documents, of which at least one must be of a unit of this person's.

    A document that the file centre entered for a unit that this person may not see stays out.
    """
    found = list(
        ArchiveItem.objects.filter(dossier__in=related(number))
        .select_related("tombstone")
        .order_by("archived_at", "pk")
    )
    units = set(units_of(request))
    pairs = list(zip(found, _entries(found), strict=True))
    if not any(entry is not None and entry.unit_id in units for _, entry in pairs):
        return []
    return [(item, entry) for item, entry in pairs if entry is None or entry.unit_id in units]


def _entries(items: Sequence[ArchiveItem]) -> list[FileEntry | None]:
    """Return what the file centre entered for each document, itself or as a task's document.

    The signed form of an application lies in two dossiers: its own, and that of its signing task.
    """
    digests = {item.sha256 for item in items}
    rows = with_standing(FileEntry.objects.filter(sha256__in=digests)).order_by("pk")
    known = list(rows.defer("tokens", "party_index"))
    by_item = {entry.item_id: entry for entry in known}
    by_digest = {entry.sha256: entry for entry in known if entry.envelope}
    return [by_item.get(item.pk) or by_digest.get(item.sha256) for item in items]


def _rows(
    request: HttpRequest, items: Sequence[tuple[ArchiveItem, FileEntry | None]]
) -> list[Iterable[Cell]]:
    """Return the lines; a claim's paper leads to its claim, for whoever may see claims."""
    keys = {item.subject_id for item, _ in items if item.kind == DOCUMENT_KIND}
    titles = paper_titles(keys)
    claims: dict[int, str] = {}
    if may(request, Permission.VIEW_CLAIMS):
        claims = dict(Claim.objects.filter(pk__in=keys).values_list("pk", "number"))
    return [
        _cells(item, entry, title=_title(item, entry, titles), href=_address(item, entry, claims))
        for item, entry in items
    ]


def _title(
    item: ArchiveItem, entry: FileEntry | None, papers: Mapping[tuple[int, str], str]
) -> str:
    if entry is not None:
        return open_title(entry)
    if item.kind == DOCUMENT_KIND:
        return papers.get((item.subject_id, item.sha256), _KINDS[DOCUMENT_KIND])
    return _KINDS.get(item.kind, item.kind)


def _address(item: ArchiveItem, entry: FileEntry | None, claims: Mapping[int, str]) -> str:
    if hasattr(item, "tombstone"):
        return ""
    if entry is not None:
        return reverse("console:file_entry", args=[entry.public_id])
    if item.kind == DOCUMENT_KIND and item.subject_id in claims:
        return reverse("console:claim", kwargs={"number": claims[item.subject_id]})
    return ""


def _cells(item: ArchiveItem, entry: FileEntry | None, *, title: str, href: str) -> Iterable[Cell]:
    standing = Cell(text="在档", tone="jade", icon="check")
    if hasattr(item, "tombstone"):
        standing = Cell(text="已销毁", icon="cross")
    elif entry is not None:
        standing = standing_cell(entry)
    return (
        Cell(text=stamp(item.archived_at)),
        Cell(text=title, href=href),
        standing,
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
