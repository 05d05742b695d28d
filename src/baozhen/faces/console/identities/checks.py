"""Identity checks: what was asked of whom, what was answered, and what a person may decide."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
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
from baozhen.faces.console.typed import typed_day
from baozhen.faces.templatetags.faces import day, stamp, who
from baozhen.foundation.clock import now, today
from baozhen.foundation.errors import Refusal
from baozhen.foundation.masking import mask_name
from baozhen.signing.identity.errors import CheckNotFound, IdentityInputMissing
from baozhen.signing.identity.models import AgentPaper, IdentityCheck
from baozhen.signing.identity.providers.registry import provider_names
from baozhen.signing.identity.queries import check_of, list_checks, list_papers, subject_of
from baozhen.signing.identity.rules import load_policy
from baozhen.signing.identity.services.answers import complete_check, review_check, withdraw_check
from baozhen.signing.identity.services.checks import ask_provider
from baozhen.signing.identity.services.papers import PaperFacts, register_paper
from baozhen.signing.identity.states import (
    CHECK_KINDS,
    LABELS,
    MOVES,
    TIERS,
    CheckKind,
    CheckState,
    SubjectKind,
    Tier,
)
from baozhen.signing.organizations.roles import Permission

_TONES = {
    CheckState.SUBMITTED: ("amber", "clock"),
    CheckState.ANSWERING: ("amber", "clock"),
    CheckState.REVIEWING: ("amber", "clock"),
    CheckState.PASSED: ("jade", "check"),
    CheckState.FAILED: ("seal", "cross"),
    CheckState.WITHDRAWN: ("", "cross"),
}


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def checks(request: HttpRequest) -> HttpResponse:
    """List the checks, newest first; names masked."""
    wanted = {name: request.GET.get(name, "") for name in ("kind", "state", "text")}
    states = [("open", "未结束"), *((item.value, label) for item, label in LABELS.items())]
    register = Register(
        here="identities",
        title="认证记录",
        note="每次核验的服务、时间、回执和应答摘要都留作证据",
        columns=("编号", "状态", "方式", "签署主体", "核验服务", "发起时间", "有效期至"),
        empty=(
            "person",
            "还没有认证记录",
            "签署人首次认证，或业务系统调用认证接口后，会出现在这里。",
        ),
        filters=[
            Choice(
                name="kind",
                label="方式",
                choices=[(item.value, label) for item, label in CHECK_KINDS.items()],
            ),
            Choice(name="state", label="状态", choices=states),
            Choice(name="text", label="姓名、证件号、手机号或编号"),
        ],
        links=[
            Link(href=reverse("console:subjects"), label="签署主体", icon="person"),
            Link(href=reverse("console:identity_shared"), label="共用手机与设备", icon="alert"),
            Link(href=reverse("console:papers"), label="代理人证件", icon="certificate"),
            Link(href=reverse("console:identity_providers"), label="核验服务", icon="link"),
        ],
    )
    return show_register(request, register, list_checks(wanted), check_cells)


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one check: its evidence, and what may be decided."""
    row = _row(public_id)
    state = CheckState(row.state)
    tone, icon = _TONES[state]
    facts = [
        ("方式", CHECK_KINDS[CheckKind(row.kind)], False),
        ("用途", row.purpose, False),
        ("签署主体", mask_name(row.subject.name), False),
        ("核验服务", row.provider, False),
        ("回执号", row.receipt or "—", True),
        ("应答摘要（SHA-256）", row.answer_sha256 or "—", True),
        ("得分", str(row.score) if row.score is not None else "—", False),
        ("说明", row.reason or "—", False),
        ("文件摘要", row.document_sha256 or "不限文件", True),
        ("发起", f"{stamp(row.started_at)}，{who(row.actor)}", False),
        ("结束时间", stamp(row.ended_at) if row.ended_at else "—", False),
        ("有效期至", stamp(row.valid_until) if row.valid_until else "—", False),
        ("最近故障", row.last_error or "—", False),
    ]
    href = reverse("console:subject", kwargs={"public_id": row.subject.public_id})
    sheet = Sheet(
        here="identities",
        title=row.public_id,
        state=Cell(text=LABELS[state], tone=tone, icon=icon),
        facts=facts,
        back=Link(href=reverse("console:identities"), label="认证记录", icon="left"),
        deeds=_deeds(request, row),
        tables=[("签署主体", ("编号",), [[Cell(text=row.subject.public_id, href=href)]])],
        acts=acts_of(row.NOUN, row.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.REVIEW_IDENTITIES)
@require_POST
def review(request: HttpRequest, public_id: str) -> HttpResponse:
    """Decide about papers."""
    deed = partial(
        review_check,
        public_id,
        accepted=text(request, "decision") == "accept",
        reason=text(request, "reason"),
        actor=actor_of(request),
        at=now(),
    )
    return do(request, deed, done="审核意见已记录。", to="identity_check", public_id=public_id)


@needs(Permission.REVIEW_IDENTITIES)
@require_POST
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a check back, with a reason."""

    def deed() -> None:
        reason = text(request, "reason")
        if not reason:
            raise IdentityInputMissing(path="reason", what="撤销理由")
        withdraw_check(public_id, reason=reason, actor=actor_of(request), at=now())

    return do(request, deed, done="认证已撤销。", to="identity_check", public_id=public_id)


@needs(Permission.REVIEW_IDENTITIES)
@require_POST
def ask_again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask the provider now instead of waiting for the job."""
    row = _row(public_id)

    def deed() -> None:
        if row.state == CheckState.SUBMITTED:
            ask_provider(row.pk, at=now())
        else:
            complete_check(public_id, at=now())

    return do(request, deed, done="已向核验服务查询。", to="identity_check", public_id=public_id)


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def papers(request: HttpRequest) -> HttpResponse:
    """List agents' papers, those that end first on top."""
    links = []
    if may(request, Permission.REVIEW_IDENTITIES):
        href = reverse("console:paper_register")
        links = [Link(href=href, label="登记证件", icon="upload")]
    register = Register(
        here="identities",
        title="代理人证件",
        note="执业登记、身份证件和代理合同；到期后不再作为认证依据",
        columns=("代理人", "证件", "到期日期", "审核", "登记时间"),
        empty=("certificate", "还没有代理人证件", "按“登记证件”登记第一份；审核通过后生效。"),
        links=links,
    )
    return show_register(request, register, list_papers(), _paper_cells)


@needs(Permission.REVIEW_IDENTITIES)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register an agent's paper; it then waits for a review."""
    asked = Asked(
        here="identities",
        title="登记代理人证件",
        submit="登记并提交审核",
        back=reverse("console:papers"),
        fields=[
            Field(name="subject", label="签署主体编号", value=request.GET.get("subject", "")),
            Field(name="paper_type", label="证件名称", hint="例如：执业登记证"),
            Field(name="number", label="证件编号"),
            Field(name="valid_until", label="到期日期", kind="date"),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        made = register_paper(
            subject_of(text(request, "subject")),
            _paper(request),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect("console:identity_check", public_id=made.public_id)


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def providers(request: HttpRequest) -> HttpResponse:
    """Say who serves which kind of check, for how long a pass holds, and what each tier needs."""
    policy, names = load_policy(), provider_names()
    kinds = [
        {
            "label": label,
            "provider": names.get(kind, "本平台"),
            "days": policy.valid_days[kind],
        }
        for kind, label in CHECK_KINDS.items()
    ]
    tiers = [
        {
            "who": "个人" if kind == SubjectKind.PERSON else "单位",
            "tier": TIERS[Tier(tier)],
            "needs": "；".join("或".join(CHECK_KINDS[CheckKind(k)] for k in g) for g in groups),
        }
        for kind, needed in policy.needed.items()
        for tier, groups in needed.items()
    ]
    context: dict[str, Any] = {"here": "identities", "kinds": kinds, "tiers": tiers}
    context["policy"] = policy
    return page(request, "console/identities/providers.html", context)


def check_cells(row: IdentityCheck) -> list[Cell]:
    """Return a check as a line of a list."""
    tone, icon = _TONES[CheckState(row.state)]
    return [
        Cell(
            text=row.public_id,
            href=reverse("console:identity_check", kwargs={"public_id": row.public_id}),
        ),
        Cell(text=LABELS[CheckState(row.state)], tone=tone, icon=icon),
        Cell(text=CHECK_KINDS[CheckKind(row.kind)]),
        Cell(
            text=mask_name(row.subject.name),
            href=reverse("console:subject", kwargs={"public_id": row.subject.public_id}),
        ),
        Cell(text=row.provider),
        Cell(text=stamp(row.started_at)),
        Cell(text=day(row.valid_until) if row.valid_until else "—"),
    ]


def _row(public_id: str) -> IdentityCheck:
    try:
        return check_of(public_id)
    except CheckNotFound as exc:
        raise Http404 from exc


def _deeds(request: HttpRequest, row: IdentityCheck) -> list[Deed]:
    if not may(request, Permission.REVIEW_IDENTITIES):
        return []
    place, found = {"public_id": row.public_id}, []
    if row.kind == CheckKind.AGENT_PAPERS and row.state == CheckState.REVIEWING:
        found.append(
            Deed(
                href=reverse("console:identity_review", kwargs=place),
                label="审核",
                asks=(("reason", "审核意见"),),
                choices=("decision", "决定", (("accept", "通过"), ("refuse", "不通过"))),
            )
        )
    elif row.kind == CheckKind.TRANSFER and row.state == CheckState.ANSWERING:
        href = reverse("console:identity_amount", kwargs=place)
        asks = (("amount_fen", f"对方收到的金额（分），还可核对 {row.tries_left} 次"),)
        found.append(Deed(href=href, label="核对到账金额", asks=asks))
    elif row.state in {CheckState.SUBMITTED, CheckState.ANSWERING, CheckState.REVIEWING}:
        href = reverse("console:identity_ask", kwargs=place)
        found.append(Deed(href=href, label="立即查询结果", icon="again"))
    if CheckState.WITHDRAWN in MOVES[CheckState(row.state)]:
        href = reverse("console:identity_withdraw", kwargs=place)
        asks = (("reason", "撤销理由"),)
        found.append(Deed(href=href, label="撤销", icon="cross", asks=asks, is_dangerous=True))
    return found


def _paper(request: HttpRequest) -> PaperFacts:
    until = typed_day(text(request, "valid_until"))
    for name, what in (("paper_type", "证件名称"), ("number", "证件编号")):
        if not text(request, name):
            raise IdentityInputMissing(path=name, what=what)
    if until is None:
        raise IdentityInputMissing(path="valid_until", what="到期日期")
    return PaperFacts(
        paper_type=text(request, "paper_type"), number=text(request, "number"), valid_until=until
    )


def _paper_cells(row: AgentPaper) -> list[Cell]:
    tone, icon = _TONES[CheckState(row.identity_check.state)]
    is_over = row.valid_until < today()
    return [
        Cell(
            text=mask_name(row.subject.name),
            href=reverse("console:subject", kwargs={"public_id": row.subject.public_id}),
        ),
        Cell(text=row.paper_type),
        Cell(text=f"{day(row.valid_until)}已到期", tone="seal", icon="alert")
        if is_over
        else Cell(text=day(row.valid_until)),
        Cell(text=LABELS[CheckState(row.identity_check.state)], tone=tone, icon=icon),
        Cell(
            text=stamp(row.registered_at),
            href=reverse(
                "console:identity_check", kwargs={"public_id": row.identity_check.public_id}
            ),
        ),
    ]
