"""我的投保: what the signed-in person has applied for, where it stands, and what comes next."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from baozhen.faces.frame import page
from baozhen.faces.mobile.applying.frames import own_application
from baozhen.faces.mobile.holders import current_holder, holder_only
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.queries import applications_of
from baozhen.insurance.applications.services.closing import MAY_MAKE_ANEW, MAY_WITHDRAW
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.insurance.products.enumerations import label

_S = ApplicationState
TONES = {
    _S.DRAFT: "azure",
    _S.SUBMITTED: "azure",
    _S.REFERRED: "amber",
    _S.OFFERED: "amber",
    _S.ACCEPTED: "jade",
    _S.SIGNED: "jade",
    _S.PAID: "jade",
    _S.ISSUED: "jade",
    _S.DECLINED: "seal",
    _S.FAILED: "seal",
}
# What each state means for the person: what happened, why, what next.
_NEXT = {
    _S.DRAFT: "还没有提交。填好的内容都已保存，可以接着填。",
    _S.SUBMITTED: "已经提交，正在核保，通常几秒钟就有结果。",
    _S.REFERRED: "需要人工核保，一般在一个工作日内有结果，我们会发短信告诉您。",
    _S.OFFERED: "核保给出了另一个方案，请您看过后决定是否接受。",
    _S.ACCEPTED: "核保已通过。请阅读投保文件并签名，签名后才能缴费。",
    _S.SIGNED: "已经签名。请完成缴费，缴费成功后自动出单。",
    _S.PAID: "保费已经收到，正在出具保单，通常不到一分钟。",
    _S.ISSUED: "保单已经出具，已发到您的邮箱，也可以随时查询和下载。",
    _S.DECLINED: "很抱歉，这次未能承保，您没有产生任何费用。",
    _S.WITHDRAWN: "已经撤回，没有产生任何费用。可以用原来的内容重新投保。",
    _S.EXPIRED: "超过期限没有完成，已经失效。可以用原来的内容重新投保。",
    _S.SUPERSEDED: "已被您后来签名的投保单替代，原件仍存档。",
    _S.FAILED: "未能出单，保费会原路退回您付款的账户。",
}
# The page where the person goes on, by state: a name of the journey, if there is such a page.
_GOES_ON = {
    _S.DRAFT: ("resume", "继续填写"),
    _S.OFFERED: ("offer", "查看新方案"),
    _S.ACCEPTED: ("reading", "阅读并签名"),
    _S.SIGNED: ("code", "去缴费"),
    _S.ISSUED: ("policies", "查看保单"),
}


@require_GET
@holder_only
def mine(request: HttpRequest) -> HttpResponse:
    """List the person's applications, newest first."""
    holder = current_holder(request)
    rows = [_shown(row) for row in applications_of(holder)]
    return page(request, "mobile/applying/mine.html", {"rows": rows, "holder": holder})


@require_GET
@own_application
def progress(request: HttpRequest, application: Application) -> HttpResponse:
    """Show where one application stands, and what comes next."""
    context = {
        **_shown(application),
        "proposal_no": application.proposal_no,
        "may_withdraw": application.state in MAY_WITHDRAW,
        "may_make_anew": application.state in MAY_MAKE_ANEW,
        "renews": _renewable(application),
        "reasons": (application.decision or {}).get("reasons", []),
        "waits": application.state in {_S.SUBMITTED, _S.PAID},
    }
    return page(request, "mobile/applying/progress.html", context)


@require_GET
@own_application
def state(_request: HttpRequest, application: Application) -> JsonResponse:
    """Tell the waiting page whether the state has changed."""
    over = application.state not in {_S.SUBMITTED, _S.PAID}
    here = reverse("journey:progress", args=[application.proposal_no])
    return JsonResponse({"over": over, "next": here, "message": _NEXT[_S(application.state)]})


def _renewable(application: Application) -> str:
    """Return the number of the policy that may be renewed from here, if there is one."""
    if application.state != _S.ISSUED:
        return ""
    return str((application.content.get("compulsory") or {}).get("policy_no", ""))


def _shown(row: Application) -> dict[str, Any]:
    state_now = _S(row.state)
    vehicle = row.content.get("vehicle") or {}
    name, words = _GOES_ON.get(state_now, ("", ""))
    return {
        "row": row,
        "form": label("form", row.form),
        "car": vehicle.get("plate_no") or vehicle.get("brand_model") or "",
        "state": STATE_LABELS[state_now],
        "tone": TONES.get(state_now, ""),
        "next": _NEXT[state_now],
        "href": address(name, row) if name else "",
        "go_on": words,
    }


def address(name: str, row: Application) -> str:
    """Return the address of a page of the journey; empty while no room has such a page."""
    try:
        return reverse(f"journey:{name}", args=[row.proposal_no])
    except NoReverseMatch:
        return ""
