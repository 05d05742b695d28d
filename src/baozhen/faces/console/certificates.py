"""Which certificates sign, until when, and whether their keys still answer."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import (
    Cell,
    Deed,
    Link,
    Sheet,
    acts_of,
    do,
    show_sheet,
)
from baozhen.faces.templatetags.faces import day, stamp
from baozhen.faces.words import ALGORITHMS
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.signing.certificates.authorities.registry import authority_names
from baozhen.signing.certificates.errors import ReasonMissing
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import WARNING_DAYS
from baozhen.signing.certificates.services import (
    activate_binding,
    probe_binding,
    revoke_binding,
    suspend_binding,
)
from baozhen.signing.certificates.services.applications import renew_binding
from baozhen.signing.certificates.states import LABELS, MOVES, BindingState
from baozhen.signing.organizations.roles import Permission
from baozhen.trust.x509.issue import Reason

_TONES = {
    BindingState.PENDING: ("amber", "clock"),
    BindingState.ACTIVE: ("jade", "check"),
    BindingState.FAILING: ("seal", "alert"),
    BindingState.SUSPENDED: ("", "pause"),
    BindingState.REVOKED: ("seal", "cross"),
    BindingState.EXPIRED: ("seal", "clock"),
}
REASONS = (
    (Reason.KEY_COMPROMISE, "私钥泄露"),
    (Reason.AFFILIATION_CHANGED, "持有人变更"),
    (Reason.SUPERSEDED, "已被新证书取代"),
    (Reason.CESSATION_OF_OPERATION, "停止使用"),
    (Reason.CA_COMPROMISE, "签发机构出事"),
    (Reason.PRIVILEGE_WITHDRAWN, "权限收回"),
    (Reason.UNSPECIFIED, "其他"),
)
_REASON_WORDS = {reason.value: label for reason, label in REASONS}


@needs(Permission.VIEW_SYSTEM)
@require_GET
def certificates(request: HttpRequest) -> HttpResponse:
    """List the bindings, those in use first."""
    bindings = CertificateBinding.objects.order_by("-bound_at", "-pk")
    at = now()
    shown = [_shown(binding, at=at) for binding in bindings]
    shown.sort(key=lambda item: item["state"] != BindingState.ACTIVE)
    context = {
        "here": "certificates",
        "bindings": shown,
        "may_manage": may(request, Permission.MANAGE_CERTIFICATES),
    }
    return page(request, "console/certificates.html", context)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def binding(request: HttpRequest, key: int) -> HttpResponse:
    """Show one binding with what can be done and what was done."""
    row = _row(key)
    facts = _facts(row, (row.not_after - now()).days)
    if row.revoked_at is not None:
        word = _REASON_WORDS.get(row.revocation_reason, "其他")
        facts.append(("吊销", f"{stamp(row.revoked_at)}，{word}", False))
    tone, icon = _TONES[BindingState(row.state)]
    sheet = Sheet(
        here="certificates",
        title=f"{ALGORITHMS[row.algorithm]} · {row.organization}",
        state=Cell(text=LABELS[BindingState(row.state)], tone=tone, icon=icon),
        facts=facts,
        back=Link(href=reverse("console:certificates"), label="证书", icon="left"),
        deeds=_deeds(request, row),
        acts=acts_of(row.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def probe(request: HttpRequest, key: int) -> HttpResponse:
    """Sign a probe with the binding's key and verify it with its certificate."""
    try:
        probe_binding(key, actor=actor_of(request), at=now())
    except CertificateBinding.DoesNotExist as exc:
        raise Http404 from exc
    except BaozhenError as failure:
        messages.error(request, str(failure), extra_tags="seal")
    else:
        messages.success(request, "试签成功：签名由另一套实现验证通过。", extra_tags="jade")
    return redirect("console:certificates")


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def activate(request: HttpRequest, key: int) -> HttpResponse:
    """Put a binding to use."""
    _row(key)
    deed = partial(activate_binding, key, actor=actor_of(request), at=now())
    return do(request, deed, done="证书已启用，签章时自动选用。", to="binding", key=key)


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def suspend(request: HttpRequest, key: int) -> HttpResponse:
    """Take a binding out of use."""
    _row(key)

    def deed() -> None:
        suspend_binding(key, actor=actor_of(request), at=now(), reason=_reason(request))

    return do(request, deed, done="证书已停用。", to="binding", key=key)


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def revoke(request: HttpRequest, key: int) -> HttpResponse:
    """Note that the certificate was revoked; what rests on it stops."""
    _row(key)
    kind = request.POST.get("kind", "")

    def deed() -> None:
        revoke_binding(
            key,
            actor=actor_of(request),
            at=now(),
            reason=kind if kind in _REASON_WORDS else Reason.UNSPECIFIED,
            explanation=_reason(request),
        )

    return do(request, deed, done="已登记吊销，以它签章的印章随即停用。", to="binding", key=key)


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def renew(request: HttpRequest, key: int) -> HttpResponse:
    """Apply for the successor of a binding."""
    row = _row(key)
    deed = partial(
        renew_binding,
        row,
        authority_name=request.POST.get("authority", ""),
        reason=request.POST.get("reason", "").strip(),
        actor=actor_of(request),
        at=now(),
    )
    done = "续期申请已提交；签发后新证书自动接替。"
    return do(request, deed, done=done, to="certificate_applications")


