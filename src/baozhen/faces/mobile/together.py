"""All that waits for one person: a list, one signature, one will for the chosen contents."""

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.mobile.codes import Code, channel_of, destination_of
from baozhen.faces.mobile.signatures import sign_context, signature_from, ways_for
from baozhen.faces.mobile.signing import PURPOSE
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.foundation.errors import Outage, Refusal
from baozhen.signing.envelopes.errors import SelectionInvalid, SignatureMissing
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.rules import is_read, missing_papers, share_read
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.services.many import sign_together, together_digest
from baozhen.signing.envelopes.services.reading import reading_facts
from baozhen.signing.envelopes.states import ActionState
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.queries import missing_checks
from baozhen.signing.organizations.queries import legal_entity_of

_KEPT = "together"


@require_http_methods(["GET", "HEAD", "POST"])
def waiting(request: HttpRequest, token: str) -> HttpResponse:
    """List what waits for this person; go on with what was chosen."""
    visit = visit_of(request, token)
    if visit.is_beside or not visit.is_known:
        return redirect(visit.address("next"))
    rows = [_row(visit, action) for action in visit.waiting()]
    context: dict[str, Any] = {"rows": rows, "ready": sum(row["ready"] for row in rows)}
    if request.method != "POST":
        return visit.render("all.html", context)
    asked = set(request.POST.getlist("action"))
    chosen = [row["id"] for row in rows if row["ready"] and row["id"] in asked]
    fault = _fault(visit, chosen)
    if fault:
        return visit.render("all.html", context | {"fault": fault}, status=422)
    visit.remember(**{_KEPT: {"chosen": chosen}})
    return redirect(visit.address("all_sign"))


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """Take one signature for all that was chosen."""
    visit = visit_of(request, token)
    actions = _chosen(visit)
    if not actions:
        return redirect(visit.address("all"))
    ways = ways_for(action.signatory for action in actions)
    context = {**sign_context(visit.door, ways), "together": len(actions), "others": None}
    if request.method != "POST":
        return visit.render("sign.html", context)
    try:
        picture, strokes = signature_from(request, visit.door, ways)
    except Refusal as refusal:
        return visit.render("sign.html", context | {"fault": str(refusal)}, status=422)
    _keep(visit, picture=base64.b64encode(picture).decode("ascii"), strokes=strokes)
    return redirect(visit.address("all_consent"))


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the will, with a code that is good for exactly these contents; then sign them all."""
    visit = visit_of(request, token)
    actions, subject = _chosen(visit), visit.door.subject
    if not actions or subject is None or not _kept(visit).get("picture"):
        return redirect(visit.address("all"))
    act = request.POST.get("act", "")
    try:
        if act == "send":
            _send(visit, subject, actions)
            return redirect(visit.address("all_consent"))
        if act == "confirm":
            _confirm(visit, subject, actions)
            return redirect(visit.address("all_done"))
    except (Refusal, Outage) as failure:
        context = _consent(visit, subject, actions) | {"fault": str(failure)}
        return visit.render("consent.html", context, status=422)
    return visit.render("consent.html", _consent(visit, subject, actions))


@require_GET
def done(request: HttpRequest, token: str) -> HttpResponse:
    """Say what became of each."""
    visit = visit_of(request, token)
    signed = _kept(visit).get("signed", [])
    if not visit.is_known or not signed:
        return redirect(visit.address("next"))
    actions = Action.objects.filter(
        public_id__in=signed, signatory__subject=visit.door.subject
    ).select_related("envelope", "signatory")
    return visit.render(
        "all_done.html",
        {
            "rows": [
                {
                    "title": action.envelope.title,
                    "is_done": action.state == ActionState.DONE,
                    "href": visit.address_beside("done", action.signatory),
                }
                for action in actions.order_by("pk")
            ],
            "outcome": "signed",
        },
    )


def _row(visit: Visit, action: Action) -> dict[str, Any]:
    signatory, envelope = action.signatory, action.envelope
    facts = reading_facts(envelope, signatory)
    missing = missing_papers(
        (paper.label, paper.is_required, bool(paper.sha256)) for paper in signatory.papers.all()
    )
    unknown = envelope.rules.get("identity") == "check" and bool(
        signatory.subject and missing_checks(signatory.subject, visit.at)
    )
    place = "papers" if missing else "read"
    if unknown:
        state, ready = "须先核对实名，请从它自己的链接签署", False
    elif missing:
        state, ready = f"待提交材料：{'、'.join(missing)}", False
    elif signatory.questions.filter(answered_at__isnull=True).exists():
        state, ready, place = "待逐项回答", False, "answer"
    elif not is_read(facts):
        state, ready = f"已读 {share_read(facts)}%", False
    else:
        state, ready = "已读完", True
    return {
        "id": action.public_id,
        "title": envelope.title,
        "sender": legal_entity_of(envelope.unit).name,
        "expires_at": envelope.expires_at,
        "state": state,
        "ready": ready,
        "unknown": unknown,
        "href": visit.address_beside(place, signatory),
    }


def _fault(visit: Visit, chosen: list[str]) -> str:
    if not chosen:
        return "请勾选已读完的文件"
    actions = [action for action in visit.waiting() if action.public_id in chosen]
    if not ways_for(action.signatory for action in actions):
        return "所选文件允许的签名方式不同，请分开签署"
    return ""


def _kept(visit: Visit) -> dict[str, Any]:
    found = visit.memory.get(_KEPT)
    return dict(found) if isinstance(found, dict) else {}


def _keep(visit: Visit, **facts: Any) -> None:
    visit.remember(**{_KEPT: _kept(visit) | facts})


def _chosen(visit: Visit) -> list[Action]:
    """Return what was chosen and still waits: an act elsewhere in between takes it off the list."""
    chosen = set(_kept(visit).get("chosen", []))
    return [action for action in visit.waiting() if action.public_id in chosen]


def _send(visit: Visit, subject: Subject, actions: list[Action]) -> None:
    _keep(visit, challenge=_code(visit, subject, actions).send())


def _code(visit: Visit, subject: Subject, actions: list[Action]) -> Code:
    return Code(visit, subject, PURPOSE, together_digest([action.pk for action in actions]))


def _confirm(visit: Visit, subject: Subject, actions: list[Action]) -> None:
    kept = _kept(visit)
    if len(actions) != len(kept["chosen"]):
        raise SelectionInvalid(path="actions", reason="有文件已不待您签署，请重新选择")
    if not kept.get("picture"):
        raise SignatureMissing(path="signature")
    keys = [action.pk for action in actions]
    challenge = str(kept.get("challenge", ""))
    _code(visit, subject, actions).confirm_will(challenge)
    sign_together(
        keys,
        SignatureInput(
            picture=base64.b64decode(kept["picture"]),
            challenge_id=challenge,
            method=channel_of(subject),
            strokes=kept.get("strokes"),
            device=visit.device,
            address=address_of(visit.request),
        ),
        at=visit.at,
    )
    visit.remember(**{_KEPT: {"signed": kept["chosen"]}})


def _consent(visit: Visit, subject: Subject, actions: list[Action]) -> dict[str, Any]:
    kept = _kept(visit)
    return {
        "code_sent": bool(kept.get("challenge")),
        "destination": destination_of(subject),
        "content_sha256": together_digest([action.pk for action in actions]),
        "preview": f"data:image/png;base64,{kept.get('picture', '')}",
        "titles": [
            {"title": action.envelope.title, "sha256": action.envelope.content_sha256}
            for action in actions
        ],
    }
