"""Risks: what looked wrong, what is held, and how it was handled."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.organizations.forms import text
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
from baozhen.faces.console.seals.shown import acts_in_words, envelope_href
from baozhen.faces.console.seals.watched import acts_seen, risks_seen
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.certificates.models import CertificateBinding, KeyRecord
from baozhen.signing.organizations.models import Account, ApiClient, OrgUnit, Power
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import handle_risk
from baozhen.signing.risks.states import LABELS, SEVERITY_LABELS, RiskState, Severity
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.services import freeze_seal
from baozhen.signing.seals.services.suspicion import KIND_LABELS

_WAITING = {RiskState.OPEN, RiskState.HELD}
_TONES = {Severity.NOTICE: "", Severity.WARNING: "amber", Severity.SEVERE: "seal"}
_STATE_TONES = {
    RiskState.OPEN: ("amber", "clock"),
    RiskState.HELD: ("seal", "lock"),
    RiskState.HANDLED: ("jade", "check"),
    RiskState.DISMISSED: ("", "check"),
}
# What the rooms call suspicious, in words; those of the seals come from their own room.
KINDS: dict[str, str] = {
    **KIND_LABELS,
    "certificates.expiring": "证书即将到期",
    "certificates.revoked": "证书被签发机构吊销",
    "certificates.failing": "证书自检失败，暂停签发",
    "certificates.ukey_expiring": "U-Key 证书即将到期",
    "identity.agent_confirms": "代理人冒用客户确认",
    "identity.device_shared": "一台设备服务多名客户",
    "identity.mobile_shared": "一个手机号服务多名客户",
    "identity.face_mismatch": "人脸与证件不符",
    "suspicious_grant": "异常授权",
    "organizations.locked_out": "连续登录失败，暂时锁定",
    "envelope_held": "签章被拒绝，签署任务退回",
    "envelope_stuck": "签署任务停滞",
    "envelope_operator_left": "经办人离职，任务待接手",
}
_CONCERNS = {
    "seal": "印章",
    "account": "账号",
    "api_client": "接口客户端",
    "seal_loan": "实物用印",
    "binding": "证书",
    "ukey": "U-Key",
    "subject": "签署主体",
    "action": "签署步骤",
    "org_unit": "机构",
    "power": "权限",
}
# Pages of what a risk concerns, by their names, and who may open them.
_PAGES = {
    "account": (Permission.MANAGE_ACCOUNTS, "account"),
    "binding": (Permission.VIEW_SYSTEM, "binding"),
    "seal_loan": (Permission.VIEW_SEALS, "seal_loan"),
}
SENSITIVE = {
    "seal.suspended": "停用印章",
    "seal.abolished": "废止印章",
    "seal.rule_added": "设定用印规则",
    "seal.rule_ended": "取消用印规则",
    "seal_change.approved": "批准印章申请",
    "seal_grant.active": "授权用印",
    "seal_grant.revoked": "收回用印授权",
    "seal_loan.handed_out": "领用实物印章",
    "binding.suspended": "停用证书",
    "binding.revoked": "吊销证书",
    "ukey.issued": "领用 U-Key",
    "ukey.lost": "挂失 U-Key",
    "trust_anchor.listed": "列入信任列表",
    "trust_anchor.removed": "移出信任列表",
}
_FACTS = {
    "seal": "印章编号",
    "use": "用印编号",
    "flow": "流程",
    "document_type": "文件类型",
    "reference": "签署任务",
    "refusal": "拒绝代码",
    "reason": "原因",
    "loan": "用印申请",
    "due_at": "应还时间",
    "fingerprint": "证书指纹",
    "days": "剩余天数",
    "not_after": "失效时间",
    "organization": "公司",
    "id": "证书指纹",
    "envelope": "签署任务",
    "envelopes": "签署任务",
    "account": "账号",
    "attempts": "尝试次数",
    "code": "拒绝代码",
    "what": "线索",
    "agent": "代理人",
    "subjects": "涉及人数",
    "mobile": "手机号指纹",
    "device": "设备指纹",
    "check": "核验编号",
    "signs": "迹象",
    "granter": "授权人账号",
    "ukey": "U-Key 记录",
}


@needs(Permission.VIEW_RISKS)
@require_GET
def risks(request: HttpRequest) -> HttpResponse:
    """List the risks, those that wait first."""
    found = risks_seen(request.user)
    for name in ("state", "severity", "kind"):
        if value := request.GET.get(name, "").strip():
            found = found.filter(**{name: value})
    register = Register(
        here="risks",
        title="风险",
        note="用印风险与敏感操作；被拦截的，处置后方可继续",
        columns=("发现时间", "类别", "程度", "对象", "状态", "处置"),
        empty=("shield-check", "没有风险", "异常的用印、认证和证书事件会出现在这里。"),
        links=(Link(href=reverse("console:risk_acts"), label="敏感操作", icon="list"),),
        filters=(
            Choice(name="state", label="状态", choices=[(k.value, v) for k, v in LABELS.items()]),
            Choice(
                name="severity",
                label="程度",
                choices=[(k.value, v) for k, v in SEVERITY_LABELS.items()],
            ),
            Choice(name="kind", label="类别", choices=list(KINDS.items())),
        ),
    )
    return show_register(request, register, found.order_by("-raised_at", "-pk"), _cells)


@needs(Permission.VIEW_RISKS)
@require_GET
def risk(request: HttpRequest, key: int) -> HttpResponse:
    """Show one risk with its facts and how it may be handled."""
    row = get_object_or_404(risks_seen(request.user), pk=key)
    facts = [
        ("编号", row.public_id, True),
        ("类别", KINDS.get(row.kind, row.kind), False),
        ("程度", SEVERITY_LABELS[Severity(row.severity)], False),
        ("对象", _concerned(row), False),
        ("发现时间", stamp(row.raised_at), False),
        *((_FACTS.get(name, name), _words(value), False) for name, value in row.facts.items()),
    ]
    if row.handled_at is not None:
        facts.append(("处置", f"{stamp(row.handled_at)} {row.handled_by}：{row.handling}", False))
    sheet = Sheet(
        here="risks",
        title=KINDS.get(row.kind, row.kind),
        state=_state(row),
        facts=facts,
        back=Link(href=reverse("console:risks"), label="风险", icon="left"),
        deeds=_deeds(request, row),
        tables=_related(request, row),
        acts=acts_in_words(Risk.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.VIEW_RISKS)
@require_GET
def acts(request: HttpRequest) -> HttpResponse:
    """List the sensitive acts on seals and certificates, whoever did them."""
    # By type first: the chains are indexed by it, and most entries are of other types.
    types = {action.partition(".")[0] for action in SENSITIVE}
    found = acts_seen(request.user).filter(subject_type__in=types, action__in=SENSITIVE)
    if action := request.GET.get("action", "").strip():
        found = found.filter(action=action)
    if actor := request.GET.get("actor", "").strip():
        found = found.filter(actor__icontains=actor)
    register = Register(
        here="risks",
        title="敏感操作",
        note="印章和证书的高危操作，逐条取自审计记录",
        columns=("时间", "操作", "操作人", "对象"),
        empty=("list", "还没有敏感操作", "停用、废止、授权、规则变更等操作会列在这里。"),
        filters=(
            Choice(name="action", label="操作", choices=list(SENSITIVE.items())),
            Choice(name="actor", label="操作人"),
        ),
        links=(Link(href=reverse("console:risks"), label="风险", icon="alert"),),
    )
    return show_register(request, register, found.order_by("-pk"), _act_cells)


def _act_cells(entry: AuditEntry) -> list[Cell]:
    subject = str(entry.facts.get("public_id") or f"{entry.subject_type} {entry.subject_id}")
    return [
        Cell(text=stamp(entry.at)),
        Cell(text=SENSITIVE[entry.action]),
        Cell(text=who(entry.actor)),
        Cell(text=subject, is_code=True),
    ]


@needs(Permission.HANDLE_RISKS)
@require_POST
def handle(request: HttpRequest, key: int) -> HttpResponse:
    """Record how a risk was handled, or that it was none; what it held goes on."""
    get_object_or_404(risks_seen(request.user, Permission.HANDLE_RISKS), pk=key)
    deed = partial(
        handle_risk,
        key,
        handling=text(request, "handling"),
        dismissed=request.POST.get("verdict") == "dismiss",
        actor=actor_of(request),
        at=now(),
    )
    return do(request, deed, done="处置已记录，拦截已解除。", to="risk", key=key)


@needs(Permission.HANDLE_RISKS)
@require_POST
def freeze(request: HttpRequest, key: int) -> HttpResponse:
    """Freeze the seal that a risk is about, at once."""
    row = get_object_or_404(risks_seen(request.user, Permission.HANDLE_RISKS), pk=key)
    seal = _seal(row)
    if seal is None:
        raise Http404
    deed = partial(
        freeze_seal, seal.pk, reason=text(request, "reason"), actor=actor_of(request), at=now()
    )
    return do(request, deed, done="印章已冻结，恢复须经审批。", to="risk", key=key)


def _deeds(request: HttpRequest, row: Risk) -> list[Deed]:
    if row.state not in _WAITING or not may(request, Permission.HANDLE_RISKS):
        return []
    place = {"key": row.pk}
    deeds = [
        Deed(
            href=reverse("console:risk_handle", kwargs=place),
            label="处置",
            icon="check",
            asks=(("handling", "处置说明"),),
            choices=(
                "verdict",
                "结论",
                [("handle", "确有问题，已处置"), ("dismiss", "经核实，不是问题")],
            ),
        )
    ]
    if _seal(row) is not None:
        deeds.append(
            Deed(
                href=reverse("console:risk_freeze", kwargs=place),
                label="冻结印章",
                icon="lock",
                asks=(("reason", "冻结理由"),),
                is_dangerous=True,
            )
        )
    return deeds


def _related(
    request: HttpRequest, row: Risk
) -> list[tuple[str, tuple[str, ...], list[list[Cell]]]]:
    """Return what to look at before deciding, as far as the person may open it."""
    facts, seal = row.facts, _seal(row)
    found: list[tuple[Permission, str, str, str]] = []
    if seal is not None:
        href = reverse("console:seal", kwargs={"key": seal.pk})
        found.append((Permission.VIEW_SEALS, "印章", seal.name, href))
    for name in ("reference", "envelope"):
        if href := envelope_href(str(facts.get(name, ""))):
            found.append((Permission.VIEW_ENVELOPES, "签署任务", str(facts[name]), href))
    if "ukey" in facts:
        href = reverse("console:ukey", kwargs={"public_id": str(facts["ukey"])})
        found.append((Permission.VIEW_SEALS, "U-Key", str(facts["ukey"]), href))
    if row.concerns in _PAGES:
        permission, page_name = _PAGES[row.concerns]
        href = reverse(f"console:{page_name}", kwargs={"key": row.concerns_id})
        found.append((permission, _CONCERNS[row.concerns], "查看", href))
    rows = [
        [Cell(text=label), Cell(text=word, href=href)]
        for permission, label, word, href in found
        if may(request, permission)
    ]
    return [("相关", ("对象", "去看"), rows)] if rows else []


def _seal(row: Risk) -> Seal | None:
    return Seal.objects.filter(public_id=str(row.facts.get("seal", ""))).first()


def _cells(row: Risk) -> list[Cell]:
    severity = Severity(row.severity)
    return [
        Cell(text=stamp(row.raised_at)),
        Cell(
            text=KINDS.get(row.kind, row.kind),
            href=reverse("console:risk", kwargs={"key": row.pk}),
        ),
        Cell(text=SEVERITY_LABELS[severity], tone=_TONES[severity], icon="alert"),
        Cell(text=_CONCERNS.get(row.concerns, row.concerns)),
        _state(row),
        Cell(text=row.handling or "—"),
    ]


def risk_line(row: Risk) -> dict[str, object]:
    """Return what the first page says of a risk that waits."""
    severity = Severity(row.severity)
    return {
        "href": reverse("console:risk", kwargs={"key": row.pk}),
        "title": KINDS.get(row.kind, row.kind),
        "concerned": _concerned(row),
        "raised_at": row.raised_at,
        "state": _state(row),
        "severity": Cell(text=SEVERITY_LABELS[severity], tone=_TONES[severity], icon="alert"),
    }


def _state(row: Risk) -> Cell:
    state = RiskState(row.state)
    tone, icon = _STATE_TONES[state]
    return Cell(text=LABELS[state], tone=tone, icon=icon)


def _words(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _concerned(row: Risk) -> str:
    """Return what the risk is about, in words."""
    label = _CONCERNS.get(row.concerns, row.concerns)
    models = {
        "seal": Seal,
        "account": Account,
        "api_client": ApiClient,
        "org_unit": OrgUnit,
        "power": Power,
        "binding": CertificateBinding,
        "ukey": KeyRecord,
    }
    model = models.get(row.concerns)
    found = model.objects.filter(pk=row.concerns_id).first() if model is not None else None  # type: ignore[attr-defined]
    return f"{label} {found if found is not None else row.concerns_id}"
