"""Mails to people: what was sent, what was not and why; sent again by a person."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.organizations.operation_words import noun_word
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    acts_of,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.console.typed import end_of_day, typed_midnight
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.clock import now
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import queue_again
from baozhen.foundation.notify.states import DeliveryState
from baozhen.signing.organizations.roles import Permission

_STATES = {
    DeliveryState.QUEUED: ("待发送", "amber", "clock"),
    DeliveryState.SENT: ("已发送", "jade", "check"),
    DeliveryState.FAILED: ("发送失败", "seal", "cross"),
}


@needs(Permission.VIEW_SYSTEM)
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """List the mails, newest first; addresses masked, contents not shown."""
    found = Delivery.objects.defer("content", "recipient").order_by("-pk")
    if (state := request.GET.get("state", "")) in set(DeliveryState):
        found = found.filter(state=state)
    if since := typed_midnight(request.GET.get("from", "")):
        found = found.filter(queued_at__gte=since)
    if before := end_of_day(request.GET.get("to", "")):
        found = found.filter(queued_at__lt=before)
    register = Register(
        here="deliveries",
        title="邮件投递",
        note="发给客户和员工的邮件：发到哪里、何时发出、为什么没有发出",
        columns=("排队时间", "状态", "收件人", "关于", "发送时间", "失败原因"),
        empty=("list", "还没有邮件", "通知、提醒和送达文件的邮件排队后，会出现在这里。"),
        filters=(
            Choice(
                name="state",
                label="状态",
                choices=[(state.value, words[0]) for state, words in _STATES.items()],
            ),
            Choice(name="from", label="从", kind="date"),
            Choice(name="to", label="到", kind="date"),
        ),
        links=(Link(href=reverse("console:texts"), label="短信发送", icon="phone"),),
    )
    return show_register(request, register, found, _cells)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def delivery(request: HttpRequest, key: int) -> HttpResponse:
    """Show one mail, and send it again if it failed."""
    row = get_object_or_404(Delivery.objects.defer("content", "recipient"), pk=key)
    deeds = []
    if row.state == DeliveryState.FAILED and may(request, Permission.RETRY_JOBS):
        href = reverse("console:delivery_again", kwargs={"key": key})
        deeds.append(Deed(href=href, label="重新发送", icon="again"))
    sheet = Sheet(
        here="deliveries",
        title="邮件投递",
        state=_state(row),
        facts=[
            ("收件人", row.recipient_masked, False),
            ("关于", f"{noun_word(row.subject_type)} #{row.subject_id}", False),
            ("业务凭证", row.reference, True),
            ("排队时间", stamp(row.queued_at), False),
            ("发送时间", stamp(row.sent_at) if row.sent_at else "—", False),
            ("失败原因", row.failure or "—", False),
        ],
        back=Link(href=reverse("console:deliveries"), label="邮件投递", icon="left"),
        deeds=deeds,
        acts=acts_of(row.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.RETRY_JOBS)
@require_POST
def again(request: HttpRequest, key: int) -> HttpResponse:
    """Send a failed mail again."""
    get_object_or_404(Delivery, pk=key)
    deed = partial(queue_again, key, actor=actor_of(request), at=now())
    return do(request, deed, done="已安排重新发送。", to="delivery", key=key)


def _cells(row: Delivery) -> list[Cell]:
    href = reverse("console:delivery", kwargs={"key": row.pk})
    return [
        Cell(text=stamp(row.queued_at), href=href),
        _state(row),
        Cell(text=row.recipient_masked),
        Cell(text=f"{noun_word(row.subject_type)} #{row.subject_id}"),
        Cell(text=stamp(row.sent_at) if row.sent_at else "—"),
        Cell(text=row.failure or "—"),
    ]


def _state(row: Delivery) -> Cell:
    word, tone, icon = _STATES[DeliveryState(row.state)]
    return Cell(text=word, tone=tone, icon=icon)
