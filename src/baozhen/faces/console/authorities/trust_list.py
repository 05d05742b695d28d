"""The roots of strangers, and where news of revocations comes from."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.organizations.forms import (
    Asked,
    Field,
    first_day,
    last_day,
    show,
    text,
)
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
from baozhen.foundation.jobs import defer
from baozhen.signing.certificates.models import RevocationSource, TrustAnchor
from baozhen.signing.certificates.services.trust_list import (
    AnchorProposal,
    decide_anchor,
    decide_removal,
    propose_anchor,
    propose_removal,
)
from baozhen.signing.certificates.states import ANCHOR_LABELS, AnchorState
from baozhen.signing.organizations.roles import Permission

_TONES = {
    AnchorState.PROPOSED: ("amber", "clock"),
    AnchorState.LISTED: ("jade", "check"),
    AnchorState.REMOVAL_PROPOSED: ("amber", "clock"),
    AnchorState.REMOVED: ("", "cross"),
    AnchorState.REFUSED: ("seal", "cross"),
}
_USES = (("document", "文件签名"), ("ukey", "U-key 认证"), ("timestamp", "时间戳"))
_USE_WORDS = dict(_USES)
_DECISION = ("decision", "决定", (("accept", "同意"), ("refuse", "不同意")))
_FILE_BYTES_MAX = 65_536


@needs(Permission.MANAGE_TRUST_LISTS)
@require_GET
def anchors(request: HttpRequest) -> HttpResponse:
    """List the roots."""
    rows = TrustAnchor.objects.order_by("-proposed_at")
    state = request.GET.get("state", "")
    if state in set(AnchorState):
        rows = rows.filter(state=state)
    register = Register(
        here="trust_list",
        title="信任列表",
        note="验证他人签名时信任的根证书；列入和移除都须两人",
        columns=("持有人", "状态", "用途", "生效", "停止", "证书到期", "提议人", "复核人"),
        empty=(
            "shield-check",
            "信任列表是空的",
            "按“提议列入”上传一个根证书；由另一人复核后生效。",
        ),
        filters=[
            Choice(
                name="state",
                label="状态",
                choices=[(item.value, label) for item, label in ANCHOR_LABELS.items()],
            )
        ],
        links=[Link(href=reverse("console:anchor_propose"), label="提议列入", icon="upload")],
    )
    return show_register(request, register, rows, _cells)


@needs(Permission.MANAGE_TRUST_LISTS)
@require_GET
def anchor(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one root."""
    row = get_object_or_404(TrustAnchor, public_id=public_id)
    state = AnchorState(row.state)
    tone, icon = _TONES[state]
    facts = [
        ("持有人", row.subject, False),
        ("用途", _USE_WORDS[row.use], False),
        ("指纹（SHA-256）", row.fingerprint, True),
        ("证书到期", day(row.not_after), False),
        ("生效时间", stamp(row.effective_from), False),
        ("停止信任", stamp(row.effective_until) if row.effective_until else "没有限期", False),
        ("列入理由", row.reason, False),
        ("提议", f"{stamp(row.proposed_at)}，{row.proposed_by}", False),
        (
            "复核",
            f"{stamp(row.decided_at)}，{who(row.decided_by)}" if row.decided_by else "—",
            False,
        ),
        ("移除理由", row.removal_reason or "—", False),
    ]
    sheet = Sheet(
        here="trust_list",
        title="信任锚",
        state=Cell(text=ANCHOR_LABELS[state], tone=tone, icon=icon),
        facts=facts,
        back=Link(href=reverse("console:trust_list"), label="信任列表", icon="left"),
        deeds=_deeds(request, row),
        acts=acts_of(row.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_TRUST_LISTS)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a root."""
    asked = Asked(
        here="trust_list",
        title="提议列入信任列表",
        submit="提交复核",
        back=reverse("console:trust_list"),
        note="请先通过签发机构公布的渠道核对根证书指纹。提议由另一人复核后生效。",
        has_file=True,
        fields=[
            Field(name="certificate", label="根证书（PEM 或 DER）", kind="file"),
            Field(name="use", label="用途", choices=_USES),
            Field(name="effective_from", label="生效日期", kind="date", required=False),
            Field(name="effective_until", label="停止信任日期", kind="date", required=False),
            Field(name="reason", label="列入理由"),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    at = now()
    given = request.FILES.get("certificate")
    content = given.read(_FILE_BYTES_MAX + 1) if given is not None else b""
    use = text(request, "use")
    try:
        made = propose_anchor(
            AnchorProposal(
                certificate=content,
                use=use if use in _USE_WORDS else "document",
                reason=text(request, "reason"),
                effective_from=first_day(request, "effective_from", "生效日期") or at,
                effective_until=last_day(request, "effective_until", "停止信任日期"),
            ),
            actor=actor_of(request),
            at=at,
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect("console:anchor", public_id=made.public_id)


@needs(Permission.MANAGE_TRUST_LISTS)
@require_POST
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Decide about a proposal, or about a removal."""
    row = get_object_or_404(TrustAnchor, public_id=public_id)
    verb = decide_removal if row.state == AnchorState.REMOVAL_PROPOSED else decide_anchor
    accepted = text(request, "decision") == "accept"
    deed = partial(verb, public_id, accepted=accepted, actor=actor_of(request), at=now())
    return do(request, deed, done="复核意见已记录。", to="anchor", public_id=public_id)


@needs(Permission.MANAGE_TRUST_LISTS)
@require_POST
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Propose a removal."""
    deed = partial(
        propose_removal,
        public_id,
        reason=text(request, "reason"),
        actor=actor_of(request),
        at=now(),
    )
    return do(request, deed, done="移除提议已提交复核。", to="anchor", public_id=public_id)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """List where revocation lists and OCSP answers come from, and how fresh they are."""
    fetch = Link(href=reverse("console:revocation_refresh"), label="现在取得", icon="again")
    register = Register(
        here="revocation",
        title="吊销信息",
        note="按证书中的地址定期取得吊销列表和 OCSP 应答；验签时使用",
        columns=("地址", "类型", "状态", "本次更新", "下次更新", "取得时间"),
        empty=("clock", "没有吊销信息来源", "已绑定证书中写有吊销列表地址时，会自动出现在这里。"),
        buttons=[fetch] if may(request, Permission.MANAGE_CERTIFICATES) else (),
    )
    rows = RevocationSource.objects.order_by("next_update", "pk")
    return show_register(request, register, rows, _source_cells)


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Promise a fetch at once."""
    with transaction.atomic():
        defer("refresh_revocation")
    messages.success(request, "已安排取得吊销信息。", extra_tags="jade")
    return redirect("console:revocation")


def _deeds(request: HttpRequest, row: TrustAnchor) -> list[Deed]:
    place, me = {"public_id": row.public_id}, actor_of(request)
    if row.state in {AnchorState.PROPOSED, AnchorState.REMOVAL_PROPOSED}:
        is_removal = row.state == AnchorState.REMOVAL_PROPOSED
        if me == (row.removal_by if is_removal else row.proposed_by):
            return [Deed(href="", label="复核", blocked="提议人不能复核自己的提议。")]
        href = reverse("console:anchor_decide", kwargs=place)
        label = "复核移除" if is_removal else "复核列入"
        return [Deed(href=href, label=label, choices=_DECISION)]
    if row.state == AnchorState.LISTED and may(request, Permission.MANAGE_TRUST_LISTS):
        href = reverse("console:anchor_remove", kwargs=place)
        asks = (("reason", "移除理由"),)
        return [Deed(href=href, label="提议移除", icon="cross", asks=asks, is_dangerous=True)]
    return []


def _cells(row: TrustAnchor) -> list[Cell]:
    tone, icon = _TONES[AnchorState(row.state)]
    href = reverse("console:anchor", kwargs={"public_id": row.public_id})
    return [
        Cell(text=row.subject, href=href),
        Cell(text=ANCHOR_LABELS[AnchorState(row.state)], tone=tone, icon=icon),
        Cell(text=_USE_WORDS[row.use]),
        Cell(text=day(row.effective_from)),
        Cell(text=day(row.effective_until) if row.effective_until else "—"),
        Cell(text=day(row.not_after)),
        Cell(text=who(row.proposed_by)),
        Cell(text=who(row.decided_by) or "—"),
    ]


def _source_cells(row: RevocationSource) -> list[Cell]:
    is_stale = row.next_update is not None and row.next_update < now()
    if is_stale:
        state = Cell(text="已过期", tone="seal", icon="alert")
    elif row.last_error:
        state = Cell(text=row.last_error, tone="amber", icon="alert")
    else:
        state = Cell(text="有效", tone="jade", icon="check")
    return [
        Cell(text=row.url, is_code=True),
        Cell(text="吊销列表" if row.kind == "crl" else "OCSP"),
        state,
        Cell(text=stamp(row.this_update) if row.this_update else "—"),
        Cell(text=stamp(row.next_update) if row.next_update else "—"),
        Cell(text=stamp(row.fetched_at) if row.fetched_at else "—"),
    ]
