"""The six declarations Z1–Z6: each is confirmed by an act of its own, after everything is read."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.insurance.disclosures.errors import DeclarationUnknown, ReadingSetChanged
from baozhen.insurance.disclosures.models import DeclarationMade, ReadingSet
from baozhen.insurance.disclosures.queries import check_read
from baozhen.insurance.disclosures.states import ReadingState
from baozhen.insurance.disclosures.texts import applicant_statement


@transaction.atomic(durable=True)
def declare(set_id: int, code: str, *, actor: str, at: datetime) -> DeclarationMade:
    """Confirm one declaration; a second call changes nothing.

    Raises DeclarationUnknown, FilesUnread or ReadingSetChanged.
    """
    statement = applicant_statement()
    if code not in statement.items:
        raise DeclarationUnknown
    reading_set = ReadingSet.objects.select_for_update(of=("self",)).get(pk=set_id)
    known = reading_set.declarations.filter(code=code).first()
    if known is not None:
        return known
    if reading_set.state != ReadingState.OPEN:
        raise ReadingSetChanged
    check_read(reading_set)
    made = DeclarationMade.objects.create(
        reading_set=reading_set, code=code, text_version=statement.version, confirmed_at=at
    )
    record(
        "declaration_made.confirmed",
        subject_id=made.pk,
        actor=actor,
        at=at,
        facts={"code": code, "text_version": made.text_version},
    )
    return made
