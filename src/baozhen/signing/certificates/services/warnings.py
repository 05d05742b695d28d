"""Announce certificates that end soon: at 90, 30 and 7 days, each once."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.events.publishing import publish
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import expiring_bindings
from baozhen.signing.risks.services import raise_risk

SYSTEM = "system"
_URGENT_DAYS = 7


def warn_expiring(*, at: datetime) -> int:
    """Announce what has passed a warning day since the last time; return how many were."""
    announced = 0
    for notice in expiring_bindings(at):
        announced += _announce(notice.binding.pk, notice.warning_days, at=at)
    return announced


@transaction.atomic(durable=True)
def _announce(key: int, days: int, *, at: datetime) -> bool:
    """Write the announcement once: of two workers the second finds it written."""
    binding = CertificateBinding.objects.select_for_update().get(pk=key)
    if binding.warned_days is not None and binding.warned_days <= days:
        return False
    CertificateBinding.objects.filter(pk=key).update(warned_days=days)
    facts: dict[str, object] = {
        "id": binding.fingerprint,
        "organization": binding.organization,
        "days": days,
        "not_after": binding.not_after.isoformat(),
    }
    record(
        "certificate.expiring",
        subject_type=binding.NOUN,
        subject_id=key,
        actor=SYSTEM,
        at=at,
        facts=facts,
    )
    publish("certificate.expiring", subject=("certificate", binding.fingerprint), data=facts, at=at)
    raise_risk(
        kind="certificates.expiring",
        severity="warning" if days <= _URGENT_DAYS else "notice",
        subject_type=binding.NOUN,
        subject_id=key,
        facts=facts,
        at=at,
    )
    return True
