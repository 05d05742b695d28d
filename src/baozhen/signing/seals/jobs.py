"""What seals do by themselves: follow their certificates, warn of what is late, tell of risks."""

from collections.abc import Mapping

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.signing.certificates.models import CertificateBinding, KeyRecord
from baozhen.signing.certificates.states import KEY_LABELS, LABELS, BindingState, KeyState
from baozhen.signing.organizations.queries import officers_of_head_office
from baozhen.signing.organizations.states import Officer
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.queries import WAITING
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.risks.states import SEVERITY_LABELS, Severity
from baozhen.signing.seals.models import Seal, SealLoan
from baozhen.signing.seals.queries import seals_resting_on
from baozhen.signing.seals.services.changing import SYSTEM, recertify, suspend
from baozhen.signing.seals.services.lending import warn_overdue
from baozhen.signing.seals.services.suspicion import KEEPER_LEFT, KIND_LABELS
from baozhen.signing.seals.states import LoanState, SealKind, SealState

_KEYS_GONE = frozenset({KeyState.LOST, KeyState.RETURNED})
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


@job("suspend_key_seals", queue=Queue.LIVE)
def suspend_key_seals(key: int) -> None:
    """Suspend every active seal whose U-key is lost or has come back: nobody may use it now."""
    record = KeyRecord.objects.get(pk=key)
    if record.state not in _KEYS_GONE:
        return
    word = KEY_LABELS[KeyState(record.state)]
    reason = f"U-Key {record.device_no or record.public_id} {word}，印章自动停用"
    resting = Seal.objects.filter(key_record=record, state=SealState.ACTIVE)
    for seal_key in list(resting.values_list("pk", flat=True)):
        with transaction.atomic():
            suspend(seal_key, reason=reason, kind="seals.ukey", actor=SYSTEM, at=now())


@job("note_kept_seals", queue=Queue.HOUSEKEEPING)
def note_kept_seals(key: int) -> None:
    """Say which physical seals somebody who has left still keeps or has in hand; once each."""
    kept = Seal.objects.filter(keeper_id=key, kind=SealKind.PHYSICAL)
    for seal in kept.exclude(state=SealState.ABOLISHED):
        _tell_of_leaver(Seal.NOUN, seal.pk, {"seal": seal.public_id})
    out = SealLoan.objects.filter(borrower_id=key, state=LoanState.HANDED_OUT)
    for loan in out.select_related("seal"):
        facts = {"seal": loan.seal.public_id, "loan": loan.public_id}
        _tell_of_leaver(SealLoan.NOUN, loan.pk, facts)


def _tell_of_leaver(noun: str, key: int, facts: Mapping[str, object]) -> None:
    with transaction.atomic():
        told = Risk.objects.filter(
            kind=KEEPER_LEFT, concerns=noun, concerns_id=key, state__in=WAITING
        )
        if not told.exists():
            raise_risk(
                kind=KEEPER_LEFT,
                severity=Severity.SEVERE,
                subject_type=noun,
                subject_id=key,
                facts=facts,
                at=now(),
            )


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
    officers = officers_of_head_office(Officer.SECURITY)
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
