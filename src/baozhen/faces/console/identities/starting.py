"""Register who signs and begin a check by hand: companies, agents, people without a telephone."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import Asked, Field, limit, show, text
from baozhen.faces.console.registers import do
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError, Outage, Refusal
from baozhen.signing.identity.errors import IdentityInputMissing
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.queries import subject_of
from baozhen.signing.identity.services.answers import confirm_transfer
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.identity.states import CHECK_KINDS, SUBJECT_KINDS, CheckKind, SubjectKind
from baozhen.signing.organizations.roles import Permission

_PURPOSE = "registration"
# What needs nothing of the subject but what is written down; the rest begins where they are.
_BY_HAND = {
    SubjectKind.PERSON: (CheckKind.THREE_ELEMENTS, CheckKind.FOUR_ELEMENTS, CheckKind.OWN_SYSTEM),
    SubjectKind.ORGANIZATION: (
        CheckKind.LICENCE,
        CheckKind.LEGAL_REP,
        CheckKind.TRANSFER,
        CheckKind.OWN_SYSTEM,
    ),
}
_INPUTS = {
    SubjectKind.PERSON: (("bank_card", "银行卡号（四要素）"),),
    SubjectKind.ORGANIZATION: (
        ("bank_account", "对公账号（对公打款）"),
        ("bank_name", "开户行（对公打款）"),
    ),
}


@needs(Permission.REVIEW_IDENTITIES)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a person or a company; somebody known already is found by number."""
    asked_for = text(request, "kind") or request.GET.get("kind", "")
    kind = SubjectKind.PERSON if asked_for == SubjectKind.PERSON else SubjectKind.ORGANIZATION
    if request.method != "POST":
        return show(request, _registration(kind))
    try:
        with transaction.atomic(durable=True):
            made = register_subject(_facts(request, kind), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, _registration(kind), refusal)
    messages.success(request, "已登记，可以发起认证。", extra_tags="jade")
    return redirect("console:subject", public_id=made.public_id)


@needs(Permission.REVIEW_IDENTITIES)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, public_id: str) -> HttpResponse:
    """Begin a check that needs nothing but facts; one that still holds is used again."""
    subject = subject_of(public_id)
    if request.method != "POST":
        return show(request, _question(subject))
    kind = SubjectKind(subject.kind)
    wanted = text(request, "kind")
    inputs = {name: text(request, name) for name, _ in _INPUTS[kind] if text(request, name)}
    try:
        if wanted not in _BY_HAND[kind]:
            raise IdentityInputMissing(path="kind", what="认证方式")
        check = start_check(
            subject,
            CheckKind(wanted),
            inputs,
            scope=CheckScope(purpose=_PURPOSE),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, _question(subject), refusal)
    except Outage as outage:
        return _not_now(request, public_id, outage)
    return redirect("console:identity_check", public_id=check.public_id)


@needs(Permission.REVIEW_IDENTITIES)
@require_POST
def amount(request: HttpRequest, public_id: str) -> HttpResponse:
    """Compare the amount that a company says it received."""

    def deed() -> None:
        fen = limit(request, "amount_fen", "到账金额（分）")
        if fen is None:
            raise IdentityInputMissing(path="amount_fen", what="到账金额（分）")
        confirm_transfer(public_id, amount_fen=fen, at=now())

    return do(request, deed, done="金额已核对。", to="identity_check", public_id=public_id)


def _not_now(request: HttpRequest, public_id: str, outage: BaozhenError) -> HttpResponse:
    messages.error(request, str(outage), extra_tags="seal")
    return redirect("console:subject", public_id=public_id)


def _facts(request: HttpRequest, kind: SubjectKind) -> SubjectFacts:
    read = partial(text, request)
    if kind is SubjectKind.ORGANIZATION:
        if not read("uscc"):
            raise IdentityInputMissing(path="uscc", what="统一社会信用代码")
        return SubjectFacts(
            kind=kind,
            name=read("name"),
            uscc=read("uscc").upper(),
            mobile=read("mobile"),
            email=read("email"),
            legal_rep_name=read("legal_rep_name"),
            legal_rep_id_no=read("legal_rep_id_no").upper(),
        )
    if not read("id_no"):
        raise IdentityInputMissing(path="id_no", what="证件号码")
    return SubjectFacts(
        kind=kind,
        name=read("name"),
        id_no=read("id_no").upper(),
        mobile=read("mobile"),
        email=read("email"),
        is_agent=read("is_agent") == "yes",
    )


def _registration(kind: SubjectKind) -> Asked:
    contacts = [
        Field(name="mobile", label="手机号", required=False),
        Field(name="email", label="邮箱", required=False),
    ]
    if kind is SubjectKind.ORGANIZATION:
        fields = [
            Field(name="name", label="单位名称"),
            Field(name="uscc", label="统一社会信用代码"),
            Field(name="legal_rep_name", label="法定代表人姓名", required=False),
            Field(name="legal_rep_id_no", label="法定代表人证件号码", required=False),
            *contacts,
        ]
    else:
        agent = [("no", "否"), ("yes", "是，代理人或业务人员")]
        fields = [
            Field(name="name", label="姓名"),
            Field(name="id_no", label="居民身份证号码"),
            *contacts,
            Field(name="is_agent", label="业务人员", value="no", choices=agent),
        ]
    return Asked(
        here="identities",
        title=f"登记{SUBJECT_KINDS[kind]}",
        submit="登记",
        back=reverse("console:subjects"),
        note="证件号、手机号加密保存。证件号相同的视为同一主体，以这次填写的为准。",
        fields=[
            Field(name="kind", label="类型", value=kind.value, choices=[_kind_choice(kind)]),
            *fields,
        ],
    )


def _kind_choice(kind: SubjectKind) -> tuple[str, str]:
    return kind.value, SUBJECT_KINDS[kind]


def _question(subject: Subject) -> Asked:
    kind = SubjectKind(subject.kind)
    return Asked(
        here="identities",
        title="发起认证",
        submit="发起认证",
        back=reverse("console:subject", kwargs={"public_id": subject.public_id}),
        note=(
            "有效期内已经通过的认证直接复用。人脸、视频、短信和 U-key 认证须本人办理，"
            "在签署页面或业务系统中发起。"
        ),
        fields=[
            Field(
                name="kind",
                label="认证方式",
                choices=[(one.value, CHECK_KINDS[one]) for one in _BY_HAND[kind]],
            ),
            *(Field(name=name, label=label, required=False) for name, label in _INPUTS[kind]),
        ],
    )
