"""Grants and rules of a seal: giving, taking back, allowing, forbidding; the emergency freeze."""

from collections.abc import Sequence
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import (
    Asked,
    Field,
    last_day,
    limit,
    number,
    show,
    text,
)
from baozhen.faces.console.registers import do
from baozhen.faces.console.seals.known import known_flows, known_types, unknown_among
from baozhen.faces.console.seals.shown import names_in, seal_managed
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.models import Account, ApiClient, OrgUnit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.states import AccountState, UnitState
from baozhen.signing.seals.models import Seal, SealGrant, SealRule
from baozhen.signing.seals.services import (
    GrantRequest,
    RuleRequest,
    add_rule,
    end_rule,
    freeze_seal,
    grant_use,
    revoke_grant,
)

_CHOICES_MAX = 1_000
_OTHER = "对接系统自己的名称，多个以逗号分隔"


@needs(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: HttpRequest, key: int) -> HttpResponse:
    """Give the use of a seal."""
    seal = seal_managed(request, key)
    if request.method != "POST":
        return show(request, _grant_form(seal))
    kind, _, chosen = text(request, "grantee").partition(":")
    wanted = int(chosen) if chosen.isdecimal() and chosen.isascii() else 0
    try:
        grant_use(
            GrantRequest(
                seal=seal,
                account=Account.objects.filter(pk=wanted).first() if kind == "account" else None,
                unit=OrgUnit.objects.filter(pk=wanted).first() if kind == "unit" else None,
                client=ApiClient.objects.filter(pk=wanted).first() if kind == "client" else None,
                document_types=_names(request, "document_types"),
                flows=_names(request, "flows"),
                count_max=limit(request, "count_max", "次数上限"),
                is_silent=text(request, "is_silent") == "yes",
                until=last_day(request, "until", "有效至"),
                reason=text(request, "reason"),
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, _grant_form(seal), refusal)
    messages.success(request, "已授权。", extra_tags="jade")
    _point_out(request, _names(request, "document_types"), _names(request, "flows"))
    return redirect("console:seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_POST
def revoke(request: HttpRequest, key: int) -> HttpResponse:
    """Take a grant back, with a reason."""
    seal = seal_managed(request, get_object_or_404(SealGrant, pk=key).seal_id)
    deed = partial(
        revoke_grant, key, reason=text(request, "reason"), actor=actor_of(request), at=now()
    )
    return do(request, deed, done="授权已收回，立即生效。", to="seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, key: int) -> HttpResponse:
    """Set a rule: seal × organisation, × flow or × document type."""
    seal = seal_managed(request, key)
    if request.method != "POST":
        return show(request, _rule_form(seal))
    try:
        add_rule(
            RuleRequest(
                seal=seal,
                is_allowing=text(request, "effect") == "allow",
                unit=OrgUnit.objects.filter(pk=number(request, "unit")).first(),
                flow=text(request, "flow"),
                document_type=text(request, "document_type"),
                reason=text(request, "reason"),
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, _rule_form(seal), refusal)
    messages.success(request, "规则已生效，用印时即时执行。", extra_tags="jade")
    _point_out(request, [text(request, "document_type")], [text(request, "flow")])
    return redirect("console:seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_POST
def unrule(request: HttpRequest, key: int) -> HttpResponse:
    """End a rule."""
    seal = seal_managed(request, get_object_or_404(SealRule, pk=key).seal_id)
    deed = partial(end_rule, key, actor=actor_of(request), at=now())
    return do(request, deed, done="规则已取消。", to="seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_POST
def freeze(request: HttpRequest, key: int) -> HttpResponse:
    """Freeze a seal at once; what it was used on is one click further."""
    seal = seal_managed(request, key)
    deed = partial(
        freeze_seal, seal.pk, reason=text(request, "reason"), actor=actor_of(request), at=now()
    )
    return do(request, deed, done="印章已冻结，恢复须经审批。", to="seal", key=seal.pk)


def _names(request: HttpRequest, name: str) -> list[str]:
    """Return what was ticked and what was typed beside it, each once."""
    given = [*request.POST.getlist(name), text(request, f"other_{name}")]
    return list(dict.fromkeys(one for some in given for one in names_in(some)))


def _point_out(request: HttpRequest, types: Sequence[str], flows: Sequence[str]) -> None:
    """Say which names nothing is called by: a slip of the pen would make the rule empty."""
    unknown = [*unknown_among(types, known_types()), *unknown_among(flows, known_flows())]
    if unknown:
        words = f"系统中目前没有“{'、'.join(unknown)}”这样的文件类型或流程，请核对写法。"
        messages.warning(request, words, extra_tags="amber")


def _grant_form(seal: Seal) -> Asked:
    people = Account.objects.filter(state=AccountState.ACTIVE).select_related("unit")
    units = OrgUnit.objects.filter(state=UnitState.ACTIVE).order_by("path")[:_CHOICES_MAX]
    clients = ApiClient.objects.filter(active=True).order_by("name")[:_CHOICES_MAX]
    grantees = [
        *((f"unit:{one.pk}", f"机构：{'　' * one.depth}{one.name}") for one in units),
        *((f"client:{one.pk}", f"接口客户端：{one.name}") for one in clients),
        *(
            (f"account:{one.pk}", f"员工：{one.display_name} · {one.unit.name}")
            for one in people.order_by("display_name")[:_CHOICES_MAX]
        ),
    ]
    return Asked(
        here="seals",
        title=f"授权使用“{seal.name}”",
        submit="确认授权",
        back=reverse("console:seal", kwargs={"key": seal.pk}),
        note="用印时逐次核对。程序静默用印须单独勾选。不能授权给自己。",
        fields=[
            Field(name="grantee", label="授予谁", choices=grantees),
            Field(
                name="document_types",
                label="文件类型（都不选为不限）",
                many=True,
                choices=known_types(),
            ),
            Field(name="other_document_types", label="其他文件类型", required=False, hint=_OTHER),
            Field(name="flows", label="流程（都不选为不限）", many=True, choices=known_flows()),
            Field(name="other_flows", label="其他流程", required=False, hint=_OTHER),
            Field(name="count_max", label="次数上限", required=False, hint="空白为不限次数"),
            Field(name="until", label="有效至", kind="date", required=False, hint="空白为长期"),
            Field(
                name="is_silent",
                label="静默用印",
                value="no",
                choices=[("no", "不允许，须有人操作"), ("yes", "允许程序静默用印")],
            ),
            Field(name="reason", label="理由"),
        ],
    )


def _rule_form(seal: Seal) -> Asked:
    units = OrgUnit.objects.filter(state=UnitState.ACTIVE).order_by("path")[:_CHOICES_MAX]
    return Asked(
        here="seals",
        title=f"设定“{seal.name}”的使用规则",
        submit="确认",
        back=reverse("console:seal", kwargs={"key": seal.pk}),
        note=(
            "机构、流程、文件类型三项只填一项。禁止优先；某一项有“允许”时，只许用于所列的。"
            "没有机构规则时，本机构及下级机构可用。"
        ),
        fields=[
            Field(name="effect", label="规则", choices=[("deny", "禁止"), ("allow", "允许")]),
            Field(
                name="unit",
                label="机构（含下级）",
                required=False,
                choices=[("", "—"), *((str(one.pk), "　" * one.depth + one.name) for one in units)],
            ),
            Field(name="flow", label="流程", required=False, known=known_flows()),
            Field(name="document_type", label="文件类型", required=False, known=known_types()),
            Field(name="reason", label="理由"),
        ],
    )
