"""U-keys: who applied, who approved, who has it, and what became of it."""

from functools import partial

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
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
from baozhen.faces.templatetags.faces import day, stamp, who
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.masking import mask_name
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.services.key_records import (
    KeyHandOver,
    KeyWish,
    apply_for_key,
    decide_key,
    issue_key,
    report_lost_key,
    return_key,
)
from baozhen.signing.certificates.states import KEY_LABELS, KeyState
from baozhen.signing.organizations.queries import require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.states import UnitState

_TONES = {
    KeyState.APPLIED: ("amber", "clock"),
    KeyState.APPROVED: ("amber", "check"),
    KeyState.REFUSED: ("seal", "cross"),
    KeyState.ISSUED: ("jade", "check"),
    KeyState.RETURNED: ("", "left"),
    KeyState.LOST: ("seal", "alert"),
}
_SHOWN_MAX = 500
_FILE_BYTES_MAX = 1_048_576


@needs(Permission.VIEW_SEALS)
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """List the U-keys."""
    rows = _seen(request).order_by("-applied_at")
    state = request.GET.get("state", "")
    if state in set(KeyState):
        rows = rows.filter(state=state)
    links = []
    if may(request, Permission.MANAGE_SEALS):
        links = [Link(href=reverse("console:ukey_apply"), label="申请 U-key", icon="lock")]
    register = Register(
        here="ukeys",
        title="U-key",
        note="申请、审批、领用、归还与挂失；申请人与审批人不能是同一人",
        columns=("编号", "状态", "使用机构", "持有人", "介质编号", "证书到期", "申请时间"),
        empty=("lock", "还没有 U-key 记录", "按“申请 U-key”登记第一份申请。"),
        filters=[
            Choice(
                name="state",
                label="状态",
                choices=[(item.value, label) for item, label in KEY_LABELS.items()],
            )
        ],
        links=links,
    )
    return show_register(request, register, rows, _cells)


