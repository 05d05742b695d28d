"""Who is behind the link: a code to the mobile on file, and, where the sender wants, a check."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.mobile.codes import Code, destination_of
from baozhen.faces.mobile.forms import CodeForm, ElementsForm
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.foundation.errors import Outage, Refusal
from baozhen.signing.envelopes.services.links import note_verified
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.queries import missing_checks
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.states import CheckKind, CheckState

PURPOSE = "open_envelope"
_UNLIKE = "所填信息与发起人登记的不一致，请核对；如登记有误，请联系发起人。"


@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: HttpRequest, token: str) -> HttpResponse:
    """Send the code, take it, and go on."""
    visit = visit_of(request, token)
    subject = visit.signatory.subject
    if visit.step not in {"identity", "identity_for_copy"} or subject is None:
        return redirect(visit.address("next"))
    if not visit.memory.get("code_passed"):
        return _by_code(visit, subject)
    return _by_elements(visit, subject)


def _by_code(visit: Visit, subject: Subject) -> HttpResponse:
    act = visit.request.POST.get("act", "")
    challenge = visit.memory.get("open_challenge")
    if act == "send":
        try:
            challenge = _code(visit, subject).send()
        except (Refusal, Outage) as failure:
            return _ask(visit, subject, fault=str(failure), status=422)
        visit.remember(open_challenge=challenge)
        return redirect(visit.address("identity"))
    if act == "check" and challenge:
        return _check_code(visit, subject, challenge)
    return _ask(visit, subject)


def _code(visit: Visit, subject: Subject) -> Code:
    return Code(visit, subject, PURPOSE, visit.envelope.content_sha256)


def _check_code(visit: Visit, subject: Subject, challenge: str) -> HttpResponse:
    form = CodeForm(visit.request.POST)
    if not form.is_valid():
        return _ask(visit, subject, form=form, status=422)
    try:
        _code(visit, subject).confirm(challenge, form.cleaned_data["code"])
    except Refusal as refusal:
        form.add_error("code", str(refusal))
        return _ask(visit, subject, form=form, status=422)
    visit.remember(code_passed=True)
    if _needs_check(visit, subject):
        return redirect(visit.address("identity"))
    note_verified(visit.door, device=visit.device, at=visit.at)
    return redirect(visit.address("next"))


def _by_elements(visit: Visit, subject: Subject) -> HttpResponse:
    if not _needs_check(visit, subject):
        note_verified(visit.door, device=visit.device, at=visit.at)
        return redirect(visit.address("next"))
    form = ElementsForm(visit.request.POST if visit.request.POST.get("act") == "elements" else None)
    if not form.is_bound or not form.is_valid():
        return _ask_elements(visit, form, status=422 if form.is_bound else 200)
    if not _fits(subject, form.cleaned_data):
        form.add_error(None, _UNLIKE)
        return _ask_elements(visit, form, status=422, fault=_UNLIKE)
    try:
        check = start_check(
            subject,
            CheckKind.THREE_ELEMENTS,
            {},
            scope=CheckScope(purpose=PURPOSE, device=visit.device),
            actor=f"signatory:{visit.signatory.public_id}",
            at=visit.at,
        )
    except (Refusal, Outage) as failure:
        form.add_error(None, str(failure))
        return _ask_elements(visit, form, status=422, fault=str(failure))
    if check.state != CheckState.PASSED:
        words = check.reason or "身份信息还在核对，请稍候再试"
        return _ask_elements(visit, form, status=422, fault=words)
    note_verified(visit.door, device=visit.device, at=visit.at)
    return redirect(visit.address("next"))


def _fits(subject: Subject, typed: dict[str, str]) -> bool:
    """Tell whether what was typed is what the sender knows of this person."""
    known = (str(subject.name), str(subject.id_no).upper(), str(subject.mobile))
    return known == (typed["name"].strip(), typed["id_no"].strip().upper(), typed["mobile"].strip())


def _needs_check(visit: Visit, subject: Subject) -> bool:
    wanted = visit.envelope.rules.get("identity") == "check"
    return wanted and bool(missing_checks(subject, visit.at))


def _ask(
    visit: Visit,
    subject: Subject,
    *,
    form: CodeForm | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    is_sent = bool(visit.memory.get("open_challenge"))
    return visit.render(
        "identity.html",
        {
            "lead": f"为保护您的信息，请先用登记的 {destination_of(subject)} 接收验证码。",
            "form": (form or CodeForm()) if is_sent else None,
            "act": "check" if is_sent else "send",
            "act_label": "核对" if is_sent else "发送验证码",
            "resend": is_sent,
            "fault": fault,
        },
        status=status,
    )


def _ask_elements(
    visit: Visit, form: ElementsForm, *, status: int = 200, fault: str = ""
) -> HttpResponse:
    return visit.render(
        "identity.html",
        {
            "lead": "首次签署需要核对实名信息，核对通过后在有效期内不必重复。",
            "form": form,
            "act": "elements",
            "act_label": "提交核对",
            "fault": fault,
        },
        status=status,
    )
