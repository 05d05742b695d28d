"""One signing task: where it stands, who is next, the documents, the timeline, what can be done."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.errors import NotFound
from baozhen.faces.pictures import page_picture
from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.errors import EnvelopeNotFound
from baozhen.signing.envelopes.history import envelope_history, history_csv
from baozhen.signing.envelopes.models import Action, Envelope, EnvelopeDocument, VoidRequest
from baozhen.signing.envelopes.queries import (
    document_bytes,
    envelopes_for,
    tasks_for,
    voids_for,
)
from baozhen.signing.envelopes.services.handing import letter_of
from baozhen.signing.envelopes.services.voiding import parties_waiting
from baozhen.signing.envelopes.states import LABELS, ActionState, EnvelopeState
from baozhen.signing.files.queries import destroyed_on
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def envelope(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show everything of one task that staff may see; names of persons masked."""
    found = own(request, public_id)
    actions = list(found.actions.select_related("signatory", "consent").order_by("order", "pk"))
    mine = set(tasks_for(request.user).values_list("pk", flat=True))
    context = {
        "here": "envelopes",
        "envelope": found,
        "documents": found.documents.order_by("position"),
        "destroyed_on": destroyed_on(found.public_id),
        "parties": [_party(action, action.pk in mine) for action in actions],
        "papers": [
            paper for party in found.signatories.all() for paper in party.papers.order_by("pk")
        ],
        "asked": [party for party in found.signatories.all() if party.questions.exists()],
        "timeline": envelope_history(found)[::-1],
        "handovers": [
            {"row": row, "letter": letter_of(row)} for row in found.handovers.order_by("-number")
        ],
        "steps": _next_steps(request, found),
        "void": _void(found),
        "answers_void": voids_for(request.user).filter(pk=found.pk).exists(),
        "may_download": may(request, Permission.DOWNLOAD_FILES)
        or may(request, Permission.VIEW_FILES),
    }
    return page(request, "console/envelopes/one.html", context)


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def document(request: HttpRequest, public_id: str, position: int) -> HttpResponse:
    """Send a document as it stands; who took it is on record."""
    found = own(request, public_id)
    row = _document(found, position)
    audit.record(
        "envelope.downloaded",
        subject_id=found.pk,
        actor=actor_of(request),
        at=now(),
        facts={"document": row.public_id, "sha256": row.head_sha256},
    )
    response = HttpResponse(document_bytes(row), content_type="application/pdf")
    name = f"{found.public_id}-{position}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def export(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send the chronicle of the task as a table; who took it is on record."""
    found = own(request, public_id)
    lines = envelope_history(found)
    audit.record(
        "envelope.history_exported", subject_id=found.pk, actor=actor_of(request), at=now()
    )
    response = HttpResponse(history_csv(lines), content_type="text/csv; charset=utf-8")
    name = f"{found.public_id}-history.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def preview(request: HttpRequest, public_id: str, position: int) -> HttpResponse:
    """Show a page as a picture: the first, or the one named by `page`, counted from 1."""
    row = _document(own(request, public_id), position)
    number = request.GET.get("page", "1")
    if not number.isascii() or not number.isdecimal() or not 1 <= int(number) <= row.pages:
        raise NotFound(what="这一页")
    picture = page_picture(document_bytes(row), int(number) - 1)
    return HttpResponse(picture, content_type="image/png")


def own(request: HttpRequest, public_id: str) -> Envelope:
    """Return a task of one's own units, or raise EnvelopeNotFound."""
    found = envelopes_for(request.user).filter(public_id=public_id).first()
    if found is None:
        raise EnvelopeNotFound
    return found


def _document(envelope: Envelope, position: int) -> EnvelopeDocument:
    row = envelope.documents.filter(position=position).first()
    if row is None:
        raise NotFound(what="这份文件")
    return row


def _party(action: Action, is_mine: bool) -> dict[str, Any]:
    signatory = action.signatory
    is_person = signatory.kind == "person"
    return {
        "action": action,
        "label": signatory.label,
        "name": mask_name(str(signatory.name)) if is_person else str(signatory.name),
        "type": action.get_type_display(),
        "href": reverse("console:envelope_action", args=[action.public_id]) if is_mine else "",
        "is_hanging": action.state == ActionState.PERFORMING and bool(action.last_error),
        "opened_at": signatory.opened_at,
    }


def _next_steps(request: HttpRequest, envelope: Envelope) -> list[dict[str, str]]:
    state, may_start = envelope.state, may(request, Permission.START_ENVELOPES)
    running = state in {EnvelopeState.DRAFT, EnvelopeState.IN_PROGRESS}
    offers = (
        (
            "催签",
            "envelope_remind",
            state == EnvelopeState.IN_PROGRESS,
            "提醒轮到的签署方，每半小时一次",
        ),
        ("撤回", "envelope_recall", running, "任务结束，已签的文件仍存档"),
        (
            "送达",
            "envelope_hand_over",
            state == EnvelopeState.COMPLETED and destroyed_on(envelope.public_id) is None,
            "把文件送给指定的接收人，链接只能领取一次",
        ),
        ("申请作废", "envelope_void", state == EnvelopeState.COMPLETED, "须各签署方都同意才作废"),
    )
    return [
        {
            "label": label,
            "href": reverse(f"console:{name}", args=[envelope.public_id])
            if possible and may_start
            else "",
            "why": why
            if possible and may_start
            else ("没有发起签署任务的权限" if possible else f"任务{LABELS[EnvelopeState(state)]}"),
        }
        for label, name, possible, why in offers
    ]


def _void(envelope: Envelope) -> dict[str, Any] | None:
    request = VoidRequest.objects.filter(envelope=envelope).order_by("-pk").first()
    if request is None:
        return None
    return {"request": request, "waiting": [party.label for party in parties_waiting(request)]}
