"""开发收银台: the page of development's twin, where a tester chooses who pays and what happens."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.errors import NotFound
from baozhen.faces.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_name
from baozhen.insurance.payments.channels.development import Deed, DevelopmentCashier
from baozhen.insurance.payments.channels.registry import channel_names, channel_of
from baozhen.insurance.payments.services.telling import take_notice
from baozhen.insurance.payments.states import CHANNEL_LABELS

# Synthetic people and cards of the acceptance scenarios.
_OWN_CARD = "6212345678900000011"
_OTHER = {
    "payer_name": "测试乙",
    "payer_id_no": "110199199009202025",
    "account": "6212345678900000029",
}
OUTCOMES = (
    ("own", "投保人本人付款", "正常付款，立即通知平台"),
    ("other", "他人付款（测试乙的银行卡）", "付款人与投保人不一致"),
    ("short", "少付 1 元", "金额不符"),
    ("silent", "本人付款，但通知丢失", "平台须主动查询或对账才能发现"),
    ("leave", "不付款，返回", "什么也不发生"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def cashier(request: HttpRequest, channel: str, attempt_no: str) -> HttpResponse:
    """Ask the tester, then do as a channel would; there is no such page in production."""
    twin = channel_of(channel) if channel in channel_names() else None
    opened = twin.opened(attempt_no) if isinstance(twin, DevelopmentCashier) else None
    if not isinstance(twin, DevelopmentCashier) or opened is None:
        raise NotFound(what="收银台")
    if request.method == "POST":
        chosen = request.POST.get("outcome", "")
        if chosen in {"own", "other", "short", "silent"}:
            headers, body = twin.pay(attempt_no, _deed(chosen, dict(opened)))
            if chosen != "silent":
                take_notice(channel, headers=headers, body=body, at=now())
        return redirect(str(opened["return_url"]))
    context = {
        "channel": CHANNEL_LABELS[channel],
        "title": opened["title"],
        "amount_fen": opened["amount_fen"],
        "payer": mask_name(opened["payer_name"]) if opened["payer_name"] else "不限",
        "outcomes": OUTCOMES,
        "closed": opened.get("closed", False),
        "here": request.path,
    }
    return page(request, "mobile/paying/cashier.html", context)


def _deed(chosen: str, opened: dict[str, Any]) -> Deed:
    fen = opened["amount_fen"]
    if chosen == "other":
        return Deed(amount_fen=fen, at=now(), **_OTHER)
    return Deed(
        amount_fen=fen - 100 if chosen == "short" else fen,
        at=now(),
        payer_name=opened["payer_name"],
        payer_id_no=opened["payer_id_no"],
        account=_OWN_CARD,
    )
