"""What users from outside see: their own tasks with the documents, and their own seals."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import actor_of, outside_only
from baozhen.faces.console.frame import page
from baozhen.faces.console.seals.shown import tag
from baozhen.faces.errors import NotFound
from baozhen.faces.pictures import page_picture
from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.models import Action, EnvelopeDocument
from baozhen.signing.envelopes.outsiders import (
    envelope_of_account,
    envelopes_of,
    parties_of,
    tasks_of,
    void_party,
)
from baozhen.signing.envelopes.queries import document_bytes
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import outside_units_of
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import current_version, version_picture
from baozhen.signing.seals.states import LABELS, SealState

_PAGE = 50


@outside_only
@require_GET
def envelopes(request: HttpRequest, account: Account) -> HttpResponse:
    """List the signing tasks that have come to this user, the newest first."""
    asked = request.GET.get("page", "1")
    place = max(int(asked), 1) if asked.isdecimal() and asked.isascii() else 1
    rows = envelopes_of(account).order_by("-created_at", "-pk")
    found = list(rows[(place - 1) * _PAGE : place * _PAGE + 1])
    context = {
        "here": "partner_envelopes",
        "envelopes": found[:_PAGE],
        "next": place + 1 if len(found) > _PAGE else 0,
    }
    return page(request, "console/partner/envelopes.html", context)


@outside_only
@require_GET
def envelope(request: HttpRequest, account: Account, public_id: str) -> HttpResponse:
    """Show one task: how far everybody is, and the documents; other persons' names are masked."""
    found = envelope_of_account(account, public_id)
    own = set(parties_of(account).filter(envelope=found).values_list("pk", flat=True))
    actions = found.actions.select_related("signatory").order_by("order", "pk")
    context = {
        "here": "partner_envelopes",
        "envelope": found,
        "documents": found.documents.order_by("position"),
        "parties": [_party(action, is_own=action.signatory_id in own) for action in actions],
        "tasks": tasks_of(account).filter(envelope=found),
        "may_answer_void": void_party(account, found) is not None,
        "void": found.void_requests.order_by("-pk").first(),
    }
    return page(request, "console/partner/envelope.html", context)


@outside_only
@require_GET
def document(request: HttpRequest, account: Account, public_id: str, position: int) -> HttpResponse:
    """Send a document as it stands; who took it is on record."""
    found = envelope_of_account(account, public_id)
    row = document_at(found.documents.all(), position)
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


@outside_only
@require_GET
def preview(request: HttpRequest, account: Account, public_id: str, position: int) -> HttpResponse:
    """Show a page as a picture: the first, or the one named by `page`, counted from 1."""
    row = document_at(envelope_of_account(account, public_id).documents.all(), position)
    number = request.GET.get("page", "1")
    if not number.isascii() or not number.isdecimal() or not 1 <= int(number) <= row.pages:
        raise NotFound(what="这一页")
    picture = page_picture(document_bytes(row), int(number) - 1)
    return HttpResponse(picture, content_type="image/png")


@outside_only
@require_GET
def seals(request: HttpRequest, account: Account) -> HttpResponse:
    """Show the seals of the user's own organisation, or the person's own."""
    rows = own_seals(account).exclude(state=SealState.ABOLISHED).order_by("name", "pk")
    context = {
        "here": "partner_seals",
        "seals": [{"row": seal, "tag": tag(seal.state, LABELS)} for seal in rows[:_PAGE]],
    }
    return page(request, "console/partner/seals.html", context)


@outside_only
@require_GET
def picture(_request: HttpRequest, account: Account, key: int) -> HttpResponse:
    """Send the picture of one of them."""
    seal = own_seals(account).filter(pk=key, version__gt=0).first()
    if seal is None:
        raise Http404
    return HttpResponse(version_picture(current_version(seal)), content_type="image/png")


def own_seals(account: Account) -> QuerySet[Seal]:
    """Return the seals of the account's organisation, and those of the person."""
    mine = Q(owner__account=account, owner__isnull=False)
    return Seal.objects.filter(Q(unit__in=outside_units_of(account), owner__isnull=True) | mine)


def document_at(documents: QuerySet[EnvelopeDocument], position: int) -> EnvelopeDocument:
    """Return the document at a position, or raise NotFound."""
    row = documents.filter(position=position).first()
    if row is None:
        raise NotFound(what="这份文件")
    return row


def _party(action: Action, *, is_own: bool) -> dict[str, Any]:
    signatory = action.signatory
    is_masked = signatory.kind == "person" and not is_own
    return {
        "action": action,
        "label": signatory.label,
        "name": mask_name(str(signatory.name)) if is_masked else str(signatory.name),
        "is_own": is_own,
    }
