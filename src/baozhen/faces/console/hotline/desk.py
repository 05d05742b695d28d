"""The hotline desk: check the caller, then query, download, send, report a loss; end the call.

A call belongs to one agent and one browser session, ends by itself, and a new check ends it too.
Every act stands in the chain of the call and in the policy's chain of readers.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces import policy_facts
from baozhen.faces.acts import record_access
from baozhen.faces.claim_forms import LossForm
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.errors import NotFound
from baozhen.faces.files import pdf_response
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.insurance.claims.errors import ClaimInvalid
from baozhen.insurance.claims.queries import claims_of
from baozhen.insurance.claims.services.reporting import Reporter, report_loss
from baozhen.insurance.claims.states import STATE_LABELS, Entry
from baozhen.insurance.policies.errors import PolicyUnknown
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.verification.calls import (
    ANSWERS_MIN,
    QUESTIONS,
    Caller,
    check_caller,
    end_call,
    note,
    policies_of_caller,
    running_call,
    send_files,
)
from baozhen.insurance.verification.errors import CallEnded
from baozhen.insurance.verification.holders import sealed_file
from baozhen.insurance.verification.models import CallerCheck
from baozhen.signing.organizations.roles import Permission

_CALL = "hotline_call"


@needs(Permission.SERVE_CALLS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Ask the caller; what was typed is judged whole and never shown again."""
    if request.method != "POST":
        return _ask(request)
    at = now()
    _end_running(request, at=at)
    answers = {name: request.POST.get(name, "") for name in QUESTIONS}
    caller = Caller(number=request.POST.get("number", ""), answers=answers)
    try:
        check = check_caller(caller, agent=actor_of(request), at=at)
    except BaozhenError as refusal:
        return _ask(request, number=caller.number, fault=str(refusal), status=422)
    request.session[_CALL] = check.public_id
    return redirect("console:hotline_call")


@needs(Permission.SERVE_CALLS)
@require_GET
def call(request: HttpRequest) -> HttpResponse:
    """Show the policies of the person on the telephone."""
    running, at = _running(request), now()
    rows = [
        {"policy": row, "word": policy_facts.policy_word(row, at=at)}
        for row in policies_of_caller(running)
    ]
    context = {"here": "hotline", "call": running, "rows": rows}
    return page(request, "console/hotline/call.html", context)


@needs(Permission.SERVE_CALLS)
@require_GET
def policy(request: HttpRequest, number: str) -> HttpResponse:
    """Show one of the caller's policies, with the content of its files."""
    running = _running(request)
    shown = _policy(running, number)
    at = now()
    _record(request, running, shown, "queried", at=at)
    return page(request, "console/hotline/policy.html", _context(running, shown, at=at))


@needs(Permission.SERVE_CALLS)
@require_GET
def file(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Send the agent the file, byte for byte as it was archived."""
    running = _running(request)
    shown = _policy(running, number)
    try:
        wanted = sealed_file(shown, kind)
    except PolicyUnknown as unknown:
        raise NotFound(what="这份文件") from unknown
    response = pdf_response(wanted)
    _record(request, running, shown, "downloaded", at=now(), file=wanted.number)
    return response


@needs(Permission.SERVE_CALLS)
@require_POST
def send(request: HttpRequest, number: str) -> HttpResponse:
    """Mail the files to the address on file."""
    running = _running(request)
    shown = _policy(running, number)
    try:
        where = send_files(running, shown, at=now())
    except BaozhenError as failure:
        messages.error(request, str(failure), extra_tags="seal")
    else:
        messages.success(request, f"已安排发送到 {where}", extra_tags="jade")
    return redirect("console:hotline_policy", number=number)


@needs(Permission.SERVE_CALLS)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, number: str) -> HttpResponse:
    """Take a report of a loss by telephone: the same rules, papers and clocks as on the phone."""
    running = _running(request)
    shown = _policy(running, number)
    form = LossForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        reporter = Reporter(entry=Entry.HOTLINE, actor=actor_of(request))
        try:
            claim = report_loss(shown, form.loss(), reporter, at=now())
        except ClaimInvalid as refusal:
            form.blame(refusal)
        except BaozhenError as refusal:
            form.add_error(None, str(refusal))
        else:
            note(running, "claim_reported", {"claim": claim.pk}, at=now())
            messages.success(
                request, f"报案号 {claim.number}，请告知来电人所需材料", extra_tags="jade"
            )
            return redirect("console:hotline_policy", number=number)
    context = {"here": "hotline", "call": running, "policy": shown, "form": form}
    status = 422 if form.is_bound else 200
    return page(request, "console/hotline/report.html", context, status=status)


@needs(Permission.SERVE_CALLS)
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the call."""
    _end_running(request, at=now())
    messages.success(request, "通话已结束，来电人信息已关闭", extra_tags="jade")
    return redirect("console:hotline")


def _ask(
    request: HttpRequest, *, number: str = "", fault: str = "", status: int = 200
) -> HttpResponse:
    recent = CallerCheck.objects.filter(agent=actor_of(request)).order_by("-at")[:10]
    context = {
        "here": "hotline",
        "questions": QUESTIONS.items(),
        "least": ANSWERS_MIN,
        "number": number,
        "fault": fault,
        "recent": recent,
    }
    return page(request, "console/hotline/desk.html", context, status=status)


def _running(request: HttpRequest) -> CallerCheck:
    return running_call(request.session.get(_CALL, ""), agent=actor_of(request), at=now())


def _end_running(request: HttpRequest, *, at: datetime) -> None:
    """End the call of this session, if one runs: an agent speaks with one person at a time."""
    public_id = request.session.pop(_CALL, "")
    try:
        running = running_call(public_id, agent=actor_of(request), at=at)
    except CallEnded:
        return
    end_call(running, at=at)


def _policy(running: CallerCheck, number: str) -> Policy:
    shown = policies_of_caller(running).filter(number=number).first()
    if shown is None:
        raise NotFound(what="来电人名下的这张保单")
    return shown


def _context(running: CallerCheck, shown: Policy, *, at: datetime) -> dict[str, Any]:
    documents = policy_facts.documents_of(shown, at=at)
    return {
        "here": "hotline",
        "call": running,
        "policy": shown,
        "word": policy_facts.policy_word(shown, at=at),
        "documents": documents,
        "history": policy_facts.history_facts(shown),
        "mail": documents[0]["mail"] if documents else "",
        "claims": [
            {"claim": claim, "label": STATE_LABELS[claim.state]} for claim in claims_of(shown)
        ],
    }


def _record(
    request: HttpRequest,
    running: CallerCheck,
    shown: Policy,
    what: str,
    *,
    at: datetime,
    file: str = "",
) -> None:
    facts = {"way": "hotline", "call": running.public_id} | ({"file": file} if file else {})
    record_access(what, policy_id=shown.pk, actor=actor_of(request), at=at, facts=facts)
    note(running, what, {"policy": shown.pk, "file": file}, at=at)
