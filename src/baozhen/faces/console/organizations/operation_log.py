"""The operation log of the whole centre: search, figures, export, proof. The auditor's alone."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.typed import end_of_day, typed_midnight
from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.log import NotYetLogged, inclusion_proof
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.audit.queries import walk_chain
from baozhen.foundation.clock import now
from baozhen.signing.organizations.operations import (
    OperationFilter,
    count_operations,
    export_operations,
    find_operations,
)
from baozhen.signing.organizations.queries import account_of
from baozhen.signing.organizations.roles import Permission

_PAGE = 100
_DAYS_COUNTED = 30
_NAMES = ("actor", "action", "subject_type", "subject_id", "from", "to")
_HEAD = ("编号", "时间", "操作者", "动作", "对象类型", "对象编号", "事实", "摘要")


@needs(Permission.VIEW_OPERATION_LOG)
@require_GET
def operations(request: HttpRequest) -> HttpResponse:
    """List acts, newest first, with filters in the address."""
    asked, wanted = _wanted(request)
    found = find_operations(wanted)
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(pk__lt=int(before))
    shown = list(found[: _PAGE + 1])
    kept = {name: value for name, value in asked.items() if value}
    more = len(shown) > _PAGE
    context = {
        "here": "operations",
        "entries": shown[:_PAGE],
        "asked": asked,
        "filtered": bool(kept),
        "query": urlencode(kept),
        "next_href": "?" + urlencode(kept | {"before": shown[_PAGE - 1].pk}) if more else "",
        "first_href": "?" + urlencode(kept) if before else "",
    }
    return page(request, "console/organizations/operations.html", context)


def _wanted(request: HttpRequest) -> tuple[dict[str, str], OperationFilter]:
    """Return what was asked, and the filter that it means; nonsense is left out."""
    asked = {name: request.GET.get(name, "").strip()[:64] for name in _NAMES}
    since, before = typed_midnight(asked["from"]), end_of_day(asked["to"])
    key = asked["subject_id"]
    return asked, OperationFilter(
        actor=asked["actor"],
        action=asked["action"],
        subject_type=asked["subject_type"],
        subject_id=int(key) if key.isdecimal() and len(key) < 19 else None,  # noqa: PLR2004
        since=since,
        before=before,
    )


@needs(Permission.VIEW_OPERATION_LOG)
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Count acts by person, action and day; the last thirty days unless dates are given."""
    asked, wanted = _wanted(request)
    if wanted.since is None:
        wanted = replace(wanted, since=now() - timedelta(days=_DAYS_COUNTED))
    counted = count_operations(wanted)
    context = {
        "here": "operations",
        "asked": asked,
        "counted": counted,
        "most": max((count for _, count in counted.by_day), default=1),
    }
    return page(request, "console/organizations/operation_figures.html", context)


@needs(Permission.VIEW_OPERATION_LOG)
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send what the filter finds as CSV; that it was exported is an act like any other."""
    _, wanted = _wanted(request)
    audit.record(
        "operation_log.exported",
        subject_id=account_of(request.user).pk,
        actor=actor_of(request),
        at=now(),
        facts={"filter": request.META.get("QUERY_STRING", "")[:200]},
    )
    response = StreamingHttpResponse(
        _lines(export_operations(wanted)), content_type="text/csv; charset=utf-8"
    )
    name = f"operations-{timezone.localtime():%Y%m%d-%H%M}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    """A file that returns what is written, so that the CSV writer makes lines."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(_HEAD)
    for entry in entries:
        yield writer.writerow(
            [
                entry.pk,
                entry.at.isoformat(),
                _harmless(entry.actor),
                entry.action,
                entry.subject_type,
                entry.subject_id,
                _harmless(str(entry.facts)),
                bytes(entry.digest).hex(),
            ]
        )


def _harmless(text: str) -> str:
    """A cell that begins like a formula is text: spreadsheets would compute it."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


@needs(Permission.VIEW_OPERATION_LOG)
@require_GET
def operation(request: HttpRequest, key: int) -> HttpResponse:
    """Show one act with its proof: the chain of its object, and its place in the signed log."""
    entry = get_object_or_404(AuditEntry, pk=key)
    try:
        proof = inclusion_proof(entry)
    except NotYetLogged:
        proof = None
    context = {
        "here": "operations",
        "entry": entry,
        "facts": sorted(entry.facts.items()),
        "digest": bytes(entry.digest).hex(),
        "previous": bytes(entry.previous).hex(),
        "faults": walk_chain(entry.subject_type, entry.subject_id),
        "proof": proof,
        "path": [step.hex() for step in proof.path] if proof else [],
        "note": proof.note.decode("utf-8", "replace") if proof else "",
    }
    return page(request, "console/organizations/operation.html", context)
