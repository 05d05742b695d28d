"""Which certificates sign, until when, and whether their keys still answer."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.templatetags.faces import day, stamp
from baozhen.faces.words import ALGORITHMS
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import WARNING_DAYS
from baozhen.signing.certificates.services import probe_binding
from baozhen.signing.certificates.states import LABELS, BindingState
from baozhen.signing.organizations.roles import Permission

_TONES = {
    BindingState.PENDING: ("amber", "clock"),
    BindingState.ACTIVE: ("jade", "check"),
    BindingState.SUSPENDED: ("", "pause"),
    BindingState.REVOKED: ("seal", "cross"),
    BindingState.EXPIRED: ("seal", "clock"),
}


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


def _shown(binding: CertificateBinding, *, at: datetime) -> dict[str, Any]:
    state = BindingState(binding.state)
    tone, icon = _TONES[state]
    days_left = (binding.not_after - at).days
    word = LABELS[state]
    if state == BindingState.ACTIVE and days_left <= max(WARNING_DAYS):
        tone, icon, word = _expiring(days_left)
    return {
        "key": binding.pk,
        "state": state,
        "title": f"{ALGORITHMS[binding.algorithm]} · {binding.organization}",
        "tone": tone,
        "icon": icon,
        "word": word,
        "usable": state in {BindingState.ACTIVE, BindingState.PENDING, BindingState.SUSPENDED},
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
        ("用途", "演示证书，不得用于生产" if binding.is_demonstration else "正式签章", False),
        ("指纹（SHA-256）", binding.fingerprint, True),
    ]


def _last_probe(binding: CertificateBinding) -> str:
    probes = AuditEntry.objects.filter(
        subject_type=binding.NOUN, subject_id=binding.pk, action="binding.probed"
    )
    last = probes.order_by("-position").first()
    return f"{stamp(last.at)}，{last.actor}" if last else "还没有"
