"""The editor of a draft: fields placed by mouse or keys, text set on line, tried as one types."""

import json
import re
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.templates.reach import seen_clauses, version_managed, version_seen
from baozhen.faces.errors import InvalidRequest, MalformedRequest, TooLarge
from baozhen.faces.limits import Limit, spend
from baozhen.faces.pictures import page_picture
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.templates.fields import KIND_LABELS, LEFT_OPEN, SIGNED
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services import Content, edit_draft, try_content
from baozhen.signing.templates.states import SourceKind, VersionState

_BODY_BYTES_MAX = 8 * 1024 * 1024
_LINE = re.compile(r"(?P<clause>clauses/[a-z0-9_]+\.typ )?第 (?P<line>\d+) 行")
_PREVIEWS = Limit(name="template-preview", most=120)


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def edit(request: HttpRequest, key: int) -> HttpResponse:
    """Open a draft in the editor."""
    row = version_managed(request, key)
    if row.state != VersionState.DRAFT:
        return redirect("console:template_version", key=row.pk)
    is_typst = row.source_kind == SourceKind.TYPST
    place = {"key": row.pk}
    state = {
        "fields": row.fields,
        "sample": row.sample,
        "sha256": row.sha256,
        "pages": row.pages or 0,
        "typst": is_typst,
        "signed": sorted(SIGNED),
        "open": sorted(LEFT_OPEN),
        "labels": {kind.value: label for kind, label in KIND_LABELS.items()},
        "save": reverse("console:template_save", kwargs=place),
        "preview": reverse("console:template_preview", kwargs=place),
        "picture": reverse("console:template_page", kwargs=place | {"number": 0}),
    }
    context = {
        "here": "templates",
        "version": row,
        "state": state,
        "is_typst": is_typst,
        "kinds": [{"value": kind.value, "label": label} for kind, label in KIND_LABELS.items()],
        "clauses": seen_clauses(request).order_by("code") if is_typst else (),
    }
    return page(request, "console/templates/editor.html", context)


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def keep(request: HttpRequest, key: int) -> HttpResponse:
    """Keep what the editor holds; every fault is answered with the path of its field."""
    row = version_managed(request, key)
    given = _given(request)
    try:
        kept = edit_draft(
            row.pk,
            _content(row, given),
            actor=actor_of(request),
            at=now(),
            opened_sha256=str(given.get("sha256", "")),
        )
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse({"sha256": kept.sha256})


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def preview(request: HttpRequest, key: int) -> HttpResponse:
    """Fill what the editor holds with its sample; answer one page as a picture, keep nothing."""
    row = version_managed(request, key)
    spend(_PREVIEWS, actor_of(request))
    given = _given(request)
    number = given.get("page", 0)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise InvalidRequest(path="page")
    try:
        filled = try_content(_content(row, given), document=bytes(row.document or b""), at=now())
    except Refusal as refusal:
        return _refused(refusal)
    pages = len(filled.pages)
    shown = min(number, pages - 1)
    response = HttpResponse(page_picture(filled.pdf, shown), content_type="image/png")
    response.headers["X-Pages"] = str(pages)
    response.headers["X-Page"] = str(shown)
    return response


@needs(Permission.VIEW_TEMPLATES)
@require_GET
def picture(request: HttpRequest, key: int, number: int) -> HttpResponse:
    """Show a page of the version's own file, without any values."""
    row = version_seen(request, key)
    if not row.document or number >= (row.pages or 0):
        raise InvalidRequest(path="page")
    response = HttpResponse(page_picture(bytes(row.document), number), content_type="image/png")
    # The address names the digest of the content: what it shows never changes.
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _given(request: HttpRequest) -> dict[str, Any]:
    if int(request.headers.get("Content-Length") or 0) > _BODY_BYTES_MAX:
        raise TooLarge(limit="8 MB")
    try:
        given = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(reason="应为 JSON") from error
    if not isinstance(given, dict):
        raise MalformedRequest(reason="缺少域、示例或文本")
    return given


def _content(row: TemplateVersion, given: dict[str, Any]) -> Content:
    source, note = given.get("source", ""), given.get("note", "")
    fields, sample = given.get("fields"), given.get("sample")
    if not isinstance(source, str) or not isinstance(note, str) or not isinstance(sample, dict):
        raise MalformedRequest(reason="缺少域、示例或文本")
    if not isinstance(fields, list) or not all(isinstance(entry, dict) for entry in fields):
        raise MalformedRequest(reason="缺少域、示例或文本")
    return Content(
        source_kind=SourceKind(row.source_kind),
        source=source,
        fields=fields,
        sample=sample,
        note=note,
    )


def _refused(refusal: Refusal) -> JsonResponse:
    """Answer all faults: those of fields and samples by their paths, those of the text by lines."""
    listed = refusal.facts.get("faults")
    is_sample = refusal.path.startswith("values.")
    if isinstance(listed, list):
        faults = [
            {"path": f"sample.{one.path}" if is_sample else one.path, "message": one.message}
            for one in listed
        ]
    else:
        faults = [{"path": refusal.path or "", "message": str(refusal)}]
    lines = [
        {"line": int(found["line"]), "message": part.strip()}
        for part in str(refusal).split("；")
        for found in [_LINE.search(part)]
        if found is not None and not found["clause"]
    ]
    answer = {"message": str(refusal), "faults": faults, "lines": lines}
    return JsonResponse(answer, status=HTTPStatus.UNPROCESSABLE_ENTITY)
