"""Finds files: by words, party, type, time, unit and number, among what a person may see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from baozhen.signing.files.errors import FileUnknown, SearchMalformed
from baozhen.signing.files.models import FileCopy, FileEntry
from baozhen.signing.files.services.registering import party_key
from baozhen.signing.files.states import CopyKind
from baozhen.signing.files.words import asked_tokens


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for; empty is everything. `until` is the first instant that is not meant."""

    words: str = ""
    party: str = ""
    document_type: str = ""
    number: str = ""
    unit: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    channel: str = ""


def find_files(wanted: Wanted, *, units: Collection[int]) -> QuerySet[FileEntry]:
    """Return the living files of these units that match everything, the newest first.

    The units are part of the query: what a person may not see is never read. Raises
    SearchMalformed for words without a letter or a digit.
    """
    found = FileEntry.objects.filter(is_living=True, unit__in=list(units)).defer("tokens")
    if wanted.words.strip():
        tokens = asked_tokens(wanted.words)
        if not tokens:
            raise SearchMalformed(path="q", problem="关键词里没有文字或数字")
        found = found.filter(tokens__contains=tokens)
    if wanted.party.strip():
        found = found.filter(party_index__contains=[party_key(wanted.party)])
    if wanted.number.strip():
        number = wanted.number.strip()
        found = found.filter(
            Q(biz_no=number) | Q(public_id=number) | Q(envelope=number) | Q(sha256=number.lower())
        )
    return found.filter(**_plain(wanted)).order_by("-signed_at", "-pk")


def file_of(public_id: str, *, units: Collection[int]) -> FileEntry:
    """Return one living file of these units, or raise FileUnknown."""
    entry = (
        FileEntry.objects.select_related("unit", "item")
        .filter(public_id=public_id, is_living=True, unit__in=list(units))
        .first()
    )
    if entry is None:
        raise FileUnknown(file=public_id)
    return entry


def printed(number: str) -> FileCopy | None:
    """Return the record of a print by the number that stands on it."""
    prints = FileCopy.objects.filter(kind=CopyKind.PRINT, number=number)
    return prints.select_related("entry__unit").first()


def entry_with(sha256: str) -> FileEntry | None:
    """Return the living file with these bytes, whoever may see it; one index look-up."""
    return FileEntry.objects.filter(sha256=sha256, is_living=True).order_by("pk").first()


def _plain(wanted: Wanted) -> dict[str, object]:
    given = {
        "document_type": wanted.document_type,
        "channel": wanted.channel,
        "unit_id": wanted.unit,
        "signed_at__gte": wanted.since,
        "signed_at__lt": wanted.until,
    }
    return {name: value for name, value in given.items() if value not in (None, "")}
