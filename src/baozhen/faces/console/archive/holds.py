"""Legal holds (证据保全): what a court or a regulator needs is not destroyed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
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
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.traces.relations import related
from baozhen.signing.files.models import ArchiveItem, LegalHold
from baozhen.signing.files.services import hold_business, release_hold
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.roles import Permission

_STATES = (("held", "冻结中"), ("released", "已解除"))


@needs(Permission.MANAGE_HOLDS)
@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    """List the holds, those in force first."""
    register = Register(
        here="holds",
        title="法律冻结",
        note="冻结中的卷宗，到期也不能销毁",
        columns=("卷宗", "理由", "冻结时间", "冻结人", "状态"),
        empty=("lock", "没有法律冻结", "收到法院或监管的保全要求时，在这里冻结有关卷宗。"),
        filters=(
            Choice(name="number", label="业务编号或卷宗号"),
            Choice(name="state", label="状态", choices=_STATES),
        ),
        links=(Link(href=reverse("console:hold_new"), label="冻结卷宗", icon="lock"),),
    )
    rows = LegalHold.objects.order_by("-released_at", "-placed_at", "-pk")
    number = request.GET.get("number", "").strip()[:64]
    if number:
        rows = rows.filter(dossier__in=related(number))
    state = request.GET.get("state", "")
    if state in dict(_STATES):
        rows = rows.filter(released_at__isnull=state == "held")
    return show_register(request, register, rows, _cells)


@needs(Permission.MANAGE_HOLDS)
@require_http_methods(["GET", "POST"])
def place(request: HttpRequest) -> HttpResponse:
    """Hold everything that is archived of a business."""
    papers, numbers = (
        ("签署文件和证据", "业务编号或签署任务编号")
        if is_alone()
        else (
            "投保资料、保单、批单、理赔材料和签署文件",
            "投保单号、保单号、批单号、报案号或签署任务编号",
        )
    )
    asked = Asked(
        here="holds",
        title="冻结卷宗",
        submit="冻结",
        back=reverse("console:holds"),
        note=f"同一业务的全部卷宗一并冻结：{papers}。",
        fields=(
            Field(name="number", label=numbers),
            Field(name="reason", label="理由（法院案号、来函编号）"),
        ),
    )
    if request.method != "POST":
        return show(request, asked)
    number = text(request, "number")[:64]
    try:
        made = hold_business(
            number,
            related(number),
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    words = f"已冻结 {len(made)} 个卷宗。" if made else "这些卷宗已经在冻结中。"
    messages.success(request, words, extra_tags="jade")
    return redirect("console:holds")


@needs(Permission.MANAGE_HOLDS)
@require_GET
def hold(request: HttpRequest, key: int) -> HttpResponse:
    """Show one hold: why, since when, and what it holds."""
    row = get_object_or_404(LegalHold, pk=key)
    items = ArchiveItem.objects.filter(dossier=row.dossier, tombstone__isnull=True)
    sheet = Sheet(
        here="holds",
        title=f"法律冻结 {row.dossier}",
        state=_state(row),
        back=Link(href=reverse("console:holds"), label="法律冻结", icon="left"),
        facts=(
            ("卷宗", row.dossier, True),
            ("理由", row.reason, False),
            ("文件", f"{items.count():,} 份", False),
            ("冻结", f"{stamp(row.placed_at)}，{who(row.placed_by)}", False),
            (
                "解除",
                f"{stamp(row.released_at)}，{who(row.released_by)}" if row.released_at else "无",
                False,
            ),
        ),
        deeds=(
            Deed(
                href=reverse("console:hold_release", kwargs={"key": row.pk}),
                label="解除冻结",
                asks=(("confirmed", "请输入卷宗号以确认"),),
                is_dangerous=True,
            ),
        )
        if row.released_at is None
        else (),
        acts=acts_of("legal_hold", row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_HOLDS)
@require_POST
def release(request: HttpRequest, key: int) -> HttpResponse:
    """End a hold, once its dossier's number was typed."""
    row = get_object_or_404(LegalHold, pk=key)
    if text(request, "confirmed") != row.dossier:
        messages.warning(request, "卷宗号不符，没有解除。", extra_tags="amber")
        return redirect("console:hold", key=key)
    return do(
        request,
        lambda: release_hold(row.pk, actor=actor_of(request), at=now()),
        done="已解除冻结；保管期限届满后可以销毁。",
        to="hold",
        key=key,
    )


def _state(row: LegalHold) -> Cell:
    if row.released_at is None:
        return Cell(text="冻结中", tone="amber", icon="lock")
    return Cell(text="已解除", tone="", icon="check")


def _cells(row: LegalHold) -> tuple[Cell, ...]:
    return (
        Cell(text=row.dossier, href=reverse("console:hold", kwargs={"key": row.pk}), is_code=True),
        Cell(text=row.reason),
        Cell(text=stamp(row.placed_at)),
        Cell(text=who(row.placed_by)),
        _state(row),
    )
