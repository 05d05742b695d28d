"""Tell the risk list what looked wrong about a subject."""

from collections.abc import Mapping
from datetime import datetime

from baozhen.signing.identity.models import Subject
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import raise_risk


def report(
    kind: str, subject: Subject, *, severity: str, facts: Mapping[str, object], at: datetime
) -> None:
    """Raise a risk about a subject, in the caller's transaction; the facts name nobody."""
    raise_risk(
        kind=f"identity.{kind}",
        severity=severity,
        subject_type=Subject.NOUN,
        subject_id=subject.pk,
        facts={"subject": subject.public_id, **facts},
        at=at,
    )


def is_reported(kind: str, facts: Mapping[str, object]) -> bool:
    """Whether a risk of this kind with these facts stands in the list already."""
    return Risk.objects.filter(kind=f"identity.{kind}", facts__contains=dict(facts)).exists()
