"""A holder's session on the phone: who one is, shown by three elements and a code to the mobile.

`current_holder` tells who is here; `holder_only` lets nobody else in. A session ends after half an
hour without a request, and after half a day in any case; whoever signs in on the same browser
finds nothing of the person before.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from captcha.fields import CaptchaField
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.captchas import CaptchaInput, ask_in_words
from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import Limit, spend
from baozhen.faces.mobile.forms import CodeForm
from baozhen.faces.mobile.visit import DEVICE_COOKIE, device_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.masking import mask_mobile
from baozhen.insurance.applications.services.holders import (
    PURPOSE,
    HolderFacts,
    admit_holder,
    note_signed_in,
)
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import mobile as mobile_rule
from baozhen.insurance.parties.rules import person_name, resident_id
from baozhen.insurance.proposals.catalogue import CATALOGUE
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.subjects import number_index

HOLDER = "holder"
_PENDING = "holder_pending"
# The browser's own secret: by it, a draft that nobody has signed in for is found again.
DRAFT_COOKIE = "draft_key"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_RENEW_AFTER = timedelta(minutes=1)
_YEAR_SECONDS = 365 * 86_400
# Every try asks the provider: neither an address nor a number may be used to guess.
TRIES = Limit(name="holder", most=20, window_seconds=600)
TRIES_OF_PERSON = Limit(name="holder_id", most=8, window_seconds=3600)

P = ParamSpec("P")


class HolderForm(forms.Form):
    """Name, number of the identity card, mobile; each judged by the rules of a proposal."""

    name = forms.CharField(
        label="姓名",
        max_length=60,
        error_messages={"required": "请输入证件上的姓名"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    id_no = forms.CharField(
        label="身份证号码",
        max_length=18,
        error_messages={"required": "请输入 18 位身份证号码"},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    mobile = forms.CharField(
        label="手机号",
        help_text="须是您本人实名的手机号，验证码会发到这个号码。",
        max_length=11,
        error_messages={"required": "请输入本人实名的手机号"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    captcha = CaptchaField(
        label="图片中的字符",
        help_text="不区分大小写。",
        widget=CaptchaInput(),
        error_messages={
            "required": "请输入图片中的字符",
            "invalid": "字符不对，请看新的图片重新输入",
        },
    )

    def __init__(self, *args: Any, in_words: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_words:
            ask_in_words(self.fields["captcha"])
        for name in ("name", "id_no", "mobile"):
            if self.is_bound and self.errors.get(name):
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"id_{name}-fault",
                }

    def clean_name(self) -> str:
        """Return the name as the rules of parties want it."""
        return _judged(person_name, self.cleaned_data["name"])

    def clean_id_no(self) -> str:
        """Return the number with its X in capitals."""
        return _judged(resident_id, self.cleaned_data["id_no"].upper())

    def clean_mobile(self) -> str:
        """Return the mobile."""
        return _judged(mobile_rule, self.cleaned_data["mobile"])

    def plain_fields(self) -> list[forms.BoundField]:
        """Return the text fields in order, without the captcha."""
        return [self[name] for name in ("name", "id_no", "mobile")]


def current_holder(request: HttpRequest) -> Subject | None:
    """Return who is signed in here, None when nobody is; asking keeps the session going."""
    kept = request.session.get(HOLDER)
    if not kept:
        return None
    at = now()
    until, began = (datetime.fromisoformat(kept[name]) for name in ("until", "began"))
    if at >= min(until, began + LONGEST):
        del request.session[HOLDER]
        return None
    if until - at < IDLE - _RENEW_AFTER:
        request.session[HOLDER] = {**kept, "until": (at + IDLE).isoformat()}
    return Subject.objects.filter(public_id=kept["subject"]).first()


def holder_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only a signed-in holder in; anybody else signs in first and comes back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if current_holder(request) is None:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return guarded


def to_sign_in(request: HttpRequest, next_address: str = "") -> HttpResponseRedirect:
    """Send the visitor to the sign-in page, and from there back here."""
    wanted = next_address or (
        request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
    )
    return redirect(f"{reverse('journey:sign_in')}?{urlencode({'next': wanted})}")


def begin_holder_session(request: HttpRequest, subject: Subject, *, at: datetime) -> None:
    """Let this browser act for the person; nothing of somebody else stays in its session."""
    before = request.session.get(HOLDER)
    if before and before["subject"] != subject.public_id:
        request.session.flush()
    else:
        request.session.cycle_key()
    request.session[HOLDER] = {
        "subject": subject.public_id,
        "began": at.isoformat(),
        "until": (at + IDLE).isoformat(),
    }
    note_signed_in(subject, at=at)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who is there."""
    if current_holder(request) is not None:
        return redirect(_wanted(request))
    return ask_holder(request)


