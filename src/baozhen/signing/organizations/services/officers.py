"""Appoint and dismiss the three officers: one proposes, another confirms, never for himself."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.states import enter, move
from baozhen.signing.organizations.errors import OfficerRefused
from baozhen.signing.organizations.models import Account, OfficerAppointment, OrgUnit, Power
from baozhen.signing.organizations.queries import officers_of_head_office, root_unit
from baozhen.signing.organizations.roles import ROLE_OF_OFFICER
from baozhen.signing.organizations.services.accounts import end_powers
from baozhen.signing.organizations.services.powers import PowerRequest, grant_power
from baozhen.signing.organizations.states import (
    OFFICERS,
    AccountKind,
    AccountState,
    AppointmentState,
    Officer,
    UnitState,
)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Who shall be which officer (None: none any more), and why.

    A security officer may be one branch's alone (分权): `unit`, None for the whole company.
    """

    account: Account
    officer: Officer | None
    reason: str
    unit: OrgUnit | None = None


@transaction.atomic(durable=True)
def propose_officer(
    proposal: Proposal, *, proposer: Account, actor: str, at: datetime
) -> OfficerAppointment:
    """Write the proposal down; raises OfficerRefused."""
    account = proposal.account
    if proposer.pk == account.pk:
        raise OfficerRefused(reason="不能提名自己")
    if not proposal.reason.strip():
        raise OfficerRefused(path="reason", reason="请填写理由")
    if account.kind != AccountKind.STAFF or account.state != AccountState.ACTIVE:
        raise OfficerRefused(path="account", reason="三员须是在职员工")
    _check_head_office(proposer)
    unit = _branch_of(proposal)
    if account.officer is not None and proposal.officer is not None:
        label = OFFICERS[Officer(account.officer)]
        raise OfficerRefused(path="account", reason=f"此人已是{label}，一人不能兼任")
    _check_last(proposal)
    try:
        with transaction.atomic():
            appointment = OfficerAppointment.objects.create(
                account=account,
                officer=proposal.officer or "",
                unit=unit,
                reason=proposal.reason[:200],
                proposed_by=proposer,
                proposed_at=at,
            )
    except IntegrityError as error:
        raise OfficerRefused(reason="已有待确认的任免，或提名人不是三员") from error
    enter(appointment, actor=actor, at=at)
    return appointment


def _branch_of(proposal: Proposal) -> OrgUnit | None:
    """Return the branch that the officer shall be for; None for the whole company."""
    unit, root = proposal.unit, root_unit()
    if unit is None or unit.pk == root.pk:
        return None
    if proposal.officer != Officer.SECURITY:
        reason = "只有安全管理员可以按机构设置，系统管理员和安全审计员面向全公司"
        raise OfficerRefused(path="unit", reason=reason)
    if unit.state != UnitState.ACTIVE or not unit.path.startswith(root.path):
        raise OfficerRefused(path="unit", reason="请选择本公司的在用机构")
    return unit


def _check_head_office(officer: Account) -> None:
    """Officers are head office's to appoint: a branch's own has no say in it."""
    kind = officer.officer
    if kind is not None and not officers_of_head_office(kind).filter(pk=officer.pk).exists():
        raise OfficerRefused(reason="分支机构的安全管理员不参与三员任免，请由总部三员办理")


def _check_last(proposal: Proposal) -> None:
    """Head office is never left without an officer of each kind."""
    officer = proposal.account.officer
    if proposal.officer is not None:
        return
    others = Account.objects.none() if officer is None else officers_of_head_office(officer)
    if not others.exclude(pk=proposal.account.pk).exists():
        raise OfficerRefused(path="account", reason="此人不是三员，或是该岗位的最后一人")


@transaction.atomic(durable=True)
def confirm_officer(
    appointment: OfficerAppointment, *, decider: Account, actor: str, at: datetime
) -> None:
    """Make it so: other powers end, the officer's role begins. Raises OfficerRefused."""
    _check_decider(appointment, decider)
    account = Account.objects.select_for_update().get(pk=appointment.account_id)
    move(
        appointment, AppointmentState.CONFIRMED, actor=actor, at=at,
        decided_by=decider, decided_at=at,
    )  # fmt: skip
    end_powers(Power.objects.filter(account=account), reason="三员任免", actor=actor, at=at)
    try:
        with transaction.atomic():
            Account.objects.filter(pk=account.pk).update(officer=appointment.officer or None)
    except IntegrityError as error:
        raise OfficerRefused(reason="与另一位三员是同一人（手机号相同）") from error
    if appointment.officer:
        account.officer = appointment.officer
        request = PowerRequest(
            account=account,
            unit=appointment.unit or root_unit(),
            role=ROLE_OF_OFFICER[Officer(appointment.officer)],
            reason=f"三员任免 {appointment.pk}",
        )
        grant_power(request, granter=None, actor=actor, at=at)


@transaction.atomic(durable=True)
def refuse_officer(
    appointment: OfficerAppointment, *, decider: Account, actor: str, at: datetime
) -> None:
    """Turn the proposal down."""
    _check_decider(appointment, decider)
    move(
        appointment, AppointmentState.REFUSED, actor=actor, at=at, decided_by=decider, decided_at=at
    )


def _check_decider(appointment: OfficerAppointment, decider: Account) -> None:
    if decider.officer is None:
        raise OfficerRefused(reason="任免须由三员之一确认")
    _check_head_office(decider)
    if decider.pk in (appointment.account_id, appointment.proposed_by_id):
        raise OfficerRefused(reason="须由提名人和本人以外的另一位三员确认")
