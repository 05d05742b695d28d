"""Sign the proposal by hand, confirm the will by a code, wait for the signature, pass the code."""

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.mobile.applying.frames import own_application
from baozhen.faces.mobile.disclosing.frames import (
    forget,
    journey_page,
    remember,
    remembered,
)
from baozhen.faces.mobile.forms import CodeForm
from baozhen.faces.mobile.signatures import data_uri, sign_context, signature_from, ways_for
from baozhen.faces.mobile.signing import PURPOSE
from baozhen.faces.mobile.visit import device_of
from baozhen.faces.mobile.way import PAYING, SIGNING
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.masking import mask_mobile, mask_name
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.errors import (
    DeclarationsOpen,
    FilesUnread,
    ReadingSetChanged,
    SignatureUnderway,
)
from baozhen.insurance.disclosures.models import ReadingSet
from baozhen.insurance.disclosures.queries import is_code_settled, items_of, signed_set
from baozhen.insurance.disclosures.services.codes import pass_proposal_code, send_proposal_code
from baozhen.insurance.disclosures.services.freezing import current_set
from baozhen.insurance.disclosures.services.signing import (
    begin_signing,
    sign_set,
    signing_action,
)
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.states import ActionState
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code

# Where a refusal of the gate leads: to what is missing, with the refusal in words.
_GATES = (FilesUnread, DeclarationsOpen, ReadingSetChanged)


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def sign(request: HttpRequest, application: Application) -> HttpResponse:
    """Take the handwriting; nothing before everything is read and declared."""
    try:
        envelope = _task(application)
    except _GATES as refusal:
        return _blocked(request, application, refusal)
    except SignatureUnderway:
        return redirect("journey:signing_done", application.proposal_no)
    signatory = signing_action(envelope).signatory
    ways = ways_for([signatory])
    context = {"place": SIGNING, **sign_context(signatory, ways)}
    if request.method != "POST":
        return journey_page(request, application, "sign.html", context)
    try:
        picture, strokes = signature_from(request, signatory, ways)
    except Refusal as refusal:
        context["fault"] = str(refusal)
        return journey_page(request, application, "sign.html", context, status=422)
    remember(
        request,
        application,
        picture=base64.b64encode(picture).decode("ascii"),
        strokes=strokes,
        content=envelope.content_sha256,
        challenge="",
    )
    return redirect("journey:signing_consent", application.proposal_no)


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def consent(request: HttpRequest, application: Application) -> HttpResponse:
    """Ask whether this very content is wanted, with a code for it alone; then sign."""
    try:
        envelope = _task(application)
    except _GATES as refusal:
        return _blocked(request, application, refusal)
    except SignatureUnderway:
        return redirect("journey:signing_done", application.proposal_no)
    memory = remembered(request, application)
    if memory.get("content") != envelope.content_sha256:
        return redirect("journey:signing", application.proposal_no)
    act = request.POST.get("act", "")
    fault = ""
    try:
        if act == "send":
            _send(request, application, envelope)
            return redirect("journey:signing_consent", application.proposal_no)
        if act == "confirm":
            _confirm(request, application, envelope)
            return redirect("journey:signing_done", application.proposal_no)
    except (Refusal, Outage) as failure:
        fault = str(failure)
    context = _consent(application, envelope, remembered(request, application)) | {"fault": fault}
    return journey_page(request, application, "consent.html", context, status=422 if fault else 200)


@require_GET
@own_application
def done(request: HttpRequest, application: Application) -> HttpResponse:
    """Wait until the signature is made and the set archived; then the code."""
    if application.state == ApplicationState.SIGNED:
        return redirect("journey:code", application.proposal_no)
    if not _is_underway(current_set(application)):
        return redirect("journey:reading", application.proposal_no)
    return journey_page(request, application, "wait.html", {"place": SIGNING})


@require_GET
@own_application
def state(request: HttpRequest, application: Application) -> HttpResponse:
    """Tell the waiting page whether the signature is made."""
    is_over = application.state != ApplicationState.ACCEPTED or not _is_underway(
        current_set(application)
    )
    return JsonResponse(
        {
            "over": is_over,
            "next": reverse("journey:signing_done", args=[application.proposal_no]),
            "message": "正在签名、加盖时间戳并归档，通常几秒钟完成",
        }
    )


