"""What was read of each file, kept by the server: time by its own clock, the end, the page.

The page only says that it is on screen and where its end is; how long it was there, the server
counts. One person reads one file at a time, so a second is never counted for two of them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.insurance.disclosures.errors import (
    ReadingItemUnknown,
    ReadingPageStale,
    ReadingSetChanged,
    ReadingTooShort,
)
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.insurance.disclosures.queries import page_version, progress_of
from baozhen.insurance.disclosures.reading import CREDIT_MAX, PLAIN_CREDIT_MAX, credit
from baozhen.insurance.disclosures.states import ReadingState

VIEWS = ("text", "original", "plain")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a page says of itself: how it is read, and whether its end was on screen."""

    view: str
    has_ended: bool
    is_elder: bool = False


@transaction.atomic(durable=True)
def open_item(set_id: int, position: int, *, at: datetime) -> ReadingItem:
    """Note that a file was opened; from now on its time counts."""
    reading_set, item = _locked(set_id, position)
    if item.finished_at is None:
        first = item.opened_at is None
        item.opened_at = item.opened_at or at
        item.last_at = at
        item.save(update_fields=["opened_at", "last_at"])
        ReadingSet.objects.filter(pk=reading_set.pk).update(seen_at=at)
        if first:
            _record("reading_item.opened", item, at=at)
    return item


@transaction.atomic(durable=True)
def report_progress(set_id: int, position: int, report: Report, *, at: datetime) -> ReadingItem:
    """Count what was read since the last report; a finished file stays as it is."""
    reading_set, item = _locked(set_id, position)
    if item.finished_at is None and item.opened_at is not None:
        _count(reading_set, item, report, at=at)
    return item


@transaction.atomic(durable=True)
def finish_item(
    set_id: int, position: int, report: Report, *, version: str, at: datetime
) -> ReadingItem:
    """Record that a file is read; a second call changes nothing.

    Raises ReadingPageStale for a page that is served no more, ReadingTooShort with what is missing.
    """
    reading_set, item = _locked(set_id, position)
    if item.finished_at is not None:
        return item
    if version != page_version(item):
        raise ReadingPageStale
    if item.opened_at is not None:
        _count(reading_set, item, report, at=at)
    progress = progress_of(item, is_elder=report.is_elder)
    if not progress.is_complete:
        raise ReadingTooShort(title=item.title, reason=progress.missing)
    item.finished_at, item.page_version, item.is_elder = at, version, report.is_elder
    item.save(update_fields=["finished_at", "page_version", "is_elder"])
    _record("reading_item.finished", item, at=at)
    return item


def _locked(set_id: int, position: int) -> tuple[ReadingSet, ReadingItem]:
    """Return the set, held until the transaction ends, and its file."""
    reading_set = (
        ReadingSet.objects.select_for_update(of=("self",))
        .select_related("application__applicant")
        .get(pk=set_id)
    )
    item = reading_set.items.select_related("document").filter(position=position).first()
    if item is None:
        raise ReadingItemUnknown
    if reading_set.state != ReadingState.OPEN and item.finished_at is None:
        raise ReadingSetChanged
    item.reading_set = reading_set
    return reading_set, item


def _count(reading_set: ReadingSet, item: ReadingItem, report: Report, *, at: datetime) -> None:
    known = [moment for moment in (item.last_at, reading_set.seen_at) if moment is not None]
    since = max(known, default=None)
    most = PLAIN_CREDIT_MAX if report.view == "plain" else CREDIT_MAX
    item.seconds += credit(since, at, most=most)
    item.last_at = at
    item.view = report.view if report.view in VIEWS else VIEWS[0]
    if report.has_ended and item.ended_at is None:
        item.ended_at = at
    item.save(update_fields=["seconds", "last_at", "view", "ended_at"])
    ReadingSet.objects.filter(pk=reading_set.pk).update(seen_at=at)


def _record(action: str, item: ReadingItem, *, at: datetime) -> None:
    applicant = item.reading_set.application.applicant
    record(
        action,
        subject_id=item.pk,
        actor=f"subject:{applicant.public_id}" if applicant else "system",
        at=at,
        facts={
            "sha256": item.sha256,
            "seconds": item.seconds,
            "page_version": item.page_version,
            "view": item.view,
        },
    )
