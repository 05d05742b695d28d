"""The operation log of the whole centre: search, figures, export, proof. The auditor's alone."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.operation_words import (
    act_word,
    known_actions,
    known_nouns,
    noun_word,
)
from baozhen.faces.console.spreadsheets import streamed
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
_NAMES = ("actor", "action", "number", "subject_type", "subject_id", "from", "to")
_NUMBERS = ("public_id", "number", "order_no", "refund_no", "proposal_no")
_HEAD = ("编号", "时间", "操作者", "动作", "动作名称", "对象类型", "对象编号", "事实", "摘要")


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
        "entries": [_shown(entry) for entry in shown[:_PAGE]],
        "actions": known_actions(),
        "nouns": sorted(known_nouns().items(), key=lambda one: one[1]),
        "asked": asked,
        "filtered": bool(kept),
        "query": urlencode(kept),
        "next_href": "?" + urlencode(kept | {"before": shown[_PAGE - 1].pk}) if more else "",
        "first_href": "?" + urlencode(kept) if before else "",
    }
    return page(request, "console/organizations/operations.html", context)


def _shown(entry: AuditEntry) -> dict[str, object]:
    """Return a line: the number that people know stands before our key."""
    return {
        "row": entry,
        "word": act_word(entry.action),
        "noun": noun_word(entry.subject_type),
        "number": next((str(entry.facts[name]) for name in _NUMBERS if entry.facts.get(name)), ""),
    }


def _wanted(request: HttpRequest) -> tuple[dict[str, str], OperationFilter]:
    """Return what was asked, and the filter that it means; nonsense is left out."""
    asked = {name: request.GET.get(name, "").strip()[:64] for name in _NAMES}
    since, before = typed_midnight(asked["from"]), end_of_day(asked["to"])
    key = asked["subject_id"]
    return asked, OperationFilter(
        actor=asked["actor"],
        action=asked["action"],
        number=asked["number"],
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
        "by_action": [(name, act_word(name), count) for name, count in counted.by_action],
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
    rows = (
        (
            entry.pk,
            entry.at.isoformat(),
            entry.actor,
            entry.action,
            act_word(entry.action),
            entry.subject_type,
            entry.subject_id,
            str(entry.facts),
            bytes(entry.digest).hex(),
        )
        for entry in export_operations(wanted)
    )
    return streamed(f"operations-{timezone.localtime():%Y%m%d-%H%M}", _HEAD, rows)


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
        "word": act_word(entry.action),
        "noun": noun_word(entry.subject_type),
        "facts": sorted(entry.facts.items()),
        "digest": bytes(entry.digest).hex(),
        "previous": bytes(entry.previous).hex(),
        "faults": walk_chain(entry.subject_type, entry.subject_id),
        "proof": proof,
        "path": [step.hex() for step in proof.path] if proof else [],
        "note": proof.note.decode("utf-8", "replace") if proof else "",
    }
    return page(request, "console/organizations/operation.html", context)
