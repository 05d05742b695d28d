"""People's accounts: list, one account, and what the system officer does with them."""

import secrets
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.masking import mask_email, mask_mobile
from baozhen.signing.identity.services.personal_accounts import open_personal_account
from baozhen.signing.organizations.errors import AccountInvalid
from baozhen.signing.organizations.models import Account, OrgUnit, StaffSession
from baozhen.signing.organizations.queries import list_powers
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    create_account,
    lock_account,
    unlock_account,
)
from baozhen.signing.organizations.services.accounts import move_account, part_with_account
from baozhen.signing.organizations.services.factors import forget_factors, has_second_factor
from baozhen.signing.organizations.services.passwords import reset_password
from baozhen.signing.organizations.states import (
    ACCOUNT_KINDS,
    ACCOUNT_STATES,
    AccountKind,
    AccountState,
    UnitState,
)

_PAGE = 50
_UNITS_MAX = 500


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """List accounts by name, filtered."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "state", "kind", "unit")}
    found = Account.objects.select_related("unit", "user").order_by("display_name", "pk")
    if asked["q"]:
        q = asked["q"]
        found = (
            found.filter(display_name__icontains=q)
            | found.filter(staff_no=q)
            | found.filter(user__username=q)
        )
    if asked["state"] in set(AccountState):
        found = found.filter(state=asked["state"])
    if asked["kind"] in set(AccountKind):
        found = found.filter(kind=asked["kind"])
    if asked["unit"].isdecimal():
        found = found.filter(unit__path__contains=f"/{asked['unit']}/")
    start = request.GET.get("start", "")
    begin = int(start) if start.isdecimal() else 0
    shown = list(found[begin : begin + _PAGE + 1])
    kept = {name: value for name, value in asked.items() if value}
    more = len(shown) > _PAGE
    context = {
        "here": "accounts",
        "accounts": shown[:_PAGE],
        "asked": asked,
        "filtered": bool(kept),
        "states": [(one.value, label) for one, label in ACCOUNT_STATES.items()],
        "kinds": [(one.value, label) for one, label in ACCOUNT_KINDS.items()],
        "next_href": "?" + urlencode(kept | {"start": begin + _PAGE}) if more else "",
        "first_href": "?" + urlencode(kept) if begin else "",
    }
    return page(request, "console/organizations/accounts.html", context)


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def account(request: HttpRequest, key: int) -> HttpResponse:
    """Show one account: who it is, what it may do, where it is signed in."""
    shown = _account(key)
    units = OrgUnit.objects.filter(state=UnitState.ACTIVE).order_by("path")[:_UNITS_MAX]
    context = {
        "here": "accounts",
        "account": shown,
        "mobile": mask_mobile(shown.mobile) if shown.mobile else "",
        "email": mask_email(shown.email) if shown.email else "",
        "has_factor": has_second_factor(shown.user),
        "powers": list_powers({"account": shown}),
        "sessions": StaffSession.objects.filter(user=shown.user).order_by("-seen_at")[:10],
        "acts": entries_of("account", shown.pk),
        "units": units,
        "at": now(),
    }
    return page(request, "console/organizations/account.html", context)


def _account(key: int) -> Account:
    return get_object_or_404(Account.objects.select_related("unit", "user"), pk=key)


@needs(Permission.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make an account; its first password is shown once."""
    units = OrgUnit.objects.filter(state=UnitState.ACTIVE).order_by("path")[:_UNITS_MAX]
    asked = Asked(
        here="accounts",
        title="新建账号",
        submit="建立账号",
        back=reverse("console:accounts"),
        note="账号建立后没有任何权限，由安全管理员授予。初始密码只显示一次，首次登录须更改。",
        fields=[
            Field(name="display_name", label="姓名"),
            Field(name="username", label="用户名", hint="登录时使用"),
            Field(
                name="kind",
                label="类型",
                value=AccountKind.STAFF,
                choices=[(kind.value, label) for kind, label in ACCOUNT_KINDS.items()],
            ),
            Field(
                name="unit",
                label="所属机构",
                value=request.GET.get("unit", ""),
                choices=[(str(one.pk), "　" * one.depth + one.name) for one in units],
            ),
            Field(
                name="subject",
                label="签署主体编号",
                hint="个人账号必填，形如 sub_…；姓名须与登记的一致",
                required=False,
            ),
            Field(name="staff_no", label="工号", required=False),
            Field(name="mobile", label="手机号", required=False),
            Field(name="email", label="邮箱", required=False),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    password, kind = secrets.token_urlsafe(12), text(request, "kind")
    unit = get_object_or_404(OrgUnit, pk=number(request, "unit"))
    facts = AccountFacts(
        username=text(request, "username"),
        display_name=text(request, "display_name"),
        unit=unit,
        kind=AccountKind(kind) if kind in set(AccountKind) else AccountKind.STAFF,
        staff_no=text(request, "staff_no") or None,
        mobile=text(request, "mobile") or None,
        email=text(request, "email") or None,
        password=password,
    )
    try:
        if facts.kind == AccountKind.PERSON and not text(request, "subject"):
            raise AccountInvalid(path="subject", reason="请填写签署主体编号")
        if facts.kind == AccountKind.PERSON:
            made = open_personal_account(
                facts, text(request, "subject"), actor=actor_of(request), at=now()
            )
        else:
            made = create_account(facts, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    _tell_password(request, made, password)
    return redirect("console:account", key=made.pk)


def _tell_password(request: HttpRequest, account: Account, password: str) -> None:
    words = f"{account.display_name}的初始密码：{password}（只显示这一次，请当面交给本人）"
    messages.warning(request, words, extra_tags="amber")


@needs(Permission.MANAGE_ACCOUNTS)
@require_POST
def act(request: HttpRequest, key: int) -> HttpResponse:
    """Lock, unlock, part with, move, or help somebody who lost the password or the telephone."""
    shown, wanted = _account(key), request.POST.get("act", "")
    if wanted not in _ACTS:
        messages.error(request, "没有这个操作。", extra_tags="seal")
    elif wanted in _NEED_REASON and not text(request, "reason"):
        messages.error(request, "请填写理由。", extra_tags="seal")
    else:
        try:
            done = _ACTS[wanted](request, shown)
        except Refusal as refusal:
            messages.error(request, str(refusal), extra_tags="seal")
        else:
            messages.success(request, done, extra_tags="jade")
    return redirect("console:account", key=key)


def _lock(request: HttpRequest, shown: Account) -> str:
    reason = text(request, "reason")
    lock_account(shown, reason=reason, actor=actor_of(request), at=now())
    return "账号已锁定，登录和权限即刻失效。"


def _unlock(request: HttpRequest, shown: Account) -> str:
    unlock_account(shown, actor=actor_of(request), at=now())
    return "账号已恢复。"


def _leave(request: HttpRequest, shown: Account) -> str:
    ended = part_with_account(shown, actor=actor_of(request), at=now())
    return f"已标记离职，{ended} 项权限终止。"


def _move(request: HttpRequest, shown: Account) -> str:
    unit = get_object_or_404(OrgUnit, pk=number(request, "unit"))
    move_account(shown, unit, actor=actor_of(request), at=now())
    return "已调动；为原机构授予的权限已终止。"


def _password(request: HttpRequest, shown: Account) -> str:
    password = secrets.token_urlsafe(12)
    reset_password(shown.user, new=password, actor=actor_of(request), at=now())
    _tell_password(request, shown, password)
    return "密码已重置，首次登录须更改。"


def _factors(request: HttpRequest, shown: Account) -> str:
    forget_factors(shown.user, actor=actor_of(request), at=now())
    return "双因素验证已清除，请本人重新设置。"


_ACTS = {
    "lock": _lock,
    "unlock": _unlock,
    "leave": _leave,
    "move": _move,
    "password": _password,
    "factors": _factors,
}
_NEED_REASON = frozenset({"lock", "leave", "password", "factors"})
