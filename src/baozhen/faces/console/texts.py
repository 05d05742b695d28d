"""Texts to people: what was sent, what was not and why; their contents are kept nowhere."""

from functools import partial
from typing import Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.console.typed import end_of_day, typed_midnight
from baozhen.faces.extent import is_closed
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.clock import now
from baozhen.foundation.notify.models import TextDelivery
from baozhen.foundation.notify.sms import text_index
from baozhen.signing.envelopes.services.telling import tell_again
from baozhen.signing.organizations.roles import LABELS, Permission

CODE: Final = "code"
_KINDS = {CODE: "验证码", "link": "办理链接"}
_INSURANCE_KINDS = {"issued": "保单签发通知", "claim": "理赔进展通知"}
_STATES = {
    "sent": ("已发送", "jade", "check"),
    "failed": ("发送失败", "seal", "cross"),
    "open": ("没有结果", "amber", "clock"),
}
# How the references of texts about signing tasks begin: with the step's number.
_STEP: Final = "act_"
_CODE_ADVICE = (
    "验证码不能代为重发：请本人在页面上重新获取。"
    "总是失败的，请按失败原因核对短信服务的签名、模版和余额。"
)
_OTHER_ADVICE = (
    "短信服务暂时不可用的，系统会自动再试；被短信服务拒绝的，改正手机号或配置后，"
    "在“搁置任务”里重试，或由经办人重新发送链接。"
)
_OPEN_ADVICE = (
    "交给短信服务之后没有等到答复，可能已经送达；仍未收到的，请本人重新获取或由经办人重发。"
)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def texts(request: HttpRequest) -> HttpResponse:
    """List the texts, newest first; numbers masked, found by the whole number."""
    kinds = _kinds()
    register = Register(
        here="texts",
        title="短信发送",
        note="交给短信服务的每一条短信：发给谁、何时、结果；不保存短信内容",
        columns=("请求时间", "状态", "手机号", "种类", "发送时间", "回执", "失败原因"),
        empty=("phone", "还没有短信", "验证码和通知短信交给短信服务后，会出现在这里。"),
        filters=(
            Choice(
                name="state",
                label="状态",
                choices=[(state, words[0]) for state, words in _STATES.items()],
            ),
            Choice(name="kind", label="种类", choices=list(kinds.items())),
            Choice(name="mobile", label="完整手机号"),
            Choice(name="from", label="从", kind="date"),
            Choice(name="to", label="到", kind="date"),
        ),
        links=(Link(href=reverse("console:deliveries"), label="邮件投递", icon="mail"),),
    )
    return show_register(request, register, _found(request), _cells)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def text(request: HttpRequest, key: int) -> HttpResponse:
    """Show one text, and what can be done when it failed."""
    row = get_object_or_404(TextDelivery, pk=key)
    sheet = Sheet(
        here="texts",
        title="短信发送",
        state=_state(row),
        facts=[
            ("手机号", row.mobile_masked, False),
            ("种类", _kind(row), False),
            ("业务凭证", row.reference, True),
            ("请求时间", stamp(row.asked_at), False),
            ("发送时间", stamp(row.sent_at) if row.sent_at else "—", False),
            ("回执", row.receipt or "—", True),
            ("失败原因", row.failure or "—", False),
        ],
        back=Link(href=reverse("console:texts"), label="短信发送", icon="left"),
        deeds=_deeds(request, row),
    )
    return show_sheet(request, sheet)


@needs(Permission.RETRY_JOBS)
@require_POST
def again(request: HttpRequest, key: int) -> HttpResponse:
    """Send the party of a signing task a fresh link."""
    row = get_object_or_404(TextDelivery, pk=key)
    deed = partial(tell_again, row.reference, actor=actor_of(request), at=now())
    return do(request, deed, done="已安排重新发送，原来的链接失效。", to="text", key=key)


def _found(request: HttpRequest) -> QuerySet[TextDelivery]:
    found = TextDelivery.objects.order_by("-pk")
    match request.GET.get("state", ""):
        case "sent":
            found = found.filter(sent_at__isnull=False)
        case "failed":
            found = found.exclude(failure="")
        case "open":
            found = found.filter(sent_at__isnull=True, failure="")
    if (kind := request.GET.get("kind", "")) in _kinds():
        found = found.filter(template=kind)
    if mobile := request.GET.get("mobile", "").strip():
        found = found.filter(mobile_index=text_index(mobile))
    if since := typed_midnight(request.GET.get("from", "")):
        found = found.filter(asked_at__gte=since)
    if before := end_of_day(request.GET.get("to", "")):
        found = found.filter(asked_at__lt=before)
    return found


def _kinds() -> dict[str, str]:
    """Return the kinds of texts that there are here; those of policies only beside policies."""
    return _KINDS if is_closed(reverse("console:policies")) else {**_KINDS, **_INSURANCE_KINDS}


def _kind(row: TextDelivery) -> str:
    return {**_KINDS, **_INSURANCE_KINDS}.get(row.template, row.template)


def _cells(row: TextDelivery) -> list[Cell]:
    return [
        Cell(text=stamp(row.asked_at), href=reverse("console:text", kwargs={"key": row.pk})),
        _state(row),
        Cell(text=row.mobile_masked),
        Cell(text=_kind(row)),
        Cell(text=stamp(row.sent_at) if row.sent_at else "—"),
        Cell(text=row.receipt or "—", is_code=True),
        Cell(text=row.failure or "—"),
    ]


def _state(row: TextDelivery) -> Cell:
    state = "sent" if row.sent_at else "failed" if row.failure else "open"
    word, tone, icon = _STATES[state]
    return Cell(text=word, tone=tone, icon=icon)


def _deeds(request: HttpRequest, row: TextDelivery) -> list[Deed]:
    """Return what can be done, or why nothing can and who does what instead."""
    if row.sent_at:
        return []
    href = reverse("console:text_again", kwargs={"key": row.pk})
    if row.template == CODE:
        return [Deed(href=href, label="重新发送", blocked=_CODE_ADVICE)]
    if not row.reference.startswith(_STEP):
        advice = _OTHER_ADVICE if row.failure else _OPEN_ADVICE
        return [Deed(href=href, label="重新发送", blocked=advice)]
    right = LABELS[Permission.RETRY_JOBS]
    lacks = "" if may(request, Permission.RETRY_JOBS) else f"由有“{right}”权限的同事重新发送"
    return [Deed(href=href, label="重新发送", icon="again", blocked=lacks)]
