"""Appoint and dismiss the three officers: one proposes, another confirms, never for himself."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.states import enter, move
from baozhen.signing.organizations.errors import OfficerRefused
from baozhen.signing.organizations.models import Account, OfficerAppointment, Power
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import ROLE_OF_OFFICER
from baozhen.signing.organizations.services.accounts import end_powers
from baozhen.signing.organizations.services.powers import PowerRequest, grant_power
from baozhen.signing.organizations.states import (
    OFFICERS,
    AccountKind,
    AccountState,
    AppointmentState,
    Officer,
)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Who shall be which officer (None: none any more), and why."""

    account: Account
    officer: Officer | None
    reason: str


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
    if account.officer is not None and proposal.officer is not None:
        label = OFFICERS[Officer(account.officer)]
        raise OfficerRefused(path="account", reason=f"此人已是{label}，一人不能兼任")
    _check_last(proposal)
    try:
        with transaction.atomic():
            appointment = OfficerAppointment.objects.create(
                account=account,
                officer=proposal.officer or "",
                reason=proposal.reason[:200],
                proposed_by=proposer,
                proposed_at=at,
            )
    except IntegrityError as error:
        raise OfficerRefused(reason="已有待确认的任免，或提名人不是三员") from error
    enter(appointment, actor=actor, at=at)
    return appointment


def _check_last(proposal: Proposal) -> None:
    """Nobody is left without an officer of each kind."""
    officer = proposal.account.officer
    if proposal.officer is None and (officer is None or _count(officer) <= 1):
        raise OfficerRefused(path="account", reason="此人不是三员，或是该岗位的最后一人")


def _count(officer: str) -> int:
    return Account.objects.filter(officer=officer, state=AccountState.ACTIVE).count()


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
            unit=root_unit(),
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
    if decider.pk in (appointment.account_id, appointment.proposed_by_id):
        raise OfficerRefused(reason="须由提名人和本人以外的另一位三员确认")
