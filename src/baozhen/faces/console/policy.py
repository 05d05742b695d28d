"""One policy: what it is, what can be done next and why not, its files, acts and deliveries."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.acts import ACCESS, record_access
from baozhen.faces.console import personal
from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.templatetags.faces import stamp, yuan
from baozhen.faces.words import ACTS
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.queries import waiting_for_a_person
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import queue_again
from baozhen.insurance.policies.models import Policy, PolicyFile, PolicyInvoice, PolicyReceipt
from baozhen.insurance.policies.states import PolicyState, TimestampState
from baozhen.insurance.proposals.queries import warnings_of
from baozhen.signing.organizations.roles import Permission

_REASON_CHARACTERS_MIN = 4
_REASON_CHARACTERS_MAX = 200
Step = dict[str, str]


def _policy(number: str) -> Policy:
    found = Policy.objects.select_related("proposal").filter(number=number).first()
    if found is None:
        raise Http404
    return found


@needs(Permission.VIEW_POLICIES)
@require_GET
def policy(request: HttpRequest, number: str) -> HttpResponse:
    """Show everything about one policy, personal data masked."""
    shown = _policy(number)
    files = list(shown.files.defer("content").order_by("-kind", "-version"))
    may_audit = may(request, Permission.VIEW_AUDIT)
    context = {
        "here": "policies",
        "policy": shown,
        "facts": _facts(shown),
        "warnings": warnings_of(shown.proposal),
        "documents": [{"file": file} for file in files],
        "steps": _steps(request, shown, files),
        "deliveries": _deliveries(shown),
        "parked": _parked(shown),
        "timeline": _timeline(shown, with_evidence=may_audit),
        "may_audit": may_audit,
        "may_reveal": may(request, Permission.VIEW_PERSONAL_DATA),
        "may_download": may(request, Permission.DOWNLOAD_FILES),
        "may_resend": may(request, Permission.DOWNLOAD_FILES),
        "may_retry": may(request, Permission.RETRY_JOBS),
    }
    return page(request, "console/policy.html", context)


@needs(Permission.VIEW_PERSONAL_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """Show personal data in full, after the reason was written into the record."""
    shown = _policy(number)
    reason = " ".join(request.POST.get("reason", "").replace("\0", " ").split())
    context: dict[str, Any] = {"here": "policies", "policy": shown, "reason": reason}
    if request.method != "POST":
        return page(request, "console/reveal.html", context)
    if not _REASON_CHARACTERS_MIN <= len(reason) <= _REASON_CHARACTERS_MAX:
        context["fault"] = (
            f"请用 {_REASON_CHARACTERS_MIN} 至 {_REASON_CHARACTERS_MAX} 个字说明事由。"
        )
        return page(request, "console/reveal.html", context, status=422)
    record_access(
        "revealed",
        policy_id=shown.pk,
        actor=actor_of(request),
        at=now(),
        facts={"reason": reason},
    )
    context["groups"] = personal.full_facts(shown, at=now())
    return page(request, "console/reveal.html", context)


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def resend(request: HttpRequest, number: str, key: int) -> HttpResponse:
    """Send a failed delivery again."""
    delivery = _deliveries(_policy(number)).filter(pk=key).first()
    if delivery is None:
        raise Http404
    try:
        queue_again(delivery.pk, actor=actor_of(request), at=now())
    except BaozhenError as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, "已安排重新发送。", extra_tags="jade")
    return redirect("console:policy", number=number)


def _facts(shown: Policy) -> list[tuple[str, str]]:
    return [
        ("投保单号", shown.proposal.proposal_no),
        ("投保人", shown.holder_masked),
        ("号牌号码", shown.plate_masked or "未上牌"),
        ("保险费", yuan(shown.premium_fen)),
        ("保险起期", stamp(shown.cover_starts_at)),
        ("保险止期", stamp(shown.cover_ends_at)),
        ("投保确认码", shown.confirmation_code or "—"),
        ("出单机构", shown.branch_code),
        ("提交者", shown.proposal.client),
        ("保单生成时间", stamp(shown.numbered_at)),
        ("签发时间", stamp(shown.issued_at)),
        ("客户回执", _receipt_words(shown)),
        ("电子发票", _invoice_words(shown)),
        ("报案", f"{shown.claims.count()} 起"),
    ]


def _receipt_words(shown: Policy) -> str:
    receipt = PolicyReceipt.objects.filter(policy=shown).first()
    if receipt is None or receipt.signed_at is None:
        return "未签收" if receipt is None else "已发起，待签收"
    until = receipt.cooling_off_until
    return f"{stamp(receipt.signed_at)} 签收" + (f"，犹豫期至 {until}" if until else "")


def _invoice_words(shown: Policy) -> str:
    invoice = PolicyInvoice.objects.filter(policy=shown).first()
    if invoice is None:
        return "未开具"
    return invoice.number or invoice.failure or "开具中"


def _steps(request: HttpRequest, shown: Policy, files: Sequence[PolicyFile]) -> list[Step]:
    """Say what can be done next; what cannot be done says why not."""
    sealed = [file for file in files if file.sha256]
    return [
        _download_step(request, shown, sealed),
        _reveal_step(request, shown),
        _timestamp_step(sealed),
    ]


def _download_step(request: HttpRequest, shown: Policy, sealed: Sequence[PolicyFile]) -> Step:
    step = {"label": "下载签章原件", "verb": "下载", "href": "", "why": "下载会记入审计日志。"}
    if not sealed:
        state = "签章中" if shown.state == PolicyState.NUMBERED else "没有文件"
        return step | {"why": f"保单{state}，还没有可下载的文件。"}
    if not may(request, Permission.DOWNLOAD_FILES):
        return step | {"why": "您没有“下载文件”权限。"}
    file = sealed[0]
    arguments = {"number": shown.number, "kind": file.kind, "version": file.version}
    return step | {"href": reverse("console:file", kwargs=arguments)}


def _reveal_step(request: HttpRequest, shown: Policy) -> Step:
    step = {"label": "查看完整个人信息", "verb": "查看", "href": "", "why": "须填写事由并留痕。"}
    if not may(request, Permission.VIEW_PERSONAL_DATA):
        return step | {"why": "您没有“查看未脱敏的个人信息”权限。"}
    return step | {"href": reverse("console:reveal", kwargs={"number": shown.number})}


def _timestamp_step(sealed: Sequence[PolicyFile]) -> Step:
    step = {"label": "补时间戳", "verb": "自动", "href": ""}
    if any(file.timestamp_state == TimestampState.PENDING for file in sealed):
        return step | {"why": "时间戳服务恢复后，后台任务每分钟重试，文件本身不变。"}
    return step | {"why": "没有待补的时间戳。"}


def _deliveries(shown: Policy) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(
        Q(subject_type="policy", subject_id=shown.pk)
        | Q(subject_type="proposal", subject_id=shown.proposal_id)
    ).order_by("-queued_at", "-pk")


def _parked(shown: Policy) -> "QuerySet[ParkedJob]":
    """Return the parked jobs that name this policy, its proposal or its payment by id."""
    payment = getattr(shown.proposal, "payment", None)
    mine = Q(args__policy_id=shown.pk) | Q(args__proposal_id=shown.proposal_id)
    if payment is not None:
        mine |= Q(name="policy.issue_paid", args__key=payment.pk)
    return waiting_for_a_person().filter(mine)


def _timeline(shown: Policy, *, with_evidence: bool) -> list[dict[str, Any]]:
    """Return the acts on the policy and its proposal, newest first; evidence for auditors."""
    subjects = Q(subject_type="policy", subject_id=shown.pk) | Q(
        subject_type="proposal", subject_id=shown.proposal_id
    )
    payment = getattr(shown.proposal, "payment", None)
    if payment is not None:
        subjects |= Q(subject_type="payment", subject_id=payment.pk)
    if with_evidence:
        subjects |= Q(subject_type=ACCESS, subject_id=shown.pk)
    entries = AuditEntry.objects.filter(subjects).select_related("leaf").order_by("-at", "-pk")
    return [
        {
            "label": ACTS.get(entry.action, entry.action),
            "at": entry.at,
            "actor": entry.actor,
            "digest": bytes(entry.digest).hex()[:24] if with_evidence else "",
            "leaf": entry.leaf.index if hasattr(entry, "leaf") else None,
        }
        for entry in entries
    ]
