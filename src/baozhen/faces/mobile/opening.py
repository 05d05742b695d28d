"""The first page of a link, and turning back: who asks, what, until when; decline with a reason."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.limits import Limit, spend
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.signing.envelopes.errors import ReasonMissing
from baozhen.signing.envelopes.services.acts import decline as decline_action
from baozhen.signing.envelopes.services.links import note_opened

# Guessing a link of 192 bits is hopeless; asking a thousand times a minute is not welcome either.
LINKS = Limit(name="link", most=120)
_PLAN = "核对身份 → {before}阅读文件{act}，约需 3 分钟"


@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked; going on begins the visit."""
    spend(LINKS, address_of(request))
    visit = visit_of(request, token)
    if request.method == "POST":
        visit.remember(begun=True)
        return redirect(visit.address("next"))
    note_opened(visit.signatory, at=visit.at)
    if visit.step != "open":
        return redirect(visit.address("next"))
    return visit.render("open.html", {"plan": plan_of(visit)})


@require_GET
def next_step(request: HttpRequest, token: str) -> HttpResponse:
    """Send the visitor where they stand."""
    visit = visit_of(request, token)
    step = visit.step
    if visit.is_beside and step in {"sign", "consent"}:
        # Read and ready: it is signed together with the others, by the link's own list.
        return redirect(visit.address_beside("all", visit.door))
    return redirect(visit.address("identity" if step == "identity_for_copy" else step))


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the reason, then end the task."""
    visit = visit_of(request, token)
    if visit.action is None:
        return redirect(visit.address("next"))
    if request.method != "POST":
        return visit.render("decline.html")
    reason = request.POST.get("reason", "")
    actor = f"signatory:{visit.signatory.public_id}"
    try:
        decline_action(visit.action.pk, reason=reason, actor=actor, at=visit.at)
    except ReasonMissing as refusal:
        return visit.render("decline.html", {"fault": str(refusal)}, status=422)
    return visit.render(
        "closed.html",
        {
            "headline": "已退回",
            "words": "我们已把您的原因告诉发起人。这次签署已经结束，您不需要再做什么。",
            "outcome": "declined",
        },
    )


def plan_of(visit: Visit) -> str:
    """Return in one sentence what comes next."""
    before = "提交材料 → " if visit.signatory.papers.exists() else ""
    before += "逐项回答 → " if visit.signatory.questions.exists() else ""
    act = "" if visit.is_viewer else " → 签名 → 确认意愿"
    return _PLAN.format(before=before, act=act)