@needs(Permission.VIEW_SEALS)
@require_GET
def key(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one U-key."""
    row = get_object_or_404(_seen(request), public_id=public_id)
    state = KeyState(row.state)
    tone, icon = _TONES[state]
    decided = f"{stamp(row.decided_at)}，{who(row.decided_by)}：{row.decision_reason}"
    facts = [
        ("使用机构", row.unit.name, False),
        ("持有人", mask_name(row.holder), False),
        ("用途", row.purpose, False),
        ("申请", f"{stamp(row.applied_at)}，{who(row.applied_by)}", False),
        ("审批", decided if row.decided_by else "尚未审批", False),
        ("介质编号", row.device_no or "—", True),
        ("密码产品批准号", row.device_approval_no or "没有登记", False),
        ("证书指纹（SHA-256）", row.fingerprint or "—", True),
        ("证书到期", day(row.not_after) if row.not_after else "—", False),
        ("归还或挂失", row.end_reason or "—", False),
    ]
    sheet = Sheet(
        here="ukeys",
        title=row.public_id,
        state=Cell(text=KEY_LABELS[state], tone=tone, icon=icon),
        facts=facts,
        back=Link(href=reverse("console:ukeys"), label="U-key", icon="left"),
        deeds=_deeds(request, row),
        acts=acts_of(row.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Register an application."""
    scope = scope_of(request.user, Permission.MANAGE_SEALS)
    units = scope.filter(state=UnitState.ACTIVE).order_by("path")[:_SHOWN_MAX]
    asked = Asked(
        here="ukeys",
        title="申请 U-key",
        submit="提交申请",
        back=reverse("console:ukeys"),
        note="申请须由另一人审批。",
        fields=[
            Field(
                name="unit", label="使用机构", choices=[(str(one.pk), one.name) for one in units]
            ),
            Field(name="holder", label="持有人"),
            Field(name="purpose", label="用途"),
            Field(name="authority", label="签发机构", required=False),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        made = apply_for_key(
            KeyWish(
                unit=get_object_or_404(scope, pk=number(request, "unit")),
                holder=text(request, "holder"),
                purpose=text(request, "purpose"),
                authority=text(request, "authority"),
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect("console:ukey", public_id=made.public_id)


@needs(Permission.APPROVE_SEALS)
@require_POST
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Approve or refuse an application."""
    _held(request, public_id, Permission.APPROVE_SEALS)
    deed = partial(
        decide_key,
        public_id,
        approved=text(request, "decision") == "approve",
        reason=text(request, "reason"),
        actor=actor_of(request),
        at=now(),
    )
    return do(request, deed, done="审批意见已记录。", to="ukey", public_id=public_id)


@needs(Permission.MANAGE_SEALS)
@require_POST
def issue(request: HttpRequest, public_id: str) -> HttpResponse:
    """Record the hand-over; with the certificate, its end is watched."""
    _held(request, public_id, Permission.MANAGE_SEALS)
    given = request.FILES.get("certificate")
    hand_over = KeyHandOver(
        device_no=text(request, "device_no"),
        device_approval_no=text(request, "approval_no"),
        certificate=given.read(_FILE_BYTES_MAX) if given is not None else b"",
    )
    deed = partial(issue_key, public_id, hand_over, actor=actor_of(request), at=now())
    return do(request, deed, done="已登记领用。", to="ukey", public_id=public_id)


@needs(Permission.MANAGE_SEALS)
@require_POST
def end(request: HttpRequest, public_id: str, what: str) -> HttpResponse:
    """Record that a U-key came back or is lost."""
    if what not in {"return", "lost"}:
        raise Http404
    _held(request, public_id, Permission.MANAGE_SEALS)
    verb = return_key if what == "return" else report_lost_key
    deed = partial(
        verb, public_id, reason=text(request, "reason"), actor=actor_of(request), at=now()
    )
    done = "已登记归还。" if what == "return" else "已挂失。"
    return do(request, deed, done=done, to="ukey", public_id=public_id)


def _seen(request: HttpRequest) -> QuerySet[KeyRecord]:
    """Return the U-keys of the units where the person may view seals."""
    scope = scope_of(request.user, Permission.VIEW_SEALS)
    return KeyRecord.objects.filter(unit__in=scope).select_related("unit")


def _held(request: HttpRequest, public_id: str, permission: Permission) -> None:
    """Raise PowerMissing unless the person holds the permission where the U-key is used."""
    row = get_object_or_404(KeyRecord.objects.select_related("unit"), public_id=public_id)
    require_power(request.user, permission, row.unit)


def _deeds(request: HttpRequest, row: KeyRecord) -> list[Deed]:
    state, place = KeyState(row.state), {"public_id": row.public_id}
    found = []
    if state is KeyState.APPLIED:
        found.append(_decision(request, row))
    if not may(request, Permission.MANAGE_SEALS):
        return found
    if state is KeyState.APPROVED:
        asks = (("device_no", "介质编号"), ("approval_no", "密码产品批准号"))
        found.append(
            Deed(
                href=reverse("console:ukey_issue", kwargs=place),
                label="领用",
                asks=asks,
                files=(("certificate", "证书文件（PEM 或 DER），用于到期提醒"),),
            )
        )
    if state in {KeyState.ISSUED, KeyState.LOST}:
        href = reverse("console:ukey_end", kwargs=place | {"what": "return"})
        found.append(Deed(href=href, label="归还", icon="left", asks=(("reason", "说明"),)))
    if state is KeyState.ISSUED:
        href = reverse("console:ukey_end", kwargs=place | {"what": "lost"})
        found.append(
            Deed(
                href=href,
                label="挂失",
                icon="alert",
                asks=(("reason", "遗失经过"),),
                is_dangerous=True,
            )
        )
    return found


def _decision(request: HttpRequest, row: KeyRecord) -> Deed:
    if not may(request, Permission.APPROVE_SEALS):
        return Deed(href="", label="审批", blocked="您没有“审批印章”权限。")
    if row.applied_by == actor_of(request):
        return Deed(href="", label="审批", blocked="申请人不能审批自己的申请。")
    return Deed(
        href=reverse("console:ukey_decide", kwargs={"public_id": row.public_id}),
        label="审批",
        asks=(("reason", "审批意见"),),
        choices=("decision", "决定", (("approve", "批准"), ("refuse", "不批准"))),
    )


def _cells(row: KeyRecord) -> list[Cell]:
    tone, icon = _TONES[KeyState(row.state)]
    href = reverse("console:ukey", kwargs={"public_id": row.public_id})
    return [
        Cell(text=row.public_id, href=href),
        Cell(text=KEY_LABELS[KeyState(row.state)], tone=tone, icon=icon),
        Cell(text=row.unit.name),
        Cell(text=mask_name(row.holder)),
        Cell(text=row.device_no or "—", is_code=True),
        Cell(text=day(row.not_after) if row.not_after else "—"),
        Cell(text=stamp(row.applied_at)),
    ]
