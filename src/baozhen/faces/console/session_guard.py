"""Every request of a signed-in person: whether the session still runs, and what is due first."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse

from baozhen.faces import problems
from baozhen.faces.client import address_of, is_fronted, lets_partners_in
from baozhen.faces.console.access import is_outsider, to_sign_in
from baozhen.faces.console.sign_in import GATE, STRONG, gate_of
from baozhen.faces.errors import StaffOutside
from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import StaffSession
from baozhen.signing.organizations.services.sessions import (
    ADOPTED,
    Browser,
    begin_session,
    check_session,
    key_hash,
)

_ROOT = "/console/"
_ALWAYS = ("/console/security", "/console/sign-out", "/console/sign-in")
# What companies outside use through the front server: their own pages, signing in, their account.
_OUTSIDE = frozenset({"home", "sign_in", "sign_out", "second_factor"})
_OUTSIDE_ROOMS = ("partner", "security")
_NOTES = {
    "password": "请先设置新密码：初始密码或密码已过期。",
    "factor": "请先设置双因素验证：您的岗位要求登录时出示第二种凭证。",
}


class SessionGuard:
    """End what has ended; lead people to what they must do before they work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        if not request.path.startswith(_ROOT):
            return self.get_response(request)
        if is_fronted(request):
            error = _refusal(request)
            if error is not None:
                return problems.answer(request, error)
        if not request.user.is_authenticated:
            return self.get_response(request)
        session = _session_of(request, request.user)
        # A page that polls by itself is no sign of somebody at the desk.
        is_polled = request.headers.get("HX-Request") == "true" and request.method == "GET"
        if not check_session(session, at=now(), is_seen=not is_polled):
            logout(request)
            messages.warning(request, "登录已结束，请重新登录。", extra_tags="amber")
            return to_sign_in(request)
        gate = request.session.get(GATE, "")
        if gate and not request.path.startswith(_ALWAYS):
            messages.warning(request, _NOTES[gate], extra_tags="amber")
            return HttpResponse(status=302, headers={"Location": reverse("console:security")})
        return self.get_response(request)


def is_for_outsiders(name: str) -> bool:
    """Tell whether a page of the console, by its name, is one that companies outside use."""
    return name in _OUTSIDE or name.startswith(_OUTSIDE_ROOMS)


def _refusal(request: HttpRequest) -> Exception | None:
    """Return why a request through the front server goes no further: the staff work inside."""
    try:
        name = resolve(request.path_info).url_name or ""
    except Resolver404 as missing:
        return missing
    if not lets_partners_in() or not is_for_outsiders(name):
        return Http404()
    is_staffs = request.user.is_authenticated and not is_outsider(request.user.get_username())
    return StaffOutside() if is_staffs and name != "sign_out" else None


def _session_of(request: HttpRequest, user: User) -> StaffSession:
    """Return the session's row; one that was begun elsewhere is written down when first seen."""
    hashed = key_hash(str(request.session.session_key))
    session = StaffSession.objects.filter(key_hash=hashed, user=user).first()
    if session is None:
        browser = Browser(
            session_key=str(request.session.session_key),
            address=address_of(request),
            agent=request.headers.get("User-Agent", ""),
        )
        session = begin_session(user, browser, method=ADOPTED, at=now())
        is_strong = bool(request.session.get(STRONG))
        request.session[GATE] = gate_of(user, is_strong=is_strong)
    return session
