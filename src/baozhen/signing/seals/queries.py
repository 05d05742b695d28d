"""What signing, faces and other rooms ask about seals."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.keys.configuration import configured
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.seals.errors import NoSealFits, SealUnknown
from baozhen.signing.seals.models import Seal, SealRule, SealUse, SealVersion
from baozhen.signing.seals.rules import RuleFacts
from baozhen.signing.seals.states import SealKind, SealState, UseState
from baozhen.trust.seal.strokes import draw_strokes, strokes_from_json

# The purposes that suit a document type best, where a company has several seals.
_PREFERRED = {
    "policy": "policy",
    "electronic_policy": "policy",
    "endorsement": "endorsement",
    "claim": "claims",
    "claim_application": "claims",
    "invoice": "finance",
    "guarantee_letter": "contract",
    "agent_contract": "contract",
    "reinsurance_contract": "contract",
}
# What suits any other document best.
_USUAL = "contract"


@dataclass(frozen=True)
class BlastRadius:
    """Every document that a seal or a certificate was used on in a span of time."""

    uses: QuerySet[SealUse]
    total: int
    open: int
    by_unit: Sequence[dict[str, object]]
    by_flow: Sequence[dict[str, object]]
    by_type: Sequence[dict[str, object]]
    by_day: Sequence[dict[str, object]]
    batches: Sequence[dict[str, object]]


def seal_of(public_id: str) -> Seal:
    """Return the seal, or raise SealUnknown."""
    seal = Seal.objects.select_related("unit", "owner").filter(public_id=public_id).first()
    if seal is None:
        raise SealUnknown(seal=public_id)
    return seal


def choose_seal(
    unit: OrgUnit,
    *,
    document_type: str,
    flow: str,
    kind: str = SealKind.ELECTRONIC.value,
    company: str | None = None,
) -> Seal:
    """Return the active seal that suits best; raises NoSealFits.

    Seals of the unit itself come before those of the units above it; of `company`, when it is
    given, whoever keeps them. Then the purpose that suits the document, then a contract seal, then
    the oldest.
    """
    found = Seal.objects.filter(state=SealState.ACTIVE, kind=kind).select_related("unit")
    if company is not None:
        found = found.filter(company=company)
    else:
        above = [int(key) for key in unit.path.strip("/").split("/")]
        allowed = SealRule.objects.filter(
            is_allowing=True, ended_at__isnull=True, unit_id__in=above
        ).values("seal_id")
        found = found.filter(Q(unit_id__in=above) | Q(pk__in=allowed))
    candidates = [seal for seal in found if not _is_forbidden(seal, unit, document_type, flow)]
    if not candidates:
        raise NoSealFits(company=company or unit.name, document_type=document_type)
    wanted = [_PREFERRED.get(document_type, _USUAL), _USUAL]
    return min(
        candidates,
        key=lambda s: (-len(s.unit.path), [s.category != category for category in wanted], s.pk),
    )


def rules_of(seal_id: int) -> list[RuleFacts]:
    """Return the seal's rules in force, as the decisions read them."""
    rows = SealRule.objects.filter(seal_id=seal_id, ended_at__isnull=True).values_list(
        "is_allowing", "unit__path", "flow", "document_type"
    )
    return [RuleFacts(allows, path or "", flow, kind) for allows, path, flow, kind in rows]


def seal_picture(seal: Seal) -> bytes:
    """Return the seal's present picture (PNG); raises SealUnknown when it has none yet."""
    return version_picture(current_version(seal))


def current_version(seal: Seal) -> SealVersion:
    """Return what the seal looks like now; raises SealUnknown when it has no picture yet."""
    version = SealVersion.objects.filter(seal=seal, number=seal.version).first()
    if version is None:
        raise SealUnknown(seal=seal.public_id)
    return version


def version_picture(version: SealVersion) -> bytes:
    """Return the picture of one version; handwriting is redrawn from its strokes."""
    if version.strokes is None:
        return bytes(version.picture)
    return _redrawn(version.pk, version.strokes)


def picture_digest(version: SealVersion) -> str:
    """Return the SHA-256 of the picture in hex."""
    return version.picture_sha256 or hashlib.sha256(version_picture(version)).hexdigest()


@lru_cache(maxsize=1)
def _last_drawn() -> dict[int, bytes]:
    return {}


def _redrawn(key: int, strokes: object) -> bytes:
    """Draw handwriting once a process and version; a version never changes."""
    drawn = _last_drawn()
    if key not in drawn:
        if len(drawn) > settings_cache_max():
            drawn.clear()
        drawn[key] = draw_strokes(strokes_from_json(strokes)).png
    return drawn[key]


def settings_cache_max() -> int:
    """Return how many drawn signatures a process keeps."""
    return int(configured("BAOZHEN_SIGNATURES_CACHED") or 256)


def _is_forbidden(seal: Seal, unit: OrgUnit, document_type: str, flow: str) -> bool:
    rules = rules_of(seal.pk)
    for rule in rules:
        if rule.is_allowing or not (rule.flow or rule.document_type or rule.unit_path):
            continue
        if (
            rule.flow == flow
            or rule.document_type == document_type
            or (rule.unit_path and unit.path.startswith(rule.unit_path))
        ):
            return True
    flows = [rule.flow for rule in rules if rule.is_allowing and rule.flow]
    types = [rule.document_type for rule in rules if rule.is_allowing and rule.document_type]
    return bool((flows and flow not in flows) or (types and document_type not in types))


def seals_resting_on(fingerprint: str) -> QuerySet[Seal]:
    """Return the seals whose present structure admits this certificate."""
    return Seal.objects.filter(
        versions__number=F("version"), versions__certificates__contains=[fingerprint]
    ).distinct()


def blast_radius(
    *,
    seal: Seal | None = None,
    fingerprint: str = "",
    since: datetime,
    until: datetime | None = None,
    within: QuerySet[Seal] | None = None,
) -> BlastRadius:
    """Return every use of the seal, or of any seal under the certificate, since an instant.

    `within` limits it to the seals that the asker may see.
    """
    uses = SealUse.objects.filter(state__in=[UseState.DONE, UseState.RESERVED], at__gte=since)
    if until is not None:
        uses = uses.filter(at__lt=until)
    if within is not None:
        uses = uses.filter(seal__in=within.order_by().values("pk"))
    if seal is not None:
        uses = uses.filter(seal=seal)
    if fingerprint:
        uses = uses.filter(version__certificates__contains=[fingerprint])
    day = TruncDate("at", tzinfo=SHANGHAI)
    by_day = uses.annotate(label=day).values("label").annotate(n=Count("pk")).order_by("label")
    return BlastRadius(
        uses=uses.select_related("seal", "unit", "version").order_by("-at", "-pk"),
        total=uses.count(),
        open=uses.filter(state=UseState.RESERVED).count(),
        by_unit=_counted(uses, label=F("unit__name")),
        by_flow=_counted(uses, label=F("flow")),
        by_type=_counted(uses, label=F("document_type")),
        by_day=[dict(row) for row in by_day],
        batches=_counted(uses.exclude(batch=""), label=F("batch")),
    )


def _counted(uses: QuerySet[SealUse], *, label: F) -> list[dict[str, object]]:
    counted = uses.annotate(label=label).values("label").annotate(n=Count("pk"))
    return [dict(row) for row in counted.order_by("-n", "label")]
