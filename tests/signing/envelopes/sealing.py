"""Companies with certificates, seals and grants, made as people make them."""

from datetime import timedelta

from baozhen.foundation.clock import now
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.services.applications import (
    ApplicationRequest,
    apply_for_certificate,
)
from baozhen.signing.certificates.services.bindings import activate_binding
from baozhen.signing.certificates.states import BindingState
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.services import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.services.changing import SealDraft, decide_change, request_seal
from baozhen.signing.seals.services.granting import GrantRequest, grant_use
from baozhen.signing.seals.services.making import Look
from baozhen.signing.seals.states import SealKind
from baozhen.trust.crypto.keys import Algorithm


def make_seal(company: str, *, unit: OrgUnit, kind: SealKind = SealKind.ELECTRONIC) -> Seal:
    """Ask for a seal, approve it as another person, and let the unit use it silently too."""
    at = now() - timedelta(minutes=5)
    draft = SealDraft(
        kind=kind,
        category="contract",
        name=f"{company}合同专用章",
        unit=unit,
        company=company,
        reason="测试",
        look=Look(name=company, purpose="合同专用章"),
    )
    change = request_seal(draft, actor="staff:asker", at=at)
    decide_change(change.pk, approved=True, decision="同意", actor="staff:approver", at=at)
    seal = Seal.objects.get(pk=change.seal_id)
    request = GrantRequest(seal=seal, reason="测试", unit=unit, is_silent=True)
    grant_use(request, actor="staff:approver", at=at)
    return seal


def outside_company(label: str) -> OrgUnit:
    """Another company with certificates of both algorithms and a seal of its own."""
    name = f"测试{label[:4]}有限公司"
    known = OrgUnit.objects.filter(name=name).first()
    if known is not None:
        return known
    facts = UnitFacts(name=name, kind=UnitKind.OUTSIDE)
    unit = create_unit(facts, actor="test", at=now())
    for algorithm in (Algorithm.SM2_SM3, Algorithm.RSA_SHA256):
        request = ApplicationRequest(organization=name, algorithm=algorithm, reason="测试")
        apply_for_certificate(request, actor="test", at=now())
    for binding in CertificateBinding.objects.filter(organization=name, state=BindingState.PENDING):
        activate_binding(binding.pk, actor="test", at=now())
    make_seal(name, unit=unit)
    return unit
