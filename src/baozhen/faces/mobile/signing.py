"""Hand in papers, sign, and confirm the will; then the signature is made."""

import base64
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.masking import mask_email, mask_mobile
from baozhen.signing.envelopes.errors import (
    PaperRefused,
    SignatureMissing,
    SignatureUnlikeName,
)
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.services.acts import sign as sign_action
from baozhen.signing.envelopes.services.papers import hand_in
from baozhen.signing.envelopes.services.pictures import (
    drawn_signature,
    photographed_signature,
    typed_signature,
)
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.devices import check_not_agent

PURPOSE = "sign_envelope"
WAYS = ("draw", "type", "upload")


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
    """Take the signature: drawn, typed or photographed, as the sender allows."""
    visit = visit_of(request, token)
    if visit.step not in {"sign", "consent"}:
        return redirect(visit.address("next"))
    ways = [way for way in WAYS if way in visit.envelope.rules.get("ways", WAYS)]
    if request.method != "POST":
        return visit.render("sign.html", {"ways": ways})
    try:
        picture, strokes = _signature(visit, ways)
    except Refusal as refusal:
        return visit.render("sign.html", {"ways": ways, "fault": str(refusal)}, status=422)
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


def _signature(visit: Visit, ways: list[str]) -> tuple[bytes, dict[str, Any] | None]:
    post = visit.request.POST
    upload = visit.request.FILES.get("picture")
    if upload is not None and "upload" in ways:
        return photographed_signature(bytes_of(upload)), None
    typed = post.get("typed", "").strip()
    if typed and "type" in ways:
        if typed != str(visit.signatory.name):
            raise SignatureUnlikeName(path="typed")
        return typed_signature(typed, fonts=str(settings.BAOZHEN_FONTS)), None
    try:
        strokes = json.loads(post.get("strokes") or "null")
    except ValueError:
        strokes = None
    if not isinstance(strokes, dict) or "draw" not in ways:
        raise SignatureMissing(path="strokes")
    return drawn_signature(strokes), strokes


def _send(visit: Visit, subject: Subject) -> None:
    sent = send_code(
        CodeRequest(
            subject_id=subject.public_id,
            channel="sms" if subject.mobile else "mail",
            purpose=PURPOSE,
            document_sha256=visit.envelope.content_sha256,
            device=visit.device,
        ),
        at=visit.at,
    )
    visit.remember(challenge=sent.public_id)


def _confirm(visit: Visit, subject: Subject) -> None:
    memory = visit.memory
    challenge = str(memory.get("challenge", ""))
    confirm_code(
        challenge,
        visit.request.POST.get("code", ""),
        at=visit.at,
        subject_id=subject.public_id,
        purpose=PURPOSE,
        document_sha256=visit.envelope.content_sha256,
        device=visit.device,
    )
    check_not_agent(subject, device=visit.device, at=visit.at)
    if visit.action is None:
        raise SignatureMissing(path="action")
    sign_action(
        visit.action.pk,
        SignatureInput(
            picture=base64.b64decode(memory["picture"]),
            challenge_id=challenge,
            method="sms" if subject.mobile else "mail",
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
    mobile, mail = str(subject.mobile), str(subject.email)
    return {
        "code_sent": bool(visit.memory.get("challenge")),
        "destination": mask_mobile(mobile) if mobile else mask_email(mail),
        "content_sha256": visit.envelope.content_sha256,
        "preview": f"data:image/png;base64,{visit.memory.get('picture', '')}",
    }