def ask_holder(request: HttpRequest, initial: Mapping[str, str] | None = None) -> HttpResponse:
    """Ask who is there, filled in with what they have typed elsewhere; then send the code."""
    again = request.POST.get("again")
    if request.method != "POST" or again:
        # "Another picture" keeps what was typed and judges nothing.
        filled = request.POST.dict() if again else dict(initial or {})
        return _ask(request, HolderForm(initial=filled, in_words=again == "words"))
    form = HolderForm(request.POST, in_words="in_words" in request.POST)
    if not form.is_valid():
        return _ask(request, form, status=422)
    spend(TRIES, address_of(request))
    spend(TRIES_OF_PERSON, number_index(form.cleaned_data["id_no"]))
    facts = HolderFacts(**{name: form.cleaned_data[name] for name in ("name", "id_no", "mobile")})
    try:
        subject = admit_holder(facts, device=device_of(request), at=now())
        _send(request, subject)
    except (Refusal, Outage) as failure:
        return _ask(request, form, fault=str(failure), status=422)
    return redirect(f"{reverse('journey:sign_in_code')}?{urlencode({'next': _wanted(request)})}")


def send_code_to(request: HttpRequest, subject: Subject, wanted: str) -> str:
    """Send the code to a person whom a link names; return where it is typed in.

    Only for somebody whose three elements were confirmed before. Raises what sending a code does.
    """
    _send(request, subject)
    return f"{reverse('journey:sign_in_code')}?{urlencode({'next': wanted})}"


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Take the code, and begin the session."""
    pending = request.session.get(_PENDING)
    subject = Subject.objects.filter(public_id=pending["subject"]).first() if pending else None
    if pending is None or subject is None:
        return to_sign_in(request, _wanted(request))
    if request.method != "POST":
        return _ask_code(request, subject, CodeForm())
    if request.POST.get("act") == "send":
        return _send_again(request, subject)
    form = CodeForm(request.POST)
    if form.is_valid() and _is_passed(request, subject, pending["challenge"], form):
        del request.session[_PENDING]
        begin_holder_session(request, subject, at=now())
        return redirect(_wanted(request))
    return _ask_code(request, subject, form, status=422)


def _send_again(request: HttpRequest, subject: Subject) -> HttpResponse:
    try:
        _send(request, subject)
    except (Refusal, Outage) as failure:
        return _ask_code(request, subject, CodeForm(), fault=str(failure), status=422)
    return redirect(request.get_full_path())


def _is_passed(request: HttpRequest, subject: Subject, challenge: str, form: CodeForm) -> bool:
    try:
        confirm_code(
            challenge,
            form.cleaned_data["code"],
            at=now(),
            subject_id=subject.public_id,
            purpose=PURPOSE,
            device=device_of(request),
        )
    except Refusal as refusal:
        form.add_error("code", str(refusal))
        return False
    return True


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session: for a shared telephone."""
    request.session.pop(HOLDER, None)
    request.session.pop(_PENDING, None)
    request.session.cycle_key()
    response = redirect("journey:start")
    response.delete_cookie(DRAFT_COOKIE, samesite="Lax")
    return response


def _send(request: HttpRequest, subject: Subject) -> None:
    sent = send_code(
        CodeRequest(subject_id=subject.public_id, purpose=PURPOSE, device=device_of(request)),
        at=now(),
    )
    request.session[_PENDING] = {"subject": subject.public_id, "challenge": sent.public_id}


def _wanted(request: HttpRequest) -> str:
    """Return where the visitor wanted to go: a page of this site, else their own list."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("journey:mine")


def _ask(
    request: HttpRequest, form: HolderForm, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "fault": fault, "next": _wanted(request), "here": request.path}
    return with_device(request, page(request, "mobile/sign_in.html", context, status=status))


def _ask_code(
    request: HttpRequest, subject: Subject, form: CodeForm, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "fault": fault,
        "next": _wanted(request),
        "here": request.get_full_path(),
        "where": mask_mobile(str(subject.mobile)),
    }
    return page(request, "mobile/sign_in_code.html", context, status=status)


def with_device(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give the browser the name it is known by, as the signing pages do: codes are bound to it."""
    if DEVICE_COOKIE not in request.COOKIES:
        response.set_cookie(
            DEVICE_COOKIE,
            device_of(request),
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def _judged(rule: Callable[[str], str], value: str) -> str:
    try:
        return rule(value)
    except Unfit as unfit:
        words = CATALOGUE[unfit.code].message.format(**unfit.facts)
        raise forms.ValidationError(words) from unfit
