"""Powers: who holds what where, who gave it, what nobody uses; giving and taking back."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import (
    Asked,
    Field,
    last_day,
    limit,
    number,
    show,
    text,
)
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.errors import PowerMissing
from baozhen.signing.organizations.extent import INSURANCE_ROLES, is_alone, open_permissions
from baozhen.signing.organizations.models import Account, OrgUnit, Power, Role
from baozhen.signing.organizations.queries import (
    account_of,
    grant_scope_of,
    list_powers,
    powers_for,
    powers_in_force,
    scope_of,
    unused_powers,
)
from baozhen.signing.organizations.roles import LABELS, RESERVED, Permission
from baozhen.signing.organizations.services import PowerRequest, end_power, grant_power
from baozhen.signing.organizations.services.units import set_management
from baozhen.signing.organizations.states import MANAGEMENTS, AccountState, Management

_PAGE = 50
_SOON = timedelta(days=30)
_CHOICES_MAX = 1_000
VIEWS = {
    "running": "有效",
    "unused": "90 天未使用",
    "ending": "30 天内到期",
    "personal": "个别赋权",
    "ended": "已终止",
}


@needs(Permission.GRANT_POWERS)
@require_GET
def powers(request: HttpRequest) -> HttpResponse:
    """Watch over all powers inside one's own scope."""
    view, q = request.GET.get("view", "running"), request.GET.get("q", "").strip()
    role = request.GET.get("role", "")
    reach = list_powers({"unit__in": grant_scope_of(request.user)})
    found = reach.filter(pk__in=_chosen(view).values("pk"))
    if q:
        found = found.filter(account__display_name__icontains=q) | found.filter(account__staff_no=q)
    if role:
        found = found.filter(role__name=role)
    start = request.GET.get("start", "")
    begin = int(start) if start.isdecimal() else 0
    shown = list(found[begin : begin + _PAGE + 1])
    kept = {"view": view, "q": q, "role": role}
    context = {
        "here": "powers",
        "powers": shown[:_PAGE],
        "labels": LABELS,
        "view": view,
        "views": [
            {
                "name": name,
                "label": label,
                "count": reach.filter(pk__in=_chosen(name).values("pk")).count(),
            }
            for name, label in VIEWS.items()
        ],
        "q": q,
        "role": role,
        "role_choices": _open_roles().order_by("name"),
        "next_href": "?" + urlencode(kept | {"start": begin + _PAGE}) if len(shown) > _PAGE else "",
    }
    return page(request, "console/organizations/powers.html", context)


def _open_roles() -> QuerySet[Role]:
    """Return the roles that do something here."""
    return Role.objects.exclude(name__in=INSURANCE_ROLES if is_alone() else ())


def _chosen(view: str) -> QuerySet[Power]:
    at = now()
    match view:
        case "unused":
            return unused_powers(at)
        case "ending":
            return powers_in_force(at).filter(until__lte=at + _SOON)
        case "personal":
            return powers_in_force(at).exclude(permission="")
        case "ended":
            return Power.objects.exclude(pk__in=powers_in_force(at).values("pk"))
    return powers_in_force(at)


@needs(Permission.GRANT_POWERS)
@require_GET
def matrix(request: HttpRequest) -> HttpResponse:
    """Show which role may do what, and what is an officer's alone."""
    roles = list(_open_roles().order_by("officer", "name"))
    alone = frozenset().union(*RESERVED.values())
    rows: list[dict[str, Any]] = [
        {
            "label": label,
            "alone": permission in alone,
            "held": [permission.value in role.permissions for role in roles],
        }
        for permission, label in open_permissions().items()
    ]
    context = {"here": "powers", "columns": roles, "rows": rows}
    return page(request, "console/organizations/matrix.html", context)


@needs(Permission.GRANT_POWERS)
@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: HttpRequest) -> HttpResponse:
    """Give a power."""
    asked = _question(request)
    if request.method != "POST":
        return show(request, asked)
    what = text(request, "what")
    account = get_object_or_404(Account, pk=number(request, "account"))
    unit = get_object_or_404(OrgUnit, pk=number(request, "unit"))
    try:
        amount = limit(request, "amount", "单笔金额上限")
        grant_power(
            PowerRequest(
                account=account,
                unit=unit,
                role=what.removeprefix("role:") if what.startswith("role:") else "",
                permission="" if what.startswith("role:") else what,
                covers_below=text(request, "below") == "yes",
                amount_max_fen=amount * 100 if amount is not None else None,
                uses_max=limit(request, "uses", "次数上限"),
                until=last_day(request, "until", "有效至"),
                reason=text(request, "reason"),
            ),
            granter=account_of(request.user),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, f"已授权给{account.display_name}。", extra_tags="jade")
    return redirect("console:powers")


