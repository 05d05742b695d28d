"""Batches: what came in, how far it is, what became of each line."""

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.lines import lines_of
from baozhen.faces.words import ITEM_STATUSES
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.proposals.models import Batch
from baozhen.insurance.proposals.queries import (
    BatchProgress,
    batch_progress,
    get_batch,
    list_batches,
    list_items,
)
from baozhen.insurance.proposals.services import receive_batch, resume_batch
from baozhen.insurance.proposals.states import BatchState, ItemStatus
from baozhen.signing.organizations.roles import Permission

_PAGE = 50
_READ_BYTES = 1024 * 1024


@needs(Permission.VIEW_POLICIES)
@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """List the batches, newest first."""
    before = request.GET.get("before", "")
    last = get_batch(int(before)) if before.isdecimal() else None
    shown = list_batches(before=last, limit=_PAGE)
    context = {
        "here": "batches",
        "batches": shown,
        "next_href": f"?before={shown[-1].pk}" if len(shown) == _PAGE else "",
        "may_batch": may(request, Permission.START_BATCHES),
    }
    return page(request, "console/batches.html", context)


@needs(Permission.VIEW_POLICIES)
@require_GET
def batch(request: HttpRequest, key: int) -> HttpResponse:
    """Show one batch: progress, then its lines, filtered by result."""
    shown = get_batch(key)
    status = request.GET.get("status", "")
    after = request.GET.get("after", "")
    items = list_items(
        shown,
        status=status if status in set(ItemStatus) else None,
        after_line=int(after) if after.isdecimal() else 0,
        limit=_PAGE,
    )
    more = urlencode({"status": status, "after": items[-1].line}) if len(items) == _PAGE else ""
    context = {
        "here": "batches",
        "statuses": [(name, word.label) for name, word in ITEM_STATUSES.items()],
        "status": status,
        "items": items,
        "next_href": f"?{more}" if more else "",
        **_progress(shown),
    }
    failed: BatchProgress = context["progress"]
    context["may_resume"] = failed.failed and may(request, Permission.START_BATCHES)
    return page(request, "console/batch.html", context)


@needs(Permission.VIEW_POLICIES)
@require_GET
def progress(request: HttpRequest, key: int) -> HttpResponse:
    """Return the progress alone; the page asks every two seconds until the batch is done."""
    return render(request, "console/_progress.html", _progress(get_batch(key)))


def _progress(shown: Batch) -> dict[str, Any]:
    state = batch_progress(shown)
    begun = shown.closed_at or shown.created_at
    seconds = ((shown.finished_at or now()) - begun).total_seconds()
    rate = state.done / seconds if seconds > 1 and state.done else 0
    running = shown.state == BatchState.PROCESSING
    return {
        "batch": shown,
        "progress": state,
        "rate": f"{rate:.1f}" if rate else "",
        "left": _span((state.size - state.done) / rate) if running and rate else "",
    }


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 -- up to a minute and a half people count seconds
        return f"{max(1, round(seconds))} 秒"
    return f"{round(seconds / 60)} 分钟"


@needs(Permission.START_BATCHES)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take an NDJSON file from a person who may issue; the same file again finds its batch."""
    file = request.FILES.get("file")
    if request.method != "POST":
        return page(request, "console/upload.html", {"here": "batches"})
    mode = request.POST.get("timestamp_mode", "")
    if file is None or mode not in set(TimestampMode):
        return _upload_fault(request, "请选择一个 NDJSON 文件。")
    try:
        received = receive_batch(
            lines_of(iter(lambda: file.read(_READ_BYTES), b"")),
            client=actor_of(request),
            idempotency_key=_key_of(file),
            timestamp_mode=mode,
            at=now(),
        )
    except Refusal as refusal:
        return _upload_fault(request, str(refusal))
    messages.success(request, f"已接收 {received.size:,} 行，正在出单。", extra_tags="jade")
    return redirect("console:batch", key=received.pk)


def _key_of(file: "UploadedFile[bytes]") -> str:
    """Return a key that is the file's own, so that a second upload issues nothing twice."""
    digest = hashlib.sha256()
    for chunk in _chunks(file):
        digest.update(chunk)
    file.seek(0)
    return f"file-{digest.hexdigest()[:40]}"


def _chunks(file: "UploadedFile[bytes]") -> Iterator[bytes]:
    yield from file.chunks(_READ_BYTES)


def _upload_fault(request: HttpRequest, fault: str) -> HttpResponse:
    return page(request, "console/upload.html", {"here": "batches", "fault": fault}, status=422)


@needs(Permission.START_BATCHES)
@require_POST
def resume(request: HttpRequest, key: int) -> HttpResponse:
    """Try the lines again that failed for a bug; what was issued or refused stays as it is."""
    count = resume_batch(get_batch(key), actor=actor_of(request), at=now())
    messages.success(request, f"{count:,} 行已重新排队。", extra_tags="jade")
    return redirect("console:batch", key=key)
