"""The three officers: who they are, and their appointment by two other people."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, staff_only
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import number, text
from baozhen.faces.errors import NotPermitted
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.errors import AccountUnknown
from baozhen.signing.organizations.models import Account, OfficerAppointment, OrgUnit, Power
from baozhen.signing.organizations.queries import account_of, root_unit, units_under
from baozhen.signing.organizations.services.factors import has_second_factor
from baozhen.signing.organizations.services.officers import (
    Proposal,
    confirm_officer,
    propose_officer,
    refuse_officer,
)
from baozhen.signing.organizations.states import (
    OFFICERS,
    AccountKind,
    AccountState,
    AppointmentState,
    Officer,
    UnitState,
)

_SHOWN_MAX = 500
_DUTIES = {
    Officer.SYSTEM: "管理账号、机构和系统；看不到客户资料，不能授权。",
    Officer.SECURITY: "授予和收回权限、处置风险；自己不持有业务权限。",
    Officer.AUDIT: "独自查看操作日志；不改变任何东西。",
}


def _own_account(request: HttpRequest) -> Account:
    """Return the officer who asks; nobody else sees these pages."""
    try:
        account = account_of(request.user)
    except AccountUnknown as unknown:
        raise NotPermitted(right="三员任免") from unknown
    if account.officer is None:
        raise NotPermitted(right="三员任免")
    return account


@staff_only
@require_GET
def officers(request: HttpRequest) -> HttpResponse:
    """Show the officers and what waits for a second officer."""
    own = _own_account(request)
    holders = Account.objects.filter(officer__isnull=False).select_related("unit", "user")
    branches = _branches()
    context = {
        "here": "officers",
        "own": own,
        "officers": [
            {
                "label": label,
                "duty": _DUTIES[officer],
                "holders": [
                    {
                        "account": one,
                        "has_factor": has_second_factor(one.user),
                        "branches": branches.get(one.pk, []),
                    }
                    for one in holders
                    if one.officer == officer
                ],
            }
            for officer, label in OFFICERS.items()
        ],
        "appointments": OfficerAppointment.objects.select_related(
            "account", "proposed_by", "decided_by", "unit"
        ).order_by("-proposed_at")[:50],
        "waiting": AppointmentState.PROPOSED,
        "candidates": Account.objects.filter(
            kind=AccountKind.STAFF, state=AccountState.ACTIVE
        ).order_by("display_name")[:_SHOWN_MAX],
        "units": units_under(root_unit()).filter(state=UnitState.ACTIVE, parent__isnull=False)[
            :_SHOWN_MAX
        ],
        "may_appoint": own.pk not in branches,
        "kinds": [(officer.value, label) for officer, label in OFFICERS.items()],
    }
    return page(request, "console/organizations/officers.html", context)


def _branches() -> dict[int, list[OrgUnit]]:
    """Return the branches of those security officers who are not the whole company's."""
    found: dict[int, list[OrgUnit]] = {}
    running = Power.objects.filter(role__officer__isnull=False, ended_at__isnull=True)
    for power in running.exclude(unit=root_unit()).select_related("unit"):
        found.setdefault(power.account_id, []).append(power.unit)
    return found


@staff_only
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Propose somebody as an officer, or as none any more."""
    own = _own_account(request)
    account = get_object_or_404(Account, pk=number(request, "account"))
    wanted = text(request, "officer")
    officer = Officer(wanted) if wanted in set(Officer) else None
    try:
        propose_officer(
            Proposal(
                account=account,
                officer=officer,
                reason=text(request, "reason"),
                unit=OrgUnit.objects.filter(pk=number(request, "unit")).first(),
            ),
            proposer=own,
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    else:
        messages.success(request, "已提出，等另一位三员确认。", extra_tags="jade")
    return redirect("console:officers")


@staff_only
@require_POST
def decide(request: HttpRequest, key: int) -> HttpResponse:
    """Confirm or refuse what another officer proposed."""
    own = _own_account(request)
    appointment = get_object_or_404(OfficerAppointment, pk=key)
    is_confirmed = request.POST.get("act") == "confirm"
    decide_it = confirm_officer if is_confirmed else refuse_officer
    try:
        decide_it(appointment, decider=own, actor=actor_of(request), at=now())
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    else:
        words = "任免已生效。" if is_confirmed else "任免没有同意。"
        messages.success(request, words, extra_tags="jade")
    return redirect("console:officers")