def _question(request: HttpRequest) -> Asked:
    scope = grant_scope_of(request.user).order_by("path")[:_CHOICES_MAX]
    people = (
        Account.objects.filter(
            state=AccountState.ACTIVE, officer__isnull=True, unit__in=grant_scope_of(request.user)
        )
        .select_related("unit")
        .order_by("display_name")[:_CHOICES_MAX]
    )
    top = min((unit.depth for unit in scope), default=0)
    given_down = _given_down(request.user)
    return Asked(
        here="powers",
        title="授权",
        submit="确认授权",
        back=reverse("console:powers"),
        note="按角色授权用于岗位；单项赋权用于个人，可限金额、次数和期限。三员由任免程序产生。"
        if given_down is None
        else "您可以在本机构及下级授予总部下放的角色，可限金额、次数和期限。",
        fields=[
            Field(
                name="account",
                label="授予谁",
                value=request.GET.get("account", ""),
                choices=[
                    (str(one.pk), f"{one.display_name} {one.staff_no or ''} · {one.unit.name}")
                    for one in people
                ],
            ),
            Field(
                name="what",
                label="角色或单项权限" if given_down is None else "角色",
                choices=_choices(given_down),
                hint="" if given_down != frozenset() else "总部还没有给本机构下放角色，请联系总部",
            ),
            Field(
                name="unit",
                label="范围",
                choices=[(str(one.pk), "　" * (one.depth - top) + one.name) for one in scope],
            ),
            Field(
                name="below",
                label="下级机构",
                value="yes",
                choices=[("yes", "包括下级机构"), ("no", "只限该机构")],
            ),
            Field(name="until", label="有效至", kind="date", required=False, hint="空白为长期"),
            Field(name="amount", label="单笔金额上限（元）", required=False, hint="空白为不限金额"),
            Field(name="uses", label="次数上限", required=False, hint="空白为不限次数"),
            Field(name="reason", label="理由"),
        ],
    )


def _given_down(user: User | AnonymousUser) -> frozenset[str] | None:
    """Return the roles that a branch's officer may give; None for head office, which gives all."""
    held = powers_for(user, Permission.GRANT_POWERS, at=now()).select_related("unit")
    units = [power.unit for power in held]
    if any(unit.parent_id is None for unit in units):
        return None
    delegated = (unit for unit in units if unit.management == Management.DELEGATED)
    return frozenset(role for unit in delegated for role in unit.delegated_roles)


def _choices(given_down: frozenset[str] | None) -> list[tuple[str, str]]:
    """Return what may be given: roles, and at head office single powers too."""
    roles = _open_roles().filter(officer=None).order_by("name").values_list("name", flat=True)
    if given_down is not None:
        return [(f"role:{name}", f"角色：{name}") for name in roles if name in given_down]
    alone = frozenset().union(*RESERVED.values())
    single = [(code, label) for code, label in open_permissions().items() if code not in alone]
    return [
        *((f"role:{name}", f"角色：{name}") for name in roles),
        *((code.value, f"单项：{label}") for code, label in single),
    ]


@needs(Permission.GRANT_POWERS)
@require_POST
def end(request: HttpRequest, key: int) -> HttpResponse:
    """Take a power back, with a reason."""
    power = get_object_or_404(Power.objects.select_related("unit", "role"), pk=key)
    if not grant_scope_of(request.user).filter(pk=power.unit_id).exists():
        raise PowerMissing(unit=power.unit.name, right=LABELS[Permission.GRANT_POWERS])
    reason = text(request, "reason")
    if not reason:
        messages.error(request, "请填写收回理由。", extra_tags="seal")
    elif power.role is not None and power.role.officer is not None:
        messages.error(request, "三员的权限由任免程序终止。", extra_tags="seal")
    else:
        end_power(power, reason=reason, actor=actor_of(request), at=now())
        messages.success(request, "权限已收回。", extra_tags="jade")
    return redirect("console:powers")


@needs(Permission.GRANT_POWERS)
@require_http_methods(["GET", "HEAD", "POST"])
def management(request: HttpRequest, key: int) -> HttpResponse:
    """Say who gives powers in a unit: head office alone, or the unit for the roles given down."""
    unit = get_object_or_404(OrgUnit, pk=key)
    asked = Asked(
        here="powers",
        title=f"{unit.name}：管理方式",
        submit="保存",
        back=reverse("console:powers"),
        note="总部集权：只有总部安全管理员能授权。分权管理：该机构的安全管理员可在本机构及下级"
        "授予所选角色。",
        fields=[
            Field(
                name="management",
                label="管理方式",
                value=unit.management,
                choices=[(way.value, label) for way, label in MANAGEMENTS.items()],
            ),
            Field(
                name="roles",
                label="下放的角色",
                many=True,
                required=False,
                chosen=frozenset(unit.delegated_roles),
                choices=[
                    (role.name, role.name)
                    for role in _open_roles().filter(officer=None).order_by("name")
                ],
            ),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    if unit.parent_id is None or not scope_of(request.user, Permission.GRANT_POWERS).filter(
        pk=unit.parent_id
    ):
        messages.error(request, "只有上级机构的安全管理员能改变管理方式。", extra_tags="seal")
        return redirect("console:powers")
    way = text(request, "management")
    known = set(_open_roles().filter(officer=None).values_list("name", flat=True))
    set_management(
        unit,
        Management(way) if way in set(Management) else Management.CENTRALISED,
        [name for name in request.POST.getlist("roles") if name in known],
        actor=actor_of(request),
        at=now(),
    )
    messages.success(request, "管理方式已保存。", extra_tags="jade")
    return redirect("console:powers")


@needs(Permission.GRANT_POWERS)
@require_GET
def managements(request: HttpRequest) -> HttpResponse:
    """List the units with who gives powers in them."""
    scope = list(scope_of(request.user, Permission.GRANT_POWERS).order_by("path")[:_CHOICES_MAX])
    keys, top = {unit.pk for unit in scope}, min((unit.depth for unit in scope), default=0)
    # A unit's management is its upper unit's to change: a branch's officer only sees his own.
    units = [
        {"unit": unit, "depth": unit.depth - top, "may_change": unit.parent_id in keys}
        for unit in scope
    ]
    context = {"here": "powers", "units": units}
    return page(request, "console/organizations/managements.html", context)
