"""How people sign in: figures of the policy, identity providers, header rules."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.errors import SignOnRefused
from baozhen.signing.organizations.models import HeaderRule, IdentityProvider, SignInPolicy
from baozhen.signing.organizations.queries import sign_in_policy
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services.policy import save_policy
from baozhen.signing.organizations.services.sign_on import save_header_rule, save_provider

_YES_NO = [("yes", "是"), ("no", "否")]
_SWITCH = [("yes", "启用"), ("no", "停用")]
_SLUG = re.compile(r"[a-z0-9-]{1,32}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_FIGURES = (
    "password_days",
    "password_history",
    "sessions_max",
    "idle_minutes",
    "absolute_hours",
)
_LABELS = {one.name: str(one.verbose_name) for one in SignInPolicy._meta.concrete_fields}
_FLAGS = ("officers_need_second_factor", "everybody_needs_second_factor")


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Show everything that sign-in obeys."""
    policy = sign_in_policy()
    context = {
        "here": "sign_in_settings",
        "facts": [(_LABELS[name], getattr(policy, name)) for name in (*_FIGURES, *_FLAGS)],
        "providers": IdentityProvider.objects.order_by("name"),
        "rules": HeaderRule.objects.order_by("name"),
    }
    return page(request, "console/organizations/sign_in_settings.html", context)


@needs(Permission.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Change the figures."""
    row = sign_in_policy()
    asked = Asked(
        here="sign_in_settings",
        title="登录策略",
        submit="保存",
        back=reverse("console:sign_in_settings"),
        note="生产环境中三员始终须双因素验证。新的限制从下一次登录起生效。",
        fields=[
            *(
                Field(name=name, label=_LABELS[name], value=str(getattr(row, name)))
                for name in _FIGURES
            ),
            *(
                Field(
                    name=name,
                    label=_LABELS[name],
                    choices=_YES_NO,
                    value="yes" if getattr(row, name) else "no",
                )
                for name in _FLAGS
            ),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    for name in _FIGURES:
        setattr(row, name, number(request, name))
    for name in _FLAGS:
        setattr(row, name, text(request, name) == "yes")
    try:
        save_policy(row, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "登录策略已保存。", extra_tags="jade")
    return redirect("console:sign_in_settings")


@needs(Permission.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: HttpRequest, key: int) -> HttpResponse:
    """Add an identity provider (key 0) or change one."""
    row = IdentityProvider() if key == 0 else get_object_or_404(IdentityProvider, pk=key)
    asked = Asked(
        here="sign_in_settings",
        title="单点登录来源",
        submit="保存",
        back=reverse("console:sign_in_settings"),
        note="OpenID Connect：授权码方式，带 PKCE、state 和 nonce。按“取用的声明”对应到账号，"
        "找不到唯一在用账号时拒绝登录，不会自动建账号。",
        fields=[
            Field(name="name", label="名称", value=row.name, hint="登录页按钮上的名字"),
            Field(name="slug", label="标识", value=row.slug, hint="小写字母、数字和短横线"),
            Field(name="issuer", label="签发者（issuer）", value=row.issuer),
            Field(name="client_id", label="客户端编号", value=row.client_id),
            Field(
                name="client_secret",
                label="客户端密钥",
                kind="password",
                required=False,
                hint="空白为不更换",
            ),
            Field(name="scopes", label="范围（scope）", value=row.scopes),
            Field(
                name="claim", label="取用的声明", value=row.claim, hint="如 sub、staff_no、email"
            ),
            Field(
                name="match",
                label="对应的账号字段",
                value=row.match,
                choices=[
                    ("staff_no", "工号"),
                    ("username", "用户名"),
                    ("email", "邮箱"),
                    ("external_id", "来源系统编号"),
                ],
            ),
            Field(
                name="strong_values",
                label="视为双因素的 acr 或 amr 值",
                value=" ".join(row.strong_values),
                required=False,
                hint="空格分隔；命中时不再要求第二步验证",
            ),
            Field(
                name="active",
                label="状态",
                choices=_SWITCH,
                value="yes" if row.active else "no",
            ),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        save_provider(_provider(request, row), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "单点登录来源已保存。", extra_tags="jade")
    return redirect("console:sign_in_settings")


def _provider(request: HttpRequest, row: IdentityProvider) -> IdentityProvider:
    for name, most in (("name", 64), ("slug", 32), ("issuer", 255), ("client_id", 128)):
        setattr(row, name, text(request, name)[:most])
        if not getattr(row, name):
            raise SignOnRefused(path=name, reason="不能为空")
    if not _SLUG.fullmatch(row.slug):
        raise SignOnRefused(path="slug", reason="标识只能用小写字母、数字和短横线")
    if IdentityProvider.objects.filter(slug=row.slug).exclude(pk=row.pk).exists():
        raise SignOnRefused(path="slug", reason="标识已被使用")
    row.client_secret = text(request, "client_secret") or row.client_secret
    row.scopes = text(request, "scopes")[:128] or "openid"
    row.claim = text(request, "claim")[:64] or "sub"
    match = text(request, "match")
    if match in {"staff_no", "username", "email", "external_id"}:
        row.match = match
    row.strong_values = text(request, "strong_values").split()
    row.active = text(request, "active") == "yes"
    return row


@needs(Permission.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, key: int) -> HttpResponse:
    """Add a header rule (key 0) or change one."""
    row = HeaderRule() if key == 0 else get_object_or_404(HeaderRule, pk=key)
    asked = Asked(
        here="sign_in_settings",
        title="请求头登录规则",
        submit="保存",
        back=reverse("console:sign_in_settings"),
        note="只有来自可信代理网段、并出示正确验证值的请求才算数；网段按真实连接地址判断。",
        fields=[
            Field(name="name", label="名称", value=row.name, hint="登录页按钮上的名字"),
            Field(name="header", label="请求头", value=row.header, hint="如 X-Staff-No"),
            Field(
                name="match",
                label="对应的账号字段",
                value=row.match,
                choices=[
                    ("staff_no", "工号"),
                    ("username", "用户名"),
                    ("external_id", "来源系统编号"),
                ],
            ),
            Field(
                name="networks",
                label="可信代理网段",
                value=" ".join(row.networks or []),
                hint="空格分隔，如 10.1.2.3/32",
            ),
            Field(
                name="secret",
                label="验证值",
                kind="password",
                required=key == 0,
                hint="代理放在 X-Proxy-Secret 中；至少 24 个字符，空白为不更换",
            ),
            Field(
                name="active",
                label="状态",
                choices=_SWITCH,
                value="yes" if row.active else "no",
            ),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    row.name, row.header = text(request, "name")[:64], text(request, "header")
    row.networks = text(request, "networks").split()
    match = text(request, "match")
    row.match = match if match in {"staff_no", "username", "external_id"} else row.match
    row.active = text(request, "active") == "yes"
    try:
        if not row.name or HeaderRule.objects.filter(name=row.name).exclude(pk=row.pk).exists():
            raise SignOnRefused(path="name", reason="名称为空或已被使用")
        if not _HEADER.fullmatch(row.header):
            raise SignOnRefused(path="header", reason="请求头名称不对")
        save_header_rule(row, secret=text(request, "secret"), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "规则已保存。", extra_tags="jade")
    return redirect("console:sign_in_settings")
