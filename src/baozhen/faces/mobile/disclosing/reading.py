"""The files of an application: the list, one file to read, its exact PDF, the six declarations."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.errors import MalformedRequest
from baozhen.faces.mobile.applying.frames import own_application
from baozhen.faces.mobile.disclosing.frames import is_elder, journey_page
from baozhen.faces.mobile.way import READING, SIGNING
from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.insurance.disclosures.errors import (
    FilesUnread,
    NothingToRead,
    ReadingItemUnknown,
    ReadingPageStale,
    ReadingTooShort,
)
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.insurance.disclosures.queries import (
    check_read,
    declarations_of,
    item_view,
    items_of,
    page_version,
    progress_of,
)
from baozhen.insurance.disclosures.services.declaring import declare
from baozhen.insurance.disclosures.services.freezing import current_set, reading_set_of
from baozhen.insurance.disclosures.services.reading import (
    Report,
    finish_item,
    open_item,
    report_progress,
)
from baozhen.insurance.disclosures.texts import PROPOSAL

_REPORT_BYTES_MAX = 1_000
_OPEN_STATES = {ApplicationState.ACCEPTED, ApplicationState.SIGNED}


@require_GET
@own_application
def reading(request: HttpRequest, application: Application) -> HttpResponse:
    """List the files and what is left of each."""
    if application.state not in _OPEN_STATES:
        return redirect("journey:mine")
    reading_set = reading_set_of(application, at=now())
    if application.state == ApplicationState.SIGNED:
        return redirect("journey:code", application.proposal_no)
    elder = is_elder(request)
    items = items_of(reading_set)
    rows = [
        {
            "item": item,
            "progress": progress_of(item, is_elder=elder),
            "href": reverse("journey:reading_item", args=[application.proposal_no, item.position]),
        }
        for item in items
    ]
    left = [row for row, item in zip(rows, items, strict=True) if item.finished_at is None]
    context = {
        "rows": rows,
        "left": left,
        "next": left[0]["href"] if left else "",
        "void": reading_set.number > 1,
        "elder": elder,
    }
    return journey_page(request, application, "list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def read_item(request: HttpRequest, application: Application, position: int) -> HttpResponse:
    """Show one file; when it is read, go on to the next."""
    reading_set = _set(application)
    item = _item(reading_set, position)
    fault = ""
    if request.method == "POST":
        try:
            finish_item(
                reading_set.pk,
                position,
                Report(
                    view=request.POST.get("view", "text"),
                    has_ended=request.POST.get("ended") == "1",
                    is_elder=is_elder(request),
                ),
                version=request.POST.get("version", ""),
                at=now(),
            )
        except (ReadingTooShort, ReadingPageStale) as refusal:
            fault = str(refusal)
            item.refresh_from_db()
        else:
            return redirect(_following(application, reading_set))
    else:
        item = open_item(reading_set.pk, position, at=now())
    context = _item_context(request, application, item) | {"fault": fault}
    return journey_page(request, application, "read.html", context, status=422 if fault else 200)


@require_POST
@own_application
def progress(request: HttpRequest, application: Application, position: int) -> HttpResponse:
    """Take the page's word that it is on screen, and say what is left."""
    if len(request.body) > _REPORT_BYTES_MAX:
        raise MalformedRequest(reason="阅读记录过长")
    try:
        given = json.loads(request.body)
        report = Report(
            view="original" if given["view"] == "original" else "text",
            has_ended=given["ended"] is True,
            is_elder=is_elder(request),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedRequest(reason="不是阅读记录") from error
    item = report_progress(_set(application).pk, position, report, at=now())
    return JsonResponse(_state(request, item))


@require_GET
@own_application
def item_file(request: HttpRequest, application: Application, position: int) -> HttpResponse:
    """Send the exact file; after signing, the form as it was signed."""
    reading_set = _set(application)
    item = _item(reading_set, position)
    sha256 = item.sha256
    if item.kind == PROPOSAL and reading_set.envelope is not None:
        sha256 = reading_set.envelope.documents.get(position=1).head_sha256
    audit.record(
        "reading_item.downloaded",
        subject_id=item.pk,
        actor=f"subject:{application.applicant.public_id}" if application.applicant else "system",
        at=now(),
        facts={"sha256": sha256},
    )
    response = HttpResponse(get_storage().get(sha256), content_type="application/pdf")
    name = f"{application.proposal_no}-{position}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def declaring(request: HttpRequest, application: Application) -> HttpResponse:
    """Take the six declarations, each by a button of its own."""
    if application.state == ApplicationState.SIGNED:
        return redirect("journey:code", application.proposal_no)
    reading_set = reading_set_of(application, at=now())
    fault = ""
    try:
        check_read(reading_set)
        if request.method == "POST":
            code = request.POST.get("declaration", "")
            declare(reading_set.pk, code, actor=_actor(application), at=now())
            return redirect(f"{request.path}#declarations")
    except FilesUnread:
        return redirect("journey:reading", application.proposal_no)
    except Refusal as refusal:
        fault = str(refusal)
    rows = declarations_of(reading_set)
    context = {
        "place": SIGNING,
        "rows": rows,
        "following": next((row.code for row in rows if not row.is_made), ""),
        "left": sum(not row.is_made for row in rows),
        "fault": fault,
    }
    return journey_page(request, application, "declare.html", context, status=422 if fault else 200)


def _actor(application: Application) -> str:
    applicant = application.applicant
    return f"subject:{applicant.public_id}" if applicant else "system"


def _set(application: Application) -> ReadingSet:
    """Return the set that was opened; the list of files is where one is made."""
    found = current_set(application)
    if found is None:
        raise NothingToRead(state=STATE_LABELS[application.state])
    return found


def _item(reading_set: ReadingSet, position: int) -> ReadingItem:
    found = reading_set.items.select_related("document").filter(position=position).first()
    if found is None:
        raise ReadingItemUnknown
    found.reading_set = reading_set
    return found


def _following(application: Application, reading_set: ReadingSet) -> str:
    """Return the address of the next file that is not read, else of the declarations."""
    left = reading_set.items.filter(finished_at__isnull=True).order_by("position").first()
    if left is None:
        return reverse("journey:declaring", args=[application.proposal_no])
    return reverse("journey:reading_item", args=[application.proposal_no, left.position])


def _state(request: HttpRequest, item: ReadingItem) -> dict[str, Any]:
    found = progress_of(item, is_elder=is_elder(request))
    return {
        "share": found.share,
        "message": found.missing or "已读到末尾",
        "complete": found.is_complete,
    }


def _item_context(
    request: HttpRequest, application: Application, item: ReadingItem
) -> dict[str, Any]:
    address = [application.proposal_no, item.position]
    count = item.reading_set.items.count()
    left = item.reading_set.items.filter(finished_at__isnull=True).exclude(pk=item.pk).exists()
    return {
        "place": READING,
        "item": item,
        "count": count,
        "view": item_view(item),
        "version": page_version(item),
        "reading": _state(request, item),
        "needed": progress_of(item, is_elder=is_elder(request)).seconds_needed,
        "go_label": "读完了，下一份" if left else "读完了，去确认声明",
        "links": {
            "list": reverse("journey:reading", args=[application.proposal_no]),
            "progress": reverse("journey:reading_progress", args=address),
            "file": reverse("journey:reading_file", args=address),
        },
    }
