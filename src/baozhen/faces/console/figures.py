"""What waits for whom: the figures of the first page, each with the permission that shows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from baozhen.faces.console.access import actor_of, may
from baozhen.faces.console.figure import Asking, Figure, Rows
from baozhen.faces.console.journey_figures import JOURNEY_FIGURES
from baozhen.faces.console.seals.watched import risks_seen
from baozhen.faces.counts import COUNTED_MAX, count
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.events.models import WebhookDelivery, WebhookEndpoint
from baozhen.foundation.jobs.queries import waiting_for_a_person
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import PolicyState, TimestampState
from baozhen.insurance.proposals.models import Batch
from baozhen.insurance.proposals.states import BatchState
from baozhen.signing.certificates.models import (
    CertificateApplication,
    CertificateBinding,
    TrustAnchor,
)
from baozhen.signing.certificates.queries import expiring_bindings
from baozhen.signing.certificates.states import AnchorState, ApplicationState, BindingState
from baozhen.signing.envelopes.queries import envelopes_for, tasks_for, voids_for
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.queries import destructions_of
from baozhen.signing.files.states import DestructionState
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.identity.states import CheckState
from baozhen.signing.organizations.models import Account, OfficerAppointment, Power, SyncRun
from baozhen.signing.organizations.queries import grant_scope_of, scope_of, unused_powers
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.states import (
    AccountState,
    AppointmentState,
    SyncState,
    UnitState,
)
from baozhen.signing.risks.states import RiskState
from baozhen.signing.seals.models import Seal, SealChange, SealLoan
from baozhen.signing.seals.states import ChangeState, LoanState, SealState
from baozhen.signing.statistics.queries import statements_of
from baozhen.signing.statistics.states import StatementState
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.queries import usable_by
from baozhen.signing.templates.states import VersionState


def figures_for(request: HttpRequest, at: datetime) -> list[dict[str, object]]:
    """Return the figures that this person may see: what waits for them stands first."""
    asking = Asking(request.user, actor_of(request), at)
    return [figure.shown(asking) for figure in FIGURES if may(request, figure.permission)]


def officer_figures(account: Account) -> list[dict[str, object]]:
    """Return what officers alone have: appointments that wait for another officer's word."""
    waiting = OfficerAppointment.objects.filter(state=AppointmentState.PROPOSED)
    number = count(waiting.exclude(proposed_by=account))
    return [
        {
            "label": "待确认的三员任免",
            "number": number,
            "href": reverse("console:officers"),
            "tone": "amber" if number else "",
        }
    ]


def _tasks(asking: Asking) -> int:
    return count(tasks_for(asking.user)) + count(voids_for(asking.user))


def _envelopes(state: EnvelopeState) -> Rows:
    return lambda asking: envelopes_for(asking.user).filter(state=state).order_by()


def _seals(asking: Asking) -> "QuerySet[Seal]":
    return Seal.objects.filter(unit__in=scope_of(asking.user, Permission.VIEW_SEALS))


def _seal_requests(asking: Asking) -> int:
    units = scope_of(asking.user, Permission.APPROVE_SEALS)
    changes = SealChange.objects.filter(state=ChangeState.REQUESTED, seal__unit__in=units)
    loans = SealLoan.objects.filter(state=LoanState.REQUESTED, seal__unit__in=units)
    return count(changes) + count(loans)


def _loans(*states: LoanState) -> Rows:
    return lambda asking: SealLoan.objects.filter(state__in=states, seal__in=_seals(asking))


def _overdue(asking: Asking) -> "QuerySet[SealLoan]":
    out = SealLoan.objects.filter(state=LoanState.HANDED_OUT, seal__in=_seals(asking))
    return out.filter(due_at__lt=asking.at)


def _versions(state: VersionState) -> Rows:
    def rows(asking: Asking) -> "QuerySet[TemplateVersion]":
        seen = usable_by(list(scope_of(asking.user, Permission.VIEW_TEMPLATES)))
        return TemplateVersion.objects.filter(state=state, template__in=seen)

    return rows


def _risks(state: RiskState) -> Rows:
    return lambda asking: risks_seen(asking.user).filter(state=state)


def _powers(asking: Asking) -> "QuerySet[Power]":
    return unused_powers(asking.at).filter(unit__in=grant_scope_of(asking.user))


def _delegated(asking: Asking) -> "QuerySet[Any]":
    return grant_scope_of(asking.user).filter(state=UnitState.ACTIVE)


def _statements(state: StatementState) -> Rows:
    def rows(asking: Asking) -> "QuerySet[Any]":
        units = scope_of(asking.user, Permission.MANAGE_CHARGING).values_list("pk", flat=True)
        return statements_of(list(units)).filter(state=state)

    return rows


def _acts(asking: Asking) -> "QuerySet[AuditEntry]":
    """Return today's acts among the newest: no index leads to a day, and more are not counted."""
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return AuditEntry.objects.filter(pk__gt=newest - COUNTED_MAX, at__gte=asking.midnight)


def _destructions(asking: Asking) -> "QuerySet[Any]":
    units = scope_of(asking.user, Permission.DESTROY_FILES).values_list("pk", flat=True)
    return destructions_of(list(units)).filter(state=DestructionState.PROPOSED)


