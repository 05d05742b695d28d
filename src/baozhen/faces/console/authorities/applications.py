"""Certificates come in: applications to authorities, and imports of what came by other ways."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
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
from baozhen.faces.templatetags.faces import day, stamp, who
from baozhen.faces.words import ALGORITHMS
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.masking import mask_name
from baozhen.signing.certificates.authorities.registry import authority_names
from baozhen.signing.certificates.errors import CertificateUnreadable
from baozhen.signing.certificates.models import CertificateApplication
from baozhen.signing.certificates.services.applications import (
    ApplicationRequest,
    apply_for_certificate,
    cancel_application,
)
from baozhen.signing.certificates.services.intake import ImportRequest, import_certificate
from baozhen.signing.certificates.states import (
    APPLICATION_LABELS,
    APPLICATION_MOVES,
    ApplicationState,
)
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.organizations.roles import Permission
from baozhen.trust.crypto.keys import Algorithm

_TONES = {
    ApplicationState.REQUESTED: ("amber", "clock"),
    ApplicationState.REVIEWING: ("amber", "clock"),
    ApplicationState.ISSUED: ("jade", "check"),
    ApplicationState.REFUSED: ("seal", "cross"),
    ApplicationState.CANCELLED: ("", "cross"),
}
_FILE_BYTES_MAX = 1_048_576
_ALGORITHMS = (Algorithm.SM2_SM3, Algorithm.RSA_SHA256)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def applications(request: HttpRequest) -> HttpResponse:
    """List the applications, newest first."""
    rows = CertificateApplication.objects.select_related("subject").order_by("-requested_at")
    state = request.GET.get("state", "")
    if state in set(ApplicationState):
        rows = rows.filter(state=state)
    register = Register(
        here="certificate_applications",
        title="证书申请",
        note="密钥先在密钥库中产生，再凭证书请求向签发机构申请",
        columns=("编号", "状态", "申请人", "算法", "签发机构", "申请时间", "说明"),
        empty=("certificate", "还没有证书申请", "在“证书”页按“申请证书”提出第一份申请。"),
        filters=[
            Choice(
                name="state",
                label="状态",
                choices=[(item.value, label) for item, label in APPLICATION_LABELS.items()],
            )
        ],
        links=[Link(href=reverse("console:certificates"), label="证书", icon="certificate")],
    )
    return show_register(request, register, rows, _cells)


@needs(Permission.VIEW_SYSTEM)
@require_GET
def application(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one application."""
    row = get_object_or_404(
        CertificateApplication.objects.select_related("subject", "binding"), public_id=public_id
    )
    facts = [
        ("申请人", _applicant(row), False),
        ("算法", ALGORITHMS[row.algorithm], False),
        ("签发机构", row.authority, False),
        ("密钥引用", row.key_reference, True),
        ("理由", row.reason, False),
        ("提出", f"{stamp(row.requested_at)}，{who(row.requested_by)}", False),
        ("指纹（SHA-256）", row.fingerprint or "尚未签发", True),
        ("失效时间", day(row.not_after) if row.not_after else "—", False),
        ("说明", row.failure or row.last_error or "—", False),
    ]
    deeds = []
    state = ApplicationState(row.state)
    is_open = ApplicationState.CANCELLED in APPLICATION_MOVES[state]
    if is_open and may(request, Permission.MANAGE_CERTIFICATES):
        href = reverse("console:certificate_cancel", kwargs={"public_id": row.public_id})
        asks = (("reason", "取消理由"),)
        deeds.append(Deed(href=href, label="取消申请", icon="cross", asks=asks))
    tables = []
    if row.binding is not None:
        href = reverse("console:binding", kwargs={"key": row.binding.pk})
        tables.append(("绑定", ("证书",), [[Cell(text=str(row.binding), href=href)]]))
    tone, icon = _TONES[state]
    sheet = Sheet(
        here="certificate_applications",
        title=row.public_id,
        state=Cell(text=APPLICATION_LABELS[state], tone=tone, icon=icon),
        facts=facts,
        back=Link(href=reverse("console:certificate_applications"), label="证书申请", icon="left"),
        deeds=deeds,
        tables=tables,
        acts=acts_of(row.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.MANAGE_CERTIFICATES)
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Ask for a company's certificate."""
    asked = Asked(
        here="certificates",
        title="申请证书",
        submit="产生密钥并申请",
        back=reverse("console:certificates"),
        note="密钥在本系统的密钥库中产生，不会离开；签发机构审核后，证书自动导入，启用后即可签章。",
        fields=[
            Field(name="organization", label="公司名称", value=get_insurer().name),
            Field(
                name="algorithm",
                label="算法",
                choices=[(one.value, ALGORITHMS[one.value]) for one in _ALGORITHMS],
            ),
            Field(
                name="authority",
                label="签发机构",
                choices=[(name, name) for name in authority_names()],
            ),
            Field(name="reason", label="理由"),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    algorithm = text(request, "algorithm")
    try:
        made = apply_for_certificate(
            ApplicationRequest(
                organization=text(request, "organization"),
                algorithm=algorithm if algorithm in set(Algorithm) else Algorithm.SM2_SM3,
                authority=text(request, "authority"),
                reason=text(request, "reason"),
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect("console:certificate_application", public_id=made.public_id)


@needs(Permission.MANAGE_CERTIFICATES)
@require_POST
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stop asking the authority."""
    deed = partial(
        cancel_application,
        public_id,
        reason=text(request, "reason"),
        actor=actor_of(request),
        at=now(),
    )
    to = "certificate_application"
    return do(request, deed, done="申请已取消。", to=to, public_id=public_id)


@needs(Permission.MANAGE_CERTIFICATES)
@require_http_methods(["GET", "HEAD", "POST"])
def import_files(request: HttpRequest) -> HttpResponse:
    """Import a PFX, or a key with its certificates."""
    asked = Asked(
        here="certificates",
        title="导入证书",
        submit="导入",
        back=reverse("console:certificates"),
        note="上传 PFX，或私钥（PKCS#8 PEM）与证书（PEM，可含上级证书）。口令只用一次，不保存。",
        has_file=True,
        fields=[
            Field(name="organization", label="公司名称", value=get_insurer().name),
            Field(name="pfx", label="PFX 文件", kind="file", required=False),
            Field(name="key", label="私钥文件（PEM）", kind="file", required=False),
            Field(name="certificates", label="证书文件（PEM）", kind="file", required=False),
            Field(name="anchors", label="根证书文件（PEM）", kind="file"),
            Field(name="password", label="口令", kind="password", required=False),
            Field(name="device_approval_no", label="密码产品批准号", required=False),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        made = import_certificate(
            ImportRequest(
                organization=text(request, "organization"),
                anchors=_file(request, "anchors"),
                pfx=_file(request, "pfx"),
                key=_file(request, "key"),
                certificates=_file(request, "certificates"),
                password=request.POST.get("password", ""),
                device_approval_no=text(request, "device_approval_no"),
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect("console:binding", key=made.pk)


def _file(request: HttpRequest, name: str) -> bytes:
    given = request.FILES.get(name)
    if given is None:
        return b""
    if given.size is None or given.size > _FILE_BYTES_MAX:
        raise CertificateUnreadable(path=name, reason="文件过大")
    return bytes(given.read())


def _cells(row: CertificateApplication) -> list[Cell]:
    tone, icon = _TONES[ApplicationState(row.state)]
    href = reverse("console:certificate_application", kwargs={"public_id": row.public_id})
    return [
        Cell(text=row.public_id, href=href),
        Cell(text=APPLICATION_LABELS[ApplicationState(row.state)], tone=tone, icon=icon),
        Cell(text=_applicant(row)),
        Cell(text=ALGORITHMS[row.algorithm]),
        Cell(text=row.authority),
        Cell(text=stamp(row.requested_at)),
        Cell(text=row.failure or row.last_error or row.reason),
    ]


def _applicant(row: CertificateApplication) -> str:
    return row.organization or (mask_name(row.subject.name) if row.subject else "")
