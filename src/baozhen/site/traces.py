"""What the record of people's acts cannot know of contracts, files, identities and timestamps."""

import json
from collections.abc import Collection

from django.db.models import Q

from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.keeping import Keeping
from baozhen.foundation.traces.models import TraceLink, TracePerson
from baozhen.foundation.traces.relations import related
from baozhen.foundation.traces.services.exporting import ExportParts
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import certificates_ever, trust_anchors
from baozhen.signing.files.models import ArchiveItem, LegalHold
from baozhen.signing.identity.models import IdentityCheck
from baozhen.trust.x509.parse import parse_pem

_ENDINGS = {"application/pdf": "pdf", "application/json": "json", "image/png": "png"}


def same_business(number: str) -> set[str]:
    """Return the proposal number and the policy numbers of the proposal that a number names."""
    proposals = Proposal.objects.filter(Q(proposal_no=number) | Q(policies__number=number))
    keys = set(proposals.values_list("pk", flat=True))
    found = Proposal.objects.filter(pk__in=keys).values_list("proposal_no", "policies__number")
    return {one for pair in found for one in pair if one}


def kept(numbers: Collection[str]) -> Keeping:
    """Return how long the archive keeps what belongs to these numbers, and whether it is held."""
    numbers = {one for number in numbers for one in related(number)}
    items = ArchiveItem.objects.filter(dossier__in=numbers)
    last = items.order_by("-retain_until").values_list("retain_until", flat=True).first()
    holds = LegalHold.objects.filter(dossier__in=numbers, released_at__isnull=True)
    return Keeping(until=last, is_held=holds.exists())


def export_parts(number: str) -> ExportParts:
    """Return the signed files of a number and who its people were shown to be.

    What a face looked like or a card's number is not among it: only ways, services, receipts,
    answers' digests and times.
    """
    numbers = related(number)
    storage = get_storage()
    living = ArchiveItem.objects.filter(dossier__in=numbers, tombstone__isnull=True)
    files = {}
    for item in living.order_by("pk"):
        ending = _ENDINGS.get(item.media_type, "bin")
        files[f"documents/{item.kind}-{item.pk}.{ending}"] = storage.get(item.sha256)
    checks = [_check(check) for check in _checks(number)]
    if checks:
        text = json.dumps(checks, ensure_ascii=False, indent=1)
        files["evidence/identity.json"] = text.encode()
    return ExportParts(files=files, certificates=_certificates())


def _checks(number: str) -> list[IdentityCheck]:
    sessions = TraceLink.objects.filter(number__in=related(number)).values("session")
    people = TracePerson.objects.filter(session__in=sessions).values("subject_ref")
    found = IdentityCheck.objects.filter(subject__public_id__in=people)
    return list(found.select_related("subject").order_by("started_at"))


def _check(check: IdentityCheck) -> dict[str, str]:
    return {
        "check": check.public_id,
        "subject": check.subject.public_id,
        "kind": check.get_kind_display(),
        "provider": check.provider,
        "result": check.get_state_display(),
        "receipt": check.receipt,
        "answer_sha256": check.answer_sha256,
        "started_at": check.started_at.isoformat(),
        "passed_at": check.passed_at.isoformat() if check.passed_at else "",
    }


def _certificates() -> list[bytes]:
    chains = CertificateBinding.objects.exclude(chain_pem="").values_list("chain_pem", flat=True)
    authorities = [one for page in chains.distinct() for one in parse_pem(page.encode())]
    return list(dict.fromkeys((*certificates_ever(), *authorities, *trust_anchors())))