@require_http_methods(["GET", "HEAD", "POST"])
@own_application
def code(request: HttpRequest, application: Application) -> HttpResponse:
    """投保短信验证: after signing, before paying."""
    if application.state == ApplicationState.ACCEPTED:
        return redirect("journey:reading", application.proposal_no)
    if application.state != ApplicationState.SIGNED:
        return redirect("journey:mine")
    form = CodeForm(request.POST if request.POST.get("act") == "check" else None)
    fault = ""
    try:
        if request.POST.get("act") == "send":
            sent = send_proposal_code(application, device=device_of(request), at=now())
            remember(request, application, proposal_code=sent.public_id)
            return redirect("journey:code", application.proposal_no)
        if form.is_valid():
            _pass(request, application, form.cleaned_data["code"])
            return redirect("journey:code", application.proposal_no)
    except Refusal as refusal:
        if form.is_bound:
            form.add_error("code", str(refusal))
        else:
            fault = str(refusal)
    except Outage as outage:
        fault = str(outage)
    status = 422 if fault or form.errors else 200
    context = _code(request, application, form) | {"fault": fault}
    return journey_page(request, application, "code.html", context, status=status)


def _task(application: Application) -> Envelope:
    """Return the signing task; raises the gates, or SignatureUnderway once the will is given."""
    reading_set = current_set(application)
    if reading_set is None:
        raise ReadingSetChanged
    if _is_underway(reading_set) or application.state == ApplicationState.SIGNED:
        raise SignatureUnderway
    return begin_signing(reading_set.pk, at=now())


def _is_underway(reading_set: ReadingSet | None) -> bool:
    if reading_set is None or reading_set.envelope is None:
        return False
    return signing_action(reading_set.envelope).state in {
        ActionState.PERFORMING,
        ActionState.DONE,
    }


def _blocked(request: HttpRequest, application: Application, refusal: Refusal) -> HttpResponse:
    """Say which files or declarations are missing, and lead there."""
    is_declaring = isinstance(refusal, DeclarationsOpen)
    context = {
        "place": SIGNING,
        "words": str(refusal),
        "code": refusal.code,
        "href": reverse(
            "journey:declaring" if is_declaring else "journey:reading",
            args=[application.proposal_no],
        ),
        "label": "去确认声明" if is_declaring else "继续阅读",
    }
    return journey_page(request, application, "blocked.html", context, status=409)


def _applicant(application: Application) -> Subject:
    if application.applicant is None:
        raise ReadingSetChanged
    return application.applicant


def _send(request: HttpRequest, application: Application, envelope: Envelope) -> None:
    sent = send_code(
        CodeRequest(
            subject_id=_applicant(application).public_id,
            purpose=PURPOSE,
            document_sha256=envelope.content_sha256,
            device=device_of(request),
        ),
        at=now(),
    )
    remember(request, application, challenge=sent.public_id)


def _confirm(request: HttpRequest, application: Application, envelope: Envelope) -> None:
    memory, device = remembered(request, application), device_of(request)
    challenge = str(memory.get("challenge", ""))
    confirm_code(
        challenge,
        request.POST.get("code", ""),
        at=now(),
        subject_id=_applicant(application).public_id,
        purpose=PURPOSE,
        document_sha256=envelope.content_sha256,
        device=device,
    )
    reading_set = current_set(application)
    if reading_set is None:
        raise ReadingSetChanged
    sign_set(
        reading_set.pk,
        SignatureInput(
            picture=base64.b64decode(memory["picture"]),
            challenge_id=challenge,
            strokes=memory.get("strokes"),
            device=device,
            address=address_of(request),
        ),
        at=now(),
    )
    forget(request, application)


def _consent(
    application: Application, envelope: Envelope, memory: dict[str, Any]
) -> dict[str, Any]:
    applicant = _applicant(application)
    reading_set = current_set(application)
    return {
        "place": SIGNING,
        "name": mask_name(str(applicant.name)),
        "where": mask_mobile(str(applicant.mobile)),
        "items": items_of(reading_set) if reading_set else [],
        "content_sha256": envelope.content_sha256,
        "preview": data_uri(base64.b64decode(memory["picture"])),
        "code_sent": bool(memory.get("challenge")),
    }


def _pass(request: HttpRequest, application: Application, given: str) -> None:
    challenge = str(remembered(request, application).get("proposal_code", ""))
    pass_proposal_code(application, challenge, given, device=device_of(request), at=now())
    forget(request, application)


def _code(request: HttpRequest, application: Application, form: CodeForm) -> dict[str, Any]:
    applicant, signed = _applicant(application), signed_set(application)
    return {
        "place": PAYING,
        "form": form,
        "where": mask_mobile(str(applicant.mobile)),
        "code_sent": bool(remembered(request, application).get("proposal_code")),
        "is_passed": is_code_settled(application),
        "is_waived": application.code_passed_at is None and is_code_settled(application),
        "signed": signed,
        "file": reverse("journey:reading_file", args=[application.proposal_no, 1]),
        "total_fen": application.total_fen,
    }
