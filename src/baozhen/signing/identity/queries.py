"""What signing pages, envelopes, evidence packages and the console ask of identity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, QuerySet

from baozhen.foundation.clock import shanghai_date
from baozhen.signing.identity.errors import (
    CheckNotFound,
    IdentityNotVerified,
    SubjectNotFound,
)
from baozhen.signing.identity.models import (
    AgentPaper,
    ConsentCheck,
    DeviceUse,
    IdentityCheck,
    Subject,
)
from baozhen.signing.identity.rules import (
    SharingFacts,
    load_policy,
    missing_kinds,
    tier_for,
)
from baozhen.signing.identity.services.checks import facts_index
from baozhen.signing.identity.services.subjects import (
    mail_index,
    mobile_index,
    name_index,
    number_index,
)
from baozhen.signing.identity.states import (
    CHECK_KINDS,
    OPEN,
    CheckKind,
    CheckState,
    SubjectKind,
    Tier,
)
from baozhen.signing.risks.queries import has_severe_risk


def subject_of(public_id: str) -> Subject:
    """Return the subject of a public id, or raise SubjectNotFound."""
    try:
        return Subject.objects.get(public_id=public_id)
    except Subject.DoesNotExist:
        raise SubjectNotFound(subject=public_id) from None


def check_of(public_id: str) -> IdentityCheck:
    """Return the check of a public id with its subject, or raise CheckNotFound."""
    try:
        return IdentityCheck.objects.select_related("subject").get(public_id=public_id)
    except IdentityCheck.DoesNotExist:
        raise CheckNotFound(check=public_id) from None


def subject_for(public_id: str, *, client: str) -> Subject:
    """Return a subject that this program registered, or raise SubjectNotFound."""
    found = Subject.objects.filter(public_id=public_id, clients__client=client).first()
    if found is None:
        raise SubjectNotFound(subject=public_id)
    return found


def check_for(public_id: str, *, client: str) -> IdentityCheck:
    """Return a check that this program started, or raise CheckNotFound."""
    rows = IdentityCheck.objects.select_related("subject")
    found = rows.filter(public_id=public_id, client=client).first()
    if found is None:
        raise CheckNotFound(check=public_id)
    return found


def valid_checks(subject: Subject, at: datetime) -> list[IdentityCheck]:
    """Return the passed checks that hold at `at` and still speak of the subject's facts."""
    passed = IdentityCheck.objects.filter(
        subject=subject, state=CheckState.PASSED, passed_at__lte=at, valid_until__gt=at
    ).order_by("-passed_at")
    return [
        check
        for check in passed
        if check.facts_index == facts_index(subject, CheckKind(check.kind))
        and _paper_holds(check, shanghai_date(at))
    ]


def tier_of(subject: Subject, at: datetime) -> Tier:
    """Return how careful to be with this subject now."""
    on_mobile = (
        Subject.objects.filter(mobile_index=subject.mobile_index).count()
        if subject.mobile_index
        else 0
    )
    devices = DeviceUse.objects.filter(subject=subject).values_list("device", flat=True)
    shared = (
        DeviceUse.objects.filter(device__in=list(devices))
        .values("device")
        .annotate(users=Count("subject"))
        .values_list("users", flat=True)
    )
    facts = SharingFacts(
        on_mobile=on_mobile,
        on_device=max(shared, default=0),
        has_severe_risk=has_severe_risk(Subject.NOUN, subject.pk),
    )
    return tier_for(facts, load_policy().sharing)


def missing_checks(subject: Subject, at: datetime) -> tuple[tuple[CheckKind, ...], ...]:
    """Return what the subject's tier still needs: of each group one kind is enough."""
    valid = {CheckKind(check.kind) for check in valid_checks(subject, at)}
    return missing_kinds(SubjectKind(subject.kind), tier_of(subject, at), valid, load_policy())


def require_identity(subject: Subject, at: datetime) -> None:
    """Raise IdentityNotVerified unless the subject has been verified as its tier needs."""
    missing = missing_checks(subject, at)
    if missing:
        words = "；".join("或".join(CHECK_KINDS[kind] for kind in group) for group in missing)
        raise IdentityNotVerified(kinds=words)


def consents_to(document_sha256: str) -> QuerySet[ConsentCheck]:
    """Return the wills that were confirmed for a document, in order."""
    found = ConsentCheck.objects.filter(document_sha256=document_sha256).order_by("given_at")
    return found.select_related("subject", "challenge", "identity_check")


def evidence_of(subjects: Iterable[Subject], *, at: datetime) -> list[dict[str, Any]]:
    """Return what an evidence package says of who these subjects were shown to be at `at`."""
    return [
        {
            "check": check.public_id,
            "subject": subject.public_id,
            "kind": check.kind,
            "provider": check.provider,
            "receipt": check.receipt,
            "started_at": check.started_at.isoformat(),
            "passed_at": check.passed_at.isoformat() if check.passed_at else None,
            "valid_until": check.valid_until.isoformat() if check.valid_until else None,
            "answer_sha256": check.answer_sha256,
            "score": str(check.score) if check.score is not None else None,
        }
        for subject in subjects
        for check in valid_checks(subject, at)
    ]


