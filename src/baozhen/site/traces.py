"""What the record of people's acts cannot know of contracts, files, identities and timestamps."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Q

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.drawing import SessionPart
from baozhen.foundation.traces.keeping import Keeping
from baozhen.foundation.traces.models import TraceExport, TraceLink, TracePerson
from baozhen.foundation.traces.relations import related
from baozhen.foundation.traces.services.exporting import ExportParts
from baozhen.foundation.traces.states import KIND_LABELS, Kind
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import certificates_ever, trust_anchors
from baozhen.signing.files.models import ArchiveItem, LegalHold
from baozhen.signing.files.papers import Paper, Section, printable, seal_paper
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.x509.parse import parse_pem

_ENDINGS = {
    "application/pdf": "pdf",
    "application/json": "json",
    "image/png": "png",
    "image/jpeg": "jpg",
}


def same_business(number: str) -> set[str]:
    """Return every number of the proposal that a number names.

    Its own, its policies', its changes' and endorsements', and its claims'.
    """
    named = Proposal.objects.filter(
        Q(proposal_no=number)
        | Q(policies__number=number)
        | Q(policies__claims__number=number)
        | Q(policies__endorsements__number=number)
        | Q(changes__public_id=number)
    )
    keys = set(named.values_list("pk", flat=True))
    parts = (
        Proposal.objects.filter(pk__in=keys).values_list("proposal_no"),
        Policy.objects.filter(proposal__in=keys).values_list("number"),
        Change.objects.filter(proposal__in=keys).values_list("public_id"),
        Endorsement.objects.filter(change__proposal__in=keys).values_list("number"),
        Claim.objects.filter(policy__proposal__in=keys).values_list("number"),
    )
    first, *others = parts
    return {found for (found,) in first.union(*others, all=True)}


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


def print_chronology(export: TraceExport, parts: Sequence[SessionPart], at: datetime) -> bytes:
    """Return the acts of an export in their order as a sealed paper, for those who print."""
    paper = Paper(
        title="操作记录",
        number=export.public_id,
        note=(
            "按服务器时间列出客户在页面上的操作，内容已脱敏。每条记录的摘要链、所见页面和画面记录"
            "在导出包内，以 events.json 和包内核验程序的结果为准。"
        ),
        facts=(
            ("业务编号", export.number),
            ("导出编号", export.public_id),
            ("事由", printable(export.reason)),
            ("申请", f"{export.requested_by}，{_moment(export.requested_at)}"),
            ("批准", f"{export.decided_by}，{_moment(export.decided_at)}"),
            ("会话", f"{len(parts)} 次，共 {sum(len(part.events) for part in parts)} 条操作"),
        ),
        sections=[_section(part) for part in parts],
    )
    return seal_paper(paper, unit=root_unit(), at=at)


def _section(part: SessionPart) -> Section:
    session = part.session
    return Section(
        title=(
            f"会话 {session.public_id}（{printable(session.channel)}，{printable(session.device)}，"
            f"网络地址 {session.ip_masked}）"
        ),
        head=("序", "服务器时间", "操作", "对象", "内容（脱敏）"),
        rows=[
            (
                str(event.seq),
                _moment(event.server_time),
                KIND_LABELS[Kind(event.kind)],
                printable(event.target),
                printable(event.value),
            )
            for event in part.events
        ],
        widths=(2, 6, 4, 8, 10),
    )


def _moment(at: datetime | None) -> str:
    return "—" if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


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
