"""Hand in papers, sign, and confirm the will; then the signature is made."""

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.mobile.codes import Code, channel_of, destination_of
from baozhen.faces.mobile.signatures import sign_context, signature_from, ways_for
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.errors import Outage, Refusal
from baozhen.signing.envelopes.errors import PaperRefused, SignatureMissing
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.services.acts import sign as sign_action
from baozhen.signing.envelopes.services.papers import hand_in
from baozhen.signing.identity.models import Subject

PURPOSE = "sign_envelope"


@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, token: str) -> HttpResponse:
    """Take one attachment after the other."""
    visit = visit_of(request, token)
    if visit.step not in {"papers", "read"}:
        return redirect(visit.address("next"))
    if request.POST.get("act") == "go_on":
        return redirect(visit.address("next"))
    fault = ""
    upload = request.FILES.get("file")
    if request.method == "POST" and upload is None:
        fault = "请先选择文件"
    elif upload is not None:
        try:
            hand_in(visit.signatory, request.POST.get("paper", ""), bytes_of(upload), at=visit.at)
        except PaperRefused as refusal:
            fault = str(refusal)
        else:
            return redirect(visit.address("papers"))
    return visit.render(
        "papers.html", _papers(visit) | {"fault": fault}, status=422 if fault else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """Take the signature: drawn, typed, photographed or adopted, as the sender allows."""
    visit = visit_of(request, token)
    if visit.step not in {"sign", "consent"}:
        return redirect(visit.address("next"))
    ways = ways_for([visit.signatory])
    context = sign_context(visit.signatory, ways)
    if request.method != "POST":
        return visit.render("sign.html", context)
    try:
        picture, strokes = signature_from(request, visit.signatory, ways)
    except Refusal as refusal:
        return visit.render("sign.html", context | {"fault": str(refusal)}, status=422)
    visit.remember(picture=base64.b64encode(picture).decode("ascii"), strokes=strokes)
    return redirect(visit.address("consent"))


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether this very content is wanted, with a code for it alone; then sign."""
    visit = visit_of(request, token)
    subject = visit.signatory.subject
    if visit.step != "consent" or subject is None:
        return redirect(visit.address("next"))
    act = request.POST.get("act", "")
    try:
        if act == "send":
            _send(visit, subject)
            return redirect(visit.address("consent"))
        if act == "confirm":
            _confirm(visit, subject)
            return redirect(visit.address("done"))
    except (Refusal, Outage) as failure:
        return visit.render(
            "consent.html", _consent(visit, subject) | {"fault": str(failure)}, status=422
        )
    return visit.render("consent.html", _consent(visit, subject))


def _send(visit: Visit, subject: Subject) -> None:
    visit.remember(challenge=_code(visit, subject).send())


def _code(visit: Visit, subject: Subject) -> Code:
    return Code(visit, subject, PURPOSE, visit.envelope.content_sha256)


def _confirm(visit: Visit, subject: Subject) -> None:
    memory = visit.memory
    challenge = str(memory.get("challenge", ""))
    _code(visit, subject).confirm_will(challenge)
    if visit.action is None:
        raise SignatureMissing(path="action")
    sign_action(
        visit.action.pk,
        SignatureInput(
            picture=base64.b64decode(memory["picture"]),
            challenge_id=challenge,
            method=channel_of(subject),
            strokes=memory.get("strokes"),
            device=visit.device,
            address=address_of(visit.request),
        ),
        at=visit.at,
    )
    visit.remember(picture="", strokes=None, challenge="")


def _papers(visit: Visit) -> dict[str, Any]:
    rows = list(visit.signatory.papers.order_by("pk"))
    return {
        "papers": [
            {
                "key": row.key,
                "label": row.label,
                "required": row.is_required,
                "received": bool(row.sha256),
            }
            for row in rows
        ],
        "papers_complete": all(row.sha256 for row in rows if row.is_required),
    }


def _consent(visit: Visit, subject: Subject) -> dict[str, Any]:
    return {
        "code_sent": bool(visit.memory.get("challenge")),
        "destination": destination_of(subject),
        "content_sha256": visit.envelope.content_sha256,
        "preview": f"data:image/png;base64,{visit.memory.get('picture', '')}",
    }