def consent_evidence(document_sha256: str) -> list[dict[str, Any]]:
    """Return what an evidence package says of the wills confirmed for a document."""
    return [
        {
            "consent": consent.public_id,
            "subject": consent.subject.public_id,
            "method": consent.method,
            "document_sha256": consent.document_sha256,
            "given_at": consent.given_at.isoformat(),
            "code": _code_evidence(consent),
            "check": consent.identity_check.public_id if consent.identity_check else None,
        }
        for consent in consents_to(document_sha256)
    ]


SHARED_MOBILE: Final = "手机号"
SHARED_DEVICE: Final = "设备"


@dataclass(frozen=True)
class SharedUse:
    """A device or mobile that several subjects use; `index` names it to nobody outside."""

    what: str
    index: str
    subjects: int


def shared_uses(*, at_least: int) -> list[SharedUse]:
    """Return the mobiles and devices with that many subjects or more, the most shared first."""
    mobiles = (
        Subject.objects.exclude(mobile_index="")
        .values("mobile_index")
        .annotate(users=Count("pk"))
        .filter(users__gte=at_least)
        .values_list("mobile_index", "users")
    )
    devices = (
        DeviceUse.objects.values("device")
        .annotate(users=Count("subject"))
        .filter(users__gte=at_least)
        .values_list("device", "users")
    )
    found = [SharedUse(SHARED_MOBILE, index, users) for index, users in mobiles]
    found += [SharedUse(SHARED_DEVICE, index, users) for index, users in devices]
    return sorted(found, key=lambda item: -item.subjects)


def subjects_sharing(what: str, index: str) -> QuerySet[Subject]:
    """Return the subjects that use a mobile or a device of `shared_uses`, the newest first."""
    if what == SHARED_MOBILE:
        found = Subject.objects.filter(mobile_index=index)
    else:
        found = Subject.objects.filter(devices__device=index)
    return found.order_by("-registered_at", "-pk")


def find_subjects(text: str) -> QuerySet[Subject]:
    """Return the subjects whose number, mobile, mail address, name or id is exactly this text."""
    plain = text.strip()
    by_index = (
        Subject.objects.filter(id_index=number_index(plain))
        | Subject.objects.filter(name_index=name_index(plain))
        | Subject.objects.filter(email_index=mail_index(plain))
        | Subject.objects.filter(public_id=plain)
        | Subject.objects.filter(uscc=plain.upper())
    )
    if any(character.isdigit() for character in plain):
        by_index |= Subject.objects.filter(mobile_index=mobile_index(plain))
    return by_index


def list_checks(wanted: Mapping[str, str]) -> QuerySet[IdentityCheck]:
    """Return the checks that the console's filters ask for, newest first."""
    rows = IdentityCheck.objects.select_related("subject").order_by("-started_at", "-pk")
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    if wanted.get("state") == "open":
        rows = rows.filter(state__in=list(OPEN))
    elif wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    if wanted.get("text"):
        rows = rows.filter(subject__in=find_subjects(wanted["text"])) | rows.filter(
            public_id=wanted["text"].strip()
        )
    return rows


def checks_to_follow(at: datetime) -> list[int]:
    """Return the checks whose provider has a result for us sooner or later."""
    begun = at - timedelta(seconds=30)
    rows = IdentityCheck.objects.filter(started_at__lt=begun).filter(
        state__in=[CheckState.ANSWERING, CheckState.REVIEWING],
        kind__in=[CheckKind.FACE, CheckKind.VIDEO, CheckKind.OWN_SYSTEM],
    )
    return list(rows.order_by("started_at").values_list("pk", flat=True)[:500])


def list_papers() -> QuerySet[AgentPaper]:
    """Return agents' papers, those that ended or end first on top."""
    rows = AgentPaper.objects.select_related("subject", "identity_check")
    return rows.order_by("valid_until", "pk")


def _paper_holds(check: IdentityCheck, on: date) -> bool:
    if check.kind != CheckKind.AGENT_PAPERS:
        return True
    paper = AgentPaper.objects.filter(identity_check=check).first()
    return paper is not None and paper.valid_until >= on


def _code_evidence(consent: ConsentCheck) -> dict[str, Any] | None:
    challenge = consent.challenge
    if challenge is None:
        return None
    return {
        "challenge": challenge.public_id,
        "channel": challenge.channel,
        "sent_to": challenge.address_masked,
        "sent_at": challenge.sent_at.isoformat() if challenge.sent_at else None,
        "confirmed_at": challenge.confirmed_at.isoformat() if challenge.confirmed_at else None,
        "receipt": challenge.receipt,
    }
