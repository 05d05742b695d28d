"""Read the documents: the text, the exact file, and how far one has come."""

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.errors import MalformedRequest, NotFound
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.foundation.audit import services as audit
from baozhen.foundation.storage import get_storage
from baozhen.foundation.workbench import page_lines_in_subprocess
from baozhen.signing.envelopes.models import EnvelopeDocument
from baozhen.signing.envelopes.queries import document_bytes
from baozhen.signing.envelopes.rules import (
    ReadingFacts,
    is_read,
    pages_left,
    seconds_left,
    share_read,
)
from baozhen.signing.envelopes.services.reading import (
    REPORT_SECONDS_MAX,
    PageReport,
    reading_facts,
    record_reading,
)
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.rendering import page_lines

_MAY_READ = frozenset({"papers", "read", "sign", "consent", "done", "void"})
_REPORT_BYTES_MAX = 100_000
_TEXTS_KEPT = 64


@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest, token: str, position: int = 1) -> HttpResponse:
    """Show one document; when it is read, the next."""
    visit = _allowed(request, token)
    document = _document(visit, position)
    facts = reading_facts(visit.envelope, visit.signatory)
    if request.method == "POST":
        return _go_on(visit, document, facts)
    return visit.render("read.html", _context(visit, document, facts))


@require_POST
def progress(request: HttpRequest, token: str, position: int) -> HttpResponse:
    """Take the page's report of what was on screen, and say what is left."""
    visit = _allowed(request, token)
    if len(request.body) > _REPORT_BYTES_MAX:
        raise MalformedRequest(reason="阅读记录过长")
    try:
        given = json.loads(request.body)
        reports = [_report(key, entry) for key, entry in given["pages"].items()]
        view = str(given.get("view", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedRequest(reason="不是阅读记录") from error
    record_reading(visit.signatory, reports, view=view, at=visit.at)
    facts = reading_facts(visit.envelope, visit.signatory)
    return JsonResponse(_state(_document(visit, position), facts))


@require_GET
def document_file(request: HttpRequest, token: str, position: int) -> HttpResponse:
    """Send the exact file as it stands now."""
    visit = _allowed(request, token)
    document = _document(visit, position)
    audit.record(
        "envelope.downloaded",
        subject_id=visit.envelope.pk,
        actor=f"signatory:{visit.signatory.public_id}",
        at=visit.at,
        facts={"document": document.public_id, "sha256": document.head_sha256},
    )
    response = HttpResponse(document_bytes(document), content_type="application/pdf")
    name = f"{visit.envelope.public_id}-{position}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _allowed(request: HttpRequest, token: str) -> Visit:
    """Return the visit of somebody who may see content: known on this device."""
    visit = visit_of(request, token)
    if visit.step not in _MAY_READ:
        raise NotFound(what="可查看的文件，请先从短信中的链接核对身份")
    return visit


def _document(visit: Visit, position: int) -> EnvelopeDocument:
    found = visit.envelope.documents.filter(position=position).first()
    if found is None:
        raise NotFound(what="这份文件")
    return found


def _report(key: str, entry: dict[str, Any]) -> PageReport:
    position, _, number = key.partition("-")
    seconds = min(int(entry["seconds"]), REPORT_SECONDS_MAX)
    return PageReport(int(position), int(number), seconds, bool(entry["ended"]))


def _go_on(visit: Visit, document: EnvelopeDocument, facts: ReadingFacts) -> HttpResponse:
    following = visit.envelope.documents.filter(position=document.position + 1).first()
    own = _of_document(facts, document)
    if pages_left(own):
        context = _context(visit, document, facts) | {
            "fault": f"还有 {pages_left(own)} 页没有读到末尾，请继续往下读。"
        }
        return visit.render("read.html", context, status=422)
    if following is not None:
        return redirect(visit.address("read_document", following.position))
    if not is_read(facts):
        context = _context(visit, document, facts) | {
            "fault": f"请再阅读 {seconds_left(facts)} 秒。"
        }
        return visit.render("read.html", context, status=422)
    return redirect(visit.address("done" if visit.is_viewer else "next"))


def _of_document(facts: ReadingFacts, document: EnvelopeDocument) -> ReadingFacts:
    return ReadingFacts(
        pages={document.pk: document.pages},
        read=tuple(page for page in facts.read if page.document == document.pk),
        seconds_min=facts.seconds_min,
    )


def _state(document: EnvelopeDocument, facts: ReadingFacts) -> dict[str, Any]:
    own = _of_document(facts, document)
    pages, seconds = pages_left(own), seconds_left(facts)
    if pages:
        message = f"还有 {pages} 页没有读到末尾"
    elif seconds:
        message = f"请再阅读 {seconds} 秒"
    else:
        message = "已读完"
    return {"share": share_read(own), "message": message, "complete": not pages and not seconds}


def _context(visit: Visit, document: EnvelopeDocument, facts: ReadingFacts) -> dict[str, Any]:
    is_last = document.position == visit.envelope.documents.count()
    label = "读完了，下一份" if not is_last else ("读完了" if visit.is_viewer else "读完了，去签名")
    return {
        "document": {
            "title": document.title,
            "position": document.position,
            "sha256": document.head_sha256,
        },
        "pages": text_of(document),
        "reading": _state(document, facts),
        "go_label": label,
        "links": {
            "decline": visit.address("decline"),
            "progress": visit.address("progress", document.position),
            "file": visit.address("file", document.position),
            "answer": visit.address("answer")
            if not visit.is_viewer and visit.signatory.questions.exists()
            else "",
        },
    }


@lru_cache(maxsize=_TEXTS_KEPT)
def _lines_of(sha256: str, is_own: bool) -> list[list[str]]:
    """Return the lines of each page, from the very bytes that are signed.

    A stranger's file is read by a limited child; what our own typesetter made is read here. They
    are kept for a while, for a person comes back to the same page several times.
    """
    pdf = get_storage().get(sha256)
    try:
        return list(page_lines(pdf)) if is_own else page_lines_in_subprocess(pdf)
    except TrustError:
        return []


def text_of(document: EnvelopeDocument) -> list[dict[str, Any]]:
    """Return the text of each page for people who read with ears or in large type.

    A page without text is there too: it says to look at the exact file.
    """
    lines = _lines_of(document.head_sha256, bool(document.template))
    return [
        {"number": number, "lines": lines[number - 1] if number <= len(lines) else []}
        for number in range(1, document.pages + 1)
    ]
