"""What became of it: the signature being made, the copy, or why there is nothing more to do."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from baozhen.faces.mobile.holders import current_holder
from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.signing.envelopes.states import LABELS, ActionState, EnvelopeState

_ENDED = {
    EnvelopeState.DECLINED: "有一方退回了文件，这次签署已经结束。",
    EnvelopeState.RECALLED: "发起人撤回了这次签署，您不需要再做什么。",
    EnvelopeState.EXPIRED: "已过截止时间。如仍需签署，请联系发起人重新发起。",
    EnvelopeState.VOIDED: "各方已同意作废，文件仍存档备查。",
}


@require_GET
def done(request: HttpRequest, token: str) -> HttpResponse:
    """Show where the task stands for this person."""
    visit = visit_of(request, token)
    if visit.step not in {"done", "read"} or (visit.step == "read" and not visit.is_viewer):
        return redirect(visit.address("next"))
    # Whoever came from their policies goes back to them.
    return visit.render("done.html", {**_context(visit), "holder": current_holder(request)})


@require_GET
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Tell the waiting page whether the signature is made."""
    visit = visit_of(request, token)
    return JsonResponse(
        {
            "over": not _is_waiting(visit),
            "next": visit.address("done"),
            "message": "正在签章，通常几秒钟完成",
        }
    )


def _is_waiting(visit: Visit) -> bool:
    is_mine = visit.action is not None and visit.action.state == ActionState.PERFORMING
    return is_mine or visit.envelope.state == EnvelopeState.SEALING


def _context(visit: Visit) -> dict[str, Any]:
    envelope = visit.envelope
    state = EnvelopeState(envelope.state)
    if state in _ENDED:
        return {
            "headline": LABELS[state],
            "words": _ENDED[state],
            "tone": "quiet-box",
            "tone_icon": "info",
            "outcome": state.value,
        }
    if _is_waiting(visit):
        return {
            "headline": "已确认，正在签章",
            "words": "您的签署已经记录，可以离开本页；完成后会通知您。",
            "tone": "jade",
            "tone_icon": "check",
            "wait": visit.address("state"),
        }
    documents = [
        {
            "title": document.title,
            "note": f"PDF，{document.pages} 页，已签名的原件",
            "href": visit.address("file", document.position),
        }
        for document in envelope.documents.order_by("position")
    ]
    is_over = state in {EnvelopeState.COMPLETED, EnvelopeState.VOIDING}
    words = (
        "各方都已签署，文件已归档。请下载保存原件；打印件或截图不能核验。"
        if is_over
        else "谢谢，您这一步已经完成。其他签署方完成后会通知您。"
    )
    return {
        "headline": "签署完成" if is_over else "已完成您的签署",
        "words": words,
        "tone": "jade",
        "tone_icon": "check",
        "documents": documents,
        "outcome": "completed" if is_over else "signed",
    }
