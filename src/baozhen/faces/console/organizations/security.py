"""My own security: password, one-time codes, passkeys, recovery codes, sessions."""

import base64
import json
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import staff_only
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.second_factor import TRIES, read_answer
from baozhen.faces.console.sign_in import GATE, STRONG, gate_of
from baozhen.faces.limits import spend
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.errors import SecondFactorRefused
from baozhen.signing.organizations.models import (
    Passkey,
    PasswordRecord,
    RecoveryCode,
    StaffSession,
    TOTPSecret,
)
from baozhen.signing.organizations.queries import sign_in_policy
from baozhen.signing.organizations.services import factors
from baozhen.signing.organizations.services.passwords import change_password
from baozhen.signing.organizations.services.sessions import (
    end_session,
    key_hash,
)
from baozhen.trust.pdf.qr import qr_png

REGISTRATION = "security.registration"
_SESSIONS_SHOWN = 20
_QR_PIXELS = 5


@staff_only
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """Show what protects one's own account."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    user = _person(request)
    record = PasswordRecord.objects.filter(user=user).order_by("-pk").first()
    sessions = StaffSession.objects.filter(user=user).order_by("-seen_at")[:_SESSIONS_SHOWN]
    context = {
        "here": "security",
        "gate": request.session.get(GATE, ""),
        "policy": sign_in_policy(),
        "password_set_at": record.set_at if record else None,
        "has_password": user.has_usable_password(),
        "totp": TOTPSecret.objects.filter(user=user, confirmed_at__isnull=False).first(),
        "passkeys": Passkey.objects.filter(user=user).order_by("pk"),
        "codes_left": RecoveryCode.objects.filter(user=user, used_at__isnull=True).count(),
        "sessions": sessions,
        "own_session": key_hash(str(request.session.session_key)),
        **more,
    }
    return page(request, "console/organizations/security.html", context, status=status)


@staff_only
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; other sessions end."""
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        return _page(request, fault="两次输入的新密码不一样。", status=422)
    spend(TRIES, f"password:{_person(request).pk}")
    try:
        change_password(
            _person(request), current=request.POST.get("current", ""), new=new, at=now()
        )
    except Refusal as refusal:
        return _page(request, fault=str(refusal), status=422)
    _end_others(request)
    _renew_session(request)
    messages.success(request, "密码已更改，其他登录已结束。", extra_tags="jade")
    return _onward(request)


def _renew_session(request: HttpRequest) -> None:
    """Django changes the session's key with the password: its row moves along."""
    own = StaffSession.objects.filter(key_hash=key_hash(str(request.session.session_key))).first()
    update_session_auth_hash(request, _person(request))
    request.session.save()
    if own is not None:
        StaffSession.objects.filter(pk=own.pk).update(
            key_hash=key_hash(str(request.session.session_key))
        )


def _end_others(request: HttpRequest) -> None:
    own = key_hash(str(request.session.session_key))
    running = StaffSession.objects.filter(user=_person(request), ended_at__isnull=True)
    for session in running.exclude(key_hash=own):
        end_session(session, reason="password_changed", at=now())


def _onward(request: HttpRequest) -> HttpResponse:
    """Open what was closed until the person had done what was due."""
    before = request.session.get(GATE, "")
    is_strong = bool(request.session.get(STRONG))
    request.session[GATE] = gate_of(_person(request), is_strong=is_strong)
    if before and not request.session[GATE]:
        return redirect("console:home")
    return redirect("console:security")


@staff_only
@require_POST
def totp_begin(request: HttpRequest) -> HttpResponse:
    """Show the secret once, as a QR code and as text."""
    try:
        secret, uri = factors.begin_totp(_person(request), at=now())
    except SecondFactorRefused as refusal:
        return _page(request, totp_fault=str(refusal), status=422)
    picture = base64.b64encode(qr_png(uri, pixels_per_module=_QR_PIXELS)).decode()
    spaced = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return _page(request, totp_secret=spaced, totp_picture=picture)


@staff_only
@require_POST
def totp_confirm(request: HttpRequest) -> HttpResponse:
    """Let the telephone count; the first factor brings recovery codes with it."""
    spend(TRIES, f"totp:{_person(request).pk}")
    try:
        factors.confirm_totp(_person(request), request.POST.get("code", ""), at=now())
    except SecondFactorRefused:
        return _page(request, totp_fault="动态口令不对，请重新设置。", status=422)
    return _added(request, "动态口令已启用。")


def _added(request: HttpRequest, text: str) -> HttpResponse:
    messages.success(request, text, extra_tags="jade")
    if RecoveryCode.objects.filter(user=_person(request), used_at__isnull=True).exists():
        return _onward(request)
    codes = factors.make_recovery_codes(_person(request), at=now())
    request.session[GATE] = gate_of(_person(request), is_strong=bool(request.session.get(STRONG)))
    return _page(request, codes=codes)


@staff_only
@require_POST
def totp_remove(request: HttpRequest) -> HttpResponse:
    """Forget the telephone; the password is asked for."""
    if not _person(request).check_password(request.POST.get("current", "")):
        return _page(request, totp_fault="当前密码不对。", status=422)
    factors.remove_totp(_person(request), at=now())
    messages.success(request, "动态口令已停用。", extra_tags="jade")
    return _onward(request)


@staff_only
@require_POST
def passkey_begin(request: HttpRequest) -> HttpResponse:
    """Give the browser what its authenticator must sign."""
    options, state = factors.begin_passkey(_person(request))
    request.session[REGISTRATION] = state
    return HttpResponse(json.dumps(options), content_type="application/json")


@staff_only
@require_POST
def passkey_add(request: HttpRequest) -> HttpResponse:
    """Keep the authenticator's public key."""
    state = request.session.pop(REGISTRATION, None) or {}
    try:
        answer, name = read_answer(request), request.POST.get("name", "").strip()
        factors.add_passkey(_person(request), state, answer, name=name, at=now())
    except SecondFactorRefused as refusal:
        return _page(request, passkey_fault=str(refusal), status=422)
    return _added(request, "安全密钥已添加。")


@staff_only
@require_POST
def passkey_remove(request: HttpRequest, key: int) -> HttpResponse:
    """Forget one authenticator; the password is asked for."""
    if not _person(request).check_password(request.POST.get("current", "")):
        return _page(request, passkey_fault="当前密码不对。", status=422)
    factors.remove_passkey(_person(request), key, at=now())
    messages.success(request, "安全密钥已删除。", extra_tags="jade")
    return _onward(request)


@staff_only
@require_POST
def recovery(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them once."""
    return _page(request, codes=factors.make_recovery_codes(_person(request), at=now()))


@staff_only
@require_POST
def session_end(request: HttpRequest, key: int) -> HttpResponse:
    """End another of one's own sessions."""
    session = StaffSession.objects.filter(pk=key, user=_person(request)).first()
    if session is None:
        raise Http404
    end_session(session, reason="by_owner", at=now())
    messages.success(request, "该登录已结束。", extra_tags="jade")
    return redirect("console:security")


def _person(request: HttpRequest) -> User:
    """Return who is signed in; `staff_only` has let nobody else through."""
    return cast(User, request.user)
