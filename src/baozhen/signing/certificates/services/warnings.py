"""Announce certificates that end soon: at 90, 30 and 7 days, each once."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.events.publishing import publish
from baozhen.signing.certificates.models import CertificateBinding, KeyRecord
from baozhen.signing.certificates.queries import WARNING_DAYS, expiring_bindings, expiring_keys
from baozhen.signing.certificates.states import KeyState
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.risks.states import Severity

SYSTEM = "system"
# An authority takes days to issue: from the second warning on the officers get a letter.
_SEVERITIES = dict(
    zip(WARNING_DAYS, (Severity.NOTICE, Severity.WARNING, Severity.SEVERE), strict=True)
)


def warn_expiring(*, at: datetime) -> int:
    """Announce what has passed a warning day since the last time; return how many were."""
    announced = 0
    for notice in expiring_bindings(at):
        announced += _announce(notice.binding.pk, notice.warning_days, at=at)
    for key, days in expiring_keys(at):
        announced += _announce_key(key.pk, days, at=at)
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
        severity=_SEVERITIES[days],
        subject_type=binding.NOUN,
        subject_id=key,
        facts=facts,
        at=at,
    )
    return True


@transaction.atomic(durable=True)
def _announce_key(key: int, days: int, *, at: datetime) -> bool:
    """Announce a U-key in the same way; its holder is named by the record's number alone."""
    row = KeyRecord.objects.select_for_update().get(pk=key)
    was_announced = row.warned_days is not None and row.warned_days <= days
    if was_announced or row.state != KeyState.ISSUED or row.not_after is None:
        return False
    KeyRecord.objects.filter(pk=key).update(warned_days=days)
    facts: dict[str, object] = {
        "ukey": row.public_id,
        "days": days,
        "not_after": row.not_after.isoformat(),
    }
    record("ukey.expiring", subject_type=row.NOUN, subject_id=key, actor=SYSTEM, at=at, facts=facts)
    raise_risk(
        kind="certificates.ukey_expiring",
        severity=_SEVERITIES[days],
        subject_type=row.NOUN,
        subject_id=key,
        facts=facts,
        at=at,
    )
    return True
