"""Housekeeping of the certificates: retire, probe, warn, fetch news, ask authorities again."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.keys.configuration import is_production
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.services.applications import (
    ASK_JOB,
    apply_for_subject,
    ask_authority,
)
from baozhen.signing.certificates.services.bindings import (
    expire_bindings,
    set_up_development_hierarchy,
    watch_binding,
)
from baozhen.signing.certificates.services.revocation import refresh_revocation
from baozhen.signing.certificates.services.warnings import warn_expiring
from baozhen.signing.certificates.states import BindingState
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.identity.states import CheckKind, CheckState


@job("retire_certificates", queue=Queue.HOUSEKEEPING, every_seconds=3600)
def retire_certificates() -> None:
    """Move every binding whose certificate has ended to `expired`; in development renew CRLs."""
    at = now()
    expire_bindings(at=at)
    warn_expiring(at=at)
    if not is_production():
        set_up_development_hierarchy(at=at)


@job("probe_certificates", queue=Queue.HOUSEKEEPING, every_seconds=3600)
def probe_certificates() -> None:
    """Let each key in use sign a probe; one that does not answer signs nothing until it does."""
    rows = CertificateBinding.objects.filter(
        state__in=[BindingState.ACTIVE, BindingState.FAILING]
    ).values_list("pk", flat=True)
    for key in list(rows):
        watch_binding(key, at=now())


@job("refresh_revocation", queue=Queue.HOUSEKEEPING, every_seconds=900)
def refresh_revocation_job() -> None:
    """Fetch the revocation lists and OCSP answers that are due."""
    refresh_revocation(at=now())


@job(ASK_JOB, queue=Queue.HOUSEKEEPING)
def ask_certificate_authority(key: int) -> None:
    """Ask an authority that was down or reviews; the job's patience is that of any outage."""
    ask_authority(key, at=now())


@job("apply_after_identity", queue=Queue.HOUSEKEEPING)
def apply_after_identity(key: int) -> None:
    """Ask for the certificate of a person whom the insurer's own system has passed."""
    check = IdentityCheck.objects.select_related("subject").get(pk=key)
    if check.kind == CheckKind.OWN_SYSTEM and check.state == CheckState.PASSED:
        apply_for_subject(check, at=now())
