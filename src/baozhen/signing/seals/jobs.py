"""What seals do by themselves: follow their certificates, warn of what is late, tell of risks."""

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.states import LABELS, BindingState
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.states import AccountState, Officer
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.states import SEVERITY_LABELS, Severity
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.queries import seals_resting_on
from baozhen.signing.seals.services.changing import SYSTEM, recertify, suspend
from baozhen.signing.seals.services.lending import warn_overdue
from baozhen.signing.seals.services.suspicion import KIND_LABELS
from baozhen.signing.seals.states import SealState

_ENDED = frozenset({BindingState.SUSPENDED, BindingState.REVOKED, BindingState.EXPIRED})


@job("suspend_seals", queue=Queue.LIVE)
def suspend_seals(key: int) -> None:
    """Suspend every active seal that admits a certificate which may not sign any more."""
    binding = CertificateBinding.objects.get(pk=key)
    if binding.state not in _ENDED:
        return
    reason = f"证书 {binding.serial} {LABELS[BindingState(binding.state)]}，印章自动停用"
    resting = seals_resting_on(binding.fingerprint).filter(state=SealState.ACTIVE)
    for seal_key in list(resting.values_list("pk", flat=True)):
        with transaction.atomic():
            suspend(seal_key, reason=reason, kind="seals.certificate", actor=SYSTEM, at=now())


@job("recertify_seals", queue=Queue.HOUSEKEEPING)
def recertify_seals(key: int) -> None:
    """Have the seals of a company made out to the certificate that was just bound."""
    binding = CertificateBinding.objects.get(pk=key)
    if binding.state != BindingState.ACTIVE:
        return
    seals = Seal.objects.filter(company=binding.organization, state=SealState.ACTIVE)
    for seal_key in list(seals.values_list("pk", flat=True)):
        recertify(seal_key, at=now())


@job("warn_overdue_seals", queue=Queue.HOUSEKEEPING, every_seconds=900)
def warn_overdue_seals() -> None:
    """Say which physical seals should have come back."""
    warn_overdue(at=now())


@job("mail_risk", queue=Queue.HOUSEKEEPING)
def mail_risk(key: int) -> None:
    """Write to the security officers about a risk that is more than a notice; once each."""
    risk = Risk.objects.get(pk=key)
    if risk.severity == Severity.NOTICE:
        return
    what = KIND_LABELS.get(risk.kind, risk.kind)
    severity = SEVERITY_LABELS[Severity(risk.severity)]
    officers = Account.objects.filter(officer=Officer.SECURITY, state=AccountState.ACTIVE)
    for officer in officers.exclude(email__isnull=True):
        with transaction.atomic():
            queue_letter(
                Letter(
                    reference=f"risk:{risk.public_id}:{officer.public_id}",
                    recipient=str(officer.email),
                    title=f"风险提醒（{severity}）：{what}",
                    text=(
                        f"您好：\n\n系统发现一项风险：{what}（{risk.public_id}）。"
                        "请登录控制台“签署中心 · 风险”查看并处置。\n"
                    ),
                    subject_type=Risk.NOUN,
                    subject_id=risk.pk,
                ),
                actor=SYSTEM,
                at=now(),
            )
