"""The door from WeChat: who is behind the openid, and the binding that a person may make.

An openid that nobody has bound leads to the ordinary sign-in with three elements and a code; only
after that, and by a press of a button, does it stand for the person (S0-6.3.2).
"""

import hmac
import secrets

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import Limit, spend
from baozhen.faces.mobile.holders import begin_holder_session, holder_only, to_sign_in
from baozhen.faces.mobile.wallet.policies import holder_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.masking import mask_name
from baozhen.foundation.notify.wechat_people import WeChatCodeRefused, account_people
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import bind, bound_subject, release

_ASKED, _OPENID = "wechat_asked", "wechat_openid"
ENTRIES = Limit(name="wechat", most=60, window_seconds=600)
_STATE_BYTES = 16


@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Send the browser to WeChat for a code; remember for whom and whereto."""
    spend(ENTRIES, address_of(request))
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        wanted = reverse("journey:policies")
    state = secrets.token_hex(_STATE_BYTES)
    request.session[_ASKED] = {"state": state, "next": wanted}
    back = f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}{reverse('journey:wechat_back')}"
    return redirect(account_people().authorise_address(back, state=state))


@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Take the code: a bound person is in, anybody else signs in first."""
    asked = request.session.pop(_ASKED, None)
    given = request.GET.get("state", "")
    if not asked or not hmac.compare_digest(asked["state"].encode(), given.encode()):
        # A code of another browser's visit: whoever sent it here would be signed in as himself.
        return _refused(request, WeChatCodeRefused())
    try:
        openid = account_people().openid_of(request.GET.get("code", ""))
    except BaozhenError as failure:
        return _refused(request, failure)
    subject = bound_subject(WeChatApp.ACCOUNT, openid)
    if subject is not None:
        begin_holder_session(request, subject, at=now())
        return redirect(asked["next"])
    request.session[_OPENID] = openid
    return to_sign_in(request, reverse("journey:wechat_bind"))


@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def binding(request: HttpRequest) -> HttpResponse:
    """Ask whether this WeChat shall stand for the person who has just signed in."""
    openid = request.session.get(_OPENID)
    if not openid:
        return redirect("journey:policies")
    holder = holder_of(request)
    if request.method != "POST":
        context = {"name": mask_name(str(holder.name))}
        return page(request, "mobile/wallet/wechat.html", context)
    del request.session[_OPENID]
    try:
        bind(WeChatApp.ACCOUNT, openid, holder, at=now())
    except BaozhenError as failure:
        return _refused(request, failure)
    messages.success(request, "微信已绑定，下次从公众号进入可以直接查看", extra_tags="jade")
    return redirect("journey:policies")


@holder_only
@require_POST
def unbind(request: HttpRequest) -> HttpResponse:
    """End the bindings of the person."""
    release(holder_of(request), at=now())
    messages.success(request, "微信绑定已解除", extra_tags="jade")
    return redirect("journey:policies")


def _refused(request: HttpRequest, failure: BaozhenError) -> HttpResponse:
    context = {
        "fault": str(failure),
        "headline": "没有完成微信登录",
        "back": reverse("journey:policies"),
    }
    return page(request, "mobile/wallet/refused.html", context, status=422)
