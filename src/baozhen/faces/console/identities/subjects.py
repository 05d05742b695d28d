"""Those who sign: found by what is known of them whole, shown masked, revealed with a reason."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.identities.checks import check_cells
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    acts_of,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.audit.services import record
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_email, mask_id, mask_mobile, mask_name
from baozhen.signing.identity.errors import IdentityInputMissing, SubjectNotFound
from baozhen.signing.identity.models import ConsentCheck, Subject
from baozhen.signing.identity.queries import (
    find_subjects,
    missing_checks,
    subject_of,
    tier_of,
)
from baozhen.signing.identity.states import (
    CHECK_KINDS,
    CONSENT_METHODS,
    SUBJECT_KINDS,
    TIERS,
    ConsentMethod,
    SubjectKind,
    Tier,
)
from baozhen.signing.organizations.roles import Permission

_TIER_TONES = {
    Tier.NORMAL: ("jade", "check"),
    Tier.RAISED: ("amber", "alert"),
    Tier.HIGH: ("seal", "alert"),
}
_SHOWN_MAX = 50


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def subjects(request: HttpRequest) -> HttpResponse:
    """List those who sign; a search finds what is typed whole, for only indexes are searched."""
    asked = request.GET.get("text", "").strip()
    rows = find_subjects(asked) if asked else Subject.objects.all()
    register = Register(
        here="identities",
        title="签署主体",
        note="个人和单位；姓名、证件号和手机号加密保存",
        columns=("编号", "类型", "姓名或名称", "证件号", "手机号", "登记时间"),
        empty=("person", "还没有签署主体", "发起签署任务或调用认证接口时登记。"),
        filters=[Choice(name="text", label="姓名、证件号、手机号、邮箱或编号")],
        links=_links(request),
    )
    return show_register(request, register, rows.order_by("-registered_at", "-pk"), _cells)


def _links(request: HttpRequest) -> list[Link]:
    links = [Link(href=reverse("console:identities"), label="认证记录", icon="list")]
    if may(request, Permission.REVIEW_IDENTITIES):
        links += [
            Link(
                href=f"{reverse('console:subject_register')}?kind={kind.value}",
                label=f"登记{SUBJECT_KINDS[kind]}",
                icon="person",
            )
            for kind in SubjectKind
        ]
    return links


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def subject(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one subject, masked: what was verified, what was confirmed, how careful we are."""
    return show_sheet(request, _sheet(request, _row(public_id), revealed=False))


@needs(Permission.VIEW_PERSONAL_DATA)
@require_POST
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one subject in full, once, after the reason has been recorded."""
    row = _row(public_id)
    reason = text(request, "reason")
    if not reason:
        raise IdentityInputMissing(path="reason", what="查看事由")
    with transaction.atomic(durable=True):
        record(
            "subject.revealed",
            subject_type=Subject.NOUN,
            subject_id=row.pk,
            actor=actor_of(request),
            at=now(),
            facts={"reason": reason},
        )
    return show_sheet(request, _sheet(request, row, revealed=True))


def _row(public_id: str) -> Subject:
    try:
        return subject_of(public_id)
    except SubjectNotFound as exc:
        raise Http404 from exc


def _sheet(request: HttpRequest, row: Subject, *, revealed: bool) -> Sheet:
    at = now()
    tier = tier_of(row, at)
    tone, icon = _TIER_TONES[tier]
    missing = missing_checks(row, at)
    words = "；".join("或".join(CHECK_KINDS[kind] for kind in group) for group in missing)
    facts = [
        ("类型", SUBJECT_KINDS[SubjectKind(row.kind)], False),
        *_personal(row, revealed=revealed),
        ("业务人员", "是" if row.is_agent or row.account_id else "否", False),
        ("登记时间", stamp(row.registered_at), False),
        ("还需要的认证", words or "无，已满足当前风险等级的要求", False),
    ]
    checks = row.checks.select_related("subject").order_by("-started_at")[:_SHOWN_MAX]
    consents = row.consents.order_by("-given_at")[:_SHOWN_MAX]
    columns = ("编号", "状态", "方式", "签署主体", "核验服务", "发起时间", "有效期至")
    return Sheet(
        here="identities",
        title=row.public_id,
        state=Cell(text=f"风险等级：{TIERS[tier]}", tone=tone, icon=icon),
        facts=facts,
        back=Link(href=reverse("console:subjects"), label="签署主体", icon="left"),
        deeds=_deeds(request, row, revealed=revealed),
        links=_starting(request, row),
        tables=[
            ("认证", columns, [check_cells(item) for item in checks]),
            (
                "意愿认证",
                ("编号", "方式", "文件摘要", "时间"),
                [_consent_cells(item) for item in consents],
            ),
        ],
        acts=acts_of(row.NOUN, row.pk),
    )


def _personal(row: Subject, *, revealed: bool) -> list[tuple[str, str, bool]]:
    if revealed:
        values = (row.name, row.id_no, row.mobile, row.email, row.legal_rep_name)
    else:
        values = (
            mask_name(row.name),
            mask_id(row.id_no),
            mask_mobile(row.mobile),
            mask_email(row.email) if row.email else "",
            mask_name(row.legal_rep_name) if row.legal_rep_name else "",
        )
    labels = ("姓名或名称", "证件号", "手机号", "邮箱", "法定代表人")
    return [(label, value or "—", False) for label, value in zip(labels, values, strict=True)]


def _starting(request: HttpRequest, row: Subject) -> list[Link]:
    if not may(request, Permission.REVIEW_IDENTITIES):
        return []
    href = reverse("console:identity_start", kwargs={"public_id": row.public_id})
    return [Link(href=href, label="发起认证", icon="check")]


def _deeds(request: HttpRequest, row: Subject, *, revealed: bool) -> list[Deed]:
    if revealed or not may(request, Permission.VIEW_PERSONAL_DATA):
        return []
    href = reverse("console:subject_reveal", kwargs={"public_id": row.public_id})
    return [Deed(href=href, label="显示完整信息", icon="eye", asks=(("reason", "查看事由"),))]


def _consent_cells(row: ConsentCheck) -> list[Cell]:
    return [
        Cell(text=row.public_id),
        Cell(text=CONSENT_METHODS[ConsentMethod(row.method)]),
        Cell(text=row.document_sha256, is_code=True),
        Cell(text=stamp(row.given_at)),
    ]


def _cells(row: Subject) -> list[Cell]:
    return [
        Cell(
            text=row.public_id,
            href=reverse("console:subject", kwargs={"public_id": row.public_id}),
        ),
        Cell(text=SUBJECT_KINDS[SubjectKind(row.kind)]),
        Cell(text=mask_name(row.name)),
        Cell(text=mask_id(row.id_no) or "—"),
        Cell(text=mask_mobile(row.mobile) or "—"),
        Cell(text=stamp(row.registered_at)),
    ]
