"""A person who signed is asked whether the task shall be void: agree with a code, or refuse."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.mobile.codes import Code, destination_of
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.foundation.errors import Outage, Refusal
from baozhen.signing.envelopes.services.voiding import answer_void, open_void
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.consent import ConsentFacts

PURPOSE = "void_envelope"


@require_http_methods(["GET", "HEAD", "POST"])
def void(request: HttpRequest, token: str) -> HttpResponse:
    """Show why, and take the person's word; one refusal leaves the files as they are."""
    visit = visit_of(request, token)
    subject, asked = visit.signatory.subject, open_void(visit.signatory)
    if visit.step != "void" or subject is None or asked is None:
        return redirect(visit.address("next"))
    context = _context(visit, subject) | {"reason": asked.reason, "since": asked.requested_at}
    if request.method != "POST":
        return visit.render("void.html", context)
    try:
        _take(visit, subject)
    except (Refusal, Outage) as failure:
        return visit.render("void.html", context | {"fault": str(failure)}, status=422)
    return redirect(visit.address("next"))


def _take(visit: Visit, subject: Subject) -> None:
    act = visit.request.POST.get("act", "")
    if act == "send":
        visit.remember(void_challenge=_code(visit, subject).send())
        return
    answer_void(
        visit.envelope.pk,
        by=visit.signatory,
        agrees=act == "agree",
        actor=f"signatory:{visit.signatory.public_id}",
        at=visit.at,
        will=_will(visit, subject) if act == "agree" else None,
    )
    visit.remember(void_challenge="")


def _code(visit: Visit, subject: Subject) -> Code:
    return Code(visit, subject, PURPOSE, visit.envelope.content_sha256)


def _will(visit: Visit, subject: Subject) -> ConsentFacts:
    challenge = _code(visit, subject).confirm_will(visit.memory.get("void_challenge", ""))
    return ConsentFacts(
        subject_id=subject.public_id,
        document_sha256=visit.envelope.content_sha256,
        method=challenge.channel,
        challenge_id=challenge.public_id,
        device=visit.device,
        address=address_of(visit.request),
    )


def _context(visit: Visit, subject: Subject) -> dict[str, Any]:
    return {
        "code_sent": bool(visit.memory.get("void_challenge")),
        "destination": destination_of(subject),
        "documents": [
            {"title": row.title, "href": visit.address("file", row.position)}
            for row in visit.envelope.documents.order_by("position")
        ],
    }