_P = Permission
FIGURES: Iterable[Figure] = (
    Figure(_P.APPROVE_ENVELOPES, "待我处理的任务", _tasks, "tasks", warns=True),
    Figure(_P.APPROVE_SEALS, "待审批的印章申请", _seal_requests, "seal_approvals", warns=True),
    Figure(
        _P.REVIEW_IDENTITIES, "待审核的认证",
        lambda _: IdentityCheck.objects.filter(state=CheckState.REVIEWING),
        "identities", "?state=reviewing", warns=True,
    ),
    Figure(_P.VIEW_RISKS, "已拦截的风险", _risks(RiskState.HELD), "risks", "?state=held", True),
    Figure(_P.VIEW_RISKS, "待处置的风险", _risks(RiskState.OPEN), "risks", "?state=open", True),
    *JOURNEY_FIGURES,
    Figure(
        _P.DESTROY_FILES, "待批准的销毁清单",
        _destructions, "destruction_lists", "?state=proposed", warns=True,
    ),
    Figure(_P.GRANT_POWERS, "久未使用的权限", _powers, "powers", "?view=unused", warns=True),
    Figure(_P.GRANT_POWERS, "可授权的机构", _delegated, "power_units"),
    Figure(
        _P.VIEW_POLICIES, "今日生成的保单",
        lambda asking: Policy.objects.filter(numbered_at__gte=asking.midnight),
        "policies", "?from={today}",
    ),
    Figure(
        _P.VIEW_POLICIES, "签章中",
        lambda _: Policy.objects.filter(state=PolicyState.NUMBERED),
        "policies", "?state=numbered", warns=True,
    ),
    Figure(
        _P.START_BATCHES, "进行中的批次",
        lambda _: Batch.objects.exclude(state=BatchState.FINISHED), "batches",
    ),
    Figure(
        _P.VIEW_ENVELOPES, "签署中的任务",
        _envelopes(EnvelopeState.IN_PROGRESS), "envelopes", "?state=in_progress",
    ),
    Figure(
        _P.VIEW_ENVELOPES, "封签中的任务",
        _envelopes(EnvelopeState.SEALING), "envelopes", "?state=sealing",
    ),
    Figure(
        _P.MANAGE_SEALS, "待批准的印章",
        lambda asking: _seals(asking).filter(state=SealState.MAKING), "seals", "?state=making",
    ),
    Figure(
        _P.MANAGE_SEALS, "停用的印章",
        lambda asking: _seals(asking).filter(state=SealState.SUSPENDED),
        "seals", "?state=suspended", warns=True,
    ),
    Figure(
        _P.MANAGE_SEALS, "待领用的实物印章",
        _loans(LoanState.APPROVED), "seal_desk", "?state=approved", warns=True,
    ),
    Figure(_P.MANAGE_SEALS, "逾期未还的实物印章", _overdue, "seal_desk", warns=True),
    Figure(
        _P.MANAGE_TEMPLATES, "草稿版本", _versions(VersionState.DRAFT), "templates",
    ),
    Figure(
        _P.MANAGE_TEMPLATES, "待审批的版本",
        _versions(VersionState.SUBMITTED), "templates", warns=True,
    ),
    Figure(
        _P.MANAGE_TEMPLATES, "已批准的版本", _versions(VersionState.APPROVED), "templates",
    ),
    Figure(
        _P.MANAGE_CHARGING, "待确认的清分单",
        _statements(StatementState.DRAFT), "charging", warns=True,
    ),
    Figure(
        _P.MANAGE_CHARGING, "待锁定的清分单", _statements(StatementState.CONFIRMED), "charging",
    ),
    Figure(
        _P.RETRY_JOBS, "搁置任务", lambda _: count(waiting_for_a_person()), "parked", warns=True
    ),
    Figure(
        _P.VIEW_SYSTEM, "时间戳待补",
        lambda _: PolicyFile.objects.filter(timestamp_state=TimestampState.PENDING),
        "health", warns=True,
    ),
    Figure(
        _P.VIEW_SYSTEM, "自检失败的证书",
        lambda _: CertificateBinding.objects.filter(state=BindingState.FAILING),
        "certificates", warns=True,
    ),
    Figure(
        _P.VIEW_SYSTEM, "即将到期的证书",
        lambda asking: len(expiring_bindings(asking.at)), "certificates", warns=True,
    ),
    Figure(
        _P.MANAGE_CERTIFICATES, "机构审核中的证书",
        lambda _: CertificateApplication.objects.filter(state=ApplicationState.REVIEWING),
        "certificate_applications", "?state=reviewing",
    ),
    Figure(
        _P.MANAGE_TRUST_LISTS, "待复核的根证书",
        lambda _: TrustAnchor.objects.filter(
            state__in=[AnchorState.PROPOSED, AnchorState.REMOVAL_PROPOSED]
        ),
        "trust_list", warns=True,
    ),
    Figure(
        _P.MANAGE_ACCOUNTS, "已锁定的账号",
        lambda _: Account.objects.filter(state=AccountState.LOCKED),
        "accounts", "?state=locked", warns=True,
    ),
    Figure(
        _P.MANAGE_ACCOUNTS, "待确认的目录同步",
        lambda _: SyncRun.objects.filter(state__in=[SyncState.PLANNED, SyncState.HELD]),
        "directory", warns=True,
    ),
    Figure(
        _P.MANAGE_INTEGRATIONS, "停用的回调",
        lambda _: WebhookEndpoint.objects.filter(active=False), "webhooks", warns=True,
    ),
    Figure(
        _P.MANAGE_INTEGRATIONS, "待送达的回调",
        lambda _: WebhookDelivery.objects.filter(status=WebhookDelivery.Status.WAITING),
        "webhooks",
    ),
    Figure(_P.VIEW_OPERATION_LOG, "今日操作", _acts, "operations", "?from={today}"),
)  # fmt: skip
