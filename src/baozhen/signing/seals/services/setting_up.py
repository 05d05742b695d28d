"""The seals that a demonstration starts with: one for policies and contracts, a name seal."""

from datetime import datetime

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import is_production
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.services.changing import SealDraft, decide_change, request_seal
from baozhen.signing.seals.services.granting import GrantRequest, grant_use
from baozhen.signing.seals.services.making import Look
from baozhen.signing.seals.states import SealKind

_ASKER, _DECIDER = "system:setup", "system:setup-review"
_REASON = "演示环境初始化"
_TWIN = "演示印章"


def set_up_demonstration_seals(*, at: datetime) -> list[Seal]:
    """Make the insurer's seals with a grant to all of it, once; raises DevelopmentOnly."""
    if is_production():
        raise DevelopmentOnly(twin=_TWIN)
    unit = root_unit()
    if Seal.objects.filter(unit=unit).exists():
        return []
    looks = [
        (SealKind.ELECTRONIC, "policy", "电子保单专用章", "round_40"),
        (SealKind.ELECTRONIC, "contract", "合同专用章", "round_42"),
        (SealKind.LEGAL_REP, "person", "法定代表人章", "square_20"),
    ]
    made = []
    for kind, category, title, layout in looks:
        is_person = kind == SealKind.LEGAL_REP
        look = Look(
            layout=layout,
            name="演示" if is_person else unit.name,
            purpose="" if is_person else title,
            note="" if is_person else "演示 DEMO",
        )
        draft = SealDraft(
            kind=kind, category=category, name=title, unit=unit, reason=_REASON, look=look
        )
        change = request_seal(draft, actor=_ASKER, at=at)
        decide_change(change.pk, approved=True, decision=_REASON, actor=_DECIDER, at=at)
        seal = Seal.objects.get(pk=change.seal_id)
        grant_use(
            GrantRequest(seal=seal, unit=unit, is_silent=True, reason=_REASON),
            actor=_ASKER,
            at=at,
        )
        made.append(seal)
    return made