def _reason(request: HttpRequest) -> str:
    """Return why a certificate is taken out of use; raises ReasonMissing."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise ReasonMissing(path="reason")
    return reason


def _row(key: int) -> CertificateBinding:
    try:
        return CertificateBinding.objects.get(pk=key)
    except CertificateBinding.DoesNotExist as exc:
        raise Http404 from exc


def _deeds(request: HttpRequest, row: CertificateBinding) -> list[Deed]:
    if not may(request, Permission.MANAGE_CERTIFICATES):
        return [Deed(href="", label="管理证书", blocked="您没有“管理签章证书”权限。")]
    nexts = MOVES[BindingState(row.state)]
    deeds = []
    if BindingState.ACTIVE in nexts:
        deeds.append(Deed(href=_to("binding_activate", row), label="启用"))
    if BindingState.SUSPENDED in nexts:
        deeds.append(
            Deed(
                href=_to("binding_suspend", row),
                label="停用",
                icon="pause",
                asks=(("reason", "停用理由"),),
            )
        )
    if row.state in {BindingState.ACTIVE, BindingState.SUSPENDED, BindingState.FAILING}:
        names = [(name, name) for name in authority_names()]
        deeds.append(
            Deed(
                href=_to("binding_renew", row),
                label="续期",
                icon="again",
                asks=(("reason", "理由"),),
                choices=("authority", "签发机构", names),
            )
        )
    if BindingState.REVOKED in nexts:
        deeds.append(
            Deed(
                href=_to("binding_revoke", row),
                label="登记吊销",
                icon="cross",
                is_dangerous=True,
                asks=(("reason", "说明"),),
                choices=("kind", "吊销原因", [(one.value, word) for one, word in REASONS]),
            )
        )
    return deeds


def _to(name: str, row: CertificateBinding) -> str:
    return reverse(f"console:{name}", kwargs={"key": row.pk})


def _shown(binding: CertificateBinding, *, at: datetime) -> dict[str, Any]:
    state = BindingState(binding.state)
    tone, icon = _TONES[state]
    days_left = (binding.not_after - at).days
    word = LABELS[state]
    if state == BindingState.ACTIVE and days_left <= max(WARNING_DAYS):
        tone, icon, word = _expiring(days_left)
    usable = {
        BindingState.ACTIVE,
        BindingState.PENDING,
        BindingState.SUSPENDED,
        BindingState.FAILING,
    }
    return {
        "key": binding.pk,
        "state": state,
        "title": f"{ALGORITHMS[binding.algorithm]} · {binding.organization}",
        "tone": tone,
        "icon": icon,
        "word": word,
        "usable": state in usable,
        "facts": _facts(binding, days_left),
    }


def _expiring(days_left: int) -> tuple[str, str, str]:
    urgent = days_left <= min(WARNING_DAYS)
    return "seal" if urgent else "amber", "alert", f"使用中，{max(days_left, 0)} 天后到期"


def _facts(binding: CertificateBinding, days_left: int) -> list[tuple[str, str, bool]]:
    left = f"（还有 {days_left} 天）" if days_left >= 0 else "（已过期）"
    return [
        ("有效期", f"{day(binding.not_before)} 至 {day(binding.not_after)}{left}", False),
        ("序列号", binding.serial, True),
        ("签发机构", binding.issuer, False),
        ("持有人", binding.subject, False),
        ("密钥引用", binding.key_reference, True),
        ("密码设备", binding.device_name or "软件密钥", False),
        ("密码产品批准号", binding.device_approval_no or "没有登记", False),
        ("最近试签", _last_probe(binding), False),
        ("来源", binding.authority or "线下申请", False),
        ("用途", "演示证书，不得用于生产" if binding.is_demonstration else "正式签章", False),
        ("指纹（SHA-256）", binding.fingerprint, True),
    ]


def _last_probe(binding: CertificateBinding) -> str:
    if binding.probed_at is None:
        return "还没有"
    when = stamp(binding.probed_at)
    return f"{when}，失败：{binding.probe_error}" if binding.probe_error else f"{when}，通过"
