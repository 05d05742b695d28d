"""Agents' papers: registered with their end, reviewed by the staff, watched until they end."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from baozhen.foundation.clock import shanghai_date
from baozhen.signing.identity.errors import PapersExpired
from baozhen.signing.identity.models import AgentPaper, IdentityCheck, Subject
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.states import CheckKind


@dataclass(frozen=True, kw_only=True)
class PaperFacts:
    """A paper as the agent hands it in; `file_sha256` names its picture in the object store."""

    paper_type: str
    number: str
    valid_until: date
    valid_from: date | None = None
    file_sha256: str = ""


def register_paper(
    subject: Subject, facts: PaperFacts, *, actor: str, at: datetime
) -> IdentityCheck:
    """Register a paper and return its check, which waits for a review; raises PapersExpired."""
    if facts.valid_until < shanghai_date(at):
        raise PapersExpired(path="valid_until", until=facts.valid_until.isoformat())
    check = start_check(
        subject,
        CheckKind.AGENT_PAPERS,
        {"paper_type": facts.paper_type},
        scope=CheckScope(purpose="agent_papers"),
        actor=actor,
        at=at,
    )
    with transaction.atomic(durable=True):
        Subject.objects.filter(pk=subject.pk).update(is_agent=True)
        AgentPaper.objects.create(
            subject=subject,
            identity_check=check,
            paper_type=facts.paper_type,
            number=facts.number,
            file_sha256=facts.file_sha256,
            valid_from=facts.valid_from,
            valid_until=facts.valid_until,
            registered_at=at,
        )
    return check
